#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# nsdel: the namespace at the far end is deleted under traffic.
#
#   h1 ── p1 xswd p2 ── h2 (goes away)
#            p3 ── h3
. "$(dirname "$0")/lab.sh"

lab_up 3
check "before: hosts 1 and 2" pings 1 2
check "before: hosts 1 and 3" pings 1 3
spawn 1 ping -n -q -i 0.002 -c 3000 -W 1 10.0.0.2 >/dev/null
spawn 1 ping -n -q -i 0.005 -c 400 -W 2 10.0.0.3 >"$LAB/bystander"
bystander=$spawned
sleep 0.5
check "the namespace of host 2 is deleted" ip netns del "$LAB_NAME-h2"
check "its port is absent" wait_for 5 port_is 2 absent
wait "$bystander"
check "hosts 1 and 3 lost nothing meanwhile" grep " 0% packet loss" "$LAB/bystander"
check "the port can be removed" xsw port del p2
lab_host 2
check "and added with a new host behind it" xsw port add p2
check "which answers" pings 1 2
lab_end

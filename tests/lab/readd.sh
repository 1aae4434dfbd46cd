#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# readd: a port's device is deleted and made anew under traffic; the port comes back
# by itself and nobody else notices.
#
#   h1 ── p1 xswd p2 ── h2 (its cable is cut and replaced)
#            p3 ── h3
. "$(dirname "$0")/lab.sh"

lab_up 3
check "before: hosts 1 and 2" pings 1 2
check "before: hosts 1 and 3" pings 1 3
spawn 1 ping -n -q -i 0.002 -c 3000 -W 1 10.0.0.2 >/dev/null
spawn 1 ping -n -q -i 0.005 -c 800 -W 2 10.0.0.3 >"$LAB/bystander"
bystander=$spawned
for round in 1 2 3; do
    sleep 0.5
    ip -n "$LAB_SWITCH" link del p2
    check "round $round: the port is absent without its device" wait_for 5 port_is 2 absent
    lab_cable 2 "$LAB_NAME-h2"
    check "round $round: it is up again with its new device" wait_for 5 port_is 2 up
    check "round $round: hosts 1 and 2" wait_for 10 pings 1 2
done
wait "$bystander"
check "hosts 1 and 3 lost nothing meanwhile" grep " 0% packet loss" "$LAB/bystander"
lab_end

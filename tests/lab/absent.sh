#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# absent: a daemon that is started with a file waits for the devices that are not
# there; by hand, such a device is an error.
#
#   h1 ── p1 xswd p2 ── h2 (its cable comes later)
. "$(dirname "$0")/lab.sh"

lab_new
lab_host 1
printf '%s\n' '# two ports, one device' 'port add p1' '' 'port add p2   # comes later' \
    'port set p2 isolated on' 'fdb add 02:00:00:00:00:99 dev p1' >"$LAB/config"
lab_daemon -c "$LAB/config"
check "port 1 is up" port_is 1 up
check "port 2 is absent" port_is 2 absent
check "the static address is there" eval "xsw fdb show | grep -q 02:00:00:00:00:99"
check_exit "by hand, an unknown device is an error" 3 xsw port add p9

lab_host 2
check "port 2 is up when its device comes" wait_for 5 port_is 2 up
check "with the settings of the file" test "$(xsw -j port show p2 | jq '.[0].isolated')" = true
check "hosts 1 and 2" pings 1 2

ip -n "$LAB_SWITCH" link set p2 name p2x 2>/dev/null ||
    { ip -n "$LAB_SWITCH" link set p2 down; ip -n "$LAB_SWITCH" link set p2 name p2x; }
ip -n "$LAB_SWITCH" link set p2x name p2 2>/dev/null
ip -n "$LAB_SWITCH" link set p2 up 2>/dev/null
check "port 2 survives being renamed to and fro" wait_for 5 port_is 2 up
check "hosts 1 and 2 after that" pings 1 2

on 2 ip link set eth0 down
check "without carrier it is down" wait_for 5 port_is 2 down
on 2 ip link set eth0 up
check "and up again with it" wait_for 5 port_is 2 up
check "hosts 1 and 2 after that" pings 1 2

lab_stop
echo 'port add p1 master nosuch' >"$LAB/bad"
check_exit "a file that cannot be is refused with its line" 1 \
    timeout 10 ip netns exec "$LAB_SWITCH" "$XSWD" --run "$LAB/run" -c "$LAB/bad"
check "the line is named" grep -q "bad:1:" <<<"$words"

lab_daemon
check "the daemon can be told to end" xsw shutdown
wait "$daemon"
check_equal "which it does with exit code 0" $? 0
lab_daemon
lab_end

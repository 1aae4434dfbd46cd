#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# portset: what `port set` promises: down and up, learning, flood, isolated.
#
#   h1 ── p1 xswd p2 ── h2
#            p3 ── h3
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py

dropped() {
    xsw -j drops show "p$1" | jq "[.[] | select(.reason == \"$2\") | .packets] | add // 0"
}

seen_by() {
    on "$1" cat /sys/class/net/eth0/statistics/rx_packets
}

knows() {
    [ "$(xsw -j fdb show | jq "[.[] | select(.mac == \"$(mac "$1")\")] | length")" = 1 ]
}

lab_up 3
check "hosts 1 and 2" pings 1 2

check "port 2 is set down" xsw port set p2 down
PING_OPTIONS="-W 1" check_not "then nothing reaches host 2" pings 1 2 3
PING_OPTIONS="-W 1" check_not "and host 2 reaches nobody" pings 2 3 3
check "which has a name" test "$(dropped 2 port-down)" -gt 0
check "hosts 1 and 3 do not care" pings 1 3
check "port 2 is set up" xsw port set p2 up
check "hosts 1 and 2 again" pings 1 2

check "ports 1 and 2 are isolated" eval "xsw port set p1 isolated on && xsw port set p2 isolated on"
PING_OPTIONS="-W 1" check_not "then hosts 1 and 2 do not reach each other" pings 1 2 3
check "but both reach host 3" eval "pings 1 3 && pings 2 3"
check "which has a name" test "$(($(dropped 1 isolated) + $(dropped 2 isolated)))" -gt 0
check "one of them is enough to end it" xsw port set p1 isolated off
check "hosts 1 and 2 again" pings 1 2

check "port 1 learns no more" xsw port set p1 learning off
check "its addresses are forgotten" xsw fdb flush dev p1
check "hosts 1 and 2 still ping" pings 1 2
check_not "without host 1 being learned" knows 1
check "port 1 learns again" xsw port set p1 learning on
pings 1 2 1 >/dev/null
check "and host 1 is known" knows 1

check "port 3 is not flooded" xsw port set p3 flood off
on 3 ip link set eth0 arp off
before=$(seen_by 3)
on 1 "$frames" burst eth0 02:00:00:00:00:77 100 60
check_equal "frames to an unknown address do not get there" $(($(seen_by 3) - before)) 0
lab_end

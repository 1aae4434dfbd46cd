#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# bridges: two bridges in one switch are two networks, with the same addresses.
#
#   h1 ── p1 ┐       ┌ p3 ── h3
#            br0   br1
#   h2 ── p2 ┘       └ p4 ── h4
. "$(dirname "$0")/lab.sh"

# "br0 p1" for each place where an address is known.
places() {
    xsw -j fdb show | jq -r "[.[] | select(.mac == \"$1\") | \"\(.master) \(.ifname)\"] | sort | join(\", \")"
}

places_are() {
    [ "$(places "$1")" = "$2" ]
}

lab_new
for n in 1 2 3 4; do
    lab_host $n
done
lab_daemon
check "a second bridge" xsw bridge add br1
lab_port 1 2
check "port 3 on it" xsw port add p3 master br1
check "port 4 on it" xsw port add p4 master br1
check "hosts 1 and 2" pings 1 2
check "hosts 3 and 4" pings 3 4
PING_OPTIONS="-W 1" check_not "hosts 1 and 3 are apart" pings 1 3 3

on 1 "$LAB_TREE/tests/lab/frames.py" stations eth0 1 7
on 4 "$LAB_TREE/tests/lab/frames.py" stations eth0 1 7
check "one address is known in both" wait_for 5 places_are 02:01:00:00:00:07 "br0 p1, br1 p4"

check_exit "a bridge with ports is not deleted" 2 xsw bridge del br1
check "its ports are" eval "xsw port del p3 && xsw port del p4"
check "then it goes" xsw bridge del br1
check "port 3 joins br0" xsw port add p3
check "hosts 1 and 3 are together" pings 1 3
lab_end

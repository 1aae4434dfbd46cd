#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# fdb10k: ten thousand stations behind one port. They are learned, stay while they
# must, and go when they have been silent for longer than the ageing time.
#
#   h1 (10,000 stations) ── p1 xswd p2 ── h2
#                              p3 ── h3
# timeout: 120
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py
STATIONS=10000

learned() {
    xsw -j fdb show | jq '[.[] | select(.mac | startswith("02:01:"))] | length'
}

learned_is() {
    [ "$(learned)" = "$1" ]
}

port_of() {
    xsw -j fdb show | jq -r ".[] | select(.mac == \"$1\") | \"\(.ifname) \(.state)\""
}

ports_of_stations() {
    xsw -j fdb show |
        jq -r '[.[] | select(.mac | startswith("02:01:00:")) | .ifname] | unique | join(" ")'
}

port_of_is() {
    [ "$(port_of "$1")" = "$2" ]
}

# A frame may be lost on the way when the machine is busy: then they speak again.
teach() {
    local round
    for round in $(seq 10); do
        on 1 "$frames" stations eth0 "$STATIONS"
        wait_for 1 learned_is "$STATIONS" && return 0
        echo "round $round: $(learned)"
    done
    return 1
}

lab_up 3
check "$STATIONS addresses are learned on one port" teach
check "a static address is added beside them" xsw fdb add 02:01:ff:ff:ff:ff dev p3
check_equal "all of them on port 1" "$(ports_of_stations)" p1

check "a station moves to port 2" on 2 "$frames" stations eth0 1 42
check "it is there with its next frame" wait_for 2 port_of_is 02:01:00:00:00:2a "p2 dynamic"
on 1 "$frames" stations eth0 1 42
check "and back with the one after" wait_for 2 port_of_is 02:01:00:00:00:2a "p1 dynamic"

check "the ageing time is set to 2 s" xsw bridge set br0 ageing 2
# Ageing + 1 s is the promise; the rest is for a busy machine's scheduling.
check "all learned addresses are gone" wait_for 5 learned_is 1
check_equal "the static one stays" "$(port_of 02:01:ff:ff:ff:ff)" "p3 static"
check "hosts 1 and 2 ping all the same" pings 1 2
lab_end

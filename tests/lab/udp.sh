#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# udp: at a modest rate no datagram is lost; one that is lost has a drop that says so.
#
#   h1 ── p1 xswd p2 ── h2
. "$(dirname "$0")/lab.sh"

all_drops() {
    xsw -j port show | jq '[.[].drops // {} | to_entries[].value] | add // 0'
}

socket_drops() {
    on 2 cat /proc/net/snmp | awk '/^Udp:/ && $2 ~ /[0-9]/ { print $4 + $6 }'
}

lost_are_accounted() {
    local lost accounted
    lost=$(jq '.end.sum.lost_packets' "$LAB/iperf.json")
    accounted=$(($(all_drops) + $(socket_drops)))
    echo "$lost lost, $accounted counted as dropped"
    [ "$lost" -le "$accounted" ]
}

lab_up 2
check "UDP at 50 Mbit/s" iperf 1 2 -u -b 50M -l 1400 -t 3
check "what was lost is accounted for" lost_are_accounted
check "UDP of fragmented datagrams" iperf 1 2 -u -b 20M -l 8000 -t 2
check "what was lost is accounted for" lost_are_accounted
lab_end

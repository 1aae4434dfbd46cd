#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ping: four hosts reach each other, having found out by ARP where the others are.
#
#   h1 ── p1 ┐      ┌ p3 ── h3
#            ├ xswd ┤
#   h2 ── p2 ┘      └ p4 ── h4
. "$(dirname "$0")/lab.sh"

arp_knows() {
    on "$1" ip neigh show "10.0.0.$2" | grep -q "lladdr $(mac "$2")"
}

learned_where() {
    xsw -j fdb show | jq -r ".[] | select(.mac == \"$(mac "$1")\") | .ifname"
}

lab_up 4
check "all pairs of four hosts ping without loss" all_pairs_ping 4
check "host 1 learned host 4's address by ARP" arp_knows 1 4
for n in 1 2 3 4; do
    check_equal "the address of host $n was learned on its port" "$(learned_where $n)" "p$n"
done
PING_OPTIONS="-s 1472 -M do" check "frames of 1514 bytes pass" pings 1 2
lab_end

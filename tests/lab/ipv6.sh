#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ipv6: neighbour discovery and ping over IPv6, by global and link-local address.
#
#   h1 fd00::1 ── p1 xswd p2 ── h2 fd00::2
#                    p3 ── h3 fd00::3
IPV6=1
. "$(dirname "$0")/lab.sh"

has_link_local() {
    on "$1" ip -6 address show dev eth0 scope link | grep -q "inet6 fe80.*scope link *$"
}

link_local() {
    on "$1" ip -j -6 address show dev eth0 scope link | jq -r '.[].addr_info[]?.local // empty'
}

all_pairs_ping6() {
    local a b failed=0
    for a in 1 2 3; do
        for b in 1 2 3; do
            [ "$a" = "$b" ] || PING_TO=fd00::$b pings "$a" "$b" 3 || failed=1
        done
    done
    return "$failed"
}

lab_up 3
check "all pairs ping over IPv6 without loss" all_pairs_ping6
# Duplicate address detection must have ended before a link-local address works.
check "the link-local address was found to be unique" wait_for 10 has_link_local 2
PING_TO="$(link_local 2)%eth0" check "ping to a link-local address" pings 1 2
PING_TO=fd00::2 PING_OPTIONS="-s 1452 -M do" check "frames of 1514 bytes pass" pings 1 2
IPERF_TO=fd00::2 check "TCP over IPv6" iperf 1 2 -t 2
lab_end

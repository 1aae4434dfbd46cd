#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# mtu9000: jumbo frames, and the longest that a veth can carry.
#
#   h1 ── p1 xswd p2 ── h2        MTU 9000, then 65535
#            p3 ── h3               MTU 1500
. "$(dirname "$0")/lab.sh"

set_mtu() {
    local n
    for n in 1 2; do
        ip -n "$LAB_SWITCH" link set "p$n" mtu "$1" || return 1
        on "$n" ip link set eth0 mtu "$1" || return 1
    done
}

too_long() {
    xsw -j drops show p3 | jq '[.[] | select(.reason == "too-long") | .packets] | add // 0'
}

lab_new
MTU=9000 lab_host 1
MTU=9000 lab_host 2
MTU=1500 lab_host 3
lab_daemon
lab_port 1 2 3
PING_OPTIONS="-M do -s 8972" check "9000 bytes: ping -M do -s 8972" pings 1 2
PING_OPTIONS="-M do -s 3500" check "3500 bytes pass as well" pings 1 2
check "9000 bytes: TCP" iperf 1 2 -t 2
check "9000 bytes: TCP backward" iperf 1 2 -t 2 -R
check "1500 bytes to host 3" pings 1 3
PING_OPTIONS="-M do -s 4000 -W 1" check_not "4000 bytes do not go to host 3" pings 1 3 2
check_equal "which has a name" "$(too_long)" 2
check "the MTU is raised to 65535 under the daemon's feet" set_mtu 65535
PING_OPTIONS="-M do -s 65507" check "65535 bytes: ping -M do -s 65507" pings 1 2
check "65535 bytes: TCP" iperf 1 2 -t 2
lab_end

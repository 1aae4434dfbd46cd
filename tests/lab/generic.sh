#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# generic: the mode of last resort, for devices whose driver knows no XDP.
#
#   h1 ── p1 (generic) xswd p2 (generic) ── h2
#                           p3 (native) ── h3
. "$(dirname "$0")/lab.sh"

mode_of() {
    xsw -j port show "$1" | jq -r '.[0].mode'
}

lab_new
lab_host 1
lab_host 2
lab_host 3
lab_daemon
check "port 1 in generic mode" xsw port add p1 mode generic
check "port 2 in generic mode" xsw port add p2 mode generic
check "port 3 in the best mode" xsw port add p3
check_equal "port 1 is generic" "$(mode_of p1)" generic
check_equal "port 3 is native" "$(mode_of p3)" native
check "all pairs ping without loss" all_pairs_ping 3
for pair in "1 2" "1 3" "3 1"; do
    # shellcheck disable=SC2086  # two words are meant
    check "TCP from host ${pair/ / to }" iperf $pair -t 2
done
lab_end

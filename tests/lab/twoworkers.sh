#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# twoworkers: two workers on two cores, frames cross from one to the other.
#
#   h1 ── p1 ┐            ┌ p3 ── h3
#            ├ xswd 0, 1 ─┤
#   h2 ── p2 ┘            └ p4 ── h4
. "$(dirname "$0")/lab.sh"

workers_used() {
    xsw -j port show | jq '[.[].queues[].worker] | unique | length'
}

[ "$(nproc)" -ge 2 ] || skip_all "needs two cores"
lab_up 4 --workers 0,1
check_equal "there are two workers" "$(xsw -j worker show | jq length)" 2
check_equal "both have ports" "$(workers_used)" 2
check "all pairs of four hosts ping without loss" all_pairs_ping 4
for to in 2 3 4; do
    check "TCP between hosts 1 and $to" iperf 1 $to -t 2
    check "TCP between hosts 1 and $to, backward" iperf 1 $to -t 2 -R
done
lab_end

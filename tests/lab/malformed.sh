#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# malformed: frames that lie about themselves. On plain ports each is forwarded as the
# Ethernet frame it is, byte for byte; the switch outlives all of them.
#
#   h1 ── p1 xswd p2 ── h2
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py

started() {
    grep -q listening "$LAB/heard"
}

# Sends them all to address $1, says how many of how many came.
heard_of() {
    spawn 2 "$frames" hear eth0 5 >"$LAB/heard"
    local hearer=$spawned
    wait_for 5 started
    on 1 "$frames" malformed eth0 "$1"
    wait "$hearer"
    tail -1 "$LAB/heard"
}

all_heard() {
    local result
    result=$(heard_of "$1")
    cat "$LAB/heard"
    [[ $result =~ ^([0-9]+)\ of\ ([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
}

lab_up 2
check "hosts 1 and 2 before" pings 1 2
check "every malformed frame to a known address arrives unchanged" all_heard "$(mac 2)"
check "every malformed frame to an unknown address arrives unchanged" all_heard 02:00:00:00:00:77
check "every malformed broadcast arrives unchanged" all_heard ff:ff:ff:ff:ff:ff
check "hosts 1 and 2 after" pings 1 2
lab_end

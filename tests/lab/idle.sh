#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# idle: a switch with nothing to do uses less than 1 % of a core.
#
#   h1 ── p1 xswd p2 ── h2        (silent)
. "$(dirname "$0")/lab.sh"

SECONDS_WATCHED=10

# Clock ticks that the daemon has used, in user space and in the kernel.
ticks() {
    sed 's/.*) //' "/proc/$daemon/stat" | awk '{ print $12 + $13 }'
}

lab_up 2
check "hosts 1 and 2" pings 1 2
sleep 1
before=$(ticks)
sleep $SECONDS_WATCHED
used=$(($(ticks) - before))
if sanitized; then
    skip "less than 1 % of a core" "$used ticks in $SECONDS_WATCHED s, under a sanitizer"
else
    check "$used ticks of $((SECONDS_WATCHED * $(getconf CLK_TCK))): less than 1 % of a core" \
        test $((used * 100)) -lt $((SECONDS_WATCHED * $(getconf CLK_TCK)))
fi
check_equal "the workers sleep" "$(xsw -j worker show | jq -r ".[].state" | sort -u)" sleeping
check "hosts 1 and 2 after the sleep" pings 1 2
lab_end

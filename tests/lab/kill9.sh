#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill9: the daemon is killed without a chance to clean up. The next one starts on
# the same run directory, and in the end the far ends are as they were found.
#
#   h1 ── p1 xswd p2 ── h2
. "$(dirname "$0")/lab.sh"

settings() {
    local n
    for n in 1 2; do
        on "$n" ethtool -k eth0 | grep -v '\[fixed\]'
        ip -n "$LAB_SWITCH" -d -j link show "p$n" | jq -c '.[0] | {mtu, qdisc, xdp}'
        sw tc filter show dev "p$n" ingress 2>/dev/null
    done
}

differ() {
    ! cmp -s "$1" "$2"
}

lab_new
lab_host 1
lab_host 2
settings >"$LAB/before"
lab_daemon
lab_port 1 2
check "hosts 1 and 2 before" pings 1 2
settings >"$LAB/running"
check "the daemon has something to put back" differ "$LAB/before" "$LAB/running"
for round in 1 2; do
    spawn 1 ping -n -q -f -w 20 10.0.0.2 >/dev/null
    pinger=$spawned
    sleep 0.3
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
    lab_daemon
    reap "$pinger"
    settings >"$LAB/after"
    check "round $round: a new start finds everything as it was" diff "$LAB/before" "$LAB/after"
    check "round $round: the ports can be added at once" lab_port 1 2
    check "round $round: hosts 1 and 2" pings 1 2
    check "round $round: TCP" iperf 1 2 -t 1
done
ledger_balanced
lab_stop
settings >"$LAB/after"
check "an ordinary end leaves everything as it was" diff "$LAB/before" "$LAB/after"
lab_daemon
lab_end

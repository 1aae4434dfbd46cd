#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tamper: somebody changes what the switch has set up; it notices.
#
#   h1 ── p1 xswd p2 ── h2
. "$(dirname "$0")/lab.sh"

far_tx() {
    on 2 ethtool -k eth0 | awk '/^tx-checksumming:/ { print $2 }'
}

far_tx_is() {
    [ "$(far_tx)" = "$1" ]
}

pings_by_then() {
    pings 1 2 2 >/dev/null
}

# The link that holds our program on p1, which was the first port.
first_link() {
    local program
    program=$(sw ip -j link show p1 | jq '.[0].xdp.prog.id')
    bpftool -j link show | jq --argjson p "$program" \
        '[.[] | select(.type == "xdp" and .prog_id == $p).id] | min'
}

limit_refused() {
    xsw fdb add 02:00:00:00:00:71 dev p1 && xsw fdb add 02:00:00:00:00:72 dev p1 || return 1
    xsw bridge set br0 max-macs 1
    [ $? = 2 ] && [ "$(xsw -j fdb show | jq '[.[] | select(.state == "static")] | length')" = 2 ]
}

over_when_answered() {
    xsw shutdown && far_tx_is on && ! xsw version 2>/dev/null
}

lab_up 2
before=$(far_tx)
check_equal "the far end's checksums are in its frames" "$before" off
on 2 ethtool -K eth0 tx on >/dev/null 2>&1
check "somebody else's setting is noticed" wait_for 15 far_tx_is off
check "TCP works" iperf 2 1 -t 1

check "a program is taken off" bpftool link detach id "$(first_link)"
check "a program that was taken off is put back" wait_for 15 pings_by_then

sw ip link del p2
sw ip link add p2 numrxqueues 4 numtxqueues 4 type veth \
    peer name eth0 netns "$LAB_NAME-h2" address "$(mac 2)" numrxqueues 4 numtxqueues 4
on 2 ip address add 10.0.0.2/24 dev eth0
on 2 ethtool -L eth0 rx 1 tx 1
sw ethtool -L p2 rx 1 tx 1 2>/dev/null
on 2 ip link set eth0 up
check "a port with one queue in use" wait_for 15 pings_by_then
sw ethtool -L p2 rx 4 tx 4
on 2 ethtool -L eth0 rx 4 tx 4
check "more queues are noticed" wait_for 15 pings_by_then
check_equal "they have sockets" "$(xsw -j port show p2 | jq '.[0].queues | length')" 4

check "a limit below the static addresses is refused" limit_refused

kill -HUP "$daemon"
check "SIGHUP ends it like SIGTERM" wait_for 15 gone "$daemon"
wait "$daemon" 2>/dev/null
daemon=
check "and the far end is as it was" far_tx_is on
lab_daemon
lab_port 1
lab_port 2
check "a new one takes over" wait_for 15 pings_by_then
check "shutdown is over when it answers" over_when_answered
wait "$daemon" 2>/dev/null
daemon=
lab_daemon
lab_end

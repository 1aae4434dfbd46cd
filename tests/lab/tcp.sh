#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tcp: TCP works in both directions though nobody set anything by ethtool, also to
# a host in a namespace without a name.
#
#   h1 ── p1 xswd p2 ── h2 (namespace without a name)
#            p3 ── h3
. "$(dirname "$0")/lab.sh"

lab_new
lab_host 1
lab_nameless_host 2
lab_host 3
lab_daemon
lab_port 1 2 3
check "host 1 pings the nameless host" pings 1 2
for pair in "1 2" "1 3"; do
    # shellcheck disable=SC2086  # two words are meant
    check "TCP between hosts ${pair/ / and }, forward" iperf $pair -t 2
    # shellcheck disable=SC2086
    check "TCP between hosts ${pair/ / and }, backward" iperf $pair -t 2 -R
done
check "four streams in both directions at once" iperf 1 3 -t 2 -P 4 --bidir
lab_end

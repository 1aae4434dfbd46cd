#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hidden: a far end whose namespace cannot be found, so that its checksum offload stays
# on. Its checksums are finished on the way, TCP works, and the port says so.
#
#   h1 (in a namespace that nobody can find) ── p1 xswd p2 ── h2
#                                                   p3 ── h3 (likewise)
. "$(dirname "$0")/lab.sh"

IPV6=1
lab_new
lab_hidden_host 1
lab_host 2
lab_hidden_host 3
lab_daemon
lab_port 1 2 3
check_equal "port 1 knows that it is not told the truth" \
    "$(xsw -j port show p1 | jq '.[0].truthful')" false
check "and says so" test "$(xsw -j port show p1 | jq '.[0].notes | length')" -gt 0
check "the offload is still on" eval "on 1 ethtool -k eth0 | grep -q '^tx-checksumming: on'"
check "hosts 1 and 2" pings 1 2
for pair in "1 2" "2 1" "1 3"; do
    # shellcheck disable=SC2086  # two words are meant
    check "TCP from host ${pair/ / to }" iperf $pair -t 2
    IPERF_TO=fd00::${pair#* } check "TCP over IPv6 from host ${pair/ / to }" iperf "${pair% *}" "${pair#* }" -t 2
done
check "UDP from host 1 to 2" iperf 1 2 -u -b 20M -t 1
lab_end

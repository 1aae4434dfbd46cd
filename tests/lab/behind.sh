#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# behind: what the kernel drops behind our back has a name all the same.
#
#   h1 ── p1 xswd p2 ── h2 (MTU too small, down, or too slow)
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py

seen() { on 2 cat /sys/class/net/eth0/statistics/rx_packets; }
reason() { xsw -j drops show | jq --arg r "$1" \
    '[.[] | select(.ifname == "p2" and .reason == $r).packets] | add // 0'; }
counted() { [ "$(reason "$1")" -ge "$2" ]; }
agree() { [ $(($(seen) - seen0)) = $(($(port_count 2 .tx.packets) - tx0)) ]; }

lab_up 2
pings 1 2 2 >/dev/null
for n in 1 2; do
    on "$n" ip link set eth0 arp off
done

on 2 ip link set eth0 mtu 1000
on 1 "$frames" burst eth0 "$(mac 2)" 10 1400
check "10 frames that the far end's MTU does not take" wait_for 5 counted device-refused 10
check_equal "and no other" "$(reason device-refused)" 10
on 2 ip link set eth0 mtu 1500

sw ip link set p2 mtu 1000
sleep 0.3
on 1 "$frames" burst eth0 "$(mac 2)" 10 1400
check "10 frames that our own MTU does not take" wait_for 5 counted too-long 10
sw ip link set p2 mtu 1500

on 2 ip link set eth0 down
sleep 0.3
on 1 "$frames" burst eth0 "$(mac 2)" 10 100
check "10 frames for a far end that is down" wait_for 5 counted port-down 10
on 2 ip link set eth0 up
check "carrier comes back" wait_for 5 port_is 2 up

# More than the far end's queue holds, if it does not come to run in time.
sleep 0.3
seen0=$(seen) tx0=$(port_count 2 .tx.packets)
on 1 "$frames" burst eth0 "$(mac 2)" 20000 100
check "what port 2 counts as sent is what host 2 saw" wait_for 5 agree
lab_end

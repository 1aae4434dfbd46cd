#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# overload: more frames than anybody can take: each is sent or has a reason.
#
#   h1 ── p1 xswd p2 ── h2
#            t0 (tap, held open by a program that never reads)
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py
there=02:00:00:00:00:77

received() { xsw -j port show | jq '[.[].rx.packets] | add'; }
sent() { xsw -j port show | jq '[.[].tx.packets] | add'; }
dropped() { xsw -j port show | jq '[.[].drops // {} | to_entries[].value] | add // 0'; }
reason() { xsw -j drops show | jq --arg p "$1" --arg r "$2" \
    '[.[] | select(.ifname == $p and .reason == $r).packets] | add // 0'; }
daemon_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
accounted() { [ "$(received)" = "$(($(sent) + $(dropped) - base))" ]; }
arrived() { [ "$(port_count 1 .rx.packets)" -ge "$1" ]; }

lab_up 2 --frames 512
pings 1 2 2 >/dev/null
for n in 1 2; do
    on "$n" ip link set eth0 arp off
done
sleep 0.3
# Before this, frames were flooded: one in, several out.
base=$(($(sent) + $(dropped) - $(received)))

was=$(port_count 1 .rx.packets)
kill -STOP "$daemon"
on 1 "$frames" burst eth0 "$(mac 2)" 3000 100
kill -CONT "$daemon"
check "3000 frames arrive while the switch sleeps" wait_for 5 arrived $((was + 3000))
check "each is sent or has a reason" wait_for 5 accounted
check_equal "what was too many had no chunk" "$(reason p1 rx-no-frame)" "$(dropped)"
check "there were too many" [ "$(dropped)" -gt 1000 ]

ip netns exec "$LAB_SWITCH" python3 -c "
import fcntl, struct, time
tap = open('/dev/net/tun', 'r+b', buffering=0)
fcntl.ioctl(tap, 0x400454ca, struct.pack('16sH14x', b't0', 0x1002))
time.sleep(60)" &
children+=("$!")
check "a tap appears" wait_for 5 sw ip link show t0
check "it becomes a port" xsw port add t0
check "somebody is behind it" xsw fdb add $there dev t0
base=$(($(sent) + $(dropped) - $(received)))
before=$(daemon_kib)
on 1 "$frames" burst eth0 $there 20000 100
check "each of 20000 frames for a reader that never reads is accounted for" wait_for 5 accounted
check "the tap refused what it could not hold" [ "$(reason t0 device-refused)" -gt 0 ]
check_equal "as many as the tap itself says" "$(reason t0 device-refused)" \
    "$(sw cat /sys/class/net/t0/statistics/tx_dropped)"
check "the switch did not grow" [ $(($(daemon_kib) - before)) -lt 2048 ]
for n in 1 2; do
    on "$n" ip link set eth0 arp on
done
check "the other hosts ping without loss" pings 2 1
lab_end

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# flood256: one broadcast goes to 255 other ports, short or long.
#
#   (256 cables, their far ends f1 ... f256 in the switch's own namespace)
#   f1 ── p1 xswd p2 ... p256 ── f2 ... f256
# timeout: 180
. "$(dirname "$0")/lab.sh"

PORTS=256
frames=$LAB_TREE/tests/lab/frames.py

# Frames that every far end but the first has received, as "smallest largest".
seen() {
    sw cat /proc/net/dev | awk '/^ *f[0-9]+:/ { sub(":", "", $1); if ($1 != "f1") print $3 - 0 }' |
        sort -n | sed -n '1p;$p' | tr '\n' ' '
}

all_saw() {
    [ "$(seen)" = "$1 $1 " ]
}

sent() {
    xsw -j port show | jq '[.[].tx.packets] | add'
}

lab_new
sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
for n in $(seq $PORTS); do
    echo "link add p$n mtu 9000 type veth peer name f$n mtu 9000"
    echo "link set p$n up"
    echo "link set f$n up"
    echo "port add p$n" >>"$LAB/config"
done >"$LAB/links"
sw ip -batch "$LAB/links"
lab_daemon -c "$LAB/config"
check_equal "256 ports are up" "$(xsw -j port show | jq '[.[] | select(.operstate == "up")] | length')" 256

sw "$frames" burst f1 ff:ff:ff:ff:ff:ff 20 60
check "255 far ends see each of 20 short broadcasts" wait_for 10 all_saw 20
sw "$frames" burst f1 ff:ff:ff:ff:ff:ff 20 9014
check "255 far ends see each of 20 long ones" wait_for 10 all_saw 40
check_equal "all that was counted" "$(sent)" $((255 * 40))
check_equal "nothing was dropped" "$(xsw -j drops show | jq '[.[] | select(.ifname != "-").packets] | add // 0')" 0

sw "$frames" burst f256 02:00:00:00:00:aa 8 60
first_saw() {
    [ "$(sw cat /sys/class/net/f1/statistics/rx_packets)" -ge "$1" ]
}
check "the last port is heard as well as the first" wait_for 10 first_saw 8
lab_end

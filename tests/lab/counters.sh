#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# counters: what the ports counted is what the hosts saw, frame for frame.
#
#   h1 ── p1 xswd p2 ── h2
#            p3 ── h3
. "$(dirname "$0")/lab.sh"

frames=$LAB_TREE/tests/lab/frames.py

host_count() {
    on "$1" cat "/sys/class/net/eth0/statistics/$2"
}

# All that must agree, as "name value" lines.
take() {
    local n
    for n in 1 2 3; do
        echo "rx$n $(port_count $n .rx.packets)"
        echo "tx$n $(port_count $n .tx.packets)"
        echo "rxb$n $(port_count $n .rx.bytes)"
        echo "txb$n $(port_count $n .tx.bytes)"
        echo "sent$n $(host_count $n tx_packets)"
        echo "seen$n $(host_count $n rx_packets)"
    done
    echo "drops $(xsw -j port show | jq '[.[].drops // {} | to_entries[].value] | add // 0')"
}

since() {
    local before after
    before=$(awk -v k="$1" '$1 == k { print $2 }' "$LAB/before")
    after=$(awk -v k="$1" '$1 == k { print $2 }' "$LAB/after")
    echo $((after - before))
}

# At least so much of it, and nothing moves any more: what is read one after the other
# then belongs together.
settled() {
    take >"$LAB/after"
    sleep 0.2
    take >"$LAB/later"
    [ "$(since "$1")" -ge "$2" ] && cmp -s "$LAB/after" "$LAB/later"
}

lab_up 3
pings 1 2 2 >/dev/null
pings 3 2 2 >/dev/null
pings 1 3 2 >/dev/null
# From here on only what this script sends is on the wire.
for n in 1 2 3; do
    on "$n" ip link set eth0 arp off
done
sleep 0.3

take >"$LAB/before"
on 1 "$frames" burst eth0 "$(mac 2)" 1000 100
check "1000 frames of 100 bytes from host 1 to host 2" wait_for 5 settled tx2 1000
check_equal "host 1 sent as many as port 1 received" "$(since sent1)" "$(since rx1)"
check_equal "port 2 sent as many as host 2 saw" "$(since tx2)" "$(since seen2)"
check_equal "nothing was sent to host 3" "$(since tx3)" 0
check_equal "nothing was dropped" "$(since drops)" 0
check_equal "port 1 received 100 bytes each" "$(since rxb1)" $((100 * $(since rx1)))
check_equal "port 2 sent 100 bytes each" "$(since txb2)" $((100 * $(since tx2)))

take >"$LAB/before"
on 1 "$frames" burst eth0 ff:ff:ff:ff:ff:ff 500 60
check "500 broadcasts of 60 bytes" wait_for 5 settled tx3 500
check_equal "port 1 received them" "$(since rx1)" 500
check_equal "host 2 saw them" "$(since seen2)" 500
check_equal "host 3 saw them" "$(since seen3)" 500
check_equal "none came back" "$(since tx1)" 0

take >"$LAB/before"
on 1 "$frames" burst eth0 "$(mac 2)" 20 1514
check "20 frames of 1514 bytes" wait_for 5 settled tx2 20
check_equal "every byte is counted" "$(since txb2)" $((20 * 1514))
lab_end

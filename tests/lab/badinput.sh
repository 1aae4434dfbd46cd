#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# badinput: what cannot be done is refused in words, with the right exit code, and
# nothing changes; who misbehaves at the socket hurts nobody else.
#
#   h1 ── p1 xswd p2 ── h2
#            p3 ── h3 (p3 carries somebody else's XDP program)
# timeout: 120
. "$(dirname "$0")/lab.sh"

client=$LAB_TREE/tests/lab/client.py

foreign_program() {
    printf '%s\n' '__attribute__((section("xdp"), used)) int pass(void *c) { return 2; }' |
        clang -target bpf -O2 -x c -c - -o "$LAB/pass.o" &&
        sw ip link set dev p3 xdpgeneric obj "$LAB/pass.o" sec xdp
}

foreign_id() {
    ip -n "$LAB_SWITCH" -j -d link show p3 | jq '.[0].xdp.prog.id'
}

everything() {
    xsw -j bridge show | jq -c '.[] | [.ifname, .ageing, .ports]'
    xsw -j port show | jq -c '.[] | [.ifname, .master, .operstate]'
    xsw -j fdb show | jq -c '[.[] | select(.state == "static")]'
}

unchanged() {
    everything | diff "$LAB/config" -
}

as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"
}

lab_new
lab_host 1
lab_host 2
lab_host 3
check_equal "there is no bpffs in the switch's namespace" \
    "$(sw stat -f -c %T /sys/fs/bpf 2>/dev/null | grep -c bpf)" 0
lab_daemon
lab_port 1 2
check "hosts 1 and 2" pings 1 2
check "a foreign XDP program is put on p3" foreign_program
foreign=$(foreign_id)
check "a second bridge" xsw bridge add br1
everything >"$LAB/config"

check_exit "unknown device" 3 xsw port add nosuch
check_exit "device of another bridge" 2 xsw port add p1 master br1
check_exit "unknown bridge" 3 xsw port add p3 master nosuch
check_exit "device with a foreign XDP program" 2 xsw port add p3
check_equal "the foreign program is untouched" "$(foreign_id)" "$foreign"
check_exit "the loopback device" 2 xsw port add lo
check_exit "unknown port to delete" 3 xsw port del nosuch
check_exit "unknown port with --if-exists" 0 xsw --if-exists port del nosuch
check_exit "port that is there already" 2 xsw port add p1
check_exit "the same with --may-exist" 0 xsw --may-exist port add p1
check_exit "bridge that is there already" 2 xsw bridge add br1
check_exit "unknown bridge to delete" 3 xsw bridge del nosuch
check_exit "a group address" 2 xsw fdb add 01:00:5e:00:00:01 dev p1
check_exit "the zero address" 2 xsw fdb add 00:00:00:00:00:00 dev p1
check_exit "an address on no port" 3 xsw fdb add 02:00:00:00:00:99 dev nosuch
check_exit "an address that is not one" 1 xsw fdb add 02:00:00:zz dev p1
check_exit "unknown object" 1 xsw nonsense
check_exit "object without a verb" 1 xsw port
check_exit "extra words" 1 xsw port del p1 extra
check_exit "a number that is not one" 1 xsw bridge set br0 ageing soon
check_exit "unknown option" 1 xsw --nonsense
check_exit "no daemon there" 4 "$XSW" --run "$LAB/nowhere" version
check "nothing of this changed anything" unchanged

check_exit "a second daemon on the same run directory" 1 \
    timeout 10 ip netns exec "$LAB_SWITCH" "$XSWD" --run "$LAB/run"
check "the first still answers" xsw version

socket=$LAB/run/ctl.sock
check "garbage is answered, line for line" "$client" garbage "$socket"
check "half a request" "$client" half "$socket"
check "a request without end is cut off" "$client" endless "$socket"
check "a client that never reads is cut off" "$client" deaf "$socket"
check "200 connections at once" "$client" many "$socket"
check "others are answered after all that" xsw version
check "and nothing changed" unchanged

# The command without the right to the socket, and the daemon without any right.
chmod 755 "$LAB" "$LAB/run"
check_exit "the command as nobody" 2 as_nobody "$XSW" --run "$LAB/run" version
mkdir "$LAB/nobody"
chown 65534:65534 "$LAB/nobody"
check_exit "the daemon as nobody" 1 as_nobody timeout 10 "$XSWD" --run "$LAB/nobody"
check_exit "the daemon with an unknown option" 1 timeout 10 "$XSWD" --nonsense
check_exit "a core that is not there" 1 timeout 10 "$XSWD" --run "$LAB/nobody" --workers 4095
check "hosts 1 and 2 still ping" pings 1 2
lab_end

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ports64: a switch of 64 ports starts in less than 3 seconds and has less than
# 200 MB, what the kernel holds for it included.
#
#   (64 cables) p1 ... p64 xswd
# timeout: 120
. "$(dirname "$0")/lab.sh"

PORTS=64
group=

# A memory cgroup of our own, version 1 or 2; its file of bytes in use.
group_new() {
    if [ -f /sys/fs/cgroup/memory/memory.usage_in_bytes ]; then
        group=/sys/fs/cgroup/memory/$LAB_NAME
        usage=$group/memory.usage_in_bytes
    elif grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
        group=/sys/fs/cgroup/$LAB_NAME
        usage=$group/memory.current
    else
        return 1
    fi
    mkdir "$group"
}

ports_up() {
    xsw -j port show | jq '[.[] | select(.operstate == "up")] | length'
}

all_up() {
    [ "$(ports_up)" = $PORTS ]
}

remove_half() {
    local n
    for n in $(seq 2 2 $PORTS); do
        xsw port del "p$n" || return 1
    done
}

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

lab_new
for n in $(seq $PORTS); do
    ip -n "$LAB_SWITCH" link add "p$n" type veth peer name "f$n"
    ip -n "$LAB_SWITCH" link set "p$n" up
    ip -n "$LAB_SWITCH" link set "f$n" up
    echo "port add p$n" >>"$LAB/config"
done
if group_new; then
    # The daemon starts inside: what the kernel holds for it is charged to the group.
    printf '%s\n' '#!/bin/sh' "echo \$\$ >$group/cgroup.procs" 'exec "$@"' >"$LAB/join"
    chmod +x "$LAB/join"
    launch=("$LAB/join")
fi

begin=$(milliseconds)
lab_daemon -c "$LAB/config"
check "$PORTS ports are up" wait_for 20 all_up
took=$(($(milliseconds) - begin))
if sanitized; then
    skip "less than 3 s" "it took $took ms, under a sanitizer"
else
    check "it took $took ms, less than 3 s" test $took -lt 3000
fi

if [ -z "$group" ]; then
    skip "less than 200 MB" "no memory cgroup here"
else
    used=$(($(cat "$usage") >> 20))
    if sanitized; then
        skip "less than 200 MB" "it is $used MB, under a sanitizer"
    else
        check "it uses $used MB, less than 200 MB" test $used -lt 200
    fi
fi
check "half of the ports are removed again" remove_half
ledger_balanced
lab_stop
[ -z "$group" ] || rmdir "$group"

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# lab: how does a test get hosts, a switch between them, and a clean end?
#
# To be sourced. A lab is one namespace for the switch and one per host; host n
# is "hn", has eth0 with 10.0.0.n/24 and MAC 02:00:00:00:00:0n (fd00::n/64 too
# after IPV6=1), and its cable ends in the switch's namespace as "pn".
#
#       h1              switch               h2
#   eth0 ─────────── p1  xswd  p2 ─────────── eth0
#
#   lab_up N [OPTION...]    everything: namespace, N hosts, daemon, N ports
#   lab_new; lab_host N; lab_daemon [OPTION...]; lab_port N     the same in steps
#   on N COMMAND...         runs a command on host N
#   sw COMMAND...           runs a command in the switch's namespace
#   xsw ARG...              the command, speaking to this lab's daemon
#   spawn N COMMAND...      starts a process there that ends with the lab; $spawned
#   check TEXT COMMAND...   one line of TAP; the command's output if it fails
#   check_not TEXT COMMAND...   the same for what must fail
#   ok TEXT / not_ok TEXT / skip TEXT REASON
#   lab_end                 the ledger, the daemon's exit; the last line of a lab
#
# Names hold this shell's process number, and what is taken down is taken down
# by the name or number it got here, whichever way the script ends.

set -u

LAB_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
XSWD=${XSWD:-$LAB_TREE/build/xswd}
XSW=${XSW:-$LAB_TREE/build/xsw}
LAB_NAME=xsw-t$$
LAB_SWITCH=$LAB_NAME-sw
LAB=
IPV6=${IPV6:-0}
LAB_WAIT=15 # seconds that something is given that should take a moment

n_tests=0
n_failed=0
spaces=()    # namespaces, by name
children=()  # processes, by id
daemon=      # process id of the daemon, empty when it does not run
spawned=
hidden=()    # files that hold namespaces
launch=()    # words before the daemon's command line
declare -A anonymous=() # host number -> process or file that holds its nameless namespace

# --- TAP ----------------------------------------------------------------------

ok() {
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - $1"
}

not_ok() {
    n_tests=$((n_tests + 1))
    n_failed=$((n_failed + 1))
    echo "not ok $n_tests - $1"
}

skip() {
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - $1 # SKIP $2"
}

skip_all() {
    skip "$(basename "$0")" "$1"
    exit 0
}

say() {
    sed 's/^/# /'
}

check() {
    local text=$1 output status
    shift
    output=$("$@" 2>&1)
    status=$?
    if [ $status -eq 0 ]; then
        ok "$text"
    else
        not_ok "$text"
        echo "$* -> exit $status" | say
        [ -z "$output" ] || say <<<"$output"
    fi
    return $status
}

check_not() {
    local text=$1
    shift
    if "$@" >/dev/null 2>&1; then
        not_ok "$text"
    else
        ok "$text"
    fi
}

# Text, expected exit code, then the command; its words are left in $words.
check_exit() {
    local text=$1 expected=$2 status
    shift 2
    words=$("$@" 2>&1)
    status=$?
    if [ $status -eq "$expected" ]; then
        ok "$text: exit $status, \"$(head -1 <<<"$words" | tr -d '#')\""
    else
        not_ok "$text: exit $status instead of $expected, \"$words\""
    fi
}

check_equal() {
    if [ "$2" = "$3" ]; then
        ok "$1 ($2)"
    else
        not_ok "$1: $2 is not $3"
    fi
}

# Seconds, then a condition that is tried until it holds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# --- parts --------------------------------------------------------------------

sanitized() {
    [[ $XSWD == *asan* || $XSWD == *ubsan* || $XSWD == *tsan* ]]
}

lab_space() {
    ip netns add "$1" || exit 1
    spaces+=("$1")
    ip -n "$1" link set lo up
    if [ "$IPV6" = 0 ]; then
        ip netns exec "$1" sysctl -q net.ipv6.conf.all.disable_ipv6=1 \
            net.ipv6.conf.default.disable_ipv6=1
    fi
}

lab_new() {
    [ "$(id -u)" -eq 0 ] || skip_all "needs root"
    if ! [ -x "$XSWD" ] || ! [ -x "$XSW" ]; then
        not_ok "the binaries are built"
        exit 1
    fi
    trap lab_clean EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    trap 'exit 129' HUP
    trap 'exit 141' PIPE
    LAB=$(mktemp -d "/tmp/$LAB_NAME-XXXXXX")
    mkdir "$LAB/run"
    lab_space "$LAB_SWITCH"
}

sw() {
    ip netns exec "$LAB_SWITCH" "$@"
}

# The words that put a command on host N.
place() {
    if [ -n "${anonymous[$1]:-}" ]; then
        placed=(nsenter --net="${anonymous[$1]}")
    else
        placed=(ip netns exec "$LAB_NAME-h$1")
    fi
}

on() {
    local placed
    place "$1"
    shift
    "${placed[@]}" "$@"
}

xsw() {
    "$XSW" --run "$LAB/run" "$@"
}

mac() {
    printf '02:00:00:00:00:%02x' "$1"
}

lab_cable() {
    local n=$1 to=$2
    ip -n "$LAB_SWITCH" link add "p$n" mtu "${MTU:-1500}" type veth \
        peer name eth0 netns "$to" mtu "${MTU:-1500}" address "$(mac "$n")"
    ip -n "$LAB_SWITCH" link set "p$n" up
    on "$n" ip address add "10.0.0.$n/24" dev eth0
    [ "$IPV6" = 0 ] || on "$n" ip address add "fd00::$n/64" dev eth0 nodad
    on "$n" ip link set eth0 up
}

lab_host() {
    lab_space "$LAB_NAME-h$1"
    lab_cable "$1" "$LAB_NAME-h$1"
}

has_own_space() {
    [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$1/ns/net")" ]
}

# A host in a namespace that has no name: only its process holds it.
lab_nameless_host() {
    unshare -n sleep 1000000 &
    children+=($!)
    anonymous[$1]=/proc/$!/ns/net
    wait_for $LAB_WAIT has_own_space $!
    on "$1" ip link set lo up
    lab_cable "$1" "$!"
}

# A host in a namespace that nobody can find: no name, no process, only a file of ours.
lab_hidden_host() {
    local file=$LAB/space$1
    touch "$file"
    unshare --net="$file" true || exit 1
    hidden+=("$file")
    anonymous[$1]=$file
    on "$1" ip link set lo up
    lab_cable "$1" "$file"
}

daemon_answers() {
    xsw version
}

# Answers or is gone: either ends the wait.
daemon_settled() {
    daemon_answers || ! kill -0 "$daemon"
}

lab_daemon() {
    ${launch[@]+"${launch[@]}"} ip netns exec "$LAB_SWITCH" "$XSWD" --run "$LAB/run" "$@" >>"$LAB/log" 2>&1 &
    daemon=$!
    wait_for $LAB_WAIT daemon_settled
    if ! daemon_answers >/dev/null 2>&1; then
        not_ok "the daemon started"
        exit 1
    fi
}

lab_port() {
    local n
    for n in "$@"; do
        xsw port add "p$n" || { not_ok "port p$n added"; return 1; }
    done
}

lab_up() {
    local n hosts=$1
    shift
    lab_new
    for n in $(seq "$hosts"); do
        lab_host "$n"
    done
    lab_daemon "$@"
    for n in $(seq "$hosts"); do
        lab_port "$n"
    done
}

spawn() {
    local placed
    place "$1"
    shift
    "${placed[@]}" "$@" </dev/null &
    spawned=$!
    children+=("$spawned")
}

gone() {
    ! kill -0 "$1"
}

# Ends one process that was started here and waits for it.
reap() {
    kill "${2:--TERM}" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# --- what tests ask -----------------------------------------------------------

# From host A to host B: count echo requests (5), all answered. PING_OPTIONS for more.
pings() {
    local from=$1 to=$2 count=${3:-5} result
    # shellcheck disable=SC2086  # several words are meant
    result=$(on "$from" ping -n -q -c "$count" -i 0.05 -W 2 ${PING_OPTIONS:-} "${PING_TO:-10.0.0.$to}" 2>&1)
    echo "$result"
    grep -q " 0% packet loss" <<<"$result"
}

all_pairs_ping() {
    local a b failed=0
    for a in $(seq "$1"); do
        for b in $(seq "$1"); do
            [ "$a" = "$b" ] || pings "$a" "$b" 3 || failed=1
        done
    done
    return "$failed"
}

listening() {
    [ -n "$(on "$1" ss -Hltn 'sport = :5201')" ]
}

# iperf3 from host A to host B; further words are options. Leaves its JSON in
# $LAB/iperf.json.
iperf() {
    local from=$1 to=$2 server status
    shift 2
    spawn "$to" iperf3 -s -1 >"$LAB/iperf-server" 2>&1
    server=$spawned
    if ! wait_for $LAB_WAIT listening "$to"; then
        echo "no iperf3 server on host $to"
        return 1
    fi
    on "$from" timeout 30 iperf3 -J -c "${IPERF_TO:-10.0.0.$to}" "$@" >"$LAB/iperf.json"
    status=$?
    reap "$server"
    if [ $status -ne 0 ]; then
        jq -r '.error // empty' "$LAB/iperf.json"
        return 1
    fi
    jq -r '.end | (.sum_received // .sum) | "\(.bits_per_second / 1e6 | floor) Mbit/s"' \
        "$LAB/iperf.json"
    jq -e '.end | (.sum_received // .sum) | .bytes > 100000' "$LAB/iperf.json" >/dev/null
}

# One number of `port show`: port, jq path.
port_count() {
    xsw -j port show "p$1" | jq "[.[0] | $2] | flatten | map(. // 0) | add"
}

port_is() {
    [ "$(xsw -j port show "p$1" | jq -r '.[0].operstate')" = "$2" ]
}

# The frames of all workers add up to what there is.
ledger_adds_up() {
    xsw -j worker show | jq -e '
        (map(.frames.pool + .frames.held + .frames.rx + .frames.tx) | add)
        == (map(.frames.total) | add) and (map(.frames.total) | add) > 0'
}

ledger_balanced() {
    if wait_for $LAB_WAIT ledger_adds_up; then
        ok "the ledger balances"
    else
        not_ok "the ledger balances"
        xsw -j worker show 2>&1 | jq -c '.[] | {worker, frames}' 2>&1 | say
    fi
}

# --- the end ------------------------------------------------------------------

# Asks the daemon to end; exit code 0 and nothing from a sanitizer is a pass.
lab_stop() {
    local status pid=$daemon
    kill -TERM "$daemon"
    wait_for 20 gone "$daemon" || kill -KILL "$daemon"
    wait "$pid"
    status=$?
    daemon=
    check_equal "the daemon ends with exit code 0" $status 0
}

log_is_clean() {
    ! grep -E 'ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|WARNING: ThreadSanitizer' "$LAB/log"
}

lab_end() {
    ledger_balanced
    lab_stop
    ! sanitized || check "no word from the sanitizers" log_is_clean
    exit 0
}

lab_clean() {
    local status=$? pid space file
    trap '' TERM INT HUP PIPE
    trap - EXIT
    if [ $n_failed -gt 0 ] || { [ $status -ne 0 ] && [ -n "$LAB" ]; }; then
        if [ -s "$LAB/log" ]; then
            echo "# the daemon's log:"
            tail -60 "$LAB/log" | say
        fi
        [ $status -ne 0 ] || status=1
    fi
    for pid in ${children[@]+"${children[@]}"}; do
        reap "$pid" -KILL
    done
    if [ -n "$daemon" ]; then
        kill -TERM "$daemon" 2>/dev/null
        wait_for 5 gone "$daemon" || kill -KILL "$daemon" 2>/dev/null
        wait "$daemon" 2>/dev/null
    fi
    for space in ${spaces[@]+"${spaces[@]}"}; do
        [ ! -e "/run/netns/$space" ] || ip netns del "$space"
    done
    for file in ${hidden[@]+"${hidden[@]}"}; do
        umount "$file"
    done
    if mountpoint -q "$LAB/run/bpf"; then
        umount "$LAB/run/bpf"
    fi
    rm -rf "$LAB"
    echo "1..$n_tests"
    exit $status
}

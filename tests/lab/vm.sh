#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# vm: the oldest kernel that is promised, Debian 12's own 6.1, in an emulated machine.
# What newer kernels add is missing there and the daemon must do without.
#
#   ┌ qemu (TCG) ─────────────────────────┐
#   │  h1 ── p1 xswd p2 ── h2             │ ── serial console ── this script
#   └─────────────────────────────────────┘
# timeout: 300
. "$(dirname "$0")/lab.sh"

FOLDER=${XSW_BUILD:-$LAB_TREE/build}/vm
BOOT_LIMIT=120

[ "$(uname -m)" = x86_64 ] || skip_all "the guest is x86-64"
sanitized && skip_all "not with sanitizers: the emulated machine is too slow for them"
command -v qemu-system-x86_64 >/dev/null || skip_all "no qemu-system-x86_64"
[ -x "$XSWD" ] || skip_all "the binaries are not built"

trap 'status=$?; [ -z "$spawned" ] || reap "$spawned" -KILL; echo "1..$n_tests"; exit $status' EXIT
trap 'exit 143' TERM

mkdir -p "$FOLDER"
if ! "$LAB_TREE/tests/lab/vm/build" "$FOLDER" "$XSWD" "$XSW" >"$FOLDER/build.log" 2>&1; then
    say <"$FOLDER/build.log"
    grep -q '^no kernel' "$FOLDER/build.log" && skip_all "$(grep '^no kernel' "$FOLDER/build.log")"
    not_ok "the machine's file system is made"
    exit 1
fi

log=$FOLDER/console.log
timeout $BOOT_LIMIT qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 1024 -nodefaults -no-user-config \
    -nographic -serial stdio -no-reboot -kernel "$FOLDER/vmlinuz" -initrd "$FOLDER/initrd" \
    -append "console=ttyS0 quiet loglevel=4 panic=-1" </dev/null >"$log" 2>&1 &
spawned=$!
wait "$spawned"
status=$?
spawned=

# The guest speaks in lines that begin with "VM: ".
while read -r verdict text; do
    case $verdict in
    ok) ok "$text" ;;
    FAILED) not_ok "$text" ;;
    ledger)
        check "the ledger balances" jq -e '
            (map(.frames.pool + .frames.held + .frames.rx + .frames.tx) | add)
            == (map(.frames.total) | add) and (map(.frames.total) | add) > 0' <<<"$text"
        ;;
    esac
done < <(tr -d '\r' <"$log" | sed -n 's/^VM: //p')

check "the machine came to its end within $BOOT_LIMIT s" test $status -eq 0
check "and said so" grep -q '^VM: end' "$log"
if [ $n_failed -gt 0 ]; then
    echo "the console:" | say
    tail -120 "$log" | LC_ALL=C tr -cd '[:print:]\n\t' | say
    exit 1
fi
grep -a '^VM: note' "$log" | tr -d '\r' | sed 's/^VM: note //' | say
exit 0

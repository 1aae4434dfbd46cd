#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# numa: an emulated machine with two NUMA nodes, two cores each. Does the memory
# of each worker lie on its own node, and do frames go from node to node?
#
#   ┌ qemu (TCG) ────────────┬──────────────────────┐
#   │         node 0         │        node 1        │
#   │  h1 ── p1  worker 0 ═══╪═══ worker 1  p2 ── h2 │ ── serial console ── this script
#   └────────────────────────┴──────────────────────┘
#
# tests/lab/test_numa.c asks inside where the memory is; then the daemon itself
# runs there. Kernel and file system are those of vm.sh, with numa/init on top.
# timeout: 300
. "$(dirname "$0")/lab.sh"

BUILD=${XSW_BUILD:-$LAB_TREE/build}
FOLDER=$BUILD/numa
WHERE=$BUILD/tests/lab/test_numa
BOOT_LIMIT=120

[ "$(uname -m)" = x86_64 ] || skip_all "the guest is x86-64"
sanitized && skip_all "not with sanitizers: the emulated machine is too slow for them"
command -v qemu-system-x86_64 >/dev/null || skip_all "no qemu-system-x86_64"
[ -x "$XSWD" ] || skip_all "the binaries are not built"
[ -x "$WHERE" ] || skip_all "$WHERE is not built: make check-lab T=numa"

trap 'status=$?; [ -z "$spawned" ] || reap "$spawned" -KILL; echo "1..$n_tests"; exit $status' EXIT
trap 'exit 143' TERM

# What is unpacked later wins, so the file system of vm.sh need not be changed: an
# archive with our own init goes behind it, and the test with its libraries. The
# test runs `ip` by way of a shell, and busybox's would take its own.
overlay() {
    local root=$FOLDER/root library
    rm -rf "$root"
    mkdir -p "$root/bin"
    install -m 755 "$LAB_TREE/tests/lab/numa/init" "$root/init"
    cp "$WHERE" "$root/bin/test_numa"
    cp -L /bin/sh "$root/bin/sh"
    for library in $(ldd "$WHERE" /bin/sh | grep -o '/[^ ):]*' | grep -Fvx /bin/sh); do
        [ "$library" != "$WHERE" ] || continue
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
    (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$FOLDER/overlay"
}

mkdir -p "$BUILD/vm" "$FOLDER"
if ! "$LAB_TREE/tests/lab/vm/build" "$BUILD/vm" "$XSWD" "$XSW" >"$FOLDER/build.log" 2>&1 ||
    ! overlay >>"$FOLDER/build.log" 2>&1; then
    say <"$FOLDER/build.log"
    grep -q '^no kernel' "$FOLDER/build.log" && skip_all "$(grep '^no kernel' "$FOLDER/build.log")"
    not_ok "the machine's file system is made"
    exit 1
fi
cat "$BUILD/vm/initrd" "$FOLDER/overlay" >"$FOLDER/initrd"

log=$FOLDER/console.log
timeout $BOOT_LIMIT qemu-system-x86_64 -accel tcg -cpu max -nodefaults -no-user-config -m 1024 \
    -smp 4,sockets=2,cores=2,threads=1 \
    -object memory-backend-ram,id=m0,size=512M -numa node,nodeid=0,cpus=0-1,memdev=m0 \
    -object memory-backend-ram,id=m1,size=512M -numa node,nodeid=1,cpus=2-3,memdev=m1 \
    -nographic -serial stdio -no-reboot -kernel "$BUILD/vm/vmlinuz" -initrd "$FOLDER/initrd" \
    -append "console=ttyS0 quiet loglevel=4 panic=-1 numa_balancing=disable" \
    </dev/null >"$log" 2>&1 &
spawned=$!
wait "$spawned"
status=$?
spawned=

# The guest speaks in lines that begin with "VM: ".
ports=[] workers=[]
while read -r verdict text; do
    case $verdict in
    ok) ok "$text" ;;
    FAILED) not_ok "$text" ;;
    ports) ports=$text ;;
    workers) workers=$text ;;
    ledger)
        check "the ledger balances" jq -e '
            (map(.frames.pool + .frames.held + .frames.rx + .frames.tx) | add)
            == (map(.frames.total) | add) and (map(.frames.total) | add) > 0' <<<"$text"
        ;;
    esac
done < <(tr -d '\r' <"$log" | sed -n 's/^VM: //p')

check "the workers are on both nodes" jq -e 'map(.numa) == [0, 1]' <<<"$workers"
check "the ports are polled by different workers" \
    jq -e '[.[].queues[].worker] | sort == [0, 1]' <<<"$ports"
check "both workers received frames" jq -e 'all(.rx.packets >= 40)' <<<"$workers"
check "the machine came to its end within $BOOT_LIMIT s" test $status -eq 0
check "and said so" grep -q '^VM: end' "$log"
if [ $n_failed -gt 0 ]; then
    echo "the console:" | say
    tail -120 "$log" | LC_ALL=C tr -cd '[:print:]\n\t' | say
    exit 1
fi
exit 0

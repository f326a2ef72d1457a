#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A pool of directories grows at least eight times; the program is killed right
# before and right after each growth is told, the target at each step of its own.
# The copy, alone, must hold what was said to be done, and the next open must
# go on.  ALL=1: the target at each step of each growth.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"
[ "$RPMEM_FAULT_POINTS" = ON ] || skip "there are no fault points in this build"
export PMEM_IS_PMEM_FORCE=1 RPMEM_LOG_LEVEL=0 RPMEM_TIMEOUT_MS=10000
export PMEMOBJ_CONF="$PMEMOBJ_CONF;heap.size.granularity=8388608"
PROG=$RPMEM_BUILD_DIR/tests/crash/crashprog
GROWTHS=8
STEPS=5 # in pool/grow.c
ulimit -c 0

# a program goes on without its replica; here it dies with it
with() {
	RPMEM_FAULTS=librpmem/die-at-loss${fault:+,$fault} \
		stock_exec "$RPMEM" run -- "$PROG" "$@"
}

fresh() {
	rm -rf "${shm:?}"/[ab] "$shm/alone" "$tmp/t/t.set.rpmem-state"
	mkdir -p "$shm/a" "$shm/b" "$tmp/t"
	make_set "$tmp/t/t.set" "OPTION SINGLEHDR" "100M $shm/b"
	make_set "$tmp/alone.set" "OPTION SINGLEHDR" "100M $shm/alone"
	make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
		"REPLICA tcp://127.0.0.1:$port t.set"
	(fault="" with create "$tmp/a.set" grow)
}

# what is there after a kill
look() {
	local said
	said=$(tail -n 1 "$tmp/said")
	cp -rp "$shm/b" "$shm/alone"
	"$HELPERS/standalone" "$shm/alone/000000.pmem"
	AT_LEAST=${said:-0} "$PROG" check "$tmp/alone.set" grow ||
		fail "$1: the copy is wrong (said: $said)"
	(fault="" AT_LEAST=${said:-0} with check "$tmp/a.set" grow) ||
		fail "$1: the next open (said: $said)"
	(fault="" AT_LEAST=${said:-0} with run "$tmp/a.set" grow 10 >/dev/null) ||
		fail "$1: the next run"
}

growths=$(seq $GROWTHS)
[ -z "$RPMEM_SANITIZE" ] || growths="1 $GROWTHS"
start_rpmemd t
for n in $growths; do
	for at in before after; do
		fresh
		fault=replica/die-$at-grow@$n
		background "$tmp/said" with run "$tmp/a.set" grow 62
		wait "$prog" 2>/dev/null && fail "$fault was not reached"
		wait_for "the session's end" no_sessions "$rpmemd_pid"
		look "$fault"
	done
done

fault=""
kills=0
for n in $(seq $((GROWTHS * STEPS))); do
	[ -n "${ALL:-}" ] || [ $((n % 7)) -lt 3 ] || continue
	[ -z "$RPMEM_SANITIZE" ] || [ $((n % 7)) -lt 1 ] || continue
	fresh
	kill_and_wait "$rpmemd_pid" TERM
	RPMEM_FAULTS=grow/die@$n start_rpmemd t
	make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
		"REPLICA tcp://127.0.0.1:$port t.set"
	background "$tmp/said" with run "$tmp/a.set" grow 62
	wait "$prog" 2>/dev/null && fail "grow/die@$n was not reached"
	kill_and_wait "$rpmemd_pid" TERM
	start_rpmemd t
	make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
		"REPLICA tcp://127.0.0.1:$port t.set"
	look "grow/die@$n"
	kills=$((kills + 1))
done
echo "$kills kills of the target"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# `rpmem verify --repair` beside a program that works: a fault point makes it
# send every block again.  The copy as it was at any point of the stream is one
# that a crash could have left, opened by stock libpmemobj; blocks that were read
# before their place in the stream make a bad image (a mutant).  Then either
# side is killed while blocks are on their way: the copy as it lies there,
# promoted, is right and has what was reported.  IMAGES=N; SEED=N repeats a run.
if [ "${RPMEM_FAULT_POINTS:-}" != ON ]; then
	echo "SKIP: needs fault points"
	exit 77
fi
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
export RPMEM_LOG_LEVEL=3
CRASH=$RPMEM_BUILD_DIR/tests/crash
seed=${SEED:-$RANDOM}
images=${IMAGES:-150}
[ -z "$RPMEM_SANITIZE" ] || images=${IMAGES:-30}
size=9M
echo "SEED=$seed IMAGES=$images"

# verified: what became of a verify that all blocks are sent in
verified() {
	local got=0
	"$RPMEM" verify --repair --json "$tmp/a.set" >"$tmp/report" || got=$?
	echo "$got"
}
sent() {
	[ "$(verified)" = 0 ] || fail "verify: $(cat "$tmp/report")"
	python3 -c 'import json, sys
copy = json.load(open(sys.argv[1]))["copies"][0]
sys.exit(copy["settled_blocks"] < 2000 or copy["different_blocks"] != 0)' \
		"$tmp/report" || fail "not all was sent: $(cat "$tmp/report")"
}

# session FAULTS -- what four threads and a verify sent, on record
session() {
	fresh ordered
	kill_and_wait "$rpmemd_pid" TERM
	cp -p "$shm/a/remote" "$shm/a/base"
	cp -p "$shm/a/remote" "$shm/a/image"
	rm -f "$tmp/record"
	RPMEM_RECORD=$tmp/record again t
	RPMEM_FAULTS=$1 begin_equal ordered
	sent
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
# private mappings: recovery does not change the image
look() {
	PMEMOBJ_CONF="copy_on_write.at_open=1;$PMEMOBJ_CONF" "$CRASH/images" \
		"$shm/a/base" "$tmp/record" "$shm/a/image" 0 "$images" "$seed" \
		"$HELPERS/txprog" check "$shm/a/image"
}

dead() {
	! kill -0 "$prog" 2>/dev/null
}

# killed SIDE -- one of the two ends while blocks are sent
killed() {
	local got
	fresh ordered
	if [ "$1" = program ]; then
		RPMEM_FAULTS=librpmem/resend-all,librpmem/die-verifying@$((RANDOM % 50 + 1)) \
			begin_equal ordered
		got=$(verified)
		[ "$got" = 3 ] || fail "verify: $got: $(cat "$tmp/report")"
		wait_for "the program's end" dead
		wait "$prog" 2>/dev/null || true
	else
		RPMEM_ON_LOSS=block RPMEM_FAULTS=librpmem/resend-all begin_equal ordered
		"$RPMEM" verify --repair "$tmp/a.set" >/dev/null &
		local tool=$!
		sleep "0.0$((RANDOM % 90 + 10))"
		away
		wait "$tool" || true
		cp "$tmp/said" "$tmp/before"
		kill_and_wait "$prog"
		cp "$tmp/before" "$tmp/said"
		again t
	fi
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	promoted remote
	echo "$1 killed: the copy is right"
}

start_rpmemd t --durability memory
session librpmem/resend-all
look || fail "a bad image (SEED=$seed)"
for side in program target program target; do
	killed $side
done
[ -z "$RPMEM_SANITIZE" ] || exit 0
# how often a store meets such a block depends on how the threads meet, and
# whether it shows, on the images that are looked at
images=$((images * 6))
for n in $(seq 8); do
	session librpmem/resend-all,librpmem/stale-resend
	look >"$tmp/out" 2>&1 || break
	[ "$n" != 8 ] ||
		fail "blocks of another place in the stream were not found (SEED=$seed)"
done
echo "the mutant was found, in session $n"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What a copy has missed is read in the background, while the program may do
# what it likes with its addresses: other memory at the same place is never
# sent, and a file that was cut short is no signal.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
size=16777216
start_rpmemd t

# say WORD -- and the program has done it
say() {
	local before
	before=$(grep -cx "$1" "$tmp/said" || true)
	echo "$1" >&9
	wait_for "the program: $1" done_more "$1" "$before"
}
done_more() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(grep -cx "$1" "$tmp/said")" -gt "$2" ]
}

# a copy that is away while everything changes
missed() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp/t/a.set"* "$tmp/in"
	mkdir "$shm/a"
	make_set "$tmp/t/a.set" "OPTION NOHDRS" "16M $shm/a/remote"
	truncate -s $size "$shm/a/local"
	mkfifo "$tmp/in"
	# slow enough to be met in the middle
	RPMEM_FAULTS=${faults:-} RPMEM_RESYNC_RATE=${rate:-6000000} in=$tmp/in \
		background "$tmp/said" stock_exec "$HELPERS/remapprog" \
		"tcp://127.0.0.1:$port" a.set "$shm/a/local" 2>"$tmp/err"
	exec 9>"$tmp/in"
	wait_for "the program" grep -q ready "$tmp/said"
	say change
	wait_for "a session" session
	away
	wait_for "the loss" more_often "is lost" 0
	say change
}

# meanwhile WORD -- the copy was away and is back, and WORD happens while it
# catches up; that takes some seconds only, and on a busy machine another try
meanwhile() {
	local try
	for try in 1 2 3 4 5; do
		missed
		"${before_back:-true}"
		again t
		wait_for "the copy" more_often "is back and" 0
		say "$1"
		[ "$(count "has caught up")" != 0 ] || return 0
		say_close
	done
	fail "too late to be of interest, $try times"
}

finish() {
	wait_for "the end of catching up" more_often "has caught up" 0
	say_close
	cmp "$shm/a/local" "$shm/a/remote" || fail "$1: the copy is wrong"
}

say_close() {
	echo close >&9
	exec 9>&-
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

echo "== other memory where the pool was, while blocks are sent"
meanwhile remap
finish "sent"

if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	echo "== the same while all of it is compared"
	# as after a loss of power: it does not know what it has applied
	forget_applied() {
		printf '\0\0\0\0\0\0\0\0' | dd of="$tmp/t/a.set.rpmem-state" \
			bs=4096 seek=1 conv=notrunc status=none
	}
	before_back=forget_applied rate=0 faults=librpmem/slow-scan
	meanwhile remap
	unset before_back rate faults
	grep -q "all of it is compared" "$tmp/err" || fail "it was trusted"
	finish "compared"
fi

echo "== a file that is cut short"
meanwhile truncate
wait_for "a word about it" more_often "cannot read the pool's memory" 0
say_close
[ "$(count "has caught up")" = 0 ] || fail "it cannot have caught up"

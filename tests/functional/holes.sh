#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A sparse pool stays sparse: neither side reads its holes to compare it, and
# what is a hole at the primary becomes zeros at the copy.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
size=128M
bytes=$((128 << 20))
hole=$((100 << 20)) # nothing is ever stored there
most=$((1 << 20))   # what an open may store by itself

# give back the room of what was never stored; the file stays the same
dig() {
	cp "$1" "$1.whole"
	fallocate -p -o 0 -l $bytes "$1"
	dd if="$1.whole" of="$1" bs=4k conv=notrunc,sparse status=none
	rm "$1.whole"
}

# the copy has something where the primary has a hole
scribble() {
	dd if=/dev/urandom of="$shm/a/remote" bs=64k count=16 conv=notrunc \
		seek=$((hole / 65536)) status=none
}

room() {
	echo $(($(stat -c %b "$1") * 512))
}

killed() {
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	# nobody knows what was missed: all is compared
	rm -f "$RPMEM_STATE_DIR"/*.replica
}

# grown WHAT -- since the last question
grown() {
	local f now
	for f in local remote; do
		now=$(room "$shm/a/$f")
		[ "$now" -le $((${was[$f]:-$now} + most)) ] ||
			fail "$1: $f has grown from ${was[$f]} to $now bytes"
		was[$f]=$now
	done
}

# opened MODE WORD -- open and close; that is how the copy became equal
opened() {
	("$1" "$HELPERS/txprog" nop "$tmp/a.set" 2>"$tmp/err") ||
		fail "$1: $(cat "$tmp/err")"
	grep -q "$2" "$tmp/err" || fail "not '$2': $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	same_objects "$shm/a/local" "$shm/a/remote"
}

start_rpmemd t
export RPMEM_LOG_LEVEL=4
for mode in ordered strict; do
	declare -A was=()
	fresh $mode
	dig "$shm/a/local"
	dig "$shm/a/remote"
	grown before
	[ "${was[local]}" -lt $((bytes / 4)) ] || fail "the pool is not sparse"

	echo "== $mode: compared at the open"
	begin $mode
	killed
	grown "the program" # and cmp takes no page: it does not map
	opened $mode "is equal to the primary\|has caught up" # a busy machine
	grown "$mode: compared"

	echo "== $mode: zeros for what is a hole here"
	begin $mode
	killed
	scribble
	was=()
	grown "the program"
	opened $mode "is equal to the primary\|has caught up" # a busy machine

	[ "$RPMEM_FAULT_POINTS" = ON ] || continue
	echo "== $mode: compared while the program runs"
	dig "$shm/a/local"
	dig "$shm/a/remote"
	begin $mode
	killed
	scribble
	was=()
	grown "the program"
	RPMEM_FAULTS=librpmem/slow-scan@1 opened $mode "has caught up"
	grep -q "all of it is compared" "$tmp/err" ||
		fail "not compared: $(cat "$tmp/err")"
	grown "$mode: compared beside the program"
done

echo "== a page of each dirty block: the rest stays a hole at the copy"
work=wide
fresh ordered
begin ordered
end "wide" ordered
dig "$shm/a/local"
dig "$shm/a/remote"
begin ordered
wait_for "a session" session
kill_and_wait "$rpmemd_pid"
kill -KILL "$session_pid"
wait_for "the loss" more_often "is lost" 0
wait_for "each block" works $(($(said) + 400))
before=$(room "$shm/a/remote")
again t
wait_for "the copy" attached
end "holes" ordered
# 400 blocks of 64 KiB; a piece of 16 KiB of each has something in it
after=$(room "$shm/a/remote")
[ "$after" -le $((before + (8 << 20))) ] ||
	fail "the copy has grown from $before to $after bytes"

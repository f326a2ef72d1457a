#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Programs that lose their copy and get it back, again and again, and are then
# killed at a random moment: attached, degraded, catching up.  The primary
# recovers with all that was said; a copy that can be promoted is right; the
# next open makes both the same.  Between, a program that ends in order: then
# the copy has all that was said, which mutants must fail.
# ROUNDS=N, SEED=N
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
export RPMEM_LOG_LEVEL=3
rounds=${ROUNDS:-40}
[ -z "$RPMEM_SANITIZE" ] || rounds=${ROUNDS:-6}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "SEED=$seed"
modes=(ordered strict)
promoted=0

nap() {
	sleep "0.$(printf %03d $((RANDOM % $1)))"
}

lose_it() {
	kill_sessions "$rpmemd_pid"
}

# the copy as it lies there, in a place of its own
promotes() {
	rm -rf "$tmp/p" && mkdir "$tmp/p"
	make_set "$tmp/p/a.set" "${size:-16M} $shm/a/alone"
	cp -p "$shm/a/remote" "$shm/a/alone"
	cp "$tmp"/t/a.set.rpmem-* "$tmp/p/" # the record, perhaps a journal
	"$RPMEM" promote --poolset-dir "$tmp/p" a.set >/dev/null 2>"$tmp/why"
}

look() {
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	if promotes; then
		promoted=$((promoted + 1))
		"$HELPERS/txprog" check "$shm/a/alone" ||
			fail "round $1: a copy that was promoted is wrong"
	else
		grep -q "being made equal" "$tmp/why" ||
			fail "round $1: $(cat "$tmp/why")"
	fi
	($2 "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" 2>"$tmp/err2") ||
		fail "round $1: the primary: $(cat "$tmp/err2")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cmp -i 8192 "$shm/a/local" "$shm/a/remote" ||
		fail "round $1: the copies differ"
}

# killed N: N losses, then the end at a random moment
killed() {
	local n
	begin "$2"
	for n in $(seq $((RANDOM % 3 + 1))); do
		nap 300
		lose_it
	done
	nap 250
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
	look "$1" "$2"
}

# in order: the copy has everything
in_order() {
	local lost
	begin "$1"
	for n in 1 2 3; do
		lost=$(count "has caught up")
		nap 200
		wait_for "a session" session
		lose_it
		wait_for "the copy" more_often "has caught up" "$lost"
	done
	end "in order" "$1"
}

start_rpmemd t
for mode in "${modes[@]}"; do
	fresh "$mode"
	for i in $(seq $((rounds / 2))); do
		killed "$mode $i" "$mode"
	done
	in_order "$mode"
done
echo "$rounds rounds, $promoted times the copy could be promoted"

[ "$RPMEM_FAULT_POINTS" = ON ] && [ -z "$RPMEM_SANITIZE" ] || exit 0
# each place is written seldom: what was lost is not written again by chance
size=32M work=wide
fresh ordered
in_order ordered
for mutant in librpmem/forgets-unacked librpmem/forgets-missed; do
	found=""
	for n in $(seq 12); do
		(
			export RPMEM_FAULTS=$mutant
			in_order ordered
		) >/dev/null 2>&1 && continue
		found=$n
		break
	done
	[ -n "$found" ] || fail "mutant $mutant was not found"
	echo "mutant $mutant found in round $found"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
done

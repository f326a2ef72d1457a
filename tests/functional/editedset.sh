#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy is taken out of the set file, the pool is used with the other one, in
# order, and the copy is back in the set file: nobody says that it has
# everything, before or while a program runs, until it was brought up to date.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"

node a
node b
node c

# tells STATUS WORD -- by the three commands that say it
tells() {
	local command got
	for command in status check lineage; do
		got=0
		on a "$RPMEM" "$command" "$tmp/a/db.set" >"$tmp/out" 2>&1 ||
			got=$?
		[ "$got" = "$1" ] ||
			fail "rpmem $command: $got, not $1: $(cat "$tmp/out")"
		[ -z "${2:-}" ] || says "$2"
	done
	quiet
}
# of_kind COMMAND N -- the program of a pool that is no libpmemobj's
of_kind() {
	(on a ordered "$HELPERS/logblk" "$kind" "$1" "$tmp/a/db.set" "$2" \
		2>"$tmp/err") || fail "$kind $1: $(cat "$tmp/err")"
	quiet
}

echo "== libpmemobj"
begins b c
sync_on 0
tells 0
copies_of a b
works_on_a
tells 0
copies_of a b c
tells 1 behind
copies_of a b
begin_on a "$mode" 2
copies_of a b c
got=0
on a "$RPMEM" status "$tmp/a/db.set" >"$tmp/out" 2>&1 || got=$?
[ "$got" = 1 ] || fail "beside a program: $got: $(cat "$tmp/out")"
stop
tells 1 behind
sync_on 0
tells 0
right

echo "== libpmemlog"
kind=log
forget_nodes
copies_of a b c
of_kind create 0
of_kind add 3
sync_on 0
tells 0
copies_of a b
of_kind add 5
copies_of a b c
tells 1 behind
sync_on 0
tells 0
# the descriptor's state of a run is never flushed
same_objects "$shm/a/db" "$shm/c/db" 12288

echo "- and one that was restored in place is told by both, each time"
cp "$shm/a/db" "$tmp/old"
of_kind add 2
sync_on 0
sha256sum "$shm/b/db" "$shm/c/db" >"$tmp/sums"
cat "$tmp/old" >"$shm/a/db"
for _ in 1 2; do
	sync_on 1 --force
	[ "$(grep -c "restored in place" "$tmp/out")" = 2 ] ||
		fail "not told: $(cat "$tmp/out")"
	sha256sum --quiet -c "$tmp/sums" || fail "a copy was changed"
done

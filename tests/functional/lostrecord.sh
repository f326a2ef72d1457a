#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The state directory of a pool with two copies is lost, or is another user's:
# a program goes on with copies that are equal, and with no other one; a
# command begins nothing in the name of a program that it is not.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3

node a
node b
node c

# what libpmemobj stores and never flushes is made equal, too
equal() {
	on a "$RPMEM" verify --repair "$tmp/a/db.set" >"$tmp/out" ||
		fail "verify: $(cat "$tmp/out")"
	quiet
}
# begins MODE -- a pool with equal copies on b and c
begins() {
	mode=$1
	forget_nodes
	copies_of a b c
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
	begin_on a "$mode"
	wait_for "the copies" follows a
	stop
	equal
}
opens() {
	(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 2 20 >"$tmp/said" \
		2>"$tmp/err") || return 1
	keep_said
	quiet
}
# settled NODE -- what it has on record holds for the next open
settled() {
	local n=$1
	on "$n" "$RPMEM" lineage "$tmp/a/db.set" >"$tmp/out" ||
		fail "$mode: no lineage: $(cat "$tmp/out")" \
			"$(on "$n" "$RPMEM" status "$tmp/a/db.set")" \
			"$(cat "$tmp/err")"
}

for m in strict ordered; do
	echo "== $m: lost, and all are equal"
	begins $m
	rm "$tmp/a.state"/*
	opens || fail "$m: $(cat "$tmp/err")"
	settled a
	opens || fail "$m: again: $(cat "$tmp/err")"
	holds a $m db.set
done

echo "== lost, and the copy that has the higher number has something else"
equal
rm "$tmp/a.state"/*
cp -p "$shm/b/db" "$tmp/b.db"
cp -p "$shm/c/db" "$tmp/c.db"
for n in b c; do
	flip_byte "$shm/$n/db" 9000000
	cp "$shm/$n/db" "$tmp/$n.other"
	! opens || fail "it is overwritten: $n"
	quiet
	cmp "$shm/$n/db" "$tmp/$n.other" || fail "$n was touched"
	for k in b c; do cp -p "$tmp/$k.db" "$shm/$k/db"; done
	rm "$tmp/a.state"/*
done
opens || fail "refused for another reason: $(cat "$tmp/err")"

echo "== a command with another state directory begins nothing"
mkdir "$tmp/d.state"
# foreign COMMAND... -- is refused with a word of why, and changes nothing
foreign() {
	rm -f "$tmp/d.state"/*
	! on d "$RPMEM" "$@" "$tmp/a/db.set" >"$tmp/out" 2>&1 || fail "$*: done"
	quiet
	grep -q "RPMEM_STATE_DIR" "$tmp/out" ||
		fail "$* does not say why: $(cat "$tmp/out")"
}
for m in strict ordered; do
	begins $m
	foreign sync
	settled a
	on d "$RPMEM" verify --repair "$tmp/a/db.set" >"$tmp/out" ||
		fail "what is equal is refused"
	quiet
	settled a
	flip_byte "$shm/b/db" 9000000
	foreign verify --repair
	flip_byte "$shm/b/db" 9000000
	opens || fail "$m: the program does not open: $(cat "$tmp/err")"
done
on d "$RPMEM" sync --dry-run --json "$tmp/a/db.set" >"$tmp/json" || true
json_fits rpmem-sync "$tmp/json"
grep -q '"foreign": *true' "$tmp/json" || fail "not in the plan: $(cat "$tmp/json")"

echo "== a pool that is lost is not made from what is behind on record elsewhere"
node_down b
node_down c
RPMEM_OPEN_ALONE=1 begin_on a ordered 1
wait_for "work without the copies" works
stop
node_up b
node_up c
mv "$shm/a/db" "$tmp/kept"
foreign sync
[ ! -e "$shm/a/db" ] || fail "it was made"
mv "$tmp/kept" "$shm/a/db"

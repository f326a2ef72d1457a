#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The drill of doc/failover.md, both ways: the primary dies, its copy is
# promoted, the old node is fenced when it comes back, becomes the copy of the
# new one, and is the primary again in the end.  What the program was told to
# be durable is there at each step, and stock tools destroy nothing at any.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"

node alpha
node beta

# fail_over FROM TO MODE: the program on FROM is dead
fail_over() {
	local from=$1 to=$2 mode=$3
	stock_tools "$from"
	promote "$to"
	grep -q "promoted" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
	promote "$to" # once more is no harm
	stock_tools "$from"
	echo "- what was promised is there"
	holds "$to"
	echo "- the old one is fenced"
	refuses "$from" "$mode" "promoted"
	lineage "$from" 1 "fenced" "rpmem discard"
	stock_tools "$from"
	copies_of "$to" "$from"
}

# the old node's pool makes room for the copy
make_room() {
	mv "$shm/$1/db" "$shm/$1/db.before"
	rm -f "$tmp/$1/copy.set".rpmem-*
}

echo "== under rpmem run"
forget_nodes
copies_of alpha beta
(on alpha ordered pmempool create obj --layout txprog "$tmp/alpha/db.set")
quiet
work_on alpha ordered
for way in "alpha beta" "beta alpha" "alpha beta"; do
	read -r from to <<<"$way"
	echo "== from $from to $to"
	fail_over "$from" "$to" ordered
	make_room "$from"
	holds "$to" making db.set
	lineage "$to" 0
	stock_tools "$to"
	work_on "$to" ordered
	holds "$to" ordered db.set
	lineage "$to" 0 "promoted"
done

echo "== a planned change of places"
begin_on beta ordered
wait_for "the copy" follows beta
stop
on beta "$RPMEM" status "$tmp/beta/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
grep -q "state *closed" "$tmp/out" || fail "not closed: $(cat "$tmp/out")"
promote alpha
make_room beta
copies_of alpha beta
holds alpha making db.set
work_on alpha ordered
holds alpha ordered db.set

echo "== without rpmem run"
forget_nodes
copies_of alpha beta
(on alpha strict pmempool create obj --layout txprog "$tmp/alpha/db.set")
quiet
work_on alpha strict
fail_over alpha beta strict
make_room alpha
# a stock tool makes the copy, of the pool that was promoted
(on beta strict pmempool transform "$tmp/beta/copy.set" "$tmp/beta/db.set") ||
	fail "transform of the promoted pool"
quiet
holds beta strict db.set
work_on beta strict
holds beta strict db.set
lineage beta 0

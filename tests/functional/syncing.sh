# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# For the tests of rpmem sync: the command on a node, and a pool on a.
# shellcheck source=nodes.sh
. "$(dirname "${BASH_SOURCE[0]}")/nodes.sh"
mode=ordered

# sync_at NODE STATUS [ARG...] -- rpmem sync there, from outside a terminal
sync_at() {
	local n=$1 want=$2 got=0
	shift 2
	quiet
	on "$n" "$RPMEM" sync "$@" "$tmp/$n/db.set" >"$tmp/out" 2>"$tmp/err" \
		</dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem sync $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	quiet
}
# sync_on STATUS [ARG...] -- on a
sync_on() {
	sync_at a "$@"
}
# says WORD... -- and that is what it said
says() {
	local word
	for word; do
		grep -q -- "$word" "$tmp/out" "$tmp/err" ||
			fail "no '$word': $(cat "$tmp/out" "$tmp/err")"
	done
}
# begins NODE... -- a new pool on a, with copies on NODE..., and some work
begins() {
	forget_nodes
	copies_of a "$@"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	works_on_a
}
# works_on_a -- with all copies, and closed in order
works_on_a() {
	quiet
	begin_on a "$mode" 2
	wait_for "the copies" follows a
	stop
}
# right -- the pool opens with its copies, and has what was told to be durable
right() {
	holds a "$mode" db.set
}

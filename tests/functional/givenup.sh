#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy whose loss calls are told of, where libpmemobj's cannot be: the program
# goes on. Either the copy gets all of that, too, when it is back, or it is on
# record that it has not.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
node a
node b

# loses_b POLICY -- a program whose copy goes while it works
loses_b() {
	forget_nodes
	copies_of a b
	(on a ordered pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
	RPMEM_ON_LOSS=$1 begin_on a ordered
	wait_for "the copy" follows a
	node_down b
	wait_for "the program to go on" more_often "the program goes on" 0
	wait_for "work alone" works "$(said)"
	node_up b
}

echo "== block:200:fail: the copy comes back, and has all of it"
loses_b block:200:fail
wait_for "the copy" follows a
wait_for "work with the copy" works "$(said)"
die
quiet
promote b
holds b

echo "== block:200:continue: it is promoted, which has no say over what came later"
forget_nodes
copies_of a b
(on a ordered pmempool create obj --layout txprog "$tmp/a/db.set")
quiet
RPMEM_ON_LOSS=block:200:continue begin_on a ordered
wait_for "the copy" follows a
node_down b
wait_for "work alone" works "$(said)"
wait_for "more of it" works "$(said)"
promote b
node_up b
wait_for "the refusal" more_often "forked" 0
wait_for "work alone" works "$(said)"
wait_for "more of it" works "$(said)"
stop
holds a

echo "== fail: it is left out, and that is known"
loses_b fail
on a "$RPMEM" lineage "$tmp/a/db.set" >"$tmp/out" || true
grep -q "an open goes on" "$tmp/out" || fail "$(cat "$tmp/out")"
grep -q "an ancestor" "$tmp/out" || fail "$(cat "$tmp/out")"
die
quiet
promote b
(export RPMEM_ON_LOSS=fail RPMEM_MIN_REPLICAS=2
	refuses a ordered "no call waits for it")
# nothing that returned is lost: each of the two has something of its own
refuses a ordered "forked"
holds a

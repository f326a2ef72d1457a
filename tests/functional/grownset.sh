#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A pool in directories has grown, and loses a part: the last one, which no name
# tells, or one in the middle; at the target or here; a file, or a directory whose
# file system is not mounted.  Nobody takes the rest for the pool, no part of zeros
# comes in its place, and with the part, or from the other side, all is there.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
export PMEMOBJ_CONF="$PMEMOBJ_CONF;heap.size.granularity=8388608"
PROG=$RPMEM_BUILD_DIR/tests/crash/crashprog

node a
node b
set=$tmp/a/db.set

prog() {
	(on a ordered "$PROG" "$@" >"$tmp/out" 2>"$tmp/err")
}
# begins_grown -- three parts in two directories, here and at b, closed in order
begins_grown() {
	quiet
	rm -rf "${shm:?}"/[ab]/* "$shm/lost"
	forget_nodes
	mkdir -p "$shm/a/x" "$shm/a/y" "$shm/b/x" "$shm/b/y"
	make_set "$set" "OPTION SINGLEHDR" "48M $shm/a/x" "48M $shm/a/y" \
		"REPLICA $(target b)"
	make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "48M $shm/b/x" \
		"48M $shm/b/y"
	prog create "$set" grow || fail "create: $(cat "$tmp/err")"
	prog run "$set" grow "$blocks" || fail "run: $(cat "$tmp/err")"
	quiet
	has_last a
	has_last b
}
blocks=7
has_last() {
	local there
	there=$(cd "$shm/$1" && find . -name '*.pmem' -printf '%P\n' | sort | xargs)
	[ "$there" = "x/000000.pmem x/000002.pmem y/000001.pmem" ] ||
		fail "it has other parts: $there"
}
right_blocks() {
	AT_LEAST=$blocks prog check "$set" grow ||
		fail "the pool is wrong: $(cat "$tmp/out" "$tmp/err")"
	quiet
}
# runs STATUS COMMAND [ARG...] -- what the command says of the set
runs() {
	local want=$1 got=0
	shift
	on a "$RPMEM" "$@" "$set" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	quiet
}
fails_to_open() {
	if AT_LEAST=$blocks prog check "$set" grow; then fail "a program has opened it"; fi
	says "$@"
	quiet
}
sums_of() {
	find "$shm/$1" -type f -exec sha256sum {} + | sort
}

echo "== the target has lost the last part"
begins_grown
mv "$shm/b/x/000002.pmem" "$shm/lost"
before=$(sums_of b)
for record in stamped "of an older rpmemd"; do
	echo "- its record: $record"
	[ "$record" = stamped ] ||
		"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 0
	runs 1 check
	says "000002.pmem' is missing" "not mounted at the target"
	on a "$RPMEM" check --json "$set" >"$tmp/json" || true
	json_fits rpmem-check "$tmp/json"
	grep -q '"part-missing"' "$tmp/json" || fail "$(cat "$tmp/json")"
	! grep -q '"forked"' "$tmp/json" || fail "forked: $(cat "$tmp/json")"
	runs 1 verify
	says "000002.pmem' is missing"
	runs 1 sync --dry-run
	says "refused" "000002.pmem' is missing"
	runs 1 sync
	fails_to_open "000002.pmem' is missing"
done
[ "$(sums_of b)" = "$before" ] || fail "the copy was changed: $(ls "$shm"/b/*)"
echo "- and the pool is lost: it is not made from what is left of the copy"
mkdir "$shm/pool"
mv "$shm"/a/x/* "$shm/pool"
mv "$shm"/a/y/* "$shm/pool"
runs 1 sync
says "cannot be rebuilt" "000002.pmem' is missing"
mv "$shm/pool/000001.pmem" "$shm/a/y"
mv "$shm"/pool/* "$shm/a/x"
echo "- the part is there again"
mv "$shm/lost" "$shm/b/x/000002.pmem"
right_blocks
runs 0 verify
echo "- or the copy is given up and made anew, as check says"
rm "$shm/b/x/000002.pmem"
on a "$RPMEM" rm --force "$set" "$(target b)" >"$tmp/out" 2>"$tmp/err" ||
	fail "rm: $(cat "$tmp/out" "$tmp/err")"
runs 0 sync
right_blocks
runs 0 verify

echo "== the pool has lost its last part"
begins_grown
rm "$shm/a/x/000002.pmem"
before=$(sums_of b)
runs 1 check
says "000002.pmem' is missing" "not mounted"
runs 3 verify
says "000002.pmem' is missing"
runs 1 info
says "000002.pmem' is missing"
fails_to_open "000002.pmem' is missing"
runs 1 sync --dry-run
says "000002.pmem' is missing" "rebuild it from"
[ "$(sums_of b)" = "$before" ] || fail "the copy was changed"
runs 0 sync
says "000001.pmem.rpmem-old"
right_blocks
runs 0 verify

echo "== the file system of a directory is not mounted"
begins_grown
mv "$shm/b/y" "$shm/lost"
mkdir "$shm/b/y"
runs 1 check
says "000001.pmem' is missing, but" "not mounted at the target"
runs 1 sync
says "refused" "000001.pmem' is missing, but"
fails_to_open "000001.pmem' is missing, but"
rmdir "$shm/b/y"
mv "$shm/lost" "$shm/b/y"
right_blocks
mv "$shm/a/y" "$shm/lost"
mkdir "$shm/a/y"
runs 1 check
says "000001.pmem' is missing, but" "not mounted"
fails_to_open "000001.pmem' is missing, but"
runs 0 sync
says "000000.pmem.rpmem-old" "000002.pmem.rpmem-old"
right_blocks

[ "$RPMEM_FAULT_POINTS" = ON ] || exit 0
echo "== a target that does not see that a part is missing"
begins_grown
right_blocks # from here on the files are known as they are
rm "$shm/b/x/000002.pmem"
"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 0
node_down b
RPMEM_FAULTS=dirset/no-heap node_up b
right_blocks
has_last b
runs 0 verify

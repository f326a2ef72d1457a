#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A target's files, the record of its copy too, were copied to another target:
# two copies with one id, of which the loss of one would be taken for that of
# the other.  None is attached beside the other; what is given up is a copy of
# its own.  The same of the files of a pool that was a copy, and of one copy
# that a set names twice.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"

node a
node b
node c

# clones A B -- the copy on A is what lies on B, too
clones() {
	quiet
	cp -p "$shm/$1/db" "$shm/$2/db"
	cp -p "$tmp/$1/copy.set.rpmem-state" "$tmp/$2/"
}
# each_is_itself P X Y -- while a program works on P, the loss of one copy is not
# the other one's, and both have everything in the end
each_is_itself() {
	local p=$1 gone=$2
	begin_on "$p" ordered 2
	wait_for "the copies of $p" follows "$p"
	: >"$tmp/err"
	node_down "$gone"
	wait_for "the loss" grep -q "$(target "$gone") is lost" "$tmp/err"
	wait_for "work without $gone" works "$(said)"
	stop
	[ "$(count "is lost")" = 1 ] || fail "both were lost: $(cat "$tmp/err")"
	node_up "$gone"
	sync_at "$p" 0
	holds "$p" ordered db.set
}

echo "== the files of a copy at a second target"
begins b
clones b c
copies_of a b c
if on a "$RPMEM" check --json "$tmp/a/db.set" >"$tmp/out"; then
	fail "check finds nothing: $(cat "$tmp/out")"
fi
says '"code":"twin"' "sync .*--discard"
sync_on 1 --force
says "refused: it has the id of $(target b)" "sync .*--discard .*$(target c)"
refuses a ordered "has the id of another copy"
echo "- and one is given up"
sync_on 0 --force --discard "$(target c)"
each_is_itself a b
each_is_itself a c

echo "== the files of a pool that was a copy"
begins b
promote b
clones b c
copies_of b c
sync_at b 1 --force
says "refused"
sync_at b 0 --force --discard "$(target c)"
: >"$tmp/all"
each_is_itself b c

echo "== a copy that has moved to another target"
begins b
clones b c
rm "$shm/b/db" "$tmp/b/copy.set.rpmem-state"
copies_of a c
sync_on 0
right

echo "== one copy that a set names twice"
begins b
make_set "$tmp/a/db.set" "16M $shm/a/db" "REPLICA $(target b)" \
	"REPLICA tcp://localhost:${node_port[b]} copy.set"
sync_on 1 --force
says "by another name"
sync_on 1 --force --discard "tcp://localhost:${node_port[b]} copy.set"
copies_of a b
sync_on 0
right

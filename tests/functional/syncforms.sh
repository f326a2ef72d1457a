#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem sync of pools whose parts are no plain files of the set: in directories,
# where a pool has grown, and behind symbolic links to other file systems.  Each
# is rebuilt when it is lost, or by --from, and when that was cut short.  And of
# pools of other libraries.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
export PMEMOBJ_CONF="$PMEMOBJ_CONF;heap.size.granularity=8388608"
PROG=$RPMEM_BUILD_DIR/tests/crash/crashprog

node a
node b

# has NAME... -- these files are in a's directory, and no other
has() {
	local there
	there=$(cd "$dir" && find . -type f -printf '%P\n' | sort | xargs)
	[ "$there" = "$(printf '%s\n' "$@" | sort | xargs)" ] ||
		fail "there is '$there', not '$*'"
}
# blocks N -- the pool has N blocks more, and is closed
blocks() {
	turns=$((turns + $1))
	(on a "$mode" "$PROG" run "$tmp/a/db.set" grow "$1" >/dev/null) ||
		fail "the program failed"
	quiet
}
# grows PART -- until there is this one, in one of the directories
grows() {
	until [ -e "$dir/$1.pmem" ]; do blocks 2; done
}
# right_blocks -- it opens with its copy, and has all of them
right_blocks() {
	(AT_LEAST=$turns on a "$mode" "$PROG" check "$tmp/a/db.set" grow \
		>"$tmp/out" 2>"$tmp/err") ||
		fail "the pool is wrong: $(cat "$tmp/out" "$tmp/err")"
	quiet
}
# killed_at N PREPARE [ARG...] -- sync dies there while names change, and the same
# command finishes
killed_at() {
	local n=$1 got=0
	"$2"
	shift 2
	RPMEM_FAULTS=sync/die-installing@$n on a "$RPMEM" sync "$@" \
		"$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	quiet
	[ "$got" = 137 ] || fail "step $n: $got: $(cat "$tmp/out" "$tmp/err")"
	sync_on 0 "$@"
	right_blocks
}

# ---- directories ----

two_dirs() {
	make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "48M $dir/x" "48M $dir/y" \
		"REPLICA $(target b)"
}
begin_dirs() {
	forget_nodes
	dir=$shm/a/d
	mkdir -p "$dir/x" "$dir/y" "$shm/b/d"
	two_dirs
	make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "96M $shm/b/d"
	(on a "$mode" "$PROG" create "$tmp/a/db.set" grow) || fail "create"
	quiet
	turns=0
	grows x/000002
}
no_part() {
	rm -f "$dir"/?/*
}
no_first() {
	rm -f "$dir"/?/*.rpmem-*
	rm "$dir/x/000000.pmem"
}
nothing_old() {
	rm -f "$dir"/?/*.rpmem-*
}

directories() {
	echo "== directories: all parts are lost"
	begin_dirs
	no_part
	sync_on 0 --force
	has x/000000.pmem
	right_blocks
	echo "- it grows again, and the first part is lost"
	grows y/000001
	has x/000000.pmem y/000001.pmem
	no_first
	sync_on 0
	says "000000.pmem' is missing" "000001.pmem.rpmem-old"
	has x/000000.pmem y/000001.pmem.rpmem-old
	right_blocks
	echo "- what was set aside is in the way of the next one"
	grows y/000001
	rm "$dir/x/000000.pmem"
	sync_on 1
	says "000001.pmem.rpmem-old', which is there"
	nothing_old
	sync_on 0
	right_blocks
	echo "- one that is whole, on purpose"
	grows y/000001
	nothing_old
	sync_on 1 --from "$(target b)"
	says "--force is needed"
	sync_on 0 --force --from "$(target b)"
	has x/000000.pmem x/000000.pmem.rpmem-old y/000001.pmem.rpmem-old
	right_blocks
	nothing_old
	echo "- directories that are for less"
	no_part
	make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "16M $dir/x" \
		"REPLICA $(target b)"
	sync_on 1 --force
	says "make their sizes larger"
	has
	two_dirs
	sync_on 0 --force
	right_blocks
}

cut_short() {
	[ "$RPMEM_FAULT_POINTS" = ON ] || return 0
	local n
	echo "- cut short"
	killed_at 1 no_part --force
	# the second part is to be set aside, the new one to get its name
	for n in 2 3; do
		grows y/000001
		killed_at "$n" nothing_old --force --from "$(target b)"
	done
	no_part
	RPMEM_FAULTS=sync/die-reading@1 on a "$RPMEM" sync --force \
		"$tmp/a/db.set" >"$tmp/out" 2>&1 && fail "not killed"
	quiet
	has x/000000.pmem.rpmem-new
	sync_on 0 --force
	has x/000000.pmem
	right_blocks
}

# ---- symbolic links ----

# a part of the set is a link to a link to a file elsewhere
links() {
	local before
	echo "== a part behind a symbolic link"
	rm -rf "$shm/a/d" "$shm/b/d"
	forget_nodes
	mkdir "$tmp/disk"
	copies_of a b
	make_set "$tmp/b/copy.set" "16M $shm/b/db"
	(on a "$mode" "$PROG" create "$tmp/a/copy.set" grow) || fail "create"
	mv "$shm/a/db" "$tmp/disk/real"
	ln -s real "$tmp/disk/hop"
	ln -s "$tmp/disk/hop" "$shm/a/db"
	sync_on 0
	turns=0
	blocks 3
	right_blocks
	dir=$tmp/disk
	before=$(stat -c %i "$tmp/disk/real")
	sync_on 0 --force --from "$(target b)"
	[ -L "$shm/a/db" ] || fail "the link is gone"
	has real real.rpmem-old
	[ "$(stat -c %i "$tmp/disk/real.rpmem-old")" = "$before" ] ||
		fail "another file was set aside"
	right_blocks
	echo "- the file behind it is lost"
	rm "$tmp/disk"/real*
	sync_on 0 --force
	[ -L "$shm/a/db" ] || fail "the link is gone"
	has real
	right_blocks
	echo "- or damaged"
	dd if=/dev/zero of="$tmp/disk/real" bs=4096 count=1 conv=notrunc status=none
	sync_on 0
	has real real.rpmem-old
	[ "$(ls "$shm/a")" = db ] || fail "left beside the link: $(ls "$shm/a")"
	right_blocks
}

# ---- pools of other libraries ----

others() {
	local kind whole="20M $shm/a/db" copy
	copy="REPLICA $(target b)"
	echo "== pools of libpmemlog and libpmemblk, and too little room"
	rm -rf "$shm/a/db" "$tmp/disk"
	for kind in log blk; do
		forget_nodes
		make_set "$tmp/b/copy.set" "20M $shm/b/db"
		make_set "$tmp/a/db.set" "$whole" "$copy"
		(on a "$mode" "$HELPERS/logblk" "$kind" create "$tmp/a/db.set" 0)
		(on a "$mode" "$HELPERS/logblk" "$kind" add "$tmp/a/db.set" 7)
		quiet
		rm "$shm/a/db"
		make_set "$tmp/a/db.set" "12M $shm/a/db" "$copy"
		sync_on 1 --force
		says "have room for 12582912: make them as large"
		[ "$(ls "$shm/a")" = "" ] || fail "left behind: $(ls "$shm/a")"
		make_set "$tmp/a/db.set" "$whole" "$copy"
		sync_on 0 --force
		(on a "$mode" "$HELPERS/logblk" "$kind" check "$tmp/a/db.set" 7) ||
			fail "the pool of $kind is wrong"
	done
}

# a copy on this machine, too: what sync says, done
local_copies() {
	echo "== a copy on this machine, and the pool is lost with it"
	forget_nodes
	make_set "$tmp/b/copy.set" "16M $shm/b/db"
	make_set "$tmp/a/db.set" "16M $shm/a/db" REPLICA "16M $shm/a/db2" \
		"REPLICA $(target b)"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 1 20 >"$tmp/all")
	quiet
	rm "$shm/a/db"
	sync_on 1
	says "rpmem run -- pmempool sync" "rpmem set remove-replica"
	(on a "$mode" pmempool sync "$tmp/a/db.set")
	quiet
	[ -e "$shm/a/db" ] || fail "not made from the copy beside it"
	rm "$shm/a/db" "$shm/a/db2"
	on a "$RPMEM" set remove-replica "$tmp/a/db.set" "$shm/a/db2" >"$tmp/out"
	sync_on 0 --force
	holds a "$mode" db.set
}

directories
cut_short
links
others
local_copies

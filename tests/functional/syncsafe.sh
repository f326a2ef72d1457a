#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What rpmem sync must not do: take a copy whose file system is not mounted for
# one that is missing, replace a part that a program has used, rebuild from what
# is behind, or into too little room, take an older pool for the newest one.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"

node a
node b
node c
mode=ordered

# sync_on STATUS [ARG...] -- rpmem sync on a, from outside a terminal
sync_on() {
	local want=$1 got=0
	shift
	quiet
	on a "$RPMEM" sync "$@" "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" \
		</dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem sync $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	quiet
}
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
# alone [NODE] -- some work without it
alone() {
	node_down "$1"
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	wait_for "work without $1" works
	stop
	node_up "$1"
}
unmount() {
	mkdir -p "$shm/away"
	mv "$shm/$1/db" "$shm/away/$1"
}
mount_again() {
	mv "$shm/away/$1" "$shm/$1/db"
}
right() {
	holds a "$mode" db.set
}

not_mounted() {
	echo "== a copy whose file system is not mounted"
	begins b c
	unmount c
	sync_on 1 --dry-run
	says "mount it first"
	sync_on 1
	says "--force is needed"
	[ ! -e "$shm/c/db" ] || fail "made without consent"
	sync_on 0 --force
	right
	echo "- the pool is lost, and it is the newest"
	alone b
	unmount c
	rm "$shm/a/db"
	sync_on 1
	says "not from .*not there" "mount it first"
	[ ! -e "$shm/a/db" ] || fail "rebuilt from an older copy"
	sync_on 1 --force --from "$(target b)"
	says "refused"
	[ ! -e "$shm/c/db" ] || fail "a newer copy was made anew"
	rm -f "$shm/a"/db*
	mount_again c
	forget_nodes
	echo "- it was promoted"
	begins b c
	promote c
	unmount c
	sync_on 1
	says "fenced" "mount"
	[ ! -e "$shm/c/db" ] || fail "a promoted copy was made anew"
	sync_on 1 --discard "$(target c)"
	says "lost" "--force is needed"
	sync_on 0 --force --discard "$(target c)"
	right
}

# damage -- the pool's header, so that it is a part that is no pool
damage() {
	dd if=/dev/zero of="$shm/a/db" bs=4096 count=1 conv=notrunc status=none
}

second_names() {
	local before
	echo "== what a rebuild left behind is no reason to remove a part"
	begins b
	copies_of a b c
	rm "$shm/a/db"
	mv "$tmp/c/copy.set" "$tmp/c/copy.away"
	# one copy cannot be made, so it does not end well
	sync_on 1
	mv "$tmp/c/copy.away" "$tmp/c/copy.set"
	[ ! -e "$shm/a/db.rpmem-new" ] || fail "a second name has stayed"
	echo "- as if it had been killed then"
	copies_of a b
	ln "$shm/a/db" "$shm/a/db.rpmem-new"
	alone b
	damage
	before=$(sha256sum <"$shm/a/db")
	sync_on 0 --force
	[ "$(sha256sum <"$shm/a/db.rpmem-old")" = "$before" ] ||
		fail "a part that a program had used is gone"
}

not_mounted
second_names

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A pool whose parts are not there need not be lost: its file system is not
# mounted, it is on another machine and its program goes on, or the copy that
# is newer has its record on a file system that is not mounted. rpmem sync
# rebuilds nothing then before somebody says so.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
requires python3

node a
node b
node c

not_made() {
	[ ! -e "$shm/${1:-a}/db" ] || fail "rebuilt without consent"
}
# asks WORD... -- the plan is for somebody to agree to, as a script sees it, too
asks() {
	local word
	sync_on 1 --dry-run --json
	json_fits rpmem-sync "$tmp/out"
	for word; do
		python3 -c 'import json, sys
sys.exit(sys.argv[2] not in json.load(open(sys.argv[1]))["pool"]["asks"])' \
			"$tmp/out" "$word" || fail "no $word: $(cat "$tmp/out")"
	done
}

not_mounted() {
	echo "== the pool's file system is not mounted"
	begins b
	mkdir "$shm/away"
	mv "$shm/a/db" "$shm/away/db"
	asks mount
	sync_on 1
	says "mount it first" "--force is needed"
	not_made
	mv "$shm/away/db" "$shm/a/db"
	sync_on 0
	right
	rm "$shm/a/db"
	sync_on 0 --force
	right
}

# standby STATUS [ARG...] -- rpmem sync on c, which has the same set file
standby() {
	local want=$1 got=0
	shift
	on c "$RPMEM" sync "$@" "$tmp/c/db.set" >"$tmp/out" 2>"$tmp/err" \
		</dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "sync $* on c: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	quiet
}

alive_elsewhere() {
	echo "== another machine, and the program was cut off, or has died"
	begins b
	copies_of c b
	begin_on a "$mode" 2
	wait_for "the copies" follows a
	die
	quiet
	standby 1
	says "may be alive" "--force is needed"
	not_made c
	standby 1 --dry-run --json
	json_fits rpmem-sync "$tmp/out"
	grep -q '"alive"' "$tmp/out" || fail "$(cat "$tmp/out")"
	echo "- its own machine knows that it is not"
	rm "$shm/a/db"
	sync_on 1
	says "mount it first"
	! grep -q "may be alive" "$tmp/out" || fail "$(cat "$tmp/out")"
	sync_on 0 --force
	right
	echo "- nor is it alive if it was closed in order; but it is another's"
	standby 1
	says "RPMEM_STATE_DIR"
	! grep -q "may be alive" "$tmp/out" || fail "$(cat "$tmp/out")"
	echo "- one that has seen the pool before does not know what was later"
	standby 0 --force
	(on c "$mode" "$HELPERS/txprog" check "$tmp/c/db.set" "$tmp/all") \
		>"$tmp/out" 2>&1 || fail "on c: $(cat "$tmp/out")"
	quiet
	rm "$shm/a"/* "$shm/c"/*
	sync_on 0 --force
	begin_on a "$mode" 2
	wait_for "the copies" follows a
	die
	quiet
	standby 1
	says "may be alive" "RPMEM_STATE_DIR"
	not_made c
}

# kept KIND FIRST MORE -- a pool of libpmemblk or libpmemlog, restored in place
kept() {
	local kind=$1 logblk=$HELPERS/logblk
	echo "== $kind: closed with its copy, and restored in place"
	forget_nodes
	make_set "$tmp/a/db.set" "24M $shm/a/db" "REPLICA $(target b)"
	make_set "$tmp/b/copy.set" "24M $shm/b/db"
	(on a ordered "$logblk" "$kind" create "$tmp/a/db.set" 0
	on a ordered "$logblk" "$kind" add "$tmp/a/db.set" "$2")
	quiet
	cp "$shm/a/db" "$tmp/snapshot"
	(on a ordered "$logblk" "$kind" add "$tmp/a/db.set" "$3")
	quiet
	sync_on 0
	(on a ordered "$logblk" "$kind" add "$tmp/a/db.set" "$3")
	quiet
	cat "$tmp/snapshot" >"$shm/a/db"
	cp "$shm/b/db" "$tmp/newer"
	sync_on 1
	says "restored in place" "--discard" "--from"
	! on a "$RPMEM" verify --repair "$tmp/a/db.set" >"$tmp/out" ||
		fail "repaired"
	quiet
	says "restored in place"
	same_objects "$shm/b/db" "$tmp/newer"
	sync_on 0 --force --discard "$(target b)"
	same_objects "$shm/a/db" "$shm/b/db"
}

record_away() {
	echo "== the newer copy, and its record, are not mounted"
	forget_nodes
	begins b c
	node_down b
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	wait_for "work without b" works
	stop
	node_up b
	mkdir "$tmp/c.away"
	mv "$tmp/c"/copy.set.* "$tmp/c.away/"
	mv "$shm/c/db" "$shm/away/db"
	rm "$shm/a/db"
	sync_on 1
	says "not from .*another copy that followed"
	not_made
	rm "$tmp/a.state"/*
	sync_on 1
	says "not from .*another copy that followed" "--from"
	not_made
	sync_on 1 --from "$(target b)"
	says "another copy that followed" "--force is needed"
	not_made
	echo "- and they are back"
	mv "$shm/away/db" "$shm/c/db"
	mv "$tmp/c.away"/* "$tmp/c/"
	sync_on 0 --force
	right
	echo "- or lost, and what is on record here says that nothing is missing"
	rm "$shm/a"/db* "$shm/c"/db "$tmp/c"/copy.set.*
	sync_on 0 --force
	right
}

not_mounted
alive_elsewhere
record_away
kept blk 7 20000
kept log 700000 100000

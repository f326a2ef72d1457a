#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem sync where something is damaged, or it cannot go on: copies whose parts
# are cut short, directories that cannot be written, half a record, bytes of a
# copy that somebody has overwritten; what it says, and what helps.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"

node a
node b
node c

# what the pool is rebuilt from is whole
bad_parts() {
	echo "== a lost pool, and copies whose parts are cut short"
	begins b c
	rm "$shm/a/db"
	truncate -s 8M "$shm/b/db"
	sync_on 1 --from "$(target b)"
	says "not from.*1 of 1 parts is bad" "name another copy"
	sync_on 1 --force
	says "rebuild it from $(target c)" "this pool: rebuilt" "mend it"
	(on a stock_exec pmempool check "$tmp/a/copy.set") >"$tmp/out" ||
		fail "$(cat "$tmp/out")"
	rm "$shm/a"/db*
	cp -p "$shm/c/db" "$shm/kept"
	truncate -s 8M "$shm/c/db"
	sync_on 1
	says "$shm/b/db': it has 8388608 bytes.*$shm/c/db': it has 8388608" \
		"mend the parts of a copy" "rpmem check $tmp/a/db.set"
	! grep -q "rpmem rm" "$tmp/out" ||
		fail "the last copy is to be removed: $(cat "$tmp/out")"
	[ ! -e "$shm/a/db" ] || fail "rebuilt from a part of a copy"
	mv "$shm/kept" "$shm/c/db"
	sync_on 1 --force
	echo "- and what is advised helps"
	on a "$RPMEM" rm --force "$tmp/a/db.set" "$(target b)" >"$tmp/out"
	sync_on 0 --force
	right
}

# what was done, and how to go on, where a step fails
failing() {
	local file
	echo "== a rebuild that cannot go on"
	begins b
	rm "$shm/a/db"
	make_set "$tmp/a/db.set" "16M /sys/db" "REPLICA $(target b)"
	sync_on 3 --force
	says "not rebuilt: .*/sys/db.rpmem-new" "not done: bring up to date" \
		"next: give this user the right"
	make_set "$tmp/a/db.set" "16M $shm/none/db" "REPLICA $(target b)"
	sync_on 3 --force --json
	json_fits rpmem-sync "$tmp/out"
	says '"next":"see that the directory is there'
	copies_of a b
	echo "- nor can what follows it"
	file=$(echo "$tmp/a.state"/*.lineage)
	mv "$file" "$tmp/lineage"
	mkdir "$file"
	sync_on 3 --force
	says "this pool: rebuilt" "not done: bring up to date" \
		"next: .*the same command"
	rmdir "$file"
	mv "$tmp/lineage" "$file"
	sync_on 0
	right
}

# half STATE-FILE SLOT -- that one of its two records is no record any more
half() {
	dd if=/dev/zero of="$1" bs=512 seek="$((4 * $2))" count=1 conv=notrunc \
		status=none
}

records() {
	local slot problems
	echo "== one of the two records of a copy is damaged"
	begins b
	for slot in 0 1; do
		half "$tmp/b/copy.set.rpmem-state" "$slot"
		sync_on 0
		problems=$(on a "$RPMEM" check "$tmp/a/db.set") ||
			fail "still wrong: $problems"
		case $problems in
		*"rpmem sync"*) fail "sync has not done it: $problems" ;;
		esac
		cmp -s -n 8 -i "$((2048 * slot)):0" "$tmp/b/copy.set.rpmem-state" \
			<(printf RPMSTATE) || fail "the record was not written"
	done
	right
	echo "== bytes of a copy are overwritten: nothing says that they are equal"
	touch -r "$shm/b/db" "$tmp/times"
	dd if=/dev/urandom of="$shm/b/db" bs=64k seek=100 count=1 conv=notrunc \
		status=none
	touch -r "$tmp/times" "$shm/b/db"
	sync_on 0 --dry-run
	says "blocks are not compared: rpmem verify"
	sync_on 0
	says "not compared: rpmem verify $tmp/a/db.set"
	sync_on 0 --json
	json_fits rpmem-sync "$tmp/out"
	says '"compared":false'
	on a "$RPMEM" verify --repair "$tmp/a/db.set" >"$tmp/out" ||
		fail "$(cat "$tmp/out")"
	same_objects "$shm/a/db" "$shm/b/db"
}

unrecorded() {
	echo "== the record of a copy is lost at its target"
	begins b
	rm "$tmp/b/copy.set.rpmem-state"
	sync_on 1 --dry-run
	says "no record of it" "compare" "--discard"
	sync_on 0 --force --discard "$(target b)"
	right
	echo "- and the pool is lost, too"
	rm "$tmp/b/copy.set.rpmem-state" "$shm/a/db"
	sync_on 1
	says "no record of whose copy it is" "--from"
	sync_on 1 --from "$(target b)"
	says "nothing is on record of it" "as it is on record here" \
		"--force is needed"
	sync_on 0 --force --from "$(target b)"
	right
	echo "- another pool lies there"
	rm "$tmp/b/copy.set.rpmem-state" "$shm/b/db"
	pmempool create obj --layout other "$tmp/b/copy.set"
	cp "$shm/b/db" "$shm/kept"
	sync_on 1 --force --discard "$(target b)"
	says "another pool is there, and no record of it" "rpmem rm --force"
	cmp "$shm/kept" "$shm/b/db" || fail "another pool was overwritten"
	on a "$RPMEM" rm --force "$tmp/a/db.set" "$(target b)" >"$tmp/out"
	sync_on 0
	right
}

bad_parts
failing
records
unrecorded

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy whose part was restored from a backup, in place, beside a record that
# is newer: nobody calls it good, nothing is rebuilt from it unless somebody
# says so, and its primary makes it equal.  And no false alarm where nothing
# but us has written to it.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
requires python3
mode=ordered

node a
node b

# begins PART -- a new pool on a, with a copy on b in PART; some work, a backup
# of the copy in $tmp/backup, and more work
begins() {
	part=$1
	forget_nodes
	rm -f "$tmp/disk.part"
	make_set "$tmp/b/copy.set" "16M $part"
	copies_of a b
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	work_in_order
	cp -p "$part" "$tmp/backup"
	cp "$tmp/all" "$tmp/all.backup"
	work_in_order
}

# some work that ends in order
work_in_order() {
	quiet
	(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 2 20 \
		>"$tmp/said" 2>"$tmp/err") || fail "$(cat "$tmp/err")"
	keep_said
	quiet
}

# agrees STATUS COMMAND ARG... -- on a; its words are in $tmp/out
agrees() {
	local want=$1 got=0
	shift
	on a "$RPMEM" "$@" "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" \
		</dev/null || got=$?
	[ "$got" = "$want" ] || fail "rpmem $*: $got, not $want:" \
		"$(cat "$tmp/out" "$tmp/err")"
	quiet
}

# is_changed, is_good -- what check and a dry promote say of the copy
is_changed() {
	agrees 1 check --json
	says '"code":"changed"' "restored from a backup"
	got=0
	on b "$RPMEM" promote -n --poolset-dir "$tmp/b" copy.set \
		>"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = 1 ] || fail "promote -n: $got: $(cat "$tmp/out" "$tmp/err")"
	says "restored from a backup" "without --force"
}
is_good() {
	agrees 0 check
	on b "$RPMEM" promote -n --poolset-dir "$tmp/b" copy.set \
		>"$tmp/out" 2>"$tmp/err" || fail "promote -n: $(cat "$tmp/err")"
}

# restored how: with a new time, with the backup's, and block by block
restores() {
	case $1 in
	0) cp "$tmp/backup" "$part" ;;
	1) cp -p "$tmp/backup" "$part" ;;
	2) dd if="$tmp/backup" of="$part" bs=1M conv=notrunc status=none ;;
	esac
}

for place in "$shm/b/db" "$tmp/disk.part"; do
	echo "== $(stat -f -c %T "$(dirname "$place")"): the primary makes it equal"
	begins "$place"
	is_good
	for how in 0 1 2; do
		restores "$how"
		is_changed
		agrees 1 sync --dry-run
		says "bring up to date"
		agrees 0 sync --force
		is_good
		same_objects "$shm/a/db" "$part"
	done
	echo "- so does a program"
	restores 1
	work_in_order
	is_good

	echo "- nothing has written to it: no alarm"
	node_down b
	chmod 640 "$part"
	chmod 600 "$part"
	mv "$part" "$part.away"
	cp -p "$part.away" "$part"
	rm "$part.away"
	[ "$place" = "$shm/b/db" ] || sync -f "$part"
	node_up b
	is_good
	agrees 0 sync
	is_good
	echo "- and it has all, what the program sent, too"
	promote b
	holds b
done
begins "$shm/b/db"

echo "== its program was killed, or its target: it is what is on record"
begin_on a "$mode"
wait_for "the copy" follows a
die
quiet
agrees 1 check --json
! grep -q '"changed"' "$tmp/out" || fail "$(cat "$tmp/out")"
echo "- the end of a killed program's session is known"
cp "$tmp/backup" "$part"
is_changed
agrees 0 sync --force
begin_on a "$mode"
wait_for "the copy" follows a
session=$(pgrep -P "${node_pid[b]}")
kill -KILL "$session"
die
quiet
agrees 1 check --json
! grep -q '"changed"' "$tmp/out" || fail "$(cat "$tmp/out")"
agrees 0 sync --force
is_good

echo "== the primary is lost"
begins "$shm/b/db"
restores 1
rm "$shm/a/db"
agrees 1 sync
says "not from .*restored from a backup" "sync $tmp/a/db.set --from"
[ ! -e "$shm/a/db" ] || fail "rebuilt from an old backup, unasked"
agrees 1 sync --dry-run --json
json_fits rpmem-sync "$tmp/out"
echo "- stock pmempool does not get it, either"
(on a stock_exec pmempool sync "$tmp/a/db.set" >"$tmp/out" 2>&1) &&
	fail "pmempool sync has taken it: $(cat "$tmp/out")"
grep -q "restored from a" "${tmp}/b.log" || fail "no word in the log"
rm -f "$shm/a/db"
echo "- by name, and only with consent"
agrees 1 sync --from "$(target b)"
says "has not any more" "--force"
[ ! -e "$shm/a/db" ] || fail "rebuilt without consent"
agrees 0 sync --force --from "$(target b)"
cp "$tmp/all.backup" "$tmp/all"
agrees 0 check
holds a "$mode" db.set
work_in_order
is_good

echo "== promoted with --force it is a pool of its own"
begins "$shm/b/db"
restores 0
promote b --force
cp "$tmp/all.backup" "$tmp/all"
holds b
on b "$RPMEM" promote -n --poolset-dir "$tmp/b" copy.set >"$tmp/out" ||
	fail "promoted, used, and then: $(cat "$tmp/out")"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What rpmem sync must not do: take a copy whose file system is not mounted for
# one that is missing, replace a part that a program has used, rebuild from what
# is behind, or into too little room, take an older pool for the newest one.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
requires python3

node a
node b
node c

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
	sync_on 1 --force
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

room() {
	echo "== parts that are smaller than the pool"
	begins b
	rm "$shm/a/db"
	make_set "$tmp/a/db.set" "12M $shm/a/db" "REPLICA $(target b)"
	sync_on 1 --force
	says "needs 16777216 bytes" "room for 12582912"
	[ "$(ls "$shm/a")" = "" ] || fail "left behind: $(ls "$shm/a")"
	copies_of a b
	sync_on 0 --force
	right
}

# what happens beside a rebuild
meanwhile() {
	local n got syncs=() rc=()
	echo "== several at once"
	begins b
	rm "$shm/a/db"
	for n in 1 2 3 4; do
		on a "$RPMEM" sync --force "$tmp/a/db.set" >"$tmp/out.$n" 2>&1 \
			</dev/null &
		syncs+=($!)
	done
	for n in "${syncs[@]}"; do
		got=0
		wait "$n" || got=$?
		rc+=("$got")
	done
	quiet
	[ ! -e "$shm/a/db.rpmem-old" ] || fail "a whole pool was set aside"
	for n in 1 2 3 4; do
		[ "${rc[n - 1]}" = 0 ] || [ "${rc[n - 1]}" = 1 ] ||
			fail "${rc[*]}: $(cat "$tmp/out.$n")"
		[ "${rc[n - 1]}" = 0 ] ||
			grep -q "another rpmem sync" "$tmp/out.$n" ||
			fail "$(cat "$tmp/out.$n")"
	done
	case "${rc[*]}" in *0*) ;; *) fail "none has done it: ${rc[*]}" ;; esac
	right
	echo "- the pool comes back while somebody thinks about the plan"
	copies_of a b c
	mv "$shm/a/db" "$shm/kept"
	node_down c
	mkfifo "$tmp/answer"
	on a on_terminal --answer yes --after "$tmp/answer" "$RPMEM" sync \
		--from "$(target b)" "$tmp/a/db.set" >"$tmp/out" &
	n=$!
	wait_for "the question" grep -q Type "$tmp/out"
	mv "$shm/kept" "$shm/a/db"
	echo >"$tmp/answer"
	got=0
	wait "$n" || got=$?
	node_up c
	quiet
	says "is whole again"
	[ "$got" = 1 ] || fail "it ended with $got: $(cat "$tmp/out")"
	[ "$(ls "$shm/a")" = db ] || fail "left behind: $(ls "$shm/a")"
	copies_of a b
	right
}

behind() {
	echo "== a lost pool, and a copy that it went on without"
	begins b
	alone b
	rm "$shm/a/db"
	sync_on 1
	says "went on without it" "--force is needed"
	[ ! -e "$shm/a/db" ] || fail "rebuilt from a copy that is behind"
	sync_on 0 --force
	(on a stock_exec pmempool check "$tmp/a/copy.set") >"$tmp/out" ||
		fail "$(cat "$tmp/out")"
}

catching_up() {
	echo "- nothing is on record here, and it was being caught up"
	begins b
	# killed, so that all of it is compared
	node_down b
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	wait_for "work without b" works
	die
	node_up b
	# one block of 64 KiB a minute: it is killed before it has caught up
	RPMEM_COMPARE_MS=0 RPMEM_RESYNC_RATE=1000 begin_on a ordered 1
	wait_for "a journal" test -e "$tmp/b/copy.set.rpmem-catchup"
	die
	rm "$shm/a/db" "$tmp/a.state"/*
	sync_on 1
	says "was catching it up" "--force is needed"
	[ ! -e "$shm/a/db" ] || fail "rebuilt from a copy that is behind"
	sync_on 0 --force
	(on a stock_exec pmempool check "$tmp/a/copy.set") >"$tmp/out" ||
		fail "$(cat "$tmp/out")"
}

# not_repaired -- verify --repair sends nothing, and says what to do
not_repaired() {
	local got=0
	cp "$shm/b/db" "$tmp/b.db"
	on a "$RPMEM" verify --repair --json "$tmp/a/db.set" >"$tmp/out" \
		2>"$tmp/err" </dev/null || got=$?
	[ "$got" = 1 ] || fail "repaired: $got: $(cat "$tmp/out" "$tmp/err")"
	quiet
	json_fits rpmem-verify "$tmp/out"
	says '"restored"' "rpmem sync .*--discard .*--from"
	same_objects "$shm/b/db" "$tmp/b.db"
}

# the same file again, so that nothing on record tells it
restored() {
	echo "== a pool that was restored in place"
	begins b c
	begin_on a ordered 2
	wait_for "the copies" follows a
	cp "$shm/a/db" "$tmp/snapshot"
	wait_for "more work" works "$(($(said) + 20))"
	stop
	sync_on 0
	says "not compared: rpmem verify"
	cat "$tmp/snapshot" >"$shm/a/db"
	# (one may have a byte that was never flushed, and the other not)
	sha256sum "$shm/b/db" "$shm/c/db" >"$tmp/sums.old"
	sync_on 1
	says "restored in place" "--discard" "--from"
	sha256sum "$shm/b/db" "$shm/c/db" | cmp - "$tmp/sums.old" ||
		fail "a copy was changed"
	sync_on 1
	says "restored in place"
	not_repaired
	sync_on 1 --from "$(target b)"
	says "--force is needed"
	# of two that were closed together, one has the higher number
	sync_on 0 --force --from "$(target b)" --discard "$(target c)"
	right
	rm "$shm/a/db.rpmem-old"
	sync_on 0
	echo "- and is the right one"
	cp "$shm/a/db" "$tmp/snapshot"
	works_on_a
	cat "$tmp/snapshot" >"$shm/a/db"
	sync_on 1 --discard "$(target b)" --discard "$(target c)"
	says "--force is needed"
	sync_on 0 --force --discard "$(target b)" --discard "$(target c)"
	same_objects "$shm/a/db" "$shm/b/db"
	same_objects "$shm/a/db" "$shm/c/db"
}

advice() {
	echo "== what to do next is what helps"
	begins b
	cp "$tmp/b/copy.set.rpmem-state" "$tmp/record"
	: >"$tmp/b/copy.set.rpmem-state"
	sync_on 1
	says "record cannot be read" "rpmem rm --force"
	cp "$tmp/record" "$tmp/b/copy.set.rpmem-state"
	damage
	: >"$shm/a/db.rpmem-old"
	sync_on 1
	says "would become" "waits until the pool here"
	if grep -q -- --discard "$tmp/out"; then
		fail "a good copy is offered to be given up: $(cat "$tmp/out")"
	fi
	rm "$shm/a/db.rpmem-old"
	sync_on 0
	right
	rm "$shm/a"/db*
	promote b
	sync_on 1
	says "is the pool now: open it at its target"
}

# record NODE -- what its target has on record of the copy
record() {
	"$RPMEM" lineage --copy "$tmp/$1" copy.set
}

given_up() {
	local before
	echo "== a copy is given up only for an open that goes on"
	begins b c
	promote b
	before=$(record b)
	node_down c
	sync_on 1 --force --discard "$(target b)"
	says "No copy was touched"
	[ "$(record b)" = "$before" ] || fail "it was given up: $(record b)"
	node_up c
	sync_on 0 --force --discard "$(target b)"
	right
	echo "- and a command beside a program is refused, not dropped"
	begin_on a "$mode" 1
	wait_for "the copies" follows a
	if on a "$RPMEM" sync --force --from "$(target b)" "$tmp/a/db.set" \
		>"$tmp/out" 2>&1; then
		fail "beside a program: $(cat "$tmp/out")"
	fi
	says "a program has the pool open"
	echo "- nor is anything rebuilt under one whose part was removed"
	rm "$shm/a/db"
	if on a "$RPMEM" sync --force "$tmp/a/db.set" >"$tmp/out" 2>&1; then
		fail "under a program: $(cat "$tmp/out")"
	fi
	says "whose parts are gone here"
	[ ! -e "$shm/a/db" ] || fail "it was rebuilt"
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	keep_said
	quiet
	sync_on 0 --force
	right
}

not_mounted
second_names
given_up
restored
advice
behind
catching_up
room
meanwhile

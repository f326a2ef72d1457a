#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem sync: a missing copy is made, one that is behind is brought up to date,
# a forked one only with --discard; a lost pool is rebuilt from the right copy,
# under rpmem run and without; what cannot be done is refused, and says what
# goes on; a dry run changes nothing.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
requires python3

node a
node b
node c

# equal NODE... -- their parts, but for headers and the descriptor's end
equal() {
	local n
	for n; do same_objects "$shm/a/db" "$shm/$n/db"; done
}
# dry STATUS [ARG...] -- a dry run on a changes nothing
dry() {
	local want=$1
	shift
	sums >"$tmp/sums.old"
	sync_at a "$want" --dry-run "$@"
	sums >"$tmp/sums.new"
	cmp "$tmp/sums.old" "$tmp/sums.new" || fail "a dry run changed something"
}
# sent -- KiB, by the last result
sent() {
	sed -n 's/.*it has everything; \([0-9]*\) KiB.*/\1/p' "$tmp/out" |
		awk '{ n += $1 } END { print n + 0 }'
}
# begins NODE... -- a new pool on a, with copies on NODE..., and some work
begins() {
	forget_nodes
	copies_of a "$@"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
	work_on a "$mode"
}

copies() {
	echo "== $mode: a missing copy, one that is behind, one that has forked"
	begins b
	sync_at a 0
	says "it has everything"
	equal b
	sync_at a 0
	says "nothing"
	echo "- a second copy, which there is not yet"
	copies_of a b c
	if [ "$mode" = strict ]; then
		dry 1
		says "pmempool transform"
		begins b c
		rm "$shm/c/db" "$tmp/c"/copy.set.*
	fi
	dry 1
	says "there is none" "make"
	mv "$tmp/c/copy.set" "$tmp/c/copy.away"
	sync_at a 1
	says "no pool set file" "PMEMPOOLSET"
	mv "$tmp/c/copy.away" "$tmp/c/copy.set"
	exec 7>"$tmp/progress"
	sync_at a 0 --json --progress=7
	exec 7>&-
	json_fits rpmem-sync "$tmp/out"
	json_fits progress "$tmp/progress"
	equal b c
	holds a "$mode" db.set
	echo "- one was away"
	node_down c
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	stop
	sync_at a 1
	says "no answer" "RPMEM_OPEN\|nothing: it did not follow"
	node_up c
	dry 1
	says "bring up to date"
	sync_at a 0
	# what is known to have everything is not compared: bytes that the
	# program has stored and not flushed may differ
	[ "$(sent)" -lt 8192 ] || fail "$(sent) KiB for a copy that was behind"
	echo "- a program has it open"
	begin_on a "$mode"
	wait_for "the copies" follows a
	on a "$RPMEM" sync "$tmp/a/db.set" >"$tmp/out" 2>&1 ||
		fail "$(cat "$tmp/out")"
	says "a program has it open"
	stop
	holds a "$mode" db.set
	echo "- it was promoted"
	promote c
	holds c
	sync_at a 1
	says "promoted" "--discard"
	dry 1 --discard "$(target c)"
	says "lost"
	sync_at a 1 --discard "$(target c)"
	says "--force"
	sync_at a 0 --force --discard "$(target c)"
	equal c
	holds a "$mode" db.set
}

# gone NODE -- its pool is lost, but not what is known of it
gone() {
	rm "$shm/$1"/db*
}
# stock_mode -- what rpmem sync has to be told of a pool that is lost
stock_mode() {
	[ "$mode" = ordered ] || echo --stock
}
# right -- the pool on a passes all checks, and has what was told to be durable
right() {
	make_set "$tmp/a/none.set" "16M $shm/a/db"
	if [ "$mode" = ordered ]; then
		on a stock pmempool check "$tmp/a/none.set" >"$tmp/out" ||
			fail "pmempool check: $(cat "$tmp/out")"
	fi
	holds a "$mode" db.set
}

rebuilds() {
	echo "== $mode: a lost pool is rebuilt"
	begins b c
	gone a
	dry 1
	says "is missing" "rebuild it from"
	# shellcheck disable=SC2046 # one word or none
	sync_at a 0 --force $(stock_mode) --json
	json_fits rpmem-sync "$tmp/out"
	equal b c
	right
	work_on a "$mode"
	right
	echo "- from the newer one of two copies"
	node_down c
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	stop
	node_up c
	gone a
	rm "$tmp/a.state"/*
	# shellcheck disable=SC2046
	sync_at a 1 $(stock_mode)
	says "nothing is on record" "--force"
	# shellcheck disable=SC2046
	sync_at a 0 --force $(stock_mode)
	says "rebuild it from $(target b)"
	right
	equal b c
	echo "- one of them does not answer"
	gone a
	node_down c
	dry 1
	says "does not answer, and may be newer" "--from"
	sync_at a 1 --from "$(target b)"
	says "--force"
	node_up c
	# shellcheck disable=SC2046
	sync_at a 0 --force $(stock_mode)
	right
	echo "- a part that was cut short, and one that is there"
	truncate -s 8M "$shm/a/db"
	sync_at a 0
	says "db.rpmem-old"
	right
	truncate -s 8M "$shm/a/db"
	sync_at a 1
	says "rpmem-old" "remove it"
	rm "$shm/a/db.rpmem-old"
	sync_at a 0
	rm "$shm/a/db.rpmem-old"
	right
	echo "- a whole one, on purpose"
	node_down b
	node_down c
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	stop
	node_up b
	node_up c
	sync_at a 1 --from "$(target b)"
	says "--force"
	# of two that were closed together, one has the higher number
	sync_at a 0 --force --from "$(target b)" --discard "$(target c)"
	equal b c
	[ -e "$shm/a/db.rpmem-old" ] || fail "the old part is gone"
	rm "$shm/a/db.rpmem-old"
	(on a "$mode" "$HELPERS/txprog" nop "$tmp/a/db.set") || fail "an open"
}

# agrees WORD STATUS [ARG...] -- rpmem sync on a asks on a terminal
agrees() {
	local word=$1 want=$2 got=0
	shift 2
	quiet
	on a on_terminal --answer "$word" "$RPMEM" sync "$@" "$tmp/a/db.set" \
		>"$tmp/out" || got=$?
	[ "$got" = "$want" ] || fail "answered $word: $got: $(cat "$tmp/out")"
	quiet
}

# sets of one copy, in other forms; LINE... are those of a's own parts
other_sets() {
	echo "== directories, and one header for all parts"
	mode=ordered
	forget_nodes
	mkdir "$shm/a/d"
	make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "32M $shm/a/d" \
		"REPLICA $(target b)"
	make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "32M $shm/b/db"
	(on a ordered pmempool create obj --layout txprog "$tmp/a/db.set") ||
		fail "create"
	quiet
	work_on a ordered
	rm -r "$shm/a/d"/*
	sync_at a 0 --force
	holds a ordered db.set
	rm -r "$shm/a/d" "$tmp/b"/copy.set*
	echo "== a ring of two: what is on record here says so"
	mode=strict
	begins b
	gone a
	sync_at a 0 --force
	says "rebuilt" "without rpmem run, as it is on record"
	holds a strict db.set
	echo "- with nothing on record, somebody has to"
	gone a
	rm "$tmp/a.state"/*
	sync_at a 0 --force
	says "rebuilt" "nothing here says how it was used; --stock"
	refuses a strict "wrong replica UUID"
	gone a
	sync_at a 0 --force --stock
	holds a strict db.set
	agrees no 1 --from "$(target b)"
	[ ! -e "$shm/a/db.rpmem-old" ] || fail "made without consent"
	agrees yes 0 --from "$(target b)"
	rm "$shm/a/db.rpmem-old"
	holds a strict db.set
	echo "== mode 0000: an unfinished pmempool sync"
	chmod 0000 "$shm/a/db"
	sync_at a 0 --stock
	says "mode 0000"
	holds a strict db.set
	echo "== a copy on this machine"
	forget_nodes
	make_set "$tmp/a/db.set" "16M $shm/a/db" "REPLICA" "16M $shm/a/db2" \
		"REPLICA $(target b)"
	(on a ordered pmempool create obj --layout txprog "$tmp/a/db.set") ||
		fail "create"
	quiet
	rm "$shm/b/db" "$tmp/b"/copy.set.*
	sync_at a 0
	says "pmempool sync is for them"
	equal b
	rm "$shm/a/db"
	sync_at a 1
	says "local copies" "pmempool sync"
}

for mode in ordered strict; do
	copies
	rebuilds
done
other_sets

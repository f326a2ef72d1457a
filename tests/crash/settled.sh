#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What a copy may lack of a program that stands still: what was stored and
# never flushed, and nothing else.  A local replica, which stock libpmemobj
# keeps itself, has what was flushed and serves as the measure.  Without those
# stores the copy keeps the program's invariants; a comparison sends them once,
# and nothing else.  And what was rewritten while its copy was away never goes
# back.
# The modes run side by side.  SEED=N repeats a run.
if [ $# = 0 ]; then
	export SEED=${SEED:-$RANDOM}
	status=0
	others=()
	for m in strict ordered; do
		bash "$0" "$m" &
		others+=("$!")
	done
	for pid in "${others[@]}"; do
		wait "$pid" || status=$?
	done
	exit "$status"
fi
mode=$1
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
export RPMEM_LOG_LEVEL=4
RANDOM=${SEED:=$RANDOM}
[ $# != 1 ] || echo "$mode: SEED=$SEED"
TOLD=$RPMEM_BUILD_DIR/tests/crash/told
slowly=${RPMEM_FAULTS:+$RPMEM_FAULTS,}librpmem/slow-scan

with_measure() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp/t/a.set.rpmem-"*
	mkdir -p "$shm/a"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA" "16M $shm/a/measure" \
		"REPLICA tcp://$host:$port a.set"
	("$1" pmempool create obj --layout txprog "$tmp/a.set")
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# a program that waits to be told
listen() {
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	: >"$tmp/err"
	in=$tmp/in background "$tmp/said" "$mode" "$TOLD" "$tmp/a.set" \
		2>>"$tmp/err"
	exec 9>"$tmp/in"
	tell work 0
	[ "${behind:-}" = yes ] || wait_for "the copy" settled
}
answered() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(said)" -gt "$1" ]
}
# tell WORD... -- it has done that, in the line `at` of the pool
tell() {
	local before
	before=$(said)
	echo "$*" >&9
	wait_for "an answer to '$*'" answered "$before"
	at=$(($(tail -n 1 "$tmp/said") / 64 * 64))
}
# the same, and never flushed
leave() {
	tell "$@"
	echo "$at" >>"$tmp/left"
}
close_it() {
	echo close >&9
	exec 9>&-
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
dead() {
	! kill -0 "$prog" 2>/dev/null
}
kill_it() {
	exec 9>&-
	kill_and_wait "$prog" 2>/dev/null
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# differ FILE -- its lines that are not the primary's, behind the descriptor
# page, which has numbers of the run
differ() {
	python3 - "$shm/a/local" "$shm/a/$1" <<-'PY'
	import sys
	a, b = (open(f, "rb").read() for f in sys.argv[1:])
	for at in range(8192, len(a), 64):
	    if a[at:at + 64] != b[at:at + 64]:
	        print(at)
	PY
}

# the copy lacks what was left, and nothing that was flushed
lacks_what_was_left() {
	sort -o "$tmp/left" "$tmp/left"
	differ remote | sort >"$tmp/lacks"
	differ measure | sort >"$tmp/unflushed"
	[ -z "$(comm -23 "$tmp/left" "$tmp/lacks")" ] ||
		fail "$what: settled before its time: $(comm -23 "$tmp/left" "$tmp/lacks" | tr "\n" " ") of $(tr "\n" " " <"$tmp/left")"
	[ -z "$(comm -23 "$tmp/lacks" "$tmp/unflushed")" ] ||
		fail "$what: the copy lacks what was flushed: $(comm -23 \
			"$tmp/lacks" "$tmp/unflushed" | tr '\n' ' ')"
	echo "$what: $(wc -l <"$tmp/lacks") lines were never flushed," \
		"$(wc -l <"$tmp/left") of them by the program itself"
}

# right without them: as it lies there, promoted
stands_alone() {
	rm -rf "${tmp:?}/p" && mkdir "$tmp/p"
	make_set "$tmp/p/a.set" "16M $shm/a/alone"
	cp -p "$shm/a/remote" "$shm/a/alone"
	cp "$tmp"/t/a.set.rpmem-* "$tmp/p"
	"$RPMEM" promote --poolset-dir "$tmp/p" a.set >/dev/null
	"$TOLD" check "$shm/a/alone" || fail "$what: the copy is wrong"
	[ "$(number alone "$kept")" = 7 ] || fail "$what: a durable word is lost"
}

number() {
	od -A n -t u8 -j "$2" -N 8 "$shm/a/$1" | tr -d ' '
}

# an open that compares sends what was left, in blocks of 4 KiB, and besides
# that the descriptor, which counts runs
settles() {
	local want sent
	want=$(awk '{print int($1 / 4096)}' "$tmp/lacks" | sort -u | wc -l)
	# it shows what it has sent, and the primary is right, too
	("$mode" "$TOLD" check "$tmp/a.set" 2>"$tmp/err") ||
		fail "$what: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	sent=$(sed -n 's/.*is equal to the primary; \([0-9]*\) blocks.*/\1/p' \
		"$tmp/err")
	[ -z "$(differ remote)" ] || fail "$what: it is not settled"
	# a slow machine makes it equal behind the open, in larger blocks
	[ -n "$sent" ] || grep -q "has caught up" "$tmp/err" ||
		fail "$what: nothing was compared"
	case $((${sent:-$want} - want)) in
	0 | 1) ;;
	*) fail "$what: $sent blocks were sent, and $want differed" ;;
	esac
	echo "$what: settled with ${sent:-larger} blocks"
}


standing_still() {
	listen
	tell work 50
	tell persist 3 7
	kept=$(tail -n 1 "$tmp/said")
	leave store 3 8
	leave store 1 5
	leave store 9 77
	leave lock
	tell work 50
	lacks_what_was_left
	stands_alone
	kill_it
	stands_alone
	settles
}

after_a_loss() {
	local back
	listen
	back=$(count "has caught up")
	tell persist 3 7
	kept=$(tail -n 1 "$tmp/said")
	leave store 11 1
	wait_for "a session" session
	kill -KILL "$session_pid"
	wait_for "the loss" more_often "is lost" 0
	leave store 13 1
	tell persist 20 9
	wait_for "the copy" more_often "has caught up" "$back"
	leave store 3 8
	tell work 50
	lacks_what_was_left
	stands_alone
	close_it
	# known to have all: nothing is compared
	if [ "$RPMEM_FAULT_POINTS" = ON ]; then
		open_slowly || fail "$what: $(cat "$tmp/err")"
		lacks_what_was_left
	fi
	rm "$tmp"/state/*.replica
	settles
}

# an open that has no time to look at the whole pool before the program runs
open_slowly() {
	(RPMEM_FAULTS=$slowly "$mode" "$TOLD" check "$tmp/a.set" \
		2>"$tmp/err") || return 1
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# A word is rewritten while the target, which was killed between applying it
# and the ack, is away: what the copy has applied, perhaps without an ack, is
# never taken for the newest.
rewritten() {
	local v=0 k=5 back
	away
	RPMEM_FAULTS=rpmemd/die-before-ack@$((60 + RANDOM % 60)) again t
	listen
	until [ "$(count "is lost")" != 0 ]; do
		v=$((v + 1))
		[ "$v" -lt 300 ] || fail "$what: not lost"
		tell persist $k $v
	done
	away
	at=$(tail -n 1 "$tmp/said")
	[ "$(number remote "$at")" = "$v" ] ||
		fail "$what: the target was not killed behind the store"
	tell persist $k $((v + 1))
	tell persist $k $((v + 2))
	back=$(count "has caught up")
	again t
	wait_for "the copy" more_often "has caught up" "$back"
	[ "$(number remote "$at")" = $((v + 2)) ] ||
		fail "$what: it went back to $(number remote "$at") of $((v + 2))"
	close_it
	echo "$what: $v, then $((v + 2))"
}

# killed between a store and its flush: the next open must not believe what
# the state file says, which knows nothing of that store
between() {
	RPMEM_FAULTS="" listen
	tell persist 40 1
	at=$(tail -n 1 "$tmp/said")
	at=$((at + 64 * 1024 + 64))
	echo "die 41 $RANDOM" >&9
	wait_for "the kill" dead 2>/dev/null
	kill_it
	[ "$(number local "$at")" != "$(number remote "$at")" ] ||
		fail "$what: the copy has what was never flushed"
	open_slowly || fail "$what: $(cat "$tmp/err")"
	[ "$(number local "$at")" = "$(number remote "$at")" ] ||
		fail "$what: they differ"
}

# killed while it was alone: the next open does not wait for the copy, though
# nobody says RPMEM_OPEN_ALONE
alone() {
	listen
	away
	wait_for "the loss" more_often "is lost" 0
	tell persist 41 "$RANDOM"
	kill_it
	(RPMEM_OPEN_WAIT=1 "$mode" "$TOLD" check "$tmp/a.set" 2>"$tmp/err") ||
		fail "$what: $(cat "$tmp/err")"
	again t
	open_slowly || fail "$what: $(cat "$tmp/err")"
	[ -z "$(differ remote)" ] || fail "$what: they differ"
}

# the same where the copy was lost before an open had made it equal
alone_behind() {
	listen
	tell persist 44 1
	kill_it
	RPMEM_FAULTS=$slowly behind=yes listen
	tell persist 44 2
	[ "$(count "has caught up")" = 0 ] || fail "$what: it was too fast"
	away
	tell persist 44 3
	kill_it
	(RPMEM_OPEN_WAIT=1 "$mode" "$TOLD" check "$tmp/a.set" 2>"$tmp/err") ||
		fail "$what: $(cat "$tmp/err")"
	again t
}

# closed in order without its copy, which then turns out to have less than it
# acknowledged: what it missed is not all that it lacks
rolled_back() {
	cp -p "$shm/a/remote" "$shm/a/older"
	listen
	tell persist 42 "$RANDOM"
	away
	wait_for "the loss" more_often "is lost" 0
	tell persist 43 "$RANDOM"
	close_it
	cp -p "$shm/a/older" "$shm/a/remote"
	# applied, by its own number: nothing
	dd if=/dev/zero of="$tmp/t/a.set.rpmem-state" bs=8 seek=512 count=1 \
		conv=notrunc 2>/dev/null
	again t
	open_slowly || fail "$what: $(cat "$tmp/err")"
	[ -z "$(differ remote)" ] || fail "$what: they differ"
}

# found FAULT TEST WORD -- TEST, all on its own, fails with that fault and says so
found() {
	if RPMEM_FAULTS=$1 bash "$0" "$mode" "$2" >"$tmp/found" 2>&1; then
		fail "$mode: mutant $1 was not found by $2"
	fi
	if ! grep -q "FAIL: $mode, $2: " "$tmp/found" ||
		! grep -q "$3" "$tmp/found"; then
		fail "$mode: mutant $1: $(cat "$tmp/found")"
	fi
	echo "$mode: mutant $1 found by $2"
}

# run TEST -- with a pool of its own; the root object is made by the first
run() {
	what="$mode, $1"
	with_measure "$mode"
	("$mode" "$TOLD" check "$tmp/a.set")
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	: >"$tmp/left"
	$1
}

start_rpmemd t
if [ $# = 2 ]; then
	run "$2"
	exit 0
fi
run standing_still
run after_a_loss
[ "$RPMEM_FAULT_POINTS" = ON ] || exit 0
for test in rewritten between alone alone_behind rolled_back; do
	run "$test"
done
[ -z "$RPMEM_SANITIZE" ] || exit 0
# either mark is enough
found librpmem/forgets-unacked,librpmem/forgets-missed rewritten \
	"it went back"
found librpmem/believes-killed between "they differ"
found librpmem/forgets-alone alone "does not answer"
found librpmem/no-safe-seq rolled_back "they differ"

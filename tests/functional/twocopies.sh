#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Two remote copies, and one of them is lost: durable calls still wait for the
# other, which stays attached; the lost one catches up by itself, and both are
# right when they are promoted.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
# a stop that is no loss must fit in
export RPMEM_TIMEOUT_MS=8000

start_rpmemd t
first=$port first_pid=$rpmemd_pid
start_rpmemd u
second=$port second_pid=$rpmemd_pid

both_ended() {
	no_sessions "$first_pid" && no_sessions "$second_pid"
}

fresh_pair() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp"/[tu]/a.set.rpmem-state
	mkdir -p "$shm/a"
	make_set "$tmp/t/a.set" "16M $shm/a/one"
	make_set "$tmp/u/a.set" "16M $shm/a/two"
	make_set "$tmp/a.set" "16M $shm/a/local" \
		"REPLICA tcp://127.0.0.1:$first a.set" \
		"REPLICA tcp://127.0.0.1:$second a.set"
	("$1" pmempool create obj --layout txprog "$tmp/a.set")
	wait_for "the sessions' end" both_ended
}

# stands PID -- no thread of it runs: each goes on until it has got the signal
stands() {
	[ "$(grep -L "^State:.T" "/proc/$1/task"/*/status)" = "" ]
}

# lose LISTENER PORT OTHER_LISTENER: only its copy is lost; the program goes
# at the other's pace; then the copy is back
lose() {
	local before other
	other=$(pgrep -P "$3")
	: >"$tmp/err"
	# the listener, too, so that the copy stays away
	rpmemd_pid=$1
	away
	wait_for "the loss" more_often "127.0.0.1:$2 a.set is lost" 0
	wait_for "work without the copy" works "$(said)"
	kill -STOP "$other"
	wait_for "the stop" stands "$other"
	before=$(said)
	sleep 1
	# one call of each thread was past its wait, and one may have begun
	[ $(($(said) - before)) -le 8 ] || fail "nobody waits for the other copy"
	kill -CONT "$other"
	wait_for "work with the other copy" works "$(said)"
	port=$2
	again "$4"
	wait_for "the copy" more_often "127.0.0.1:$2 a.set has caught up" 0
	wait_for "work with both" works "$(said)"
	[ "$(count "is lost")" = 1 ] || fail "the other was lost: $(cat "$tmp/err")"
}

for mode in strict ordered; do
	fresh_pair "$mode"
	begin "$mode"
	lose "$first_pid" "$first" "$second_pid" t
	first_pid=$rpmemd_pid
	lose "$second_pid" "$second" "$first_pid" u
	second_pid=$rpmemd_pid
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the sessions' end" both_ended
	promoted one t/a.set
	promoted two u/a.set
	("$mode" "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" \
		2>"$tmp/err2") || fail "$(cat "$tmp/err2")"
	wait_for "the sessions' end" both_ended
	for copy in one two; do
		cmp -i 8192 "$shm/a/local" "$shm/a/$copy" || fail "they differ"
	done
	echo "$mode: both are right"
done

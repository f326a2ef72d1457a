#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A program is killed between the steps of a change of generation: numbers
# reserved, a copy listed and not told, told and not counted; a copy lost and
# that on record only here.  No such end is anything but a crash: each copy is
# brought forward by the next open, and nobody has to decide anything.
if [ "${RPMEM_FAULT_POINTS:-}" != ON ]; then
	echo "SKIP: needs fault points"
	exit 77
fi
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"

both() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp"/t/*.rpmem-state
	mkdir -p "$shm/a" "$tmp/t"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	make_set "$tmp/t/b.set" "16M $shm/a/second"
	make_set "$tmp/a.set" "16M $shm/a/local" \
		"REPLICA tcp://$host:$port a.set" \
		"REPLICA tcp://$host:$port b.set"
	("$1" pmempool create obj --layout txprog "$tmp/a.set")
	ended
}
ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}
dead() {
	! kill -0 "$prog" 2>/dev/null
}
# killed_at MODE POINT COMMAND... -- the program works, COMMAND, and it is dead
killed_at() {
	local mode=$1 point=$2
	shift 2
	rm -f "$tmp/stop"
	RPMEM_FAULTS=librpmem/$point background "$tmp/said" "$mode" \
		"$HELPERS/txprog" run "$tmp/a.set" 4 0 "$tmp/stop" 2>"$tmp/err"
	"$@"
	wait_for "the kill at $point" dead
	ended
}
# as every open after a crash: no word of a decision, and all is right
goes_on() {
	begin "$1"
	! grep -q "rpmem discard\|neither is overwritten" "$tmp/err" ||
		fail "$2: $(cat "$tmp/err")"
	wait_for "both copies" both_attached
	finish
	for f in remote second; do
		cp -p "$shm/a/$f" "$shm/a/alone"
		"$HELPERS/standalone" "$shm/a/alone"
		"$HELPERS/txprog" check "$shm/a/alone" "$tmp/said" ||
			fail "$2: $f is wrong"
	done
}
both_attached() {
	"$RPMEM" status "$tmp/a.set" >"$tmp/status" 2>&1 || true
	[ "$(grep -c "state *attached" "$tmp/status")" = 2 ]
}
finish() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	ended
}
# the session of the second copy ends
lose_second() {
	wait_for "both copies" both_attached
	kill -KILL "$(pgrep -P "$rpmemd_pid" | tail -n 1)"
}

start_rpmemd t
modes=(strict ordered)
[ -z "$RPMEM_SANITIZE" ] || modes=(ordered)
for mode in "${modes[@]}"; do
	both "$mode"
	for point in die-reserved die-untold die-told; do
		echo "== $mode: $point"
		killed_at "$mode" "$point@1" true
		goes_on "$mode" "$point@1"
		killed_at "$mode" "$point@2" true
		# and before the copies are what they were
		killed_at "$mode" "$point@1" true
		goes_on "$mode" "$point, again"
	done
	echo "== $mode: a copy is back, and listed"
	killed_at "$mode" die-listed lose_second
	goes_on "$mode" die-listed
	echo "== $mode: a copy is lost, on record here only"
	killed_at "$mode" die-shrunk lose_second
	goes_on "$mode" die-shrunk
	echo "== $mode: ... and at the copy that remains, before a call returns"
	# (the first two are of the open)
	killed_at "$mode" die-told@3 lose_second
	goes_on "$mode" "told of the loss"
done

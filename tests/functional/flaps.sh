#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A target that is lost fifty times in a row in each mode, under load: killed,
# killed with its listener, stopped; sometimes again before the copy had caught
# up.  The program commits all the time, and in the end the copy is attached,
# the same, and right when it is promoted.  Both modes, side by side.
# FLAPS=N, SEED=N
if [ $# = 0 ]; then
	status=0
	bash "$0" strict >&2 &
	other=$!
	bash "$0" ordered || status=$?
	wait "$other" || status=$?
	exit "$status"
fi
mode=$1
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
export RPMEM_TIMEOUT_MS=1000 RPMEM_DISK_TIMEOUT_MS=5000
flaps=50
[ -z "$RPMEM_SANITIZE" ] || flaps=20
flaps=${FLAPS:-$flaps}
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "$mode: SEED=$seed"

nap() {
	sleep "0.$(printf %03d $((RANDOM % $1)))"
}

# what it is lost by; the listener's death costs a new one, a stop a time-out
lose() {
	case $((RANDOM % 10)) in
	0)
		kill -STOP "$session_pid"
		stopped=$session_pid
		;;
	1 | 2 | 3)
		kill -KILL "$rpmemd_pid" "$session_pid"
		wait "$rpmemd_pid" 2>/dev/null || true
		again t
		;;
	*)
		kill -KILL "$session_pid"
		;;
	esac 2>/dev/null
}

start_rpmemd t
fresh "$mode"
begin "$mode"
wait_for "the copy" attached
for n in $(seq "$flaps"); do
	lost=$(count "is lost")
	back=$(count "has caught up")
	stopped=
	wait_for "a session" is_up
	lose
	wait_for "the loss" more_often "is lost" "$lost"
	wait_for "work without the copy" works "$(said)"
	[ -z "$stopped" ] || kill -CONT "$stopped" 2>/dev/null || true
	# one in three may catch up first
	[ $((RANDOM % 3)) != 0 ] ||
		wait_for "the copy" more_often "has caught up" "$back"
	nap 100
done
wait_for "the end of catching up" attached
grep -q "all of it is compared" "$tmp/err" &&
	fail "a target that did not lose power was not trusted"
echo "$mode: lost $(count "is lost") times, $(count "again before") of them" \
	"again before it had caught up; caught up $(count "has caught up") times"
end "flaps" "$mode"
longest=$(longest)
echo "$mode: the longest transaction took $longest ms"
# the time-out, 1 s of grace, and what a busy machine takes; less than a disk
# may take
[ "$longest" -lt $((RPMEM_TIMEOUT_MS + 3500)) ] || fail "it stood still"
promoted remote

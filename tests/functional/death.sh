#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The target dies, stops, or goes silent: an error within the time-out, and
# the same error from then on; the other side lets go of the pool.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

export RPMEM_TIMEOUT_MS=2000 RPMEM_LOG_LEVEL=0
start_rpmemd t
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "8M $shm/t/part"
where=tcp://127.0.0.1:$port
"$HELPERS/rawloop" "$where" raw.set create 1 >/dev/null

session() {
	pgrep -P "$rpmemd_pid" >"$tmp/session" && session_pid=$(cat "$tmp/session")
}

# how often the session's main thread has gone to sleep
naps() {
	sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$session_pid/status"
}
# it has looked at the clock since, or has ended
ticked() {
	kill -0 "$session_pid" 2>/dev/null || fail "the session has ended"
	[ "$(naps)" -gt $(($1 + 1)) ]
}

# bytes of the part change
advances() {
	kill -0 "$session_pid" 2>/dev/null || fail "the session has ended"
	local sum
	sum=$(cksum <"$shm/t/part")
	sleep 0.2
	[ "$sum" != "$(cksum <"$shm/t/part")" ]
}

# run_until_error MODE SIGNAL ERRNO: the loop (or an idle pool) meets a signal
run_until_error() {
	local idle=$1 signal=$2 want=$3
	wait_for "no session" no_sessions "$rpmemd_pid"
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	# shellcheck disable=SC2086
	in=$tmp/in background "$tmp/out" \
		"$HELPERS/rawloop" "$where" raw.set $idle
	local pid=$prog
	exec 9>"$tmp/in"
	wait_for "rawloop" grep -q ready "$tmp/out"
	wait_for "its session" session
	kill "-$signal" "$session_pid"
	if [ -n "$idle" ]; then
		[ "$signal" = STOP ] || wait_for "the end" no_sessions "$rpmemd_pid"
		echo go >&9
	fi
	exec 9>&-
	wait "$pid" || fail "rawloop failed"
	kill -CONT "$session_pid" 2>/dev/null || true
	cat "$tmp/out"
	grep -Eq "^errno ($want) after" "$tmp/out" || fail "wrong error"
	ms=$(sed -n 's/^errno .* after \(.*\) ms/\1/p' "$tmp/out")
	# the bound plus what a loaded machine adds
	[ "$ms" -le $((RPMEM_TIMEOUT_MS + 2000)) ] || fail "took $ms ms"
	local e
	e=$(sed -n 's/^errno \([0-9]*\) .*/\1/p' "$tmp/out")
	[ "$(grep -c "^later -1 $e$" "$tmp/out")" = 3 ] || fail "later calls"
	grep -q "^read -1 $e$" "$tmp/out" || fail "read after death"
	grep -q "^close -1$" "$tmp/out" || fail "close after death"
}

run_until_error "" KILL 104
run_until_error "" STOP 110
run_until_error idle KILL 104
run_until_error idle STOP 110

# the initiator stops: the target ends the session and unlocks
background "$tmp/out" "$HELPERS/rawloop" "$where" raw.set
pid=$prog
wait_for "rawloop" grep -q ready "$tmp/out"
wait_for "its session" session
before=$(grep -c "silent" "$tmp/t.log") || true
silent_again() {
	[ "$(grep -c "silent" "$tmp/t.log")" -gt "$before" ]
}
kill -STOP "$pid"
wait_for "a word about silence" silent_again
wait_for "the session's end" no_sessions "$rpmemd_pid"
kill -CONT "$pid"
wait "$pid"
grep -q "^errno 104" "$tmp/out" || fail "the initiator was not told"

# both were stopped longer than the limit (a paused machine): the target has
# not listened, so it may not say that it heard nothing
background "$tmp/out" "$HELPERS/rawloop" "$where" raw.set
pid=$prog
wait_for "rawloop" grep -q ready "$tmp/out"
wait_for "its session" session
before=$(grep -c "silent" "$tmp/t.log")
kill -STOP "$pid" "$session_pid"
sleep $((RPMEM_TIMEOUT_MS * 3 / 2000))
naps=$(naps)
kill -CONT "$session_pid"
wait_for "a look at the clock" ticked "$naps"
kill -CONT "$pid"
wait_for "more persists" advances
[ "$(grep -c "silent" "$tmp/t.log")" = "$before" ] || fail "blamed for its sleep"
kill -KILL "$pid"
wait "$pid" || true
wait_for "the session's end" no_sessions "$rpmemd_pid"

# the listener's SIGTERM ends sessions in order and exits 0
background "$tmp/out" "$HELPERS/rawloop" "$where" raw.set
pid=$prog
wait_for "rawloop" grep -q ready "$tmp/out"
kill -TERM "$rpmemd_pid"
wait "$rpmemd_pid" || fail "rpmemd did not exit 0"
wait "$pid"
grep -q "^errno 104" "$tmp/out" || fail "the initiator was not told"
[ ! -e "$tmp/t.port" ] || fail "the port file is left"

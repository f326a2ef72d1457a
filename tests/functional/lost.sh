#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The target dies, stops, falls silent; a stock program goes on, and the copy
# catches up by itself: in strict mode, and under `rpmem run`.
# CYCLES=N: so many kills in a row.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
cycles=${CYCLES:-20}
[ -z "$RPMEM_SANITIZE" ] || cycles=${CYCLES:-5}

start_rpmemd t

for mode in strict ordered; do
	echo "== $mode: the session is killed, $cycles times in a row"
	fresh $mode
	begin_equal $mode
	for _ in $(seq "$cycles"); do
		lost=$(count "is lost")
		back=$(count "has caught up")
		wait_for "a session" session
		kill -KILL "$session_pid"
		wait_for "the loss" more_often "is lost" "$lost"
		wait_for "work without the copy" works "$(said)"
		wait_for "the copy" more_often "has caught up" "$back"
	done
	grep -q "all of it is compared" "$tmp/err" &&
		fail "a target that did not lose power was not trusted"
	end "kill" $mode

	echo "== $mode: the target is away for some time, then somebody else answers"
	begin_equal $mode
	away
	wait_for "the loss" more_often "is lost" 0
	wait_for "a try" more_often "refused" 0
	wait_for "work without the copy" works "$(said)"
	# an open on a busy machine may have caught up before
	caught=$(count "has caught up")
	[ "$(count "refused")" = 1 ] || fail "a reason was said again and again"
	again t
	wait_for "the copy" more_often "has caught up" "$caught"
	end "away" $mode

	echo "== $mode: the session stops, and comes to life again"
	begin_equal $mode
	wait_for "a session" session
	kill -STOP "$session_pid"
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	caught=$(count "has caught up")
	kill -CONT "$session_pid"
	wait_for "the copy" more_often "has caught up" "$caught"
	end "stop" $mode
done

echo "== a copy that says it has less than it acknowledged is compared"
# no more than half of it is compared as long as this file is there
hold=$tmp/hold
RPMEM_FAULTS=librpmem/hold-scan:$hold begin_equal ordered
away
wait_for "the loss" more_often "is lost" 0
wait_for "work without the copy" works "$(said)"
# as after a loss of power: older bytes, and no boot that knows of more
dd if=/dev/zero of="$shm/a/remote" bs=64K seek=60 count=20 conv=notrunc \
	2>/dev/null
python3 - "$tmp/t/a.set.rpmem-state" <<-'PY'
import sys
# the mapped number lies in the second page; 0: nothing applied
with open(sys.argv[1], "r+b") as f:
    f.seek(4096)
    f.write(bytes(8))
PY
: >"$hold"
again t
# and lost again while it is compared: the records that reached it meanwhile
# do not make it trusted
kills="1 2 3"
[ "$RPMEM_FAULT_POINTS" = ON ] || kills="" # too fast to be met
for n in $kills; do
	wait_for "the comparison" more_often "is back.*all of it is compared" $((n - 1))
	wait_for "a session" session
	kill -KILL "$session_pid"
done
rm "$hold"
wait_for "the copy" more_often "has caught up" 0
grep -q "is back.*all of it is compared" "$tmp/err" || fail "it was trusted"
end "compared" ordered

echo "== RPMEM_ON_LOSS"
export RPMEM_ON_LOSS=maybe
(ordered "$HELPERS/txprog" nop "$tmp/a.set") 2>"$tmp/err" &&
	fail "RPMEM_ON_LOSS=maybe was taken"
grep -q "RPMEM_ON_LOSS" "$tmp/err" || fail "no word: $(cat "$tmp/err")"
wait_for "the session's end" no_sessions "$rpmemd_pid"
# block: no work without the copy, all of it when it is back
export RPMEM_ON_LOSS=block
begin_equal ordered
away
wait_for "the loss" more_often "is lost" 0
wait_for "a try" more_often "refused" 0
before=$(said)
sleep 1
[ $(($(said) - before)) -lt 8 ] || fail "it did not block"
again t
wait_for "work again" works "$before"
end "block" ordered
# fail: the program is told, which stock libpmemobj does not survive
unset RPMEM_ON_LOSS
fresh strict
export RPMEM_ON_LOSS=fail
begin strict
wait_for "a session" session
kill -KILL "$session_pid"
wait "$prog" 2>/dev/null && fail "it went on"
wait_for "the session's end" no_sessions "$rpmemd_pid"
unset RPMEM_ON_LOSS

lagging() {
	echo "== a disk that stops makes the copy lag, and no more"
	kill_and_wait "$rpmemd_pid" TERM
	RPMEM_FAULTS=rpmemd/slow-disk@300 again t
	for mode in strict ordered; do
		fresh $mode
		# it lasts 4 s; what one thread writes in one of them has room
		threads=1 RPMEM_DISK_TIMEOUT_MS=3000 begin $mode
		wait_for "the lag" more_often "lags: it answers" 0
		wait_for "work without the copy" works "$(said)"
		wait_for "its progress" more_often "makes progress again" 0
		[ "$(count "is lost")" = 0 ] || fail "it was taken as lost"
		end "lag" $mode
	done
	kill_and_wait "$rpmemd_pid" TERM
	again t
}
[ "$RPMEM_FAULT_POINTS" != ON ] || lagging

echo "== RPMEM_MIN_REPLICAS"
fresh ordered
(export RPMEM_MIN_REPLICAS=0
	ordered "$HELPERS/txprog" nop "$tmp/a.set") 2>"$tmp/err" &&
	fail "RPMEM_MIN_REPLICAS=0 was taken"
grep -q "RPMEM_MIN_REPLICAS" "$tmp/err" || fail "no word: $(cat "$tmp/err")"
wait_for "the session's end" no_sessions "$rpmemd_pid"
for mode in strict ordered; do
	fresh $mode
	# the primary alone is enough, and is not
	for n in 1 2; do
		RPMEM_MIN_REPLICAS=$n begin_equal $mode
		away
		wait_for "a try" more_often "refused" 0
		if [ $n = 1 ]; then
			wait_for "work without the copy" works "$(said)"
		else
			wait_for "a word" more_often "durable calls wait" 0
			before=$(said)
			sleep 1
			[ $(($(said) - before)) -lt 8 ] || fail "it did not wait"
		fi
		again t
		wait_for "work with the copy" works "$(said)"
		wait_for "the copy" more_often "has caught up" 0
		end "minimum" $mode
	done
done

notify() {
	echo "== RPMEM_NOTIFY"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$1 $2 $3 $4 $5" >>"%s"\n' "$tmp/told" >"$tmp/notify"
	chmod +x "$tmp/notify"
	: >"$tmp/told"
	RPMEM_NOTIFY=$tmp/notify begin_equal ordered
	away
	copy="tcp://$host:$port a.set"
	wait_for "word of the loss" \
		grep -q "^$copy attached degraded Connection reset" "$tmp/told"
	again t
	wait_for "word of its return" grep -q "^$copy degraded catching up" "$tmp/told"
	wait_for "word of its end" grep -q "^$copy catching up attached" "$tmp/told"
	end "notify" ordered
	(export RPMEM_NOTIFY=notify
		ordered "$HELPERS/txprog" nop "$tmp/a.set") 2>"$tmp/err" &&
		fail "RPMEM_NOTIFY=notify was taken"
	grep -q "RPMEM_NOTIFY" "$tmp/err" || fail "no word: $(cat "$tmp/err")"
}
# (a shell does not run under a preloaded ThreadSanitizer)
case $RPMEM_SANITIZE in *thread*) ;; *) notify ;; esac

echo "== a copy that was promoted meanwhile is not taken back"
fresh ordered
begin_equal ordered
away
wait_for "the loss" more_often "is lost" 0
"$RPMEM" promote --poolset-dir "$tmp/t" a.set >/dev/null
cp -p "$shm/a/remote" "$shm/a/promoted"
again t
wait_for "the end of trying" more_often "not tried any more" 0
: >"$tmp/stop"
wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
cmp "$shm/a/remote" "$shm/a/promoted" || fail "it was changed"

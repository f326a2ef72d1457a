#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Whose session changed the copy last; and a session whose initiator is gone
# without a word, which its owner's next one takes over.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
start_rpmemd t
make_set "$tmp/t/a.set" "OPTION NOHDRS" "4M $shm/t/p"

not_running() {
	! kill -0 "$1" 2>/dev/null || grep -q "^State:.Z" "/proc/$1/status"
}

ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}

echo "== an open says who was there before, and leaves it at that"
words=(as:A:1 create was record stat copy:0:4096:A ack equalised close)
says "was - 0" "is A 1" "close 0"
words=(passive was close)
says "was A 1" "close 0"
words=(as:A:2 open was read:0 stat close)
says "was A 1" "is A 1" "close 0"

echo "== a change, and each step of attaching, put it on record"
words=(as:A:3 open was copy:0:64:B stat ack stat)
says "was A 1" "is A 3"
ended
words=(as:B:1 open was equalising stat)
says "was A 3" "is B 1"
ended
words=(as:A:4 open was equalised stat close)
says "was B 1" "is A 4" "close 0"
words=(as:A:5 open was catching stat)
says "was A 4" "is A 5"
ended
words=(as:B:2 open was record stat close)
says "was A 5" "is B 2" "close 0"

echo "== a session that says nothing leaves nothing"
words=(open was copy:0:64:C ack stat)
says "was B 2" "is - 0"
ended
words=(as:A:6 open was close)
says "was - 0" "close 0"

echo "== a dead owner's session is taken over by a later open of the same owner"
# the silence limit is a minute: nobody waits for that here
wait_for "the session's end" no_sessions "$rpmemd_pid"
kill_and_wait "$rpmemd_pid" TERM
RPMEM_TIMEOUT_MS=60000 start_rpmemd t

# hold WORD... -- a session that stays; `prog` is its client
hold() {
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	in=$tmp/in RPMEM_TIMEOUT_MS=60000 background "$tmp/held" \
		"$HELPERS/catchprog" "tcp://127.0.0.1:$port" a.set "$SIZE" \
		"$@" stat pause "${after[@]}"
	exec 9>"$tmp/in"
	wait_for "its session" grep -q "^is " "$tmp/held"
}
after=(copy:0:64:X ack)

hold as:A:7 open copy:0:64:D ack
kill -STOP "$prog"
words=(as:A:8 open was read:0 record copy:64:64:E ack equalised)
says "open 0 flags 48 applied 4 size $SIZE" "was A 7" "read status 0 D" \
	"ack 1 flags 0 status 0" "equalised 0"
# (it has unlocked the copy before it says why it ends)
wait_for "a word in the log" grep -q "takes the copy over" "$tmp/t.log"
echo >&9
kill -CONT "$prog"
wait_for "the first client's end" not_running "$prog"
grep -q "^lost" "$tmp/held" || fail "it did not notice: $(cat "$tmp/held")"
exec 9>&-
ended
words=(as:A:9 open was read:0 read:64 close)
says "was A 8" "read status 0 D" "read status 0 E" "close 0"

echo "== by nobody else"
hold as:A:10 open copy:0:64:F ack
kill -STOP "$prog"
for who in as:B:11 as:A:10 as:A:9 as:A:0; do
	client "$who" open
	grep -q "^open 8 " "$tmp/out" || fail "$who: $(cat "$tmp/out")"
done
client open
grep -q "^open 8 " "$tmp/out" || fail "nobody: $(cat "$tmp/out")"
client as:A:11 passive
grep -q "^open 8 " "$tmp/out" || fail "a passive open: $(cat "$tmp/out")"
kill -CONT "$prog"
echo >&9
wait_for "the first client's end" not_running "$prog"
grep -c "^ack 1 flags 0 status 0\|^ack 2 flags 0 status 0" "$tmp/held" |
	grep -qx 2 || fail "it was disturbed: $(cat "$tmp/held")"
exec 9>&-
ended
after=()
hold as:A:12 passive
client as:A:13 open
grep -q "^open 8 " "$tmp/out" || fail "a passive session: $(cat "$tmp/out")"
kill_and_wait "$prog"
exec 9>&-
ended

echo "== in the middle of a stream: an end, and nothing behind it"
RPMEM_TIMEOUT_MS=60000 background "$tmp/held" "$HELPERS/catchprog" \
	"tcp://127.0.0.1:$port" a.set "$SIZE" as:A:14 open flood:1000000
wait_for "its stream" grep -q "^ack 100 " "$tmp/held"
first=$prog
words=(as:A:15 open was record copy:0:64:I ack equalised read:0 close)
says "was A 14" "read status 0 I" "close 0"
wait_for "the first client's end" not_running "$first"
grep -q "^lost" "$tmp/held" || fail "it has ended well: $(tail -n 2 "$tmp/held")"
words=(as:A:16 open read:0 close)
says "read status 0 I" "close 0"

echo "== a session that is stopped keeps the copy, and ends when it goes on"
kill_and_wait "$rpmemd_pid" TERM
RPMEM_TIMEOUT_MS=2000 start_rpmemd t
after=()
hold as:A:17 open copy:0:64:K ack
session=$(pgrep -P "$rpmemd_pid")
kill -STOP "$session"
client as:A:18 open
grep -q "^open 8 " "$tmp/out" || fail "two sessions: $(cat "$tmp/out")"
grep -q "process $session is stopped" "$tmp/err" || fail "$(cat "$tmp/err")"
kill -CONT "$session"
wait_for "its end" not_running "$session"
kill_and_wait "$prog"
exec 9>&-
words=(as:A:18 open was read:0 close)
says "was A 17" "read status 0 K" "close 0"

echo "== promoted: nobody's any more"
kill_and_wait "$rpmemd_pid" TERM
"$RPMEM" promote --poolset-dir "$tmp/t" a.set >/dev/null
start_rpmemd t
words=(as:A:19 passive was close)
says "was - 0" "close 0"

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

echo "== no change without the record of whose it is"
make_set "$tmp/t/b.set" "OPTION NOHDRS" "4M $shm/t/b"
set=b.set
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
kill_and_wait "$rpmemd_pid" TERM
RPMEM_FAULTS=pool/state_sync=1 start_rpmemd t
words=(as:A:2 open copy:0:64:B ack)
says "ack 0 flags 0 status 17"
ended
words=(passive was read:0)
says "was A 1" "read status 0 A"

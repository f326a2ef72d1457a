#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Copies in a page cache whose pages did not all get to the disk: the machine
# went down while one was in use, or the disk refused a write.  A boot id that
# is another one plays the reboot, an msync that fails the disk: what the
# record says of the copy is looked at, not the pages.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
[ "${RPMEM_FAULT_POINTS:-}" = ON ] || skip "built without fault points"
kind=$(stat -f -c %T "$tmp")
[ "$kind" != tmpfs ] || skip "$tmp is on tmpfs: set TMPDIR to a directory on a disk"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
SET=$tmp/t/a.set
RECORD=16 RAW=32 EQUALISING=8 CLEAN=2 SUSPECT=64 UNWRITTEN=128
plain=$((RECORD + RAW))
suspect=$((plain + SUSPECT))
mkdir "$tmp/disk"

# a client that does not close leaves its session the copy for a moment
ended() {
	wait_for "the sessions' end" no_sessions "$here_pid"
	wait_for "the sessions' end" no_sessions "$other_pid"
}

# the next session is in this boot, or in another
here() {
	ended
	port=$here_port
}
reboot() {
	ended
	port=$other_port
}

save() {
	ended
	rm -rf "${tmp:?}/$1"
	mkdir "$tmp/$1"
	cp -p "$SET"* "$tmp/disk/p" "$tmp/$1"
}

restore() {
	ended
	rm -f "$SET"*
	cp -p "$tmp/$1"/a.set* "$tmp/t"
	cp -p "$tmp/$1"/p "$tmp/disk"
}

refused() {
	client passive
	[ "$status" = 4 ] || fail "a passive open of a suspect copy: $status"
	grep -q "suspect" "$tmp/err" || fail "no word of why: $(cat "$tmp/err")"
	grep -q "promote --force" "$tmp/err" || fail "nor of what to do"
}

promote() {
	"$RPMEM" promote --poolset-dir "$tmp/t" a.set "$@" >"$tmp/promoted" \
		2>"$tmp/err"
}

start_rpmemd t
here_port=$port here_pid=$rpmemd_pid
RPMEM_FAULTS=pool/other-boot start_rpmemd o --poolset-dir "$tmp/t"
other_port=$port other_pid=$rpmemd_pid
make_set "$SET" "OPTION NOHDRS" "4M $tmp/disk/p"
here
words=(create record copy:0:4096:A ack equalised close)
says "close 0"
save closed
words=(open copy:0:64:B ack)
says "ack 1 flags 0 status 0"
save cut

echo "== a session's end in this boot, and a close before the reboot: no harm"
words=(passive close)
says "open 0 flags $plain applied 2 size $SIZE" "close 0"
restore closed
reboot
words=(passive close)
says "open 0 flags $((plain + CLEAN)) applied 1 size $SIZE" "close 0"

echo "== in use at the reboot: suspect, for whoever comes"
restore cut
refused
here
refused
words=(open was stat close)
says "open 0 flags $suspect applied 0 size $SIZE" "close 0"
refused
! promote || fail "a suspect copy was promoted"
grep -q "it is suspect" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"
promote --force || fail "promote --force: $(cat "$tmp/err")"

echo "== promote sees a reboot that no open has seen"
restore cut
! RPMEM_FAULTS=pool/other-boot promote || fail "a suspect copy was promoted"
grep -q "it is suspect" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"

echo "== it has no point to keep: it catches up directly, and is one again"
restore cut
reboot
words=(open catching copy:0:64:B ack stat)
says "open 0 flags $suspect applied 0 size $SIZE" "catching 0" \
	"ack 1 flags 0 status 0" \
	"stat 0 flags $((suspect + EQUALISING)) applied 0"
here
words=(open catching copy:0:64:B ack caught stat)
says "open 0 flags $((suspect + EQUALISING)) applied 0 size $SIZE" \
	"caught 0" "stat 0 flags $plain applied 1"
wait_for "the session's end" no_sessions "$here_pid"
words=(passive close)
says "open 0 flags $plain applied 1 size $SIZE" "close 0"

echo "== an owner makes it equal"
restore cut
reboot
words=(open equalised stat copy:0:64:C ack)
says "open 0 flags $suspect applied 0 size $SIZE" "equalised 0" \
	"stat 0 flags $plain applied 0" "ack 1 flags 0 status 0"
wait_for "the session's end" no_sessions "$other_pid"
words=(passive close)
says "open 0 flags $plain applied 1 size $SIZE" "close 0"

echo "== a direct caller's pool has no primary: it is opened, and closed well"
set=d.set
make_set "$tmp/t/d.set" "OPTION NOHDRS" "4M $tmp/disk/d"
here
words=(create copy:0:64:A ack close)
says "close 0"
words=(open copy:0:64:B ack)
says "ack 1 flags 0 status 0"
reboot
words=(passive read:0 close)
says "open 0 flags $((RAW + SUSPECT)) applied 0 size $SIZE" "read status 0 B" \
	"close 0"
words=(passive close)
says "open 0 flags $((RAW + CLEAN)) applied 0 size $SIZE" "close 0"
set=a.set

echo "== what tmpfs holds after a reboot is what it held"
set=s.set
make_set "$tmp/t/s.set" "OPTION NOHDRS" "4M $shm/t/s"
here
words=(create record copy:0:4096:A ack equalised close)
says "close 0"
words=(open copy:0:64:B ack)
says "ack 1 flags 0 status 0"
reboot
words=(passive close)
says "open 0 flags $plain applied 1 size $SIZE" "close 0"
set=a.set

echo "== down while it catches up: its journal knows"
steps=0
n=0
while :; do
	n=$((n + 1))
	restore closed
	RPMEM_FAULTS=journal/die@$n start_rpmemd f --poolset-dir "$tmp/t"
	client open catching copy:0:4096:B copy:8192:4096:B ack caught read:0
	got=$status
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
	[ "$got" != 0 ] || break
	# without it the session is an ordinary one again
	[ -e "$SET.rpmem-catchup" ] || continue
	steps=$((steps + 1))
	reboot
	words=(passive read:0 read:8192 close)
	says "close 0"
	grep -q "^open 0 flags $((plain + CLEAN)) " "$tmp/out" ||
		fail "step $n: $(cat "$tmp/out")"
done
[ "$steps" -ge 7 ] || fail "only $steps steps"

# faulty FAULTS [ARG...] -- a listener of its own for the same sets, in `port`
faulty() {
	RPMEM_FAULTS=$1 start_rpmemd f --poolset-dir "$tmp/t" "${@:2}"
}

end_faulty() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
}

# hold PID WORD... -- a session that stays with the listener PID: what its
# client $prog says is in $tmp/held, its own process is $session
hold() {
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	in=$tmp/in background "$tmp/held" "$HELPERS/catchprog" \
		"tcp://127.0.0.1:$port" a.set "$SIZE" "${@:2}" stat pause
	exec 9>"$tmp/in"
	wait_for "an answer" grep -q "^is " "$tmp/held"
	session=$(pgrep -P "$1")
}

let_go() {
	kill_and_wait "$prog"
	exec 9>&-
	wait_for "the session's end" no_sessions "$1"
}

held() {
	grep -q "^$1" "$tmp/held" || fail "'$1' was not said: $(cat "$tmp/held")"
}

echo "== a write that is refused is on record at once, also for a killed target"
restore closed
faulty pool/msync=1
hold "$rpmemd_pid" open copy:0:64:B ack
held "ack 0 flags 0 status 17"
held "stat 0 flags $((plain + UNWRITTEN)) "
kill_and_wait "$session"
let_go "$rpmemd_pid"
end_faulty
save refused

echo "== it is written before anybody gets the copy; refused again: nobody does"
faulty pool/msync=1
client open
[ "$status" = 4 ] || fail "opened on a disk that refuses to write: $status"
grep -q "^open 17 " "$tmp/out" || fail "$(cat "$tmp/out")"
grep -q "'a.set': .*medium.*look at the disk" "$tmp/err" || fail "$(cat "$tmp/err")"
! RPMEM_FAULTS=pool/msync=1 promote --force || fail "promoted unwritten"
grep -q "look at the disk" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"
end_faulty
cmp "$tmp/refused/a.set.rpmem-state" "$SET.rpmem-state" ||
	fail "a second refusal has changed the record"

# the pages of a file that was just copied are dirty; a refused write leaves
# clean ones
sync "$tmp/disk/p"
# how many bytes of pages the session has made dirty
dirtied() {
	sed -n 's/^write_bytes: //p' "/proc/$session/io"
}

here
hold "$here_pid" open
held "stat 0 flags $suspect applied 0"
[ "$(dirtied)" -ge "$SIZE" ] || fail "only $(dirtied) bytes were written again"
let_go "$here_pid"
# once is enough
hold "$here_pid" open
[ "$(dirtied)" -lt "$SIZE" ] || fail "written a third time"
let_go "$here_pid"
refused
words=(open equalised stat close)
says "stat 0 flags $plain applied 0" "close 0"

echo "== in another boot there is nothing left to write"
restore refused
reboot
words=(open stat)
says "stat 0 flags $suspect applied 0"

echo "== so is what a close, or the sync of an open, could not write"
restore closed
faulty pool/msync=1 --durability memory
words=(open copy:0:64:B ack close)
says "ack 1 flags 0 status 0" "close 17"
end_faulty
here
words=(open stat)
says "stat 0 flags $suspect applied 0"
wait_for "the session's end" no_sessions "$here_pid"
restore cut
faulty pool/deep=1
client open
[ "$status" = 4 ] || fail "opened without a sync: $status"
end_faulty
here
words=(open stat)
says "stat 0 flags $suspect applied 0"

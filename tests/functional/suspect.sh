#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A target's machine that goes down while a copy in the page cache is in use.
# A boot id that is another one plays the reboot: what the record says of the
# copy is looked at, not the pages.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
[ "${RPMEM_FAULT_POINTS:-}" = ON ] || skip "built without fault points"
kind=$(stat -f -c %T "$tmp")
[ "$kind" != tmpfs ] || skip "$tmp is on tmpfs: set TMPDIR to a directory on a disk"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
SET=$tmp/t/a.set
RECORD=16 RAW=32 EQUALISING=8 CLEAN=2 SUSPECT=64
plain=$((RECORD + RAW))
suspect=$((plain + SUSPECT))
mkdir "$tmp/disk"

# the next session is in this boot, or in another
here() {
	port=$here_port
}
reboot() {
	wait_for "the sessions' end" no_sessions "$here_pid"
	wait_for "the sessions' end" no_sessions "$other_pid"
	port=$other_port
}

save() {
	wait_for "the sessions' end" no_sessions "$here_pid"
	rm -rf "${tmp:?}/$1"
	mkdir "$tmp/$1"
	cp -p "$SET"* "$tmp/disk/p" "$tmp/$1"
}

restore() {
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
	ended=$status
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
	[ "$ended" != 0 ] || break
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

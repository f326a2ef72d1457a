#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A machine that goes down, on either side, played by a boot id that is another
# one.  What a killed program has left in its state file is not believed, what
# a closed one has is; that it went on without its copy is known in any boot;
# and a copy in a page cache that was in use is suspect until it is equal.
# The modes run side by side.
if [ $# = 0 ]; then
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
[ "$RPMEM_FAULT_POINTS" = ON ] || skip "needs a build with fault points"
export RPMEM_LOG_LEVEL=4
# so that the pool is not looked at as a whole before the program runs
slowly=librpmem/slow-scan

killed() {
	kill_and_wait "$prog" 2>/dev/null
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
# changes go into the copy itself
in_use() {
	wait_for "the copy" settled
	wait_for "the journal" no_journal
	wait_for "work" works "$(said)"
}
no_journal() {
	[ ! -e "$tmp/t/a.set.rpmem-catchup" ]
}
closed() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
# target [FAULTS] -- the listener's machine is up again
target() {
	RPMEM_FAULTS=${1:-} again t
}
# an owner's next open, of another boot: all of it must be there
after_reboot() {
	cp "$tmp/said" "$tmp/before"
	RPMEM_FAULTS=librpmem/other-boot,$slowly background "$tmp/out" "$mode" \
		"$HELPERS/txprog" check "$tmp/a.set" "$tmp/before" 2>"$tmp/err"
	wait "$prog" || fail "$what: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
compared() {
	grep -q "is compared: .*not closed in order" "$tmp/err" ||
		fail "$what: it was believed: $(cat "$tmp/err")"
	cmp -i 8192 "$shm/a/local" "$copy" || fail "$what: they differ"
	promotes
}
# it may lack what was never flushed
not_compared() {
	! grep -q "is compared" "$tmp/err" ||
		fail "$what: it was not believed: $(cat "$tmp/err")"
	promotes
}
say_what() {
	what="$mode, $1"
	echo "== $what"
}
closed_alone() {
	begin "$mode"
	wait_for "the copy" settled
	away
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	closed
}
promote() {
	rm -rf "${tmp:?}/p" && mkdir "$tmp/p"
	alone=${copy%/*}/alone # on the same kind of medium
	make_set "$tmp/p/a.set" "16M $alone"
	cp -p "$copy" "$alone"
	cp "$tmp"/t/a.set.rpmem-* "$tmp/p"
	RPMEM_FAULTS=pool/other-boot "$RPMEM" promote --poolset-dir "$tmp/p" \
		a.set >/dev/null 2>"$tmp/why"
}
promotes() {
	promote || fail "$what: $(cat "$tmp/why")"
	"$HELPERS/txprog" check "$alone" "$tmp/before" ||
		fail "$what: the copy is wrong when it is promoted"
}

start_rpmemd t
fresh "$mode"
copy=$shm/a/remote

say_what "killed while attached"
begin "$mode"
wait_for "the copy" settled
killed
cp "$tmp/said" "$tmp/before"
promotes
after_reboot
compared

say_what "closed while attached"
begin "$mode"
closed
after_reboot
not_compared

say_what "closed without the copy"
closed_alone
target
after_reboot
not_compared

say_what "closed without the copy, whose machine went down, too"
closed_alone
target pool/other-boot
after_reboot
# how much of what was in use is there the target cannot tell
grep -q "all of it is compared" "$tmp/err" || fail "$what: it was trusted"
promotes
away
target

say_what "killed without the copy"
begin "$mode"
wait_for "the copy" settled
away
wait_for "the loss" more_often "is lost" 0
wait_for "work without the copy" works "$(said)"
killed
# it was alone, and need not wait for what may be promoted
(RPMEM_OPEN_WAIT=600 RPMEM_FAULTS=librpmem/other-boot
	export RPMEM_OPEN_WAIT RPMEM_FAULTS
	"$mode" "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" \
		2>"$tmp/err") || fail "$what: $(cat "$tmp/err")"
grep -q "opened without this copy" "$tmp/err" || fail "$what: it waited"
target pool/other-boot
after_reboot
promotes
away
target

kind=$(stat -f -c %T "$tmp")
if [ "$kind" = tmpfs ]; then
	echo "no page cache: set TMPDIR to a directory on a disk"
	exit 0
fi
say_what "a copy in a page cache, in use when its machine goes down"
fresh "$mode"
away
target
copy=$tmp/remote
rm -f "$tmp/t/a.set.rpmem-"* "$shm/a/local" "$tmp/remote" "$tmp"/state/*
make_set "$tmp/t/a.set" "16M $copy"
("$mode" pmempool create obj --layout txprog "$tmp/a.set")
begin "$mode"
in_use
away
wait_for "the loss" more_often "is lost" 0
killed
! promote || fail "$what: a suspect copy was promoted"
grep -q "it is suspect" "$tmp/why" || fail "$what: $(cat "$tmp/why")"
target pool/other-boot
after_reboot
compared

say_what "the same, and the program lives"
begin "$mode" # in the other boot
in_use
back=$(count "has caught up")
away
target
wait_for "the copy" more_often "has caught up" "$back"
grep -q "all of it is compared" "$tmp/err" || fail "$what: it was trusted"
closed
after_reboot
not_compared
away
target

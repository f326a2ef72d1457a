#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# An open does not wait for a comparison that takes long: the program runs, and
# the copy stays at the point at which it was left until it has everything.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
[ "$RPMEM_FAULT_POINTS" = ON ] || skip "needs a build with fault points"

# no more than half of a copy is compared as long as this file is there
hold=$tmp/hold
# begin_held MODE -- a program whose copy is still being compared
begin_held() {
	: >"$hold"
	RPMEM_FAULTS=librpmem/hold-scan:$hold begin "$1"
}

# the copy as it lies there, on its own, while it is held: at its old point
point_holds() {
	rm -rf "$tmp/p" && mkdir "$tmp/p"
	cp -p "$shm/a/remote" "$shm/a/alone"
	cp "$tmp"/t/a.set.rpmem-* "$tmp/p/"
	make_set "$tmp/p/a.set" "16M $shm/a/alone"
	"$RPMEM" promote --poolset-dir "$tmp/p" a.set >/dev/null
	"$HELPERS/txprog" check "$shm/a/alone" "$tmp/before"
}

killed() {
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
	cp "$tmp/said" "$tmp/before"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# ticks of a processor that the program's pulse thread has used
pulse_ticks() {
	local comm
	for comm in /proc/"$prog"/task/*/comm; do
		[ "$(cat "$comm")" != rpmem-pulse ] ||
			awk '{ print $14 + $15 }' "${comm%comm}stat"
	done
}

# the tries to reach a copy that is away have pauses between them
rests() {
	local before
	before=$(pulse_ticks)
	sleep 2
	[ $(($(pulse_ticks) - before)) -lt 50 ] || fail "it tries without a pause"
}

start_rpmemd t
for mode in strict ordered; do
	echo "== $mode: killed, opened again, lost while it is compared"
	fresh $mode
	begin_equal $mode
	killed
	begin_held $mode
	grep -q "while the program runs.*all of it is compared" "$tmp/err" ||
		fail "the open has waited: $(cat "$tmp/err")"
	point_holds || fail "the copy is no point while it is compared"
	wait_for "a session" session
	kill -KILL "$session_pid"
	wait_for "the loss" more_often "lost again" 0
	point_holds || fail "the copy is no point when it is lost"
	rm "$hold"
	wait_for "the copy" more_often "has caught up" 0
	end "behind" $mode

	echo "== $mode: killed, and killed again while it is compared"
	begin_equal $mode
	killed
	begin_held $mode
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	point_holds || fail "the copy is no point"
	begin $mode
	end "again" $mode

	for how in lost killed; do
		echo "== $mode: $how while it is compared, then the copy is away"
		begin $mode
		killed
		begin_held $mode
		[ $how = killed ] || away
		[ $how = killed ] ||
			wait_for "the loss" more_often "lost again" 0
		wait_for "work" works "$(said)"
		[ $how = killed ] || rests
		kill -KILL "$prog"
		wait "$prog" 2>/dev/null || true
		[ $how = lost ] || away
		# that calls have returned without the copy is on record
		RPMEM_OPEN_WAIT=600 begin $mode
		again t
		wait_for "the copy" more_often "has caught up" 0
		end "alone" $mode
	done
done

echo "== what an open has left begins at once, not with the next heartbeat"
begin ordered
killed
RPMEM_TIMEOUT_MS=3600000 RPMEM_FAULTS=librpmem/slow-scan begin ordered
wait_for "the copy" more_often "has caught up" 0
end "at once" ordered

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem verify, and what keeps it from its end: a program that loses the copy,
# ends, or does not answer; copies that are away, refused, cut short; a repair
# that is killed; one of two copies away; wrong usage.
# shellcheck source=verifying.sh
. "$(dirname "$0")/verifying.sh"

# what happens to a program that verifies, slowly
slowly() {
	echo "== lost, stopped, and ended meanwhile"
	fresh ordered
	RPMEM_LOG_LEVEL=6 RPMEM_FAULTS=librpmem/slow-verify begin_equal ordered
	start_verify
	wait_for "the verifying" is_asked
	kill -INT "$tool"
	ended 3
	grep -q "interrupted" "$tmp/text" || fail "$(cat "$tmp/text")"
	wait_for "the end of what was asked for" more_often "not to the end" 0
	start_verify
	wait_for "the verifying" is_asked
	kill_sessions "$rpmemd_pid"
	ended 3
	grep -q "lost the copy meanwhile" "$tmp/text" || fail "$(cat "$tmp/text")"
	# the program says attached until it has seen the loss itself
	wait_for "the copy" more_often "has caught up" 0
	start_verify
	wait_for "the verifying" is_asked
	verify 1
	ask 'codes == ["busy"]'
	# (it may be over by now)
	kill -INT "$tool" 2>/dev/null || true
	ended 0 1 3
	start_verify
	wait_for "the verifying" is_asked
	: >"$tmp/stop"
	wait "$prog"
	ended 3
	grep -q "ended, or closed" "$tmp/text" || fail "$(cat "$tmp/text")"
	begin_equal ordered
	kill -STOP "$prog"
	RPMEM_TIMEOUT_MS=100 verify 3
	ask 'codes == ["silent"]'
	kill -CONT "$prog"
	: >"$tmp/stop"
	wait "$prog"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	# the repair itself is cut short, and finished
	flip_byte "$shm/a/remote" 12000000
	RPMEM_FAULTS=librpmem/die-catching-up start_verify --repair
	ended 137
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	verify 1
	ask 'codes == ["different"]'
	verify 0 --repair
	verify 0
	# beside its own comparison, as that of a large pool, it loses the copy
	flip_byte "$shm/a/remote" 12000000
	# (and one block of 64 KiB a minute)
	RPMEM_COMPARE_MS=0 RPMEM_RESYNC_RATE=1000 RPMEM_FAULTS=librpmem/slow-scan \
		start_verify --repair
	wait_for "the repair" is_repairing
	kill_sessions "$rpmemd_pid"
	ended 3
	grep -q "not repaired" "$tmp/text" || fail "$(cat "$tmp/text")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	RPMEM_COMPARE_MS=0 verify 0 --repair
	ask 'codes == ["settled"]'
}

# the program has taken the request
is_asked() {
	grep -q '"total_bytes":[1-9]' "$tmp/progress"
}

is_repairing() {
	grep -q '"step":"repair"' "$tmp/progress"
}

refused() {
	echo "== away, refused, cut short"
	fresh ordered
	cp "$RPMEM_PSK_FILE" "$tmp/right"
	"$RPMEM" keygen "$tmp/wrong" >/dev/null
	RPMEM_PSK_FILE=$tmp/wrong verify 1
	ask 'len(codes) == 1 and copy["compared_by"] == "not"'
	touch -r "$shm/a/remote" "$tmp/times"
	truncate -s 8M "$shm/a/remote"
	verify 1
	ask 'codes == ["refused"] and copy["findings"][0]["fix"] != ""'
	truncate -s 16M "$shm/a/remote"
	verify 1
	ask 'codes == ["changed"] and "--repair" in copy["findings"][0]["fix"]'
	touch -r "$tmp/times" "$shm/a/remote"
	verify 0 --repair
	verify 0
	away
	verify 1
	ask 'codes == ["unreachable"]'
	again t
	# cut short while a program has it
	begin_unflushed ordered
	truncate -s 8M "$shm/a/remote"
	verify 1
	ask '"cannot-compare" in codes and not copy["whole"]'
	truncate -s 16M "$shm/a/remote"
	end_unflushed
}

two() {
	local first=$port
	echo "== a replica here is the smallest"
	rm -f "$shm"/a/* "$tmp/t/a.set.rpmem-state"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	make_set "$tmp/a.set" "20M $shm/a/local" "REPLICA" "16M $shm/a/mirror" \
		"REPLICA tcp://$host:$first a.set"
	(strict pmempool create obj --layout txprog "$tmp/a.set")
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	verify 0 --repair
	ask 'copy["total_bytes"] == (16 << 20) - 4096 - 2048'
	echo "== two copies, and one is away"
	start_rpmemd u
	make_set "$tmp/u/a.set" "16M $shm/a/two"
	rm -f "$shm"/a/* "$tmp/t/a.set.rpmem-state"
	make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://$host:$first a.set" \
		"REPLICA tcp://$host:$port a.set"
	(ordered pmempool create obj --layout txprog "$tmp/a.set")
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	verify 0
	ask 'codes == ["equal", "equal"]'
	kill_and_wait "$rpmemd_pid" TERM
	verify 1
	ask 'codes == ["equal", "unreachable"]'
	verify 0 "tcp://$host:$first"
	flip_byte "$shm/a/remote" 12000000
	# what an open would wait for, a repair waits for
	RPMEM_OPEN_WAIT=0 verify 1 --repair
	ask 'codes == ["different", "not-repaired", "unreachable"]'
	ask '"--repair" not in copy["findings"][0]["fix"]'
	ask '"rpmem check" in copy["findings"][1]["fix"]'
	RPMEM_OPEN_ALONE=1 verify 1 --repair
	ask 'codes == ["settled", "unreachable"]'
}

start_rpmemd t --durability memory
[ "${RPMEM_FAULT_POINTS:-}" != ON ] || slowly
refused
two
got=0
"$RPMEM" verify 2>/dev/null || got=$?
[ "$got" = 2 ] || fail "without SET: $got"
got=0
"$RPMEM" verify "$tmp/no.set" 2>/dev/null || got=$?
[ "$got" = 3 ] || fail "a set that is not there: $got"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem verify: finds what a copy lacks and nothing else, sends it again, and
# says what it cannot tell; by itself, and by the program that has the pool,
# also beside four threads that write, and with ^C at any moment.
# shellcheck source=verifying.sh
. "$(dirname "$0")/verifying.sh"

by_tool() {
	echo "== by the tool"
	verify 0
	ask 'copy["compared_by"] == "tool" and copy["whole"]'
	ask 'copy["compared_bytes"] == (16 << 20) - 4096 - 2048'
	ask 'copy["left_out"][0]["offset"] == 6144'
	# the run-time range of the descriptor is not counted
	flip_byte "$shm/a/remote" 7000
	verify 0
	flip_byte "$shm/a/remote" 6143
	flip_byte "$shm/a/remote" 8192
	flip_byte "$shm/a/remote" 5000000
	flip_byte "$shm/a/remote" $(((16 << 20) - 1))
	verify 1
	ask 'codes == ["different"] and copy["different_blocks"] == 4'
	ask '[r["offset"] for r in copy["ranges"]] == [4096, 8192,
		5000000 // 4096 * 4096, (16 << 20) - 4096]'
	"$RPMEM" verify "$tmp/a.set" >"$tmp/text" && fail "verify: 0"
	grep -q "4096 bytes at offset 4997120" "$tmp/text" || fail "$(cat "$tmp/text")"
	grep -q "run-time range.*6144 to 8191" "$tmp/text" || fail "$(cat "$tmp/text")"
	grep -q -- "-> rpmem verify --repair" "$tmp/text" || fail "$(cat "$tmp/text")"
	grep -q "If the copy is the right one.*rpmem sync .* --from" "$tmp/text" ||
		fail "$(cat "$tmp/text")"
	verify 1 --repair --dry-run
	ask 'report["dry_run"] and not report["repair"]'
	"$RPMEM" verify -rn "$tmp/a.set" >"$tmp/text" && fail "verify -rn: 0"
	grep -q "would send 4 blocks of 4 KiB" "$tmp/text" || fail "$(cat "$tmp/text")"
	# libpmemobj flushes all that it stores in a lane: the pool, or the copy,
	# is an older one
	verify 1 --repair
	ask 'codes == ["different", "restored"]'
	ask '"--discard" in copy["findings"][1]["fix"]'
	flip_byte "$shm/a/remote" 8192
	verify 0 --repair
	ask 'codes == ["settled"] and copy["settled_blocks"] == 3'
	verify 0
	ask 'codes == ["equal"]'
	cmp -i 8192 "$shm/a/local" "$shm/a/remote" || fail "they differ"
	(ordered "$HELPERS/txprog" nop "$tmp/a.set")
}

# the copy of a program that is killed misses what was stored and not flushed
by_tool_unflushed() {
	echo "== never flushed, and no program"
	begin_unflushed
	kill -KILL "$prog"
	end_unflushed
	verify 1
	ask 'codes == ["different"] and "cannot be told" in copy["findings"][0]["what"]'
}

# a program that was closed in order may leave such bytes: what is said of them
# frightens nobody, a repair is all that is needed, and it holds
by_tool_healthy() {
	echo "== a healthy pool"
	fresh ordered
	(ordered "$HELPERS/txprog" run "$tmp/a.set" 1 20) >/dev/null
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	if ! "$RPMEM" verify "$tmp/a.set" >"$tmp/text"; then
		grep -q "differ.* from the pool; this may be harmless: .*never flushed" \
			"$tmp/text" || fail "$(cat "$tmp/text")"
		grep -q "rpmem verify --repair .* in both cases, .*until a program has run" \
			"$tmp/text" || fail "$(cat "$tmp/text")"
	fi
	verify 0 --repair
	verify 0
	ask 'codes == ["equal"]'
}

# stored in the program, and not in the copy
differ() {
	[ "$(byte "$shm/a/local" "$at")" != "$(byte "$shm/a/remote" "$at")" ]
}

by_program() {
	echo "== by the program, $1"
	fresh "$1"
	begin_unflushed "$1"
	differ || fail "the byte is there: it was flushed"
	verify 1
	ask 'copy["compared_by"] == "program" and copy["whole"]'
	ask 'codes == ["different"] and copy["settled_blocks"] == 0'
	ask "$at // 4096 * 4096 in [r['offset'] for r in copy['ranges']]"
	differ || fail "it was changed without --repair"
	# missed by the copy; one is in the run-time range
	flip_byte "$shm/a/remote" 7000
	flip_byte "$shm/a/remote" 12000000
	if [ "${RPMEM_FAULT_POINTS:-}" = ON ] && [ "$1" = ordered ]; then
		repaired_in_vain
	fi
	verify 0 --repair
	ask 'codes == ["settled"] and copy["different_blocks"] == 0'
	ask "{$at // 4096 * 4096, 12000000 // 4096 * 4096} <= {
		o for r in copy['ranges']
		for o in range(r['offset'], r['offset'] + r['bytes'], 4096)}"
	ask 'all(r["offset"] != 4096 for r in copy["ranges"])'
	! differ || fail "it was not sent"
	verify 0
	ask 'codes == ["equal"]'
	end_unflushed
}

# a target whose memory is not what it was sent: here it is not sent
repaired_in_vain() {
	end_unflushed
	RPMEM_FAULTS=librpmem/no-resend begin_unflushed ordered
	flip_byte "$shm/a/remote" 12000000
	verify 1 --repair
	ask 'codes == ["different"] and "not what" in copy["findings"][0]["what"]'
	end_unflushed
	begin_unflushed ordered
	flip_byte "$shm/a/remote" 12000000
}

busy() {
	echo "== beside four threads"
	fresh ordered
	begin_equal ordered
	verify 0 --repair
	ask 'copy["compared_by"] == "program" and copy["different_blocks"] == 0'
	for _ in 1 2 3 4; do
		start_verify --repair
		sleep "0.0$((RANDOM % 90 + 10))"
		kill -INT "$tool" 2>/dev/null || true
		# 130: before it caught the signal
		ended 0 3 130
	done
	start_verify --repair
	kill -KILL "$tool" 2>/dev/null || true
	ended 0 137
	flip_byte "$shm/a/remote" 12000000
	verify 0 --repair
	ask 'copy["different_blocks"] == 0 and copy["settled_blocks"] >= 1'
	works 0
	end busy ordered
	promoted remote
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	verify 0
}

# A medium that loses bytes: verify finds it and names both ways, as long as no
# program has opened the pool; an open goes by the pool, and says so.
lost_bytes() {
	local mode
	for mode in strict ordered; do
		echo "== $mode: what nobody wrote differs"
		fresh $mode
		begin_equal $mode
		: >"$tmp/stop"
		wait "$prog" || fail "$(cat "$tmp/err")"
		wait_for "the session's end" no_sessions "$rpmemd_pid"
		verify 0 --repair
		dd if=/dev/urandom of="$shm/a/local" bs=4096 seek=3000 count=40 \
			conv=notrunc status=none
		verify 1
		ask 'copy["different_blocks"] == 40'
		"$RPMEM" verify "$tmp/a.set" >"$tmp/text" && fail "verify: 0"
		grep -q "rpmem sync .* --from" "$tmp/text" || fail "$(cat "$tmp/text")"
		("$mode" "$HELPERS/txprog" nop "$tmp/a.set" 2>"$tmp/err") ||
			fail "no open: $(cat "$tmp/err")"
		wait_for "the session's end" no_sessions "$rpmemd_pid"
		# (and the descriptor's, which the open itself has stored to)
		grep -q "4[01] blocks of 4 KiB differed where nothing was written" \
			"$tmp/err" || fail "no word: $(cat "$tmp/err")"
		verify 0
	done
}

start_rpmemd t --durability memory
fresh ordered
by_tool
by_tool_unflushed
by_tool_healthy
for mode in strict ordered; do
	by_program "$mode"
done
lost_bytes
busy

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem verify: finds what a copy lacks and nothing else, sends it again, and
# says what it cannot tell; by itself, and by the program that has the pool;
# copies that are away, refused, cut short; and ^C at any moment.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"

# verify EXPECTED [ARG...] -- the exit status is EXPECTED; text and report
verify() {
	local want=$1 got=0
	shift
	"$RPMEM" verify --json "$tmp/a.set" "$@" >"$tmp/report" 2>"$tmp/err2" ||
		got=$?
	[ "$got" = "$want" ] ||
		fail "verify $*: $got: $(cat "$tmp/report" "$tmp/err2")"
	json_fits rpmem-verify "$tmp/report"
}

# ask EXPRESSION -- of the report
ask() {
	python3 -c 'import json, sys
report = json.load(open(sys.argv[1]))
copy = report["copies"][0]
codes = [f["code"] for c in report["copies"] for f in c["findings"]]
sys.exit(not eval(sys.argv[2]))' "$tmp/report" "$1" ||
		fail "not so: $1: $(cat "$tmp/report")"
}

# byte FILE OFFSET -- of the pool: one part, so of the file
byte() {
	od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '
}

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
	verify 0 --repair
	ask 'codes == ["settled"] and copy["settled_blocks"] == 4'
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

has_said() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ -s "$tmp/said" ]
}

# begin_unflushed [COMMAND...] -- sets `at`, the offset of a byte that is stored
begin_unflushed() {
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	: >"$tmp/err"
	in=$tmp/in background "$tmp/said" "${1:-ordered}" \
		"$HELPERS/unflushed" "$tmp/a.set" 2>>"$tmp/err"
	exec 7>"$tmp/in"
	wait_for "the store" has_said
	wait_for "the copy" attached
	at=$(cat "$tmp/said")
}

end_unflushed() {
	exec 7>&-
	wait "$prog" 2>/dev/null || true
	wait_for "the session's end" no_sessions "$rpmemd_pid"
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

# verify in the background; its pid in `tool`
start_verify() {
	: >"$tmp/progress"
	"$RPMEM" verify --progress=8 "$@" "$tmp/a.set" 8>"$tmp/progress" \
		>"$tmp/text" 2>"$tmp/err2" &
	tool=$!
}

# ended EXPECTED... -- it ends, with one of these
ended() {
	local got=0
	wait "$tool" || got=$?
	for want in "$@"; do
		[ "$got" != "$want" ] || return 0
	done
	fail "verify: $got: $(cat "$tmp/text" "$tmp/err2")"
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

# what happens to a program that verifies, slowly
slowly() {
	echo "== lost, stopped, and ended meanwhile"
	fresh ordered
	RPMEM_FAULTS=librpmem/slow-verify begin_equal ordered
	start_verify
	wait_for "the verifying" is_asked
	kill -KILL "$(pgrep -P "$rpmemd_pid")"
	ended 3
	grep -q "lost the copy meanwhile" "$tmp/text" || fail "$(cat "$tmp/text")"
	wait_for "the copy" attached
	start_verify
	wait_for "the verifying" is_asked
	verify 1
	ask 'codes == ["busy"]'
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
	RPMEM_FAULTS=librpmem/die-equalising start_verify --repair
	ended 137
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	verify 1
	ask 'codes == ["equalising"]'
	verify 0 --repair
	verify 0
}

# the program has taken the request
is_asked() {
	grep -q '"total_bytes":[1-9]' "$tmp/progress"
}

refused() {
	echo "== away, refused, cut short"
	fresh ordered
	cp "$RPMEM_PSK_FILE" "$tmp/right"
	"$RPMEM" keygen "$tmp/wrong" >/dev/null
	RPMEM_PSK_FILE=$tmp/wrong verify 1
	ask 'len(codes) == 1 and copy["compared_by"] == "not"'
	truncate -s 8M "$shm/a/remote"
	verify 1
	ask 'codes == ["refused"] and copy["findings"][0]["fix"] != ""'
	truncate -s 16M "$shm/a/remote"
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
	RPMEM_OPEN_ALONE=1 verify 1 --repair
	ask 'codes == ["settled", "unreachable"]'
}

start_rpmemd t --durability memory
fresh ordered
by_tool
by_tool_unflushed
for mode in strict ordered; do
	by_program "$mode"
done
busy
[ "${RPMEM_FAULT_POINTS:-}" != ON ] || slowly
refused
two
got=0
"$RPMEM" verify 2>/dev/null || got=$?
[ "$got" = 2 ] || fail "without SET: $got"
got=0
"$RPMEM" verify "$tmp/no.set" 2>/dev/null || got=$?
[ "$got" = 3 ] || fail "a set that is not there: $got"

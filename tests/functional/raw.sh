#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Raw pools and pools with headers through the API itself.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# what waits for it, a pool that is held, waits a second longer
export RPMEM_TIMEOUT_MS=3000 RPMEM_LOG_LEVEL=${RPMEM_LOG_LEVEL:-0}

for durability in media memory; do
	start_rpmemd "t-$durability" --durability "$durability"
	dir=$tmp/t-$durability
	parts=$shm/t-$durability
	[ "$durability" = media ] || parts=$dir
	raw_test_sets "$dir" "$parts"
	RPMEM_STATS=$tmp/stats RPMEM_TEST_TARGET=tcp://127.0.0.1:$port \
		"$HELPERS/test_raw"
	grep -q '"durability": "'"$durability"'"' "$tmp/stats" ||
		fail "no statistics for $durability"
	wait_for "the end of the sessions" no_sessions "$rpmemd_pid"
	[ ! -e "$dir/raw.set.rpmem-state" ] || fail "state file left behind"
	[ "$(stat -c %a "$parts/hdr.part")" = 600 ] || fail "mode of a part"
	kill_and_wait "$rpmemd_pid" TERM
	grep -q "session start: .* identity .* 'hdr.set'" "$tmp/t-$durability.log"
	grep -q "session end: .* reason: closed by the initiator" \
		"$tmp/t-$durability.log"
done
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
assert rows and all(r["waits"] <= r["appends"] + 1 for r in rows)
assert any(r["rtt_p99_ns"] >= r["rtt_p50_ns"] > 0 for r in rows)' "$tmp/stats"
fi

# libfabric is loaded while the target makes the pool; without it, what was
# made is taken back
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	start_rpmemd none
	make_set "$tmp/none/n.set" "16M $shm/none/copy"
	make_set "$tmp/n.set" "16M $shm/none/local" \
		"REPLICA tcp://127.0.0.1:$port n.set"
	(RPMEM_FAULTS=fabric_load RPMEM_LOG_LEVEL=1 stock_exec \
		pmempool create obj "$tmp/n.set") >"$tmp/out" 2>&1 &&
		fail "a create without libfabric"
	grep -q "cannot load libfabric" "$tmp/out" || fail "$(cat "$tmp/out")"
	wait_for "the end of the session" no_sessions "$rpmemd_pid"
	grep -q "create.*n.set" "$tmp/none.log" || fail "nothing was made"
	[ ! -e "$shm/none/copy" ] || fail "the copy is still there"
	[ ! -e "$tmp/none/n.set.rpmem-state" ] || fail "its state is still there"
	stock pmempool create obj "$tmp/n.set" || fail "create behind it"
fi

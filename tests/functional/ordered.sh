#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Unmodified programs under `rpmem run`: one wait per durable call.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

start_rpmemd t
first=$port
mkdir "$shm/a"
make_set "$tmp/t/a.set" "16M $shm/a/copy"
make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://127.0.0.1:$first a.set"

ordered() {
	stock "$RPMEM" run -- "$@"
}

# create, run, look
ordered pmempool create obj --layout txprog "$tmp/a.set"
ordered "$HELPERS/txprog" run "$tmp/a.set" 4 50 >"$tmp/said"
ordered "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
wait_for "the session's end" no_sessions "$rpmemd_pid"
same_objects "$shm/a/local" "$shm/a/copy"

# waits KIND EXPECTED: so many waits of one call
waits() {
	local n
	for n in 10 20; do
		rm -f "$tmp/stats"
		RPMEM_STATS=$tmp/stats ordered "$HELPERS/counts" "$tmp/a.set" \
			"$1" "$n" || fail "counts $1"
		eval "w$n=$(sed 's/.*"waits": *\([0-9]*\).*/\1/' "$tmp/stats")"
	done
	# shellcheck disable=SC2154
	[ $((w20 - w10)) = $((10 * $2)) ] ||
		echo "$1: $((w20 - w10)) waits in 10 calls, not $((10 * $2))"
}
for force in 0 1; do
	export PMEM_IS_PMEM_FORCE=$force
	for kind in tx1:1 tx8:1 nested:1 locked:1 callback:1 persist:1 \
		flush_drain:1 memcpy:1 alloc_free:2 list:2 noflush:1 \
		construct:3 abort:1 publish:2; do
		waits "${kind%:*}" "${kind#*:}" || true
	done
done

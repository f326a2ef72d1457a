#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The examples do what they say.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
start_rpmemd t
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "4M $shm/t/raw"
make_set "$tmp/t/c.set" "16M $shm/t/c"
make_set "$tmp/c.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port c.set"
"$HELPERS/01-raw-pool" "tcp://127.0.0.1:$port" raw.set |
	grep -q "the target holds: kept in two places" || fail "01-raw-pool"
find_librpmem
make_set "$tmp/t/m.set" "8M $shm/t/m"
make_set "$tmp/m.set" "8M $shm/m" "REPLICA" "8M $shm/mirror" \
	"REPLICA tcp://127.0.0.1:$port m.set"
"$HELPERS/03-mapping" create "$tmp/m.set" | grep -q "3 of 3 replicas"
"$HELPERS/03-mapping" "$tmp/m.set" "the first note" >/dev/null
"$HELPERS/03-mapping" "$tmp/m.set" "and another one" >"$tmp/out"
grep -q "^0: the first note" "$tmp/out" || fail "03-mapping: the first one"
grep -q "^1: and another one" "$tmp/out" || fail "03-mapping: the second one"
stock pmempool create obj --layout counter "$tmp/c.set"
stock "$HELPERS/02-counter" "$tmp/c.set" | grep -q "counter 1, 1 notes"
stock "$HELPERS/02-counter" "$tmp/c.set" | grep -q "counter 2, 2 notes"

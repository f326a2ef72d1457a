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
stock pmempool create obj --layout counter "$tmp/c.set"
stock "$HELPERS/02-counter" "$tmp/c.set" | grep -q "counter 1, 1 notes"
stock "$HELPERS/02-counter" "$tmp/c.set" | grep -q "counter 2, 2 notes"

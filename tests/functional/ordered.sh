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

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What programs do to their process while a replicated pool is open.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

start_rpmemd t
make_set "$tmp/t/a.set" "16M $shm/t/remote"
make_set "$tmp/a.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port a.set"
stock pmempool create obj --layout guest "$tmp/a.set"

for way in close exit _exit fork exec dlopen handlers; do
	echo "== $way"
	stock timeout 60 "$HELPERS/guestprog" "$way" "$tmp/a.set" ||
		fail "$way"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
done
echo "== sigwait"
stock_exec "$HELPERS/guestprog" sigwait "$tmp/a.set" >"$tmp/out" &
pid=$!
wait_for "the program" grep -q waiting "$tmp/out"
# env and the program are one process: exec
kill -TERM "$pid"
wait "$pid" || fail "sigwait"

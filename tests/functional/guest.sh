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
background "$tmp/out" stock_exec "$HELPERS/guestprog" sigwait "$tmp/a.set"
pid=$prog
wait_for "the program" grep -q waiting "$tmp/out"
# env and the program are one process: exec
kill -TERM "$pid"
wait "$pid" || fail "sigwait"

# libpmemobj inside the program: librpmem cannot tell it from a stranger that
# would leave the copy behind, so RPMEM_OWNER has to say
wait_for "the session's end" no_sessions "$rpmemd_pid"
make_set "$tmp/t/s.set" "16M $shm/t/static"
make_set "$tmp/s.set" "16M $shm/s" "REPLICA tcp://127.0.0.1:$port s.set"
echo "== static"
if stock "$HELPERS/txstatic" create "$tmp/s.set" 2>"$tmp/err"; then
	fail "a static libpmemobj was taken for a passive caller"
fi
grep -q "RPMEM_OWNER=yes" "$tmp/err" || fail "the message does not help"
[ ! -e "$shm/t/static" ] || fail "something was created"
export RPMEM_OWNER=yes
stock "$HELPERS/txstatic" create "$tmp/s.set"
stock "$HELPERS/txstatic" run "$tmp/s.set" 2 20 >"$tmp/said"
stock "$HELPERS/txstatic" check "$tmp/s.set" "$tmp/said"
unset RPMEM_OWNER
if stock "$HELPERS/txstatic" nop "$tmp/s.set" 2>/dev/null; then
	fail "opened without RPMEM_OWNER"
fi
stock "$HELPERS/txprog" check "$tmp/s.set" "$tmp/said" ||
	fail "the shared libpmemobj"

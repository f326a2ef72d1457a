#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Owners of raw copies: an identity instead of a header; a copy that was
# promoted is nobody's.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=0
start_rpmemd a
export RPMEM_TEST_A=tcp://127.0.0.1:$port
make_set "$tmp/a/raw.set" "OPTION NOHDRS" "2M $shm/a/r1" "3M $shm/a/r2"
make_set "$tmp/a/hdr.set" "8M $shm/a/hdr"
"$HELPERS/test_rawowner"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"

promote() {
	"$RPMEM" promote --poolset-dir "$tmp/a" "$@" raw.set
}
[ "$(promote | tail -n 1)" = "its bytes are those of the parts in $tmp/a/raw.set" ] ||
	fail "promote"
# again; and by force, when the record is gone
"$HELPERS/test_rawowner" promoted
promote --json >"$tmp/out" || fail "a second promote"
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["raw"] and r["promoted"] and r["size"] == 5 << 20' "$tmp/out"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
rm "$tmp/a/raw.set.rpmem-state"
status=0
promote 2>"$tmp/err" || status=$?
[ "$status" = 1 ] || fail "promoted without a record: $status"
promote --force >/dev/null || fail "promote by force"
"$HELPERS/test_rawowner" promoted

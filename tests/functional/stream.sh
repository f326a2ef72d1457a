#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The ordered stream of librpmem 1.4: two targets, one counter.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=0
start_rpmemd a
RPMEM_TEST_A=tcp://127.0.0.1:$port
start_rpmemd b
RPMEM_TEST_B=tcp://127.0.0.1:$port
export RPMEM_TEST_A RPMEM_TEST_B
make_set "$tmp/a/s1.set" "8M $shm/a/part"
make_set "$tmp/b/s2.set" "5M $shm/b/part1" "5M $shm/b/part2"
"$HELPERS/test_stream"

[ "$RPMEM_FAULT_POINTS" = ON ] || exit 0
# the third sync: two are of the lineage, which ends the equalising
RPMEM_FAULTS=rpmemd/slow-disk@3 start_rpmemd c
make_set "$tmp/c/s1.set" "8M $shm/c/part"
RPMEM_TEST_A=tcp://127.0.0.1:$port RPMEM_DISK_TIMEOUT_MS=1000 RPMEM_ON_LOSS=fail \
	"$HELPERS/test_stream" stuck || fail "a stuck disk"

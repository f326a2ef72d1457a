#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Round trip of a 64-byte rpmem_persist beside a raw TCP ping-pong of the same
# run, both blocking; open and close; a whole-pool copy beside a raw stream.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"
export RPMEM_SPIN_US=0
start_rpmemd t --durability memory
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "256M $shm/t/part"
# Once as the scheduler likes (it may put the raw pair on one processor and
# the others on two, where a wake-up costs 50 us more), once all on the same.
bench=("$RPMEM_BUILD_DIR/tests/bench/bench_persist" "tcp://127.0.0.1:$port")
"${bench[@]}" raw.set
make_set "$tmp/t/raw1.set" "OPTION NOHDRS" "256M $shm/t/part1"
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
taskset -cp "$cpu" "$rpmemd_pid" >/dev/null
taskset -c "$cpu" "${bench[@]}" raw1.set

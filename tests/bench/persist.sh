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
"$RPMEM_BUILD_DIR/tests/bench/bench_persist" "tcp://127.0.0.1:$port" raw.set

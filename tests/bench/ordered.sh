#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What the hooks cost where nothing is replicated; transactions of stock
# libpmemobj here only, with a replica in ordered mode, and in strict mode;
# all on one processor, as the raw ping-pong of persist.sh.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"
export RPMEM_SPIN_US=0 PMEM_IS_PMEM_FORCE=1
bench=$RPMEM_BUILD_DIR/tests/bench
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
taskset -cp "$cpu" $$ >/dev/null

echo "hooks (ns): $("$bench/bench_hooks" "$shm/f") stock;" \
	"$("$RPMEM" run -- "$bench/bench_hooks" "$shm/f") under rpmem run"

start_rpmemd t --durability memory
make_set "$tmp/t/a.set" "16M $shm/t/a"
make_set "$tmp/t/b.set" "16M $shm/t/b"
make_set "$tmp/a.set" "16M $shm/a" "REPLICA tcp://127.0.0.1:$port a.set"
make_set "$tmp/b.set" "16M $shm/b" "REPLICA tcp://127.0.0.1:$port b.set"
stock "$RPMEM" run -- pmempool create obj --layout bench "$tmp/a.set"
stock pmempool create obj --layout bench "$tmp/b.set"
pmempool create obj --layout bench -s 16M "$shm/c"
for ranges in 1 8; do
	echo "transaction of $ranges ranges (per s, median ns):" \
		"$("$bench/bench_tx" "$shm/c" $ranges 1 2000) here only;" \
		"$(stock "$RPMEM" run -- "$bench/bench_tx" "$tmp/a.set" $ranges 1 2000) ordered;" \
		"$(stock "$bench/bench_tx" "$tmp/b.set" $ranges 1 2000) strict"
done

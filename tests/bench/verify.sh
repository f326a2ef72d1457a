#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# How fast `rpmem verify` compares a pool that no program has with its copy, as
# a ratio to XXH3 over the mapped pool on one core, in turns in the same run;
# the target on tmpfs, over loopback.  MIB=N tries another size; the bound is
# 0.7.  With a program that has the pool, the rate alone.
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
bench=$RPMEM_BUILD_DIR/tests/bench
mib=${MIB:-1024}
rounds=${ROUNDS:-7}
size=${mib}M

# bytes per second, of the last line of progress
rate() {
	"$RPMEM" verify --progress=8 "$tmp/a.set" 8>"$tmp/progress" >"$tmp/text" ||
		[ "${1:-}" = busy ] || fail "$(cat "$tmp/text")"
	tail -n 1 "$tmp/progress" | sed 's/.*"bytes_per_s":\([0-9]*\).*/\1/'
}

# of a machine that others use, too, the best round says most
best() {
	sort -n "$1" | tail -n 1
}

# no holes: they would not be read
fill() {
	dd if=/dev/urandom of="$tmp/random" bs=1M count=64 status=none
	for ((at = 16; at < mib; at += 64)); do
		dd if="$tmp/random" of="$shm/a/local" bs=1M seek="$at" \
			count=$((mib - at < 64 ? mib - at : 64)) conv=notrunc status=none
	done
	rm "$tmp/random"
	"$RPMEM" verify --repair "$tmp/a.set" >/dev/null
}

for force in 0 1; do
	export PMEM_IS_PMEM_FORCE=$force
	start_rpmemd t$force --durability memory
	ln -sfn "t$force" "$tmp/t"
	fresh ordered
	fill
	: >"$tmp/ours"
	: >"$tmp/theirs"
	for ((i = 0; i < rounds; i++)); do
		"$bench/bench_xxh3" "$shm/a/local" >>"$tmp/theirs" 2>/dev/null
		rate >>"$tmp/ours"
	done
	ours=$(best "$tmp/ours")
	theirs=$(best "$tmp/theirs")
	echo "PMEM_IS_PMEM_FORCE=$force, $mib MiB: verify $((ours >> 20)) MiB/s," \
		"XXH3 $((theirs >> 20)) MiB/s, ratio $((ours * 100 / theirs)) %"
	begin_equal ordered
	echo "  beside a program with 4 threads: $(($(rate busy) >> 20)) MiB/s"
	: >"$tmp/stop"
	wait "$prog"
	kill_and_wait "$rpmemd_pid" TERM
	rm -f "$tmp/t"
done

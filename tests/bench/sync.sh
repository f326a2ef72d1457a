#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What rpmem sync takes: a full copy beside a raw TCP stream of the same bytes
# in the same run, a copy that differs in 1 %, one of which is known what it
# lacks, a pool with holes, and memory; the target is in memory.
# shellcheck source=../functional/nodes.sh
. "$(dirname "$0")/../functional/nodes.sh"
unset RPMEM_COMPARE_MS
bench=$RPMEM_BUILD_DIR/tests/bench
mib=${MIB:-1024}
turns=${TURNS:-3}
mode=ordered

node_pid=() node_port=()
for n in a b; do
	start_rpmemd "$n" --durability memory
	node_port[$n]=$port
	node_pid[$n]=$rpmemd_pid
	mkdir -p "$tmp/$n.state"
done
make_set "$tmp/b/copy.set" "${mib}M $shm/b/db"
make_set "$tmp/a/db.set" "${mib}M $shm/a/db" "REPLICA $(target b)"

ratio() {
	awk "BEGIN { printf \"%.3f\", $1 / $2 }"
}
# sync -- sets `bytes`, and in us `took`, by the command, and `work`, by what is
# behind the start, the load of libfabric, and connections
sync() {
	local start=${EPOCHREALTIME/./}
	on a "$RPMEM" sync --json --progress=7 "$tmp/a/db.set" >"$tmp/json" \
		7>"$tmp/progress" || fail "$(cat "$tmp/json")"
	took=$((${EPOCHREALTIME/./} - start))
	quiet
	read -r bytes work <<<"$(python3 -c "import json
steps = [json.loads(line) for line in open('$tmp/progress')]
print(json.load(open('$tmp/json'))['replicas'][0]['sent_bytes'],
      sum(s['done_bytes'] * 1000000 // s['bytes_per_s'] for s in steps
          if s['state'] == 'done' and s['bytes_per_s'] > 0))")"
}
# best COMMAND... -- the shortest of some turns, each prepared by COMMAND
best() {
	local least=0
	for _ in $(seq "$turns"); do
		"$@"
		sync
		if [ "$least" = 0 ] || [ "$took" -lt "$least" ]; then
			least=$took
			works=$work
		fi
	done
	took=$least
	work=$works
}
no_copy() {
	rm -f "$shm/b/db" "$tmp/b/copy.set".rpmem-*
}
# changed: a program is killed, and 1 % of the blocks of the pool are others
changed() {
	begin_on a "$mode" 1
	die
	quiet
	python3 -c "import os, random
with open('$shm/a/db', 'r+b') as f:
    for i in random.sample(range(1024, $mib * 16), $mib * 16 // 100):
        f.seek(i * 65536)
        f.write(os.urandom(65536))"
}
# a pool that is full of bytes, and its copy
(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
quiet
sync
dd if=/dev/urandom of="$shm/a/db" bs=1M seek=64 count="$((mib - 64))" \
	conv=notrunc status=none

raw=$("$bench/bench_tcp" "$shm/a/db" "$turns")
into=$("$bench/bench_tcp" "$shm/a/db" "$turns" "$shm/b/raw")
rm "$shm/b/raw"
best no_copy
full=$took
full_work=$work
echo "(a) a full copy of $mib MiB: $((full / 1000)) ms, the raw stream" \
	"$((raw / 1000)) ms: $(ratio "$raw" "$full") of its rate (limit 0.7)"
echo "    a raw stream into a new file, as the target's: $((into / 1000)) ms:" \
	"$(ratio "$into" "$full") of its rate"
echo "    without the start and the allocation: $((work / 1000)) ms:" \
	"$(ratio "$raw" "$work") and $(ratio "$into" "$work")"
cmp -i 8192 "$shm/a/db" "$shm/b/db" || fail "they differ"

best changed
echo "(b) 1 % differs, and nobody knows where: $(ratio "$bytes" "$((mib << 20))")" \
	"of the bytes sent (limit 0.02), $((took / 1000)) ms:" \
	"$(ratio "$took" "$full") of a full copy (limit 0.1); without the start" \
	"$((work / 1000)) ms: $(ratio "$work" "$full_work")"

# misses: the copy was away, and lacks some blocks, which are marked
misses() {
	node_down b
	rm -f "$tmp/run.in"
	mkfifo "$tmp/run.in"
	RPMEM_OPEN_ALONE=1 on a ordered "$bench/bench_lost" "$tmp/a/db.set" 512 \
		<"$tmp/run.in" >"$tmp/run.out" 2>/dev/null &
	local pid=$!
	exec 5>"$tmp/run.in"
	printf 'run 160 1\nclose\n' >&5
	exec 5>&-
	wait "$pid" || fail "bench_lost"
	node_up b --durability memory
	quiet
}
rm -f "$shm/a/db" "$tmp/a.state"/*
no_copy
(on a "$mode" pmempool create obj --layout bench "$tmp/a/db.set")
quiet
misses # makes its root object
sync
best misses
echo "(c) a few blocks, which are marked: $(ratio "$bytes" "$((mib << 20))") of" \
	"the bytes sent, $((took / 1000)) ms: $(ratio "$took" "$full") of a full" \
	"copy; without the start $((work / 1000)) ms: $(ratio "$work" "$full_work")"

# a pool that is all but empty: its holes are not read, its zeros not sent
best no_copy
echo "(d) a pool that is nearly empty: $((took / 1000)) ms, $((bytes >> 10)) KiB" \
	"sent; the copy takes $(du -m "$shm/b/db" | cut -f 1) MiB of $mib, as" \
	"targets allocate what they make"

no_copy
RPMEM_STATE_DIR=$tmp/a.state "$RPMEM" sync "$tmp/a/db.set" >/dev/null &
pid=$!
most=0
while kill -0 "$pid" 2>/dev/null; do
	anon=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" \
		2>/dev/null) || true
	[ "${anon:-0}" -le "$most" ] || most=$anon
done
wait "$pid" || fail "sync"
echo "(e) at most $((most / 1024)) MiB of memory beside the pool's own pages"

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
# sync -- sets `took`, of the command, and `bytes`, `work`: its share that is
# behind connections and plans; in us
sync() {
	local start=${EPOCHREALTIME/./}
	on a "$RPMEM" sync --json --progress=7 "$tmp/a/db.set" >"$tmp/json" \
		7>"$tmp/progress" || fail "$(cat "$tmp/json")"
	took=$((${EPOCHREALTIME/./} - start))
	quiet
	bytes=$(python3 -c "import json
print(json.load(open('$tmp/json'))['replicas'][0]['sent_bytes'])")
}
# best COMMAND... -- the shortest of some turns, each prepared by COMMAND
best() {
	local i least=0
	for i in $(seq "$turns"); do
		"$@"
		sync
		if [ "$least" = 0 ] || [ "$took" -lt "$least" ]; then
			least=$took
		fi
	done
	took=$least
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
idle=$took
dd if=/dev/urandom of="$shm/a/db" bs=1M seek=64 count="$((mib - 64))" \
	conv=notrunc status=none

raw=$("$bench/bench_tcp" "$shm/a/db" "$turns")
best no_copy
full=$took
echo "(a) a full copy of $mib MiB: $((full / 1000)) ms, the raw stream" \
	"$((raw / 1000)) ms: $(ratio "$raw" "$full") of its rate (limit 0.7)"
echo "    without the start of the command ($((idle / 1000)) ms):" \
	"$(ratio "$raw" "$((full - idle))")"
cmp -i 8192 "$shm/a/db" "$shm/b/db" || fail "they differ"

best changed
echo "(b) 1 % differs: $(ratio "$bytes" "$((mib << 20))") of the bytes sent" \
	"(limit 0.02), $((took / 1000)) ms: $(ratio "$took" "$full") of a full" \
	"copy (limit 0.1)"

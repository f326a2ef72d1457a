#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What a lost copy costs: throughput without it, latency while it catches up,
# bytes that are sent again, the stall of a loss, and what the marks cost while
# it is there; each as a ratio to a figure of the same run, all on one
# processor (PIN=no: on all).
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
export RPMEM_SPIN_US=0 PMEM_IS_PMEM_FORCE=1 RPMEM_TIMEOUT_MS=1000
bench=$RPMEM_BUILD_DIR/tests/bench
mib=${MIB:-1024}
data=$((mib - mib / 8))
turns=${TURNS:-3}
if [ "${PIN:-yes}" = yes ]; then
	cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
	taskset -cp "$cpu" $$ >/dev/null
fi

# server NAME COMMAND... -- a bench_lost that waits for questions
server() {
	local name=$1
	shift
	mkfifo "$tmp/$name.in"
	in=$tmp/$name.in background "$tmp/$name.out" "$@" 2>"$tmp/err"
	pids+=("$prog")
}
# ask FD NAME LINE -- and what it answers
lines() {
	wc -l <"$1"
}
answered() {
	[ "$(lines "$1")" -gt "$2" ]
}
ask() {
	local n
	n=$(lines "$tmp/$2.out")
	echo "$3" >&"$1"
	wait_for "an answer of $2" answered "$tmp/$2.out" "$n"
	tail -n 1 "$tmp/$2.out"
}
ratio() {
	awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}
middle() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

start_rpmemd t --durability memory
mkdir -p "$shm/a"
make_set "$tmp/t/a.set" "${mib}M $shm/a/remote"
make_set "$tmp/a.set" "${mib}M $shm/a/local" "REPLICA tcp://127.0.0.1:$port a.set"
stock "$RPMEM" run -- pmempool create obj --layout bench "$tmp/a.set"
pmempool create obj --layout bench -s "${mib}M" "$shm/plain"
server here "$bench/bench_lost" "$shm/plain" "$data"
exec 5>"$tmp/here.in"
wait_for "open" answered "$tmp/here.out" 0
server copy ordered "$bench/bench_lost" "$tmp/a.set" "$data"
exec 6>"$tmp/copy.in"
wait_for "open" answered "$tmp/copy.out" 0

read -r _ _ p50 p99 _ <<<"$(ask 6 copy "run 1 3000")"
echo "attached: a transaction of 1 range takes $p50 ns, p99 $p99"

again_lost() {
	kill -KILL "$(pgrep -P "$rpmemd_pid")"
	kill_and_wait "$rpmemd_pid"
	wait_for "the loss" more_often "is lost" "$1"
}
again_lost 0
for ranges in 1 8; do
	: >"$tmp/rates"
	for _ in $(seq "$turns"); do
		read -r _ here _ <<<"$(ask 5 here "run $ranges 1000")"
		read -r _ without _ <<<"$(ask 6 copy "run $ranges 1000")"
		echo "$(ratio "$without" "$here") $here $without" >>"$tmp/rates"
	done
	read -r r here without <<<"$(sort -n "$tmp/rates" |
		sed -n "$(((turns + 1) / 2))p")"
	echo "(a) $ranges ranges: $without/s without its copy, $here/s never" \
		"replicated: $r (limit 0.8)"
done

ask 6 copy fill >/dev/null
again t --durability memory
wait_for "the copy" more_often "is back and" 0
read -r _ rate l50 l99 most <<<"$(ask 6 copy "run 1 ${LIVE_MS:-500}")"
[ "$(count "has caught up")" = 0 ] || echo "(it had caught up before the end)"
wait_for "the copy" more_often "has caught up" 0
echo "(b) while catching up: $rate/s, median $l50 ns, p99 $l99, longest $most:" \
	"$(ratio "$l50" "$p50") and $(ratio "$l99" "$p99") of attached (limit 3)"
dirty=$(sed -n 's/.* is back and catches up: \([0-9]*\) KiB.*/\1/p' "$tmp/err" | tail -n 1)
sent=$(sed -n 's/.* has caught up; \([0-9]*\) KiB.*/\1/p' "$tmp/err" | tail -n 1)
since=$(grep "is back and" "$tmp/err" | tail -n 1 | cut -d ' ' -f 1)
until=$(grep "has caught up" "$tmp/err" | tail -n 1 | cut -d ' ' -f 1)
took=$(($(date -d "$until" +%s%3N) - $(date -d "$since" +%s%3N)))
echo "(c) $sent KiB sent for $dirty KiB of dirty blocks: $(ratio "$sent" "$dirty")" \
	"(limit 1.1), in $took ms: $(ratio "$sent" "$took") MB/s"

for how in KILL STOP; do
	n=$(lines "$tmp/copy.out")
	lost=$(count "is lost")
	back=$(count "has caught up")
	wait_for "a session" session
	echo "run 1 3000" >&6
	kill "-$how" "$session_pid"
	wait_for "the loss" more_often "is lost" "$lost"
	kill -CONT "$session_pid" 2>/dev/null || true
	wait_for "an answer" answered "$tmp/copy.out" "$n"
	read -r _ _ _ _ most <<<"$(tail -n 1 "$tmp/copy.out")"
	wait_for "the copy" more_often "has caught up" "$back"
	echo "(d) $how: the longest transaction takes $((most / 1000)) us:" \
		"$(ratio "$most" "${RPMEM_TIMEOUT_MS}000000") of the time-out"
done
echo close >&5
echo close >&6
wait "$prog"
wait_for "the session's end" no_sessions "$rpmemd_pid"

appends() {
	rm -f "$tmp/t/m.set"* "$shm/a/m"
	make_set "$tmp/t/m.set" "OPTION NOHDRS" "${mib}M $shm/a/m"
	RPMEM_ON_LOSS=$1 "$bench/bench_append" "tcp://127.0.0.1:$port" m.set "$mib"
}
rm -f "$shm/plain" "$shm/a/local"
find_librpmem
: >"$tmp/fail"
: >"$tmp/continue"
for _ in $(seq "$turns"); do
	for how in fail continue; do
		appends $how >>"$tmp/$how"
		wait_for "the session's end" no_sessions "$rpmemd_pid"
	done
done
without=$(cut -d ' ' -f 1 "$tmp/fail" | middle)
with=$(cut -d ' ' -f 1 "$tmp/continue" | middle)
echo "(e) an append of 64 bytes: $with ns with marks, $without without:" \
	"$(ratio "$with" "$without"); with its share of a wait:" \
	"$(cut -d ' ' -f 2 "$tmp/continue" | middle) and" \
	"$(cut -d ' ' -f 2 "$tmp/fail" | middle) ns"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A link with 500 us each way, in a network namespace of this test: threads
# that commit together share the round trips.
if [ -z "${RPMEM_IN_NAMESPACE:-}" ]; then
	unshare -n true 2>/dev/null || {
		echo "SKIP: no network namespace without root"
		exit 77
	}
	RPMEM_IN_NAMESPACE=1 exec unshare -n bash "$0"
fi
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1 PMEM_IS_PMEM_FORCE=1
[ -c /dev/net/tun ] || fail "there is no /dev/net/tun"

ip link set lo up
background "$tmp/link" "$RPMEM_BUILD_DIR/tests/lib/delaylink" slow0 500
pids+=("$prog")
wait_for "the slow link" grep -q ready "$tmp/link"
ip addr add 10.9.0.1/24 dev slow0
ip link set slow0 up

start_rpmemd t --listen 10.9.0.1:0
mkdir "$shm/a"
make_set "$tmp/t/a.set" "16M $shm/a/copy"
make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://10.9.0.2:$port a.set"
stock "$RPMEM" run -- pmempool create obj --layout bench "$tmp/a.set"
rate() {
	stock "$RPMEM" run -- "$RPMEM_BUILD_DIR/tests/bench/bench_tx" \
		"$tmp/a.set" 8 "$1" 2000
}
# others may be in the way: one good look in twenty is enough
for _ in {1..20}; do
	read -r one one_ns <<<"$(rate 1)"
	read -r four _ <<<"$(rate 4)"
	echo "1 thread: $one transactions of 8 ranges/s, median $one_ns ns;" \
		"4 threads: $four/s"
	[ "$one_ns" -ge 1000000 ] || fail "the link is not slow"
	# one round trip of 1 ms each, not 18 or 25, shared by 4 threads
	[ "$one_ns" -ge 4000000 ] || [ "$four" -lt $((2 * one)) ] || exit 0
done
fail "more than one round trip, or 4 threads do not share them"

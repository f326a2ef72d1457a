#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A link that falls silent, in a network namespace of this test: the program
# stands still for one time-out, then goes on; what was under way on the link
# arrives late, and harms nobody.
if [ -z "${RPMEM_IN_NAMESPACE:-}" ]; then
	unshare -n true 2>/dev/null || {
		echo "SKIP: no network namespace without root"
		exit 77
	}
	RPMEM_IN_NAMESPACE=1 exec unshare -n bash "$0"
fi
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
[ -c /dev/net/tun ] || fail "there is no /dev/net/tun"

ip link set lo up
background "$tmp/link" "$RPMEM_BUILD_DIR/tests/lib/delaylink" slow0 100
link=$prog
pids+=("$link")
wait_for "the link" grep -q ready "$tmp/link"
ip addr add 10.9.0.1/24 dev slow0
ip link set slow0 up
start_rpmemd t --listen 10.9.0.1:0
host=10.9.0.2

ms() {
	echo $(($(date +%s%N) / 1000000))
}

for mode in strict ordered; do
	fresh $mode
	begin $mode
	for i in 1 2 3; do
		lost=$(count "is lost")
		back=$(count "has caught up")
		kill -STOP "$link"
		start=$(ms)
		before=$(said)
		wait_for "the loss" more_often "is lost" "$lost"
		wait_for "work without the copy" works "$before"
		stall=$(($(ms) - start))
		# the time-out, 1 s of grace, and what a busy machine takes
		[ "$stall" -lt $((RPMEM_TIMEOUT_MS + 4000)) ] || fail "a stall of $stall ms"
		# let the target give up, too
		[ "$i" != 3 ] || wait_for "the session's end" no_sessions "$rpmemd_pid"
		kill -CONT "$link"
		wait_for "the copy" more_often "has caught up" "$back"
		echo "$mode: stood still for at most $stall ms"
	done
	end "partition" $mode
done

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Unclean end, local part lost, stock pmempool sync: the target's copy stays
# as it is and everything is found again; also when the sync is killed.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

start_rpmemd t
listener=$rpmemd_pid

# prepare NAME LOCAL...: pool, a killed program; what it said is in $tmp/said
prepare() {
	name=$1
	shift
	mkdir -p "$shm/$name"
	make_set "$tmp/t/$name.set" "16M $shm/$name/remote"
	make_set "$tmp/$name.set" "${@//@/$shm/$name}" \
		"REPLICA tcp://127.0.0.1:$port $name.set"
	stock pmempool create obj --layout txprog "$tmp/$name.set"
	background "$tmp/said" \
		stock_exec "$HELPERS/txprog" run "$tmp/$name.set" 4 0
	local pid=$prog
	wait_for "transactions" more_said 200
	kill_and_wait "$pid"
	wait_for "the session's end" no_sessions "$listener"
	cp -p "$shm/$name/remote" "$shm/$name/before"
}

more_said() {
	[ "$(wc -l <"$tmp/said")" -ge "$1" ]
}

unchanged() {
	wait_for "the session's end" no_sessions "$listener"
	same_objects "$shm/$name/before" "$shm/$name/remote" 4096
}

rebuilt() {
	stock pmempool sync "$tmp/$name.set" || fail "sync of $name"
	unchanged
	stock "$HELPERS/txprog" check "$tmp/$name.set" "$tmp/said"
	stock "$HELPERS/txprog" run "$tmp/$name.set" 2 20 >/dev/null
}

prepare lost "16M @/local"
rm "$shm/lost/local"
rebuilt

prepare second "8M @/local1" "8M @/local2"
rm "$shm/second/local2"
rebuilt

# the other way: the target lost its copy; sync makes it anew
prepare remote "16M @/local"
rm "$shm/remote/remote"
stock pmempool sync "$tmp/remote.set"
stock "$HELPERS/txprog" check "$tmp/remote.set" "$tmp/said"
same_objects "$shm/remote/local" "$shm/remote/remote"

# a sync killed anywhere: sync again and a stock open; the copy never changes
# killed_sync LOST-PART NAME LOCAL...
killed_sync() {
	local victim=$shm/$2/$1 round pid n=0
	shift
	prepare "$@"
	for round in $(seq 1 "${ROUNDS:-12}"); do
		rm -f "$victim"
		stock_exec pmempool sync "$tmp/$1.set" 2>/dev/null &
		pid=$!
		# a random point of its half second
		sleep "0.$((RANDOM % 400 + 200))"
		kill_and_wait "$pid"
		unchanged
		# whatever is there now, an open must not spoil the copy: it
		# works on a finished rebuild and fails on any other
		if stock "$HELPERS/txprog" nop "$tmp/$1.set" 2>/dev/null; then
			n=$((n + 1))
			stock "$HELPERS/txprog" check "$tmp/$1.set" "$tmp/said"
			cp -p "$shm/$1/remote" "$shm/$1/before"
		fi
		unchanged
	done
	echo "$1: $n of $round opens found a finished rebuild"
	rm -f "$victim"
	rebuilt
}
killed_sync local cut "16M @/local"
killed_sync local2 cut2 "8M @/local1" "8M @/local2"

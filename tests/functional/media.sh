#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What the target's medium does to durable calls: one msync per ack, a failed
# msync, a slow one.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires strace

export RPMEM_LOG_LEVEL=0
differ() {
	! cmp -s "$1" "$2"
}

make_sets() {
	make_set "$tmp/t/raw.set" "OPTION NOHDRS" "8M $shm/t/part"
	where=tcp://127.0.0.1:$port
}

# one msync for each acknowledged persist, also if the environment says that
# all memory is persistent; none with memory.  Under strace: not under a
# sanitizer
count_msyncs() {
	local durability=$1 want=$2 extra=$3 real=$RPMEMD n
	rm -f "$tmp/t.trace" "$shm/t/part" "$tmp/t/raw.set.rpmem-state"
	cat >"$tmp/traced" <<-TEXT
	#!/bin/sh
	exec strace -D -f -qq -e trace=msync -o $tmp/t.trace $real "\$@"
	TEXT
	chmod +x "$tmp/traced"
	RPMEMD=$tmp/traced
	start_rpmemd t --durability "$durability"
	RPMEMD=$real
	make_sets
	"$HELPERS/rawloop" "$where" raw.set create "$extra" >/dev/null
	kill_and_wait "$rpmemd_pid" TERM
	n=$(grep -c 'msync(' "$tmp/t.trace" || true)
	echo "$durability: $n msyncs for $extra persists"
	echo "$n" >"$tmp/count-$durability-$extra"
	[ "$want" != 0 ] || [ "$n" -le 4 ] || fail "msyncs with $durability"
}
if [ -z "$RPMEM_SANITIZE" ] && strace -qq true 2>/dev/null; then
	export PMEM_IS_PMEM_FORCE=1
	count_msyncs media 1 20
	count_msyncs media 1 60
	count_msyncs memory 0 20
	unset PMEM_IS_PMEM_FORCE
	# after an unclean end the whole pool is synced before anybody
	# builds on what an earlier session may have left in the page cache
	start_rpmemd u
	make_set "$tmp/u/raw.set" "OPTION NOHDRS" "8M $shm/u/part"
	"$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set create 1 >/dev/null
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp "$shm/u/part" "$tmp/before"
	background "$tmp/out" "$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set
	pid=$prog
	wait_for "its session" sh -c "pgrep -P $rpmemd_pid >$tmp/session"
	# behind the first store, of which the target has a record by then
	wait_for "a store" differ "$shm/u/part" "$tmp/before"
	kill_and_wait "$(cat "$tmp/session")"
	wait "$pid" || true
	kill_and_wait "$rpmemd_pid" TERM
	mkdir -p "$tmp/t"
	mv "$tmp/u/raw.set" "$tmp/u/raw.set.rpmem-state" "$tmp/t"
	rm -f "$tmp/t.trace"
	RPMEMD=$tmp/traced
	start_rpmemd t
	RPMEMD=$HELPERS/../../src/rpmemd/rpmemd
	background "$tmp/out" \
		"$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set idle
	pid=$prog
	wait_for "rawloop" grep -q ready "$tmp/out"
	grep -q 'msync(0x[0-9a-f]*, 8388608, MS_SYNC' "$tmp/t.trace" ||
		fail "an unclean copy was opened without a sync"
	kill_and_wait "$pid"
	kill_and_wait "$rpmemd_pid" TERM
	more=$(($(cat "$tmp/count-media-60") - $(cat "$tmp/count-media-20")))
	[ "$more" = 40 ] || fail "40 more persists took $more more msyncs"
fi

[ "$RPMEM_FAULT_POINTS" = ON ] || exit 0
rm -f "$shm/t/part" "$tmp/t/raw.set.rpmem-state"

# an msync fails once: EIO, for good; nothing is called durable any more
RPMEM_FAULTS=pool/msync=1 start_rpmemd t
make_sets
if "$HELPERS/rawloop" "$where" raw.set create 5 >"$tmp/out"; then
	fail "a failed msync was not told"
fi
cat "$tmp/out"
grep -q "^errno 5 " "$tmp/out" || fail "no EIO"
[ "$(grep -c "^later -1 5$" "$tmp/out")" = 3 ] || fail "not for good"
grep -q "nothing more is applied" "$tmp/t.log" || fail "the log says nothing"
kill_and_wait "$rpmemd_pid" TERM

# an msync that takes longer than the time-out: heartbeats are answered all
# the same, and the call succeeds
rm -f "$shm/t/part" "$tmp/t/raw.set.rpmem-state"
RPMEM_TIMEOUT_MS=3000 RPMEM_FAULTS=rpmemd/slow-disk=1 start_rpmemd t
make_sets
RPMEM_TIMEOUT_MS=3000 "$HELPERS/rawloop" "$where" raw.set create 3 ||
	fail "a slow disk was taken for a dead target"
kill_and_wait "$rpmemd_pid" TERM

# ... unless it takes longer than the disk time-out: that call fails, the
# session goes on
rm -f "$shm/t/part" "$tmp/t/raw.set.rpmem-state"
RPMEM_TIMEOUT_MS=3000 RPMEM_FAULTS=rpmemd/slow-disk=1 start_rpmemd t
make_sets
RPMEM_TIMEOUT_MS=3000 RPMEM_DISK_TIMEOUT_MS=1000 \
	"$HELPERS/rawloop" "$where" raw.set create 3 >"$tmp/out" || true
cat "$tmp/out"
grep -q "^errno 110 after" "$tmp/out" || fail "no disk time-out"
kill_and_wait "$rpmemd_pid" TERM

# a target that dies between headers and answer: the record is there already
# and says "creating", so the same create works the next time
RPMEM_FAULTS=rpmemd/die-after-headers start_rpmemd t
make_set "$tmp/t/c.set" "16M $shm/t/c"
make_set "$tmp/c.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port c.set"
if stock pmempool create obj --layout x "$tmp/c.set" 2>/dev/null; then
	fail "created by a target that died"
fi
wait_for "the session's end" no_sessions "$rpmemd_pid"
[ -s "$shm/t/c" ] || fail "it died too early"
kill_and_wait "$rpmemd_pid" TERM
start_rpmemd t
make_set "$tmp/c.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port c.set"
stock pmempool create obj --layout x "$tmp/c.set" ||
	fail "the same create does not work again"
grep -q "never finished" "$tmp/t.log" || fail "no word about the old one"

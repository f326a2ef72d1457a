#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Unmodified programs under `rpmem run`: one wait per durable call, on pmem
# and where libpmemobj calls msync; two secondaries; a lost one; a promoted
# one; what must be refused.
# shellcheck source=waits.sh
. "$(dirname "$0")/waits.sh"
export RPMEM_LOG_LEVEL=1

start_rpmemd t
first_pid=$rpmemd_pid
first=$port
start_rpmemd u
second_pid=$rpmemd_pid
second=$port
ordered() {
	stock "$RPMEM" run -- "$@"
}
ended() {
	wait_for "the sessions' end" no_sessions "$first_pid"
	wait_for "the sessions' end" no_sessions "$second_pid"
}
# refused WORD COMMAND...: it fails and says the word
refused() {
	local word=$1
	shift
	if ordered "$@" >"$tmp/out" 2>&1; then
		fail "not refused: $*"
	fi
	grep -q -- "$word" "$tmp/out" || fail "no word of $word: $(cat "$tmp/out")"
}

# one secondary; both sides of several parts
mkdir "$shm/a"
make_set "$tmp/t/a.set" "10M $shm/a/copy1" "10M $shm/a/copy2"
make_set "$tmp/a.set" "8M $shm/a/local1" "8M $shm/a/local2" \
	"REPLICA tcp://127.0.0.1:$first a.set"
ordered pmempool create obj --layout txprog "$tmp/a.set"
ordered "$HELPERS/txprog" run "$tmp/a.set" 4 50 >"$tmp/said"
ordered "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
ordered pmempool info "$tmp/a.set" >"$tmp/out" || fail "info: $(cat "$tmp/out")"
ended

# calls that are counted, on pools of their own
mkdir "$shm/n"
make_set "$tmp/t/n.set" "8M $shm/n/copy1"
make_set "$tmp/u/n.set" "8M $shm/n/copy2"
make_set "$tmp/n.set" "8M $shm/n/local" "REPLICA tcp://127.0.0.1:$first n.set"
ordered pmempool create obj --layout txprog "$tmp/n.set"
ordered "$HELPERS/counts" "$tmp/n.set" tx1 1 # makes the root object
all_waits
# two secondaries: one wait each
make_set "$tmp/n.set" "8M $shm/n/local" \
	"REPLICA tcp://127.0.0.1:$first n.set" \
	"REPLICA tcp://127.0.0.1:$second n.set"
stock "$RPMEM" run --make-copies -- "$HELPERS/counts" "$tmp/n.set" tx1 1
waits tx8 1 1
waits persist 1 1

# nobody opens the copy by mistake; promoted it is a pool of its own, and the
# old primary does not get it back
if "$HELPERS/txprog" check "$tmp/t/a.set" 2>/dev/null; then
	fail "an unpromoted copy was opened"
fi
"$RPMEM" promote --poolset-dir "$tmp/t" a.set >"$tmp/out" || fail "promote"
grep -q "$tmp/t/a.set" "$tmp/out" || fail "promote does not say what to open"
"$RPMEM" promote --poolset-dir "$tmp/t" --json a.set >"$tmp/out" ||
	fail "a second promote"
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["version"] == 1 and r["promoted"] and r["name"] == "a.set"' "$tmp/out"
# at once, while nothing tells the two apart but the links
refused "was promoted" "$HELPERS/txprog" nop "$tmp/a.set"
"$HELPERS/txprog" check "$tmp/t/a.set" "$tmp/said" || fail "the promoted copy"
"$HELPERS/txprog" run "$tmp/t/a.set" 2 20 >/dev/null
refused "was promoted" "$HELPERS/txprog" nop "$tmp/a.set"
cp -p "$shm/a/copy1" "$tmp/copy1"
ended
cmp "$tmp/copy1" "$shm/a/copy1" || fail "the promoted copy was changed"

# two secondaries, and a local replica
mkdir "$shm/b"
make_set "$tmp/t/b.set" "16M $shm/b/copy1"
make_set "$tmp/u/b.set" "16M $shm/b/copy2"
make_set "$tmp/b.set" "16M $shm/b/local" "REPLICA" "16M $shm/b/mirror" \
	"REPLICA tcp://127.0.0.1:$first b.set" \
	"REPLICA tcp://127.0.0.1:$second b.set"
ordered pmempool create obj --layout txprog "$tmp/b.set"
ordered "$HELPERS/txprog" run "$tmp/b.set" 4 50 >"$tmp/said"
# (bytes that libpmemobj never flushes are the same from the next open on)
ordered "$HELPERS/txprog" nop "$tmp/b.set"
ended
same_objects "$shm/b/local" "$shm/b/copy1"
same_objects "$shm/b/local" "$shm/b/copy2"

# one is lost for good while the program runs: it goes on, and says so
RPMEM_ON_LOSS=fail background "$tmp/said" stock_exec "$RPMEM" run -- \
	"$HELPERS/txprog" run "$tmp/b.set" 2 0 2>"$tmp/err"
wait_for "transactions" grep -q . "$tmp/said"
kill_sessions "$second_pid"
wait_for "a word about the loss" grep -q "is lost" "$tmp/err"
lines=$(wc -l <"$tmp/said")
more() {
	[ "$(wc -l <"$tmp/said")" -gt $((lines + 100)) ]
}
wait_for "more transactions" more
kill_and_wait "$prog"
grep -q "1 of 2 replicas" "$tmp/err" || fail "how many are left?"
ended
# the one that stayed has everything; the other one is what it was
cp -p "$shm/b/copy1" "$shm/b/alone"
"$HELPERS/standalone" "$shm/b/alone"
"$HELPERS/txprog" check "$shm/b/alone" "$tmp/said" || fail "the one that stayed"
cp -p "$shm/b/copy2" "$shm/b/alone"
"$HELPERS/standalone" "$shm/b/alone"
"$HELPERS/txprog" check "$shm/b/alone" || fail "the one that was lost"
# and is made equal at the next open
ordered "$HELPERS/txprog" check "$tmp/b.set" "$tmp/said"
ended
same_objects "$shm/b/local" "$shm/b/copy1"
same_objects "$shm/b/local" "$shm/b/copy2"

# a copy that is gone: said with the command that makes it anew
rm "$shm/b/copy2" "$tmp/u/b.set.rpmem-state"
refused "--make-copies" "$HELPERS/txprog" nop "$tmp/b.set"
stock "$RPMEM" run --make-copies -- "$HELPERS/txprog" check "$tmp/b.set" \
	"$tmp/said" || fail "make-copies"
ended
same_objects "$shm/b/local" "$shm/b/copy2"

# a create that fails leaves nothing behind, here and there
mkdir "$shm/c"
make_set "$tmp/t/c.set" "16M $shm/c/copy"
make_set "$tmp/u/c.set" "8M $shm/c/small"
make_set "$tmp/c.set" "16M $shm/c/local" \
	"REPLICA tcp://127.0.0.1:$first c.set" \
	"REPLICA tcp://127.0.0.1:$second c.set"
refused "8388608 bytes" pmempool create obj --layout txprog "$tmp/c.set"
ended
[ "$(ls "$shm/c")" = "" ] || fail "left behind: $(ls "$shm/c")"
[ ! -e "$tmp/t/c.set.rpmem-state" ] || fail "a record is left behind"
# nobody there
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA tcp://127.0.0.1:1 c.set"
refused "127.0.0.1:1" pmempool create obj --layout txprog "$tmp/c.set"
[ "$(ls "$shm/c")" = "" ] || fail "left behind: $(ls "$shm/c")"
# with a local replica, and a part that was there: it can be tried again
truncate -s 16M "$shm/c/local"
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA" "16M $shm/c/mirror" \
	"REPLICA tcp://127.0.0.1:1 c.set"
refused "127.0.0.1:1" pmempool create obj --layout txprog "$tmp/c.set"
[ "$(ls "$shm/c")" = local ] || fail "left behind: $(ls "$shm/c")"
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA" "16M $shm/c/mirror" \
	"REPLICA tcp://127.0.0.1:$first c.set"
ordered pmempool create obj --layout txprog "$tmp/c.set" || fail "again"
ended
rm -rf "$shm/c"/* "$tmp/t/c.set.rpmem-state"

# of another pool; a recovery of bad blocks that was begun; a bad set
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA tcp://127.0.0.1:$first c.set"
ordered pmempool create obj --layout txprog "$tmp/c.set"
make_set "$tmp/x.set" "16M $shm/c/local" "REPLICA tcp://127.0.0.1:$first b.set"
refused "is not a copy of this pool" "$HELPERS/txprog" nop "$tmp/x.set"
: >"$tmp/c.set_r0_p0_badblocks.txt"
refused "bad blocks" "$HELPERS/txprog" nop "$tmp/c.set"
rm "$tmp/c.set_r0_p0_badblocks.txt"
make_set "$tmp/x.set" "16x $shm/c/local" "REPLICA tcp://127.0.0.1:$first b.set"
refused "line 2" "$HELPERS/txprog" nop "$tmp/x.set"
make_set "$tmp/x.set" "64M /dev/null" \
	"REPLICA tcp://127.0.0.1:$first x.set"
refused "cannot be replicated" pmempool create obj --layout x "$tmp/x.set"
# a pool that stock libpmemobj made with its replica, and the other way
rm -rf "$shm/c/local" "$shm/c/copy" "$tmp/t/c.set.rpmem-state"
stock pmempool create obj --layout txprog "$tmp/c.set"
refused "pmempool transform" "$HELPERS/txprog" nop "$tmp/c.set"

# programs with cancelled threads, children, two pools and coroutines
ordered timeout 100 "$HELPERS/orderedprog" cancel "$tmp/n.set" || fail "cancel"
# ThreadSanitizer cannot follow a thread that a forked child starts
forks() {
	(ulimit -c 0 && ordered timeout -s KILL 100 "$HELPERS/orderedprog" fork \
		"$tmp/n.set" "$tmp/b.set") 2>"$tmp/err" ||
		fail "fork: $(cat "$tmp/err")"
	[ "$(grep -c "forked" "$tmp/err")" = 3 ] ||
		fail "no word about the children"
}
[[ $RPMEM_SANITIZE = *thread* ]] || forks
# what they stored here is there from the next open on
ordered "$HELPERS/txprog" nop "$tmp/n.set" || fail "the pool behind a fork"
ordered "$HELPERS/txprog" nop "$tmp/b.set" || fail "the pool of a child"
ended
same_objects "$shm/n/local" "$shm/n/copy1"
same_objects "$shm/b/local" "$shm/b/copy1"
ordered "$HELPERS/orderedprog" two "$tmp/n.set" "$tmp/b.set" || fail "two pools"
waits_before=$(ordered "$HELPERS/orderedprog" switch "$tmp/n.set" | wc -l)
[ "$waits_before" = 100 ] || fail "switch"
# each allocation, each free, and what the coroutine made durable in between
rm -f "$tmp/stats"
stock "$RPMEM" run --stats "$tmp/stats" -- "$HELPERS/orderedprog" switch \
	"$tmp/n.set" >/dev/null
while read -r line; do
	n=$(sed 's/.*"waits": *\([0-9]*\).*/\1/' <<<"$line")
	[ "$n" -ge 300 ] || fail "switch: $n waits"
done <"$tmp/stats"

# logs and blocks
mkdir "$shm/l"
for kind in log blk; do
	make_set "$tmp/t/$kind.set" "20M $shm/l/$kind.copy"
	make_set "$tmp/$kind.set" "20M $shm/l/$kind" \
		"REPLICA tcp://127.0.0.1:$first $kind.set"
	ordered "$HELPERS/logblk" "$kind" create "$tmp/$kind.set" 0
	ordered "$HELPERS/logblk" "$kind" add "$tmp/$kind.set" 7
	ordered "$HELPERS/logblk" "$kind" check "$tmp/$kind.set" 7
	ended
	same_objects "$shm/l/$kind" "$shm/l/$kind.copy"
	"$RPMEM" promote --poolset-dir "$tmp/t" "$kind.set" >/dev/null
	"$HELPERS/logblk" "$kind" check "$tmp/t/$kind.set" 7 ||
		fail "the promoted $kind"
	# the copy of another pool, and too small
	make_set "$tmp/x.set" "20M $shm/l/$kind" \
		"REPLICA tcp://127.0.0.1:$first b.set"
	refused "has 16777216 bytes" \
		"$HELPERS/logblk" "$kind" check "$tmp/x.set" 7
done

# sets without remote replicas, plain pools and other programs: as ever
make_set "$tmp/d.set" "16M $shm/c/d"
ordered pmempool create obj --layout txprog "$tmp/d.set"
ordered "$HELPERS/txprog" run "$tmp/d.set" 2 20 >/dev/null
ordered pmempool create obj --layout txprog -s 16M "$shm/c/plain"
ordered "$HELPERS/txprog" run "$shm/c/plain" 2 20 >/dev/null
[ "$(ordered echo hello)" = hello ] || fail "echo"
status=0
ordered sh -c 'exit 7' || status=$?
[ "$status" = 7 ] || fail "the program's status is $status"
status=0
"$RPMEM" run -- /nowhere/prog 2>/dev/null || status=$?
[ "$status" = 3 ] || fail "a program that is not there: $status"
status=0
"$RPMEM" run 2>/dev/null || status=$?
[ "$status" = 2 ] || fail "no program: $status"

# promote says no, and why
status=0
"$RPMEM" promote --poolset-dir "$tmp/t" none.set 2>"$tmp/err" || status=$?
[ "$status" = 3 ] || fail "promote of a missing set: $status"
"$RPMEM" promote --poolset-dir "$tmp/t" 2>/dev/null && fail "usage"
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA tcp://127.0.0.1:$first c.set"
rm -rf "$shm/c/local" "$shm/c/copy" "$tmp/t/c.set.rpmem-state"
ordered pmempool create obj --layout txprog "$tmp/c.set"
# under a session: what a call has returned for is in the copy, and the program
# is told (held: no call returns without the copy)
RPMEM_MIN_REPLICAS=2 background "$tmp/said" stock_exec "$RPMEM" run -- \
	"$HELPERS/txprog" run "$tmp/c.set" 2 0 2>"$tmp/err"
wait_for "transactions" grep -q . "$tmp/said"
"$RPMEM" promote --poolset-dir "$tmp/t" c.set >"$tmp/out" ||
	fail "promote under a session"
grep -q "was ended" "$tmp/out" || fail "no word of the session: $(cat "$tmp/out")"
wait_for "a word to the program" grep -q "was promoted" "$tmp/err"
kill_and_wait "$prog"
"$HELPERS/txprog" check "$tmp/t/c.set" "$tmp/said" || fail "promoted too early"
ended
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	# killed between the headers of two parts, then again
	make_set "$tmp/t/e.set" "10M $shm/c/e1" "10M $shm/c/e2"
	make_set "$tmp/e.set" "16M $shm/c/e" \
		"REPLICA tcp://127.0.0.1:$first e.set"
	ordered pmempool create obj --layout txprog "$tmp/e.set"
	ordered "$HELPERS/txprog" run "$tmp/e.set" 2 20 >"$tmp/said"
	ended
	RPMEM_FAULTS=promote/die@1 "$RPMEM" promote --poolset-dir "$tmp/t" \
		e.set && fail "not killed"
	"$RPMEM" promote --poolset-dir "$tmp/t" e.set >/dev/null ||
		fail "a promotion that was cut short"
	"$HELPERS/txprog" check "$tmp/t/e.set" "$tmp/said"
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A program on libpmemreplica: every call, replicas here and elsewhere, a lost
# one, kills, a promoted one, what must be refused.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1
find_librpmem
mapping=$HELPERS/mappingprog

start_rpmemd t
first_pid=$rpmemd_pid
first=tcp://127.0.0.1:$port
start_rpmemd u
second_pid=$rpmemd_pid
second=tcp://127.0.0.1:$port
ended() {
	wait_for "the sessions' end" no_sessions "$first_pid"
	wait_for "the sessions' end" no_sessions "$second_pid"
}
# refused WORD COMMAND...: it fails and says the word
refused() {
	local word=$1
	shift
	if "$mapping" "$@" >"$tmp/out" 2>&1; then
		fail "not refused: $*"
	fi
	grep -q -- "$word" "$tmp/out" || fail "no word of $word: $(cat "$tmp/out")"
}
# what the library has behind the header page is the same everywhere
equal() {
	local f
	for f; do
		same_objects "$shm/a/local" "$f" 4096
	done
}

# here, here again, and in two other places
mkdir "$shm/a"
make_set "$tmp/t/a.set" "16M $shm/a/copy1"
make_set "$tmp/u/a.set" "16M $shm/a/copy2"
make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA $first a.set" "REPLICA" \
	"16M $shm/a/mirror" "REPLICA $second a.set"
all=("$shm/a/mirror" "$shm/a/copy1" "$shm/a/copy2")
"$mapping" create "$tmp/a.set"
ended
"$mapping" calls "$tmp/a.set"
ended
equal "${all[@]}"
"$mapping" threads "$tmp/a.set"
ended
equal "${all[@]}"
"$mapping" fork "$tmp/a.set"
ended
equal "${all[@]}"
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	# the calls of persistent memory
	RPMEM_FAULTS=primary/as-pmem "$mapping" calls "$tmp/a.set"
	ended
	equal "${all[@]}"
	RPMEM_FAULTS=primary/as-pmem "$mapping" threads "$tmp/a.set"
	ended
	equal "${all[@]}"
	# deep 1: the primary at open, 2: the mirror; 3: the program's
	RPMEM_FAULTS=pool/deep@3 "$mapping" broken "$tmp/a.set" ||
		fail "a disk that fails"
	ended
	equal "${all[@]}"
	# the mirror's: left out until the next open
	RPMEM_FAULTS=pool/msync@1 "$mapping" lost "$tmp/a.set" 2 2>"$tmp/err" ||
		fail "a mirror that fails: $(cat "$tmp/err")"
	ended
	grep -q "$shm/a/mirror is lost" "$tmp/err" || fail "no word of the mirror"
	equal "$shm/a/copy1" "$shm/a/copy2"
	cmp -s -i 4096 "$shm/a/local" "$shm/a/mirror" && fail "not left out"
	"$mapping" open "$tmp/a.set"
	ended
	equal "${all[@]}"
fi

# one session dies: the program goes on, and the copy comes back
background "$tmp/said" "$mapping" count "$tmp/a.set" 2>"$tmp/err"
counter=$prog
wait_for "a count" grep -q . "$tmp/said"
kill_sessions "$second_pid"
wait_for "a word about the loss" grep -q "attached 3" "$tmp/said"
wait_for "the copy" grep -q "attached 4" "$tmp/said"
kill_and_wait "$counter" TERM
ended

# one target dies for good: the program goes on, and says so
RPMEM_ON_LOSS=fail background "$tmp/said" "$mapping" count "$tmp/a.set" 2>"$tmp/err"
counter=$prog
wait_for "a count" grep -q . "$tmp/said"
kill_sessions "$second_pid"
wait_for "a word about the loss" grep -q "attached 3" "$tmp/said"
lines=$(wc -l <"$tmp/said")
more() {
	[ "$(wc -l <"$tmp/said")" -gt $((lines + 100)) ]
}
wait_for "more counts" more
kill_and_wait "$counter"
grep -q "2 of 3 replicas" "$tmp/err" || fail "how many are left?"
ended
# killed with -9, too: all that it said is there, in each of the other three
last=$(grep -v attached "$tmp/said" | tail -n 1)
promoted() {
	"$RPMEM" promote --poolset-dir "$tmp/alone" "$@" p.set >/dev/null ||
		fail "promote $*"
	"$mapping" at-least "$tmp/alone/p.set" "$last"
}
mkdir "$tmp/alone"
make_set "$tmp/alone/p.set" "16M $shm/a/alone"
for f in copy1 mirror; do
	cp -p "$shm/a/$f" "$shm/a/alone"
	refused "rpmem promote" at-least "$tmp/alone/p.set" 1
	promoted --force
done
"$mapping" at-least "$tmp/a.set" "$last"
ended
equal "${all[@]}"
# killed at other moments
for n in 1 2 3; do
	background "$tmp/said" "$mapping" count "$tmp/a.set"
	counter=$prog
	lines=$((n * 20))
	wait_for "counts" more
	kill_and_wait "$counter"
	ended
	last=$(tail -n 1 "$tmp/said")
	f=${all[n % 3]}
	cp -p "$f" "$shm/a/alone"
	promoted --force
	"$mapping" at-least "$tmp/a.set" "$last"
	ended
	equal "${all[@]}"
done

# a copy that is gone: said with what makes it anew
rm "$shm/a/copy2" "$tmp/u/a.set.rpmem-state"
refused "PMEMREPLICA_MAKE_COPIES" open "$tmp/a.set"
rm "$shm/a/mirror"
refused "replica 2: .*PMEMREPLICA_MAKE_COPIES" open "$tmp/a.set"
"$mapping" make "$tmp/a.set"
ended
equal "${all[@]}"
"$mapping" at-least "$tmp/a.set" "$last"
ended

# a mirror that lacks something, and one whose equalising was cut short: no
# pool for anybody, and made equal by the next open
printf x | dd of="$shm/a/mirror" bs=1 seek=5000 conv=notrunc status=none
"$mapping" open "$tmp/a.set"
equal "$shm/a/mirror"
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	printf x | dd of="$shm/a/mirror" bs=1 seek=5000 conv=notrunc status=none
	RPMEM_FAULTS=local/equalise refused "fault point" open "$tmp/a.set"
	cp -p "$shm/a/mirror" "$shm/a/alone"
	"$RPMEM" promote --poolset-dir "$tmp/alone" --force p.set >/dev/null
	refused "being made equal" open "$tmp/alone/p.set"
	"$mapping" open "$tmp/a.set"
	equal "$shm/a/mirror"
	cp -p "$shm/a/mirror" "$shm/a/alone"
	"$RPMEM" promote --poolset-dir "$tmp/alone" --force p.set >/dev/null
	"$mapping" open "$tmp/alone/p.set"
fi
# two programs at once
background "$tmp/said" "$mapping" count "$tmp/a.set"
counter=$prog
wait_for "a count" grep -q . "$tmp/said"
refused "locked" open "$tmp/a.set"
kill_and_wait "$counter"
ended

# several parts everywhere, one header
mkdir "$shm/b"
make_set "$tmp/t/b.set" "OPTION SINGLEHDR" "9M $shm/b/c1" "9M $shm/b/c2"
make_set "$tmp/b.set" "OPTION SINGLEHDR" "8M $shm/b/l1" "9M $shm/b/l2" \
	"REPLICA $first b.set" "REPLICA" "6M $shm/b/m1" "6M $shm/b/m2" \
	"6M $shm/b/m3"
"$mapping" create "$tmp/b.set"
"$mapping" calls "$tmp/b.set"
"$mapping" dump "$tmp/b.set" >"$tmp/primary"
ended
"$RPMEM" promote --poolset-dir "$tmp/t" b.set >/dev/null || fail "promote b"
"$mapping" dump "$tmp/t/b.set" >"$tmp/copy"
cmp -n "$(stat -c %s "$tmp/primary")" "$tmp/copy" "$tmp/primary" ||
	fail "the promoted copy is another one"
rm "$tmp/copy" "$tmp/primary"
refused "was promoted" open "$tmp/b.set"
# on a disk, where a drain writes back
make_set "$tmp/s.set" "8M $tmp/s1" "4M $tmp/s2" "REPLICA" "12M $tmp/s3"
"$mapping" create "$tmp/s.set"
"$mapping" calls "$tmp/s.set"
"$mapping" threads "$tmp/s.set"
# no replica at all
make_set "$tmp/s.set" "8M $tmp/s1" "4M $tmp/s2"
"$mapping" calls "$tmp/s.set"
"$mapping" threads "$tmp/s.set"

# a create leaves nothing behind when one replica cannot be made
mkdir "$shm/c"
make_set "$tmp/t/c.set" "16M $shm/c/copy"
make_set "$tmp/u/c.set" "8M $shm/c/small"
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA" "16M $shm/c/mirror" \
	"REPLICA $first c.set" "REPLICA $second c.set"
refused "8388608 bytes" create "$tmp/c.set"
ended
[ "$(ls "$shm/c")" = "" ] || fail "left behind: $(ls "$shm/c")"
[ ! -e "$tmp/t/c.set.rpmem-state" ] || fail "a record is left behind"
make_set "$tmp/c.set" "16M $shm/c/local" "REPLICA" "8M $shm/c/mirror"
refused "larger parts" create "$tmp/c.set"
[ "$(ls "$shm/c")" = "" ] || fail "left behind: $(ls "$shm/c")"

# refused, with the reason
refused "No such file" open "$tmp/none.set"
refused "not a pool set" open "$shm/a/local"
make_set "$tmp/x.set" "16M $shm/c/none"
refused "No such file" open "$tmp/x.set"
make_set "$tmp/x.set" "16M $shm/a/local"
refused "not empty" create "$tmp/x.set"
make_set "$tmp/x.set" "16M $shm/a/copy1"
refused "a copy of another primary" open "$tmp/x.set"
mkdir "$shm/c/dir"
make_set "$tmp/x.set" "OPTION SINGLEHDR" "64M $shm/c/dir"
refused "is a directory" create "$tmp/x.set"
make_set "$tmp/x.set" "OPTION NOHDRS" "16M $shm/c/raw"
refused "NOHDRS" create "$tmp/x.set"
"$mapping" create "$tmp/s.set" 2>/dev/null && fail "made a second time"
make_set "$tmp/y.set" "16M $shm/c/y"
"$mapping" create "$tmp/y.set"
"$mapping" calls "$tmp/y.set"
# as a create leaves it that was killed, or for copies of what had none
make_set "$tmp/t/y.set" "16M $shm/c/y2"
make_set "$tmp/y.set" "16M $shm/c/y" "REPLICA $first y.set" "REPLICA" \
	"16M $shm/c/y3"
"$mapping" make "$tmp/y.set"
ended
same_objects "$shm/c/y" "$shm/c/y2" 4096
same_objects "$shm/c/y" "$shm/c/y3" 4096
printf x | dd of="$shm/c/y3" bs=1 seek=100 conv=notrunc status=none
refused "delete this replica" open "$tmp/y.set"
make_set "$tmp/x.set" "16M $shm/c/y" "REPLICA" "16M $shm/a/mirror"
refused "not a copy of this pool" open "$tmp/x.set"
make_set "$tmp/x.set" "16M $shm/c/y" "REPLICA $first a.set"
refused "not a copy of this pool" open "$tmp/x.set"
# without a word for whoever listens, the program gets the message alone
RPMEM_LOG_LEVEL=0 refused "not a copy of this pool" open "$tmp/x.set"
[ "$(wc -l <"$tmp/out")" = 1 ] || fail "more than the message"
stock pmempool create obj --layout x -s 16M "$shm/c/obj"
make_set "$tmp/x.set" "16M $shm/c/obj"
refused "PMEMOBJ" open "$tmp/x.set"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# How long an open takes: from exec to the return of the program's first
# transaction, and until its copy is attached again; after a clean close, after
# the program was killed, and after it was killed without its copy.  Median of
# five, in ms, beside the same pool without a replica, and a small one, in turns
# with the large one: what both take is the start of a program with libfabric.
#
# The pool has 64 GiB and is nearly empty.  pmempool and the target allocate what
# they make, so both lie on an ext4 in a sparse file: it needs root, a loop
# device and little memory.  BIG=SIZE tries another size.
if [ -z "${OPEN_IN_NAMESPACE:-}" ]; then
	OPEN_IN_NAMESPACE=1 exec unshare -m "$0" "$@"
fi
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
export RPMEM_LOG_LEVEL=4
big=${BIG:-64G}
rounds=5

mkdir "$tmp/disk"
truncate -s 1T "$shm/disk"
mkfs.ext4 -q -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$shm/disk"
mount -o loop "$shm/disk" "$tmp/disk"
leave() {
	[ -z "${prog:-}" ] || kill_and_wait "$prog"
	kill_and_wait "$rpmemd_pid" TERM
	umount "$tmp/disk"
}
cleanups+=(leave)

none() {
	stock_exec "$@"
}

# first SIZE MODE -- the program runs; sets `took`, in us, and `prog`
first() {
	rm -f "$tmp/out" "$tmp/in"
	mkfifo "$tmp/out" "$tmp/in"
	: >"$tmp/err"
	start=${EPOCHREALTIME/./}
	"$2" "$HELPERS/txprog" idle "$tmp/$1.set" <"$tmp/in" >"$tmp/out" \
		2>"$tmp/err" &
	prog=$!
	exec 7>"$tmp/in" 8<"$tmp/out"
	read -r <&8 || fail "no transaction: $(cat "$tmp/err")"
	took=$((${EPOCHREALTIME/./} - start))
}

has_copy() {
	kill -0 "$prog" || fail "the program has died: $(cat "$tmp/err")"
	at=$(sed -n 's/^\([^ ]*\) .*\(has caught up\|is equal to\).*/\1/p' \
		"$tmp/err" | tail -n 1)
	[ -n "$at" ]
}

# attached -- wait for the copy; sets `back`, in us
attached() {
	wait_for "the copy" has_copy
	back=$(($(date -d "$at" +%s%6N) - start))
}

ended() {
	exec 7>&- 8<&-
	wait "$prog" || true
	prog=""
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

lost() {
	kill -0 "$prog" || fail "the program has died: $(cat "$tmp/err")"
	grep -q "is lost" "$tmp/err"
}

# before HOW SIZE MODE -- what happens before the open that is measured
before() {
	first "$2" "$3"
	[ "$3" = none ] || attached
	case $1 in
	close) ;;
	kill) kill -KILL "$prog" ;;
	alone)
		pkill -KILL -P "$rpmemd_pid"
		kill_and_wait "$rpmemd_pid"
		wait_for "the loss" lost
		kill -KILL "$prog"
		;;
	esac
	exec 7>&- 8<&-
	wait "$prog" 2>/dev/null || true
	[ "$1" != alone ] || again t --durability memory
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

median() {
	sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"
}

ms() {
	echo "$(($1 / 1000)).$(($1 % 1000 / 100))"
}

# once SIZE MODE HOW
once() {
	before "$3" "$1" "$2"
	first "$1" "$2"
	echo "$took" >>"$tmp/$1.took"
	if [ "$2" != none ]; then
		attached
		echo "$back" >>"$tmp/$1.back"
	fi
	ended
}

# report SIZE MODE HOW
report() {
	local word
	word="$1 $2, after $3: $(ms "$(median "$tmp/$1.took")") ms"
	[ "$2" = none ] ||
		word+=", attached after $(ms "$(median "$tmp/$1.back")") ms"
	echo "$word; free: $(free -m | awk '/^Mem/ {print $7}') MiB"
	rm -f "$tmp/$1.took" "$tmp/$1.back"
}

# pool SIZE MODE -- a new one
pool() {
	rm -rf "$tmp/disk/local.$1" "$tmp/disk/remote.$1" "$tmp/t/$1".set*
	make_set "$tmp/t/$1.set" "$1 $tmp/disk/remote.$1"
	make_set "$tmp/$1.set" "$1 $tmp/disk/local.$1"
	[ "$2" = none ] ||
		echo "REPLICA tcp://$host:$port $1.set" >>"$tmp/$1.set"
	local from=${EPOCHREALTIME/./}
	("$2" pmempool create obj --layout txprog "$tmp/$1.set" 2>"$tmp/err") ||
		fail "create: $(cat "$tmp/err")"
	echo "$1 $2: created in $(ms $((${EPOCHREALTIME/./} - from))) ms"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

start_rpmemd t --durability memory
for mode in none ordered strict; do
	pool 16M $mode
	pool "$big" $mode
	for how in close kill alone; do
		[ "$mode $how" != "none alone" ] || continue
		for ((i = 0; i < rounds; i++)); do
			once 16M $mode $how
			once "$big" $mode $how
		done
		report 16M $mode $how
		report "$big" $mode $how
	done
done

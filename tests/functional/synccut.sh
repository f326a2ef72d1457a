#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem sync that does not get to its end: killed anywhere, it is finished by
# the same command, and no half pool is taken for a whole one meanwhile; disks
# that are full, a wrong key, a target that goes away.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"

node a
node b
mode=ordered

# try [ARG...] -- rpmem sync on a, which asks if the pool is lost; $got is its exit status
try() {
	got=0
	on a "$RPMEM" sync --force "$@" "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" \
		</dev/null || got=$?
	quiet
}
finishes() {
	try "$@"
	[ "$got" = 0 ] || fail "sync: $got: $(cat "$tmp/out" "$tmp/err")"
}
says() {
	grep -q -- "$1" "$tmp/out" "$tmp/err" ||
		fail "no '$1': $(cat "$tmp/out" "$tmp/err")"
}
# parts of the pool on a, in two files
two_parts() {
	make_set "$tmp/a/db.set" "8M $shm/a/db1" "10M $shm/a/db2" \
		"REPLICA $(target b)"
	make_set "$tmp/a/none.set" "8M $shm/a/db1" "10M $shm/a/db2"
	make_set "$tmp/b/copy.set" "20M $shm/b/db"
}
# begins -- a pool in two parts, its copy, and some work
begins() {
	forget_nodes
	two_parts
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
	work_on a "$mode"
	finishes
	cp "$shm/b/db" "$tmp/whole"
	cp "$shm/a/db1" "$tmp/older1"
	cp "$shm/a/db2" "$tmp/older2"
}
# the copy is the one that it was
unhurt() {
	same_objects "$tmp/whole" "$shm/b/db"
}
right() {
	holds a "$mode" db.set
	cp "$shm/b/db" "$tmp/whole"
}
# no_half -- what is under the names of the parts is no pool, or all of it
no_half() {
	stock pmempool check "$tmp/a/none.set" >/dev/null 2>&1 || return 0
	cat "$shm/a/db1" <(tail -c +4097 "$shm/a/db2") >"$tmp/parts"
	cmp -i 8192 -n "$(($(stat -c %s "$tmp/parts") - 8192))" \
		"$tmp/parts" "$tmp/whole" || fail "half a pool looks whole"
}
lose() {
	rm -f "$shm/a"/db*
}

killed_at() {
	local point=$1 n=0 prepare=$2 k
	shift 2
	for k in ${places:-1 9}; do
		"$prepare"
		RPMEM_FAULTS=$point@$k try "$@"
		case $got in
		137) n=$((n + 1)) ;;
		0)
			right
			break
			;;
		*) fail "$point@$k: $got: $(cat "$tmp/out" "$tmp/err")" ;;
		esac
		case $prepare in lose*) no_half && unhurt ;; esac
		finishes "$@"
		right
		rm -f "$shm/a"/*.rpmem-old
	done
	echo "- killed $n times at $point"
	[ "$n" -ge 1 ] || fail "never killed at $point"
}
no_copy() {
	rm -f "$shm/b/db" "$tmp/b/copy.set".rpmem-*
}
behind() {
	node_down b
	RPMEM_OPEN_ALONE=1 begin_on a "$mode" 1
	stop
	node_up b
}
cut_second() {
	truncate -s 5M "$shm/a/db2"
}

echo "== killed at chosen places"
begins
if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	killed_at librpmem/die-equalising no_copy
	killed_at librpmem/die-catching-up behind
	killed_at sync/die-reading lose
	for k in 1 2 3 4 5 6; do
		lose
		RPMEM_FAULTS=sync/die-installing@$k try
		[ "$got" = 137 ] || break
		no_half
		unhurt
		finishes
		right
	done
	[ "$k" -ge 6 ] || fail "killed $k times only while names are given"
	for k in 1 2 3 4 5 6 7 8; do
		RPMEM_FAULTS=sync/die-installing@$k try --from "$(target b)"
		[ "$got" = 137 ] || break
		no_half
		unhurt
		finishes --from "$(target b)"
		right
		rm -f "$shm/a"/*.rpmem-old
	done
	[ "$k" -ge 8 ] || fail "killed $k times only while parts are set aside"
	rm -f "$shm/a"/*.rpmem-old
	echo "- and then another pool is there: it does not attach"
	lose
	RPMEM_FAULTS=sync/die-reading@1 try
	[ "$got" = 137 ] || fail "not killed: $got"
	cp "$tmp/older1" "$shm/a/db1"
	cp "$tmp/older2" "$shm/a/db2"
	try
	[ "$got" = 1 ] || fail "an older pool attaches: $(cat "$tmp/out")"
	says "--from"
	unhurt
	finishes --from "$(target b)"
	right
	rm -f "$shm/a"/*.rpmem-old
	cut_second
	RPMEM_FAULTS=sync/die-installing@2 try
	[ "$got" = 137 ] || fail "not killed: $got"
	finishes
	right
	rm -f "$shm/a"/*.rpmem-old
fi

echo "== killed anywhere"
for round in $(seq "${ROUNDS:-4}"); do
	if [ $((round % 2)) = 0 ]; then no_copy; else lose; fi
	# no function: it is this process that is to die
	RPMEM_STATE_DIR=$tmp/a.state "$RPMEM" sync --force "$tmp/a/db.set" \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	sleep "0.$((RANDOM % 30 + 10))"
	kill_and_wait "$pid"
	quiet
	no_half
	finishes
	right
done

echo "== the target's session is killed"
session() {
	held=$(pgrep -P "${node_pid[b]}") || ! kill -0 "$pid" 2>/dev/null
}
for prepare in no_copy lose; do
	"$prepare"
	got=0
	RPMEM_STATE_DIR=$tmp/a.state "$RPMEM" sync --force "$tmp/a/db.set" \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	wait_for "a session" session
	# shellcheck disable=SC2086 # one that ends may be there, too
	[ -z "$held" ] || kill -KILL $held 2>/dev/null || true
	wait "$pid" || got=$?
	# it may have been over, or be one that only asked
	case $got in
	0 | 1) ;;
	*) fail "a lost target: $got: $(cat "$tmp/out" "$tmp/err")" ;;
	esac
	quiet
	no_half
	finishes
	right
done

echo "== no room here"
lose
rm -f "$tmp"/*.before
got=0
(
	ulimit -f 4096
	on a "$RPMEM" sync --force "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err"
) || got=$?
[ "$got" = 3 ] || fail "a file that may not become so large: $got: $(cat "$tmp/out" "$tmp/err")"
quiet
says "db1"
[ "$(ls "$shm/a")" = "" ] || fail "left behind: $(ls "$shm/a")"
unhurt
finishes
right

echo "== no room at the target"
no_copy
make_set "$tmp/b/copy.set" "1024G $shm/b/db"
try
[ "$got" = 1 ] || fail "no room at the target: $got: $(cat "$tmp/out" "$tmp/err")"
says "cannot allocate"
[ "$(ls "$shm/b")" = "" ] || fail "left behind: $(ls "$shm/b")"
two_parts
finishes
right

echo "== a wrong key, and none"
"$RPMEM" keygen "$tmp/other" >/dev/null
RPMEM_PSK_FILE=$tmp/other try
[ "$got" = 1 ] || fail "a wrong key: $got"
says "no answer"
RPMEM_PSK_FILE=$tmp/none try
says "no answer"
[ "$got" = 1 ] || fail "no key: $got: $(cat "$tmp/out" "$tmp/err")"
lose
RPMEM_PSK_FILE=$tmp/other try
[ "$got" = 1 ] || fail "a wrong key: $got"
says "cannot be rebuilt"
finishes
right

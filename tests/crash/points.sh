#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A program with two copies is killed between a store and its flush, between
# its own flush and the record of it, between one copy's call and the other's;
# attached, degraded, catching up.  A target is killed between applying and
# the ack.  Each copy as it lies there, promoted without another open, keeps
# the program's invariants and holds what was reported while it was attached;
# the primary holds all that was reported; the next open makes them the same.
# The modes run side by side.  SEED=N repeats a run, TURNS=N: so many times.
#   points.sh MODE FUNCTION ARG...   one cell; with a MUTANT it must fail
if [ "${RPMEM_FAULT_POINTS:-}" != ON ]; then
	echo "SKIP: needs fault points"
	exit 77
fi
if [ $# = 0 ]; then
	export SEED=${SEED:-$RANDOM}
	status=0
	others=()
	for m in ordered strict; do
		bash "$0" "$m" &
		others+=("$!")
	done
	for pid in "${others[@]}"; do
		wait "$pid" || status=$?
	done
	exit "$status"
fi
mode=$1
# shellcheck source=../functional/outlive.sh
. "$(dirname "$0")/../functional/outlive.sh"
RANDOM=${SEED:=$RANDOM}
mutant=${MUTANT:-}
echo "$mode: SEED=$SEED $mutant"
rounds=${TURNS:-1}
few=20 many=300
[ -z "$RPMEM_SANITIZE" ] || few=5 many=60
copies=("a remote" "b second")

both() {
	mkdir -p "$shm/a"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	make_set "$tmp/t/b.set" "16M $shm/a/second"
	make_set "$tmp/a.set" "16M $shm/a/local" \
		"REPLICA tcp://$host:$port a.set" \
		"REPLICA tcp://$host:$port b.set"
	("$mode" pmempool create obj --layout txprog "$tmp/a.set")
	ended
}
ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}
# a listener on the same port, with these faults
listen() {
	RPMEM_FAULTS=${mutant:+$mutant,}$1 again t
}
dead() {
	! kill -0 "$prog" 2>/dev/null
}

# dies POINT N THREADS FAULTS -- a program that ends there the Nth time
dies() {
	local faults=${mutant:+$mutant,}$4 die_at=0 status=0
	case $1 in
	store) die_at=$2 ;;
	*) faults=${faults:+$faults,}$1@$2 ;;
	esac
	: >"$tmp/err"
	DIE_AT=$die_at RPMEM_FAULTS=$faults background "$tmp/said" "$mode" \
		"$HELPERS/txprog" run "$tmp/a.set" "$3" 0 2>>"$tmp/err"
	wait_for "the end at $1@$2" dead 2>/dev/null
	wait "$prog" 2>/dev/null || status=$?
	[ "$status" = 137 ] || fail "it ended with $status: $(cat "$tmp/err")"
}

# right FILE LIST -- a pool of its own has everything in LIST
right() {
	"$HELPERS/txprog" check "$1" "$2" 2>"$tmp/wrong" ||
		fail "$what: $1: $(cat "$tmp/wrong")"
}

# lie_well LIST -- each copy as it lies there, promoted in a place of its own
lie_well() {
	local set part f c
	for c in "${copies[@]}"; do
		read -r set part <<<"$c"
		rm -rf "${tmp:?}/p" && mkdir "$tmp/p"
		make_set "$tmp/p/a.set" "16M $shm/a/alone"
		cp -p "$shm/a/$part" "$shm/a/alone"
		for f in "$tmp/t/$set".set.rpmem-*; do
			cp -p "$f" "$tmp/p/a.set.${f##*.}"
		done
		"$RPMEM" promote --poolset-dir "$tmp/p" a.set >/dev/null \
			2>"$tmp/wrong" ||
			fail "$what: $part: $(cat "$tmp/wrong")"
		right "$shm/a/alone" "$1"
	done
}

# the primary, without a change to it
primary() {
	cp -p "$shm/a/local" "$shm/a/alone"
	"$HELPERS/standalone" "$shm/a/alone"
	right "$shm/a/alone" "$tmp/said"
}

same() {
	local part
	for part in remote second; do
		cmp -i 8192 "$shm/a/local" "$shm/a/$part" ||
			fail "$what: $part is not the same"
	done
}

# opened once more: it has everything, and both copies are equal
reopen() {
	(RPMEM_FAULTS=$mutant "$mode" "$HELPERS/txprog" check "$tmp/a.set" \
		"$tmp/said" 2>"$tmp/err2") || fail "$what: $(cat "$tmp/err2")"
	ended
	same
}

# A call on the first copy's handle comes before the one on the second's: with
# an odd number both copies lack a record that the primary has, with an even
# one only the second does.
handles() {
	if [ $(($1 % 2)) = 1 ]; then
		cmp -i 8192 "$shm/a/remote" "$shm/a/second" ||
			fail "$what: one copy is ahead"
	elif ! cmp -s -i 8192 "$shm/a/remote" "$shm/a/second"; then
		apart=$((apart + 1))
	fi
}

# while_attached POINT N THREADS
while_attached() {
	local point=$1 n=$2 threads=$3
	what="$mode: $point@$n, attached"
	# nothing is reported before the copies are attached
	RPMEM_ON_LOSS=block dies "$point" "$n" "$threads" ""
	ended
	lie_well "$tmp/said"
	[ "$threads" != 1 ] || [ "$(count "catches up")" != 0 ] || handles "$n"
	reopen
}

# killed POINT N [THREADS] -- attached, degraded, catching up
killed() {
	local point=$1 n=$2 threads=${3:-4} unseen=$1
	# what is missed already needs no record
	[ "$point" != librpmem/die-before-append ] || unseen=$local_flush
	while_attached "$point" "$n" "$threads"
	cp "$tmp/said" "$tmp/before"
	what="$mode: $point@$n, degraded"
	away
	RPMEM_OPEN_ALONE=1 dies "$unseen" "$n" "$threads" ""
	[ "$(count "opened without this copy")" = 2 ] ||
		fail "$what: not degraded: $(cat "$tmp/err")"
	lie_well "$tmp/before"
	primary
	listen ""
	what="$mode: $point@$n, catching up"
	dies "$point" "$n" "$threads" librpmem/slow-scan
	[ "$(count "has caught up")" = 0 ] || fail "$what: it has caught up"
	[ "$n" -lt "$few" ] ||
		[ "$(count "catches up while the program runs")" != 0 ] ||
		fail "$what: not catching up: $(cat "$tmp/err")"
	ended
	lie_well "$tmp/before"
	primary
	reopen
	echo "$what: $SECONDS s"
}

# target N STATE -- a target ends before its Nth ack.  Nothing is reported while
# a copy is away, so the copies hold all of it.
target() {
	local n=$1 state=$2 back
	local fault=rpmemd/die-before-ack@$n
	what="$mode: $fault, $state"
	away
	if [ "$state" = attached ]; then
		listen "$fault"
		: >"$tmp/err"
		rm -f "$tmp/stop"
		RPMEM_FAULTS=$mutant RPMEM_ON_LOSS=block background "$tmp/said" "$mode" \
			"$HELPERS/txprog" run "$tmp/a.set" 4 0 "$tmp/stop" \
			2>>"$tmp/err"
		wait_for "the loss" more_often "is lost" 0
		away
	else
		listen ""
		RPMEM_FAULTS=$mutant RPMEM_ON_LOSS=block begin "$mode"
		away
		wait_for "both losses" more_often "is lost" 1
		listen "$fault"
		wait_for "another loss" more_often "lost again\|is lost" 2
		away
	fi
	cp "$tmp/said" "$tmp/before"
	lie_well "$tmp/before"
	back=$(count "has caught up")
	listen ""
	wait_for "the copies" more_often "has caught up" $((back + 1))
	wait_for "work" works "$(wc -l <"$tmp/before")"
	: >"$tmp/stop"
	wait "$prog" || fail "$what: $(cat "$tmp/err")"
	ended
	lie_well "$tmp/said"
	# closed in order, nothing need be compared: it may lack what was never
	# flushed, until nothing is known
	rm -f "$tmp"/state/*.replica
	reopen
	echo "$what: $(count "lost again") times lost again, $SECONDS s"
}

start_rpmemd t
both
# the root object is made by whoever comes first
("$mode" "$HELPERS/txprog" run "$tmp/a.set" 2 5 >"$tmp/said")
ended
apart=0
if [ "$mode" = strict ]; then
	local_flush=librpmem/die-before-persist
	acks=400
else
	local_flush=replica/die-before-copy
	acks=80
fi
if [ $# -gt 1 ]; then
	shift
	"$@"
	exit 0
fi
for _ in $(seq "$rounds"); do
	for n in 1 $((2 + RANDOM % 10)) $((few + RANDOM % few)); do
		killed store "$n"
	done
	for n in 1 2 $((few + RANDOM % many)) $((many + RANDOM % many)); do
		killed "$local_flush" "$n"
	done
	n=$((RANDOM % few))
	[ "$mode" = ordered ] || for n in $((few + 2 * n)) $((few + 2 * n + 1)); do
		killed "$local_flush" "$n" 1
	done
	for n in 3 $((few + RANDOM % many)); do
		killed librpmem/die-before-append "$n"
	done
	target $((acks + RANDOM % acks)) attached
	for n in 1 2 $((3 + RANDOM % 6)); do
		target "$n" "catching up"
		[ "$n" != 1 ] || [ "$(count "lost again")" != 0 ] ||
			fail "$what: it was not catching up"
	done
done
# what is persisted may have been there before
for n in $(seq $((few + 100)) 2 $((few + 160))); do
	if [ "$mode" = ordered ] || [ "$apart" != 0 ] || [ -n "$RPMEM_SANITIZE" ]; then
		break
	fi
	while_attached "$local_flush" "$n" 1
done
[ "$mode" = ordered ] || [ "$apart" != 0 ] || [ -n "$RPMEM_SANITIZE" ] ||
	fail "no kill was between the two handles"
[ -z "$RPMEM_SANITIZE" ] || exit 0
if MUTANT=librpmem/no-equalising bash "$0" "$mode" killed "$local_flush" 150 \
	>"$tmp/found" 2>&1; then
	fail "$mode: mutant librpmem/no-equalising was not found"
fi
grep -q "FAIL: .*is not the same" "$tmp/found" || fail "$(cat "$tmp/found")"
echo "$mode: mutant librpmem/no-equalising found"

# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# For the tests of failing over: nodes, each with a target, a state directory
# and a part of its own, on one machine.  NODE/copy.set is what its rpmemd
# serves, and the pool alone, if it is the primary; NODE/db.set is the pool
# with its copies on the others.
# shellcheck source=outlive.sh
. "$(dirname "${BASH_SOURCE[0]}")/outlive.sh"
# an open that finds its copy away must not last
export RPMEM_OPEN_WAIT=1
declare -A node_port node_pid

# node NAME -- its target
node() {
	start_rpmemd "$1"
	node_port[$1]=$port
	node_pid[$1]=$rpmemd_pid
	mkdir -p "$tmp/$1.state"
	make_set "$tmp/$1/copy.set" "16M $shm/$1/db"
}

# node_down NAME, node_up NAME -- its target and all its sessions
node_down() {
	rpmemd_pid=${node_pid[$1]}
	away
}
node_up() {
	port=${node_port[$1]}
	again "$1"
	node_pid[$1]=$rpmemd_pid
}

# target NAME -- as REPLICA lines have it
target() {
	echo "tcp://127.0.0.1:${node_port[$1]} copy.set"
}

# copies_of NODE OTHER... -- where the pool of NODE has its copies from now on
copies_of() {
	local n=$1 o
	shift
	local lines=()
	for o in "$@"; do lines+=("REPLICA $(target "$o")"); done
	make_set "$tmp/$n/db.set" "16M $shm/$n/db" "${lines[@]}"
}

# on NODE COMMAND... -- with its state directory
on() {
	local n=$1
	shift
	RPMEM_STATE_DIR=$tmp/$n.state "$@"
}

making() {
	stock_exec "$RPMEM" run --make-copies -- "$@"
}

all_ended() {
	local n
	for n in "${!node_pid[@]}"; do
		no_sessions "${node_pid[$n]}" || return 1
	done
}
quiet() {
	wait_for "the sessions' end" all_ended
}

# forget_nodes -- nothing is left of a pool
forget_nodes() {
	local n
	quiet
	for n in "${!node_pid[@]}"; do
		rm -f "$shm/$n"/* "$tmp/$n/copy.set."* "$tmp/$n.state"/*
		[ -e "$tmp/$n/copy.set" ] ||
			make_set "$tmp/$n/copy.set" "16M $shm/$n/db"
	done
	: >"$tmp/all"
}

# follows NODE -- each of its copies does
follows() {
	local word
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	on "$1" "$RPMEM" status "$tmp/$1/db.set" >"$tmp/status" 2>&1
}

# begin_on NODE MODE [THREADS] -- a program that works until it is told to stop
begin_on() {
	rm -f "$tmp/stop"
	: >"$tmp/err"
	on "$1" background "$tmp/said" "$2" "$HELPERS/txprog" run \
		"$tmp/$1/db.set" "${3:-4}" 0 "$tmp/stop" 2>>"$tmp/err"
	wait_for "work on $1" works
}

# what was told to be durable, for the check at the next step
keep_said() {
	grep -E '^[0-9]+ [0-9]+$' "$tmp/said" >>"$tmp/all" || true
}

# die_on NODE -- its program is killed
die() {
	kill_and_wait "$prog" 2>/dev/null
	keep_said
}

# stop -- its program ends in order
stop() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	keep_said
	quiet
}

# work_on NODE MODE -- some work with all its copies; the program is killed
work_on() {
	begin_on "$1" "$2"
	wait_for "the copies of $1" follows "$1"
	wait_for "work with the copies" works "$(said)"
	die
	quiet
}

# promote NODE [ARG...]
promote() {
	local n=$1
	shift
	on "$n" "$RPMEM" promote --poolset-dir "$tmp/$n" "$@" copy.set \
		>"$tmp/promoted" 2>"$tmp/err" ||
		fail "promote on $n: $(cat "$tmp/err")"
}

# holds NODE [MODE] [SET] -- its pool has all that was told to be durable
holds() {
	(on "$1" "${2:-stock_exec}" "$HELPERS/txprog" check \
		"$tmp/$1/${3:-copy.set}" "$tmp/all" >"$tmp/out" 2>"$tmp/err") ||
		fail "the pool on $1 is wrong: $(cat "$tmp/out" "$tmp/err")"
	quiet
}

# refuses NODE MODE WHY -- an open fails
refuses() {
	local n=$1 mode=$2 why=$3
	if (on "$n" "$mode" "$HELPERS/txprog" nop "$tmp/$n/db.set" \
		>"$tmp/out" 2>"$tmp/err"); then
		fail "the pool on $n could be opened, not refused: $why"
	fi
	grep -q -- "$why" "$tmp/err" "$tmp/out" ||
		fail "refused, but not because of '$why': $(cat "$tmp/out" "$tmp/err")"
	quiet
}

# lineage NODE STATUS [WORD...] -- rpmem lineage of its pool, and what it says
lineage() {
	local n=$1 want=$2 got=0 word
	shift 2
	on "$n" "$RPMEM" lineage "$tmp/$n/db.set" >"$tmp/out" 2>"$tmp/err" ||
		got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem lineage on $n: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	for word; do
		grep -q -- "$word" "$tmp/out" || fail "no '$word': $(cat "$tmp/out")"
	done
}

# brings_forward NODE -- an open of its pool takes each copy, as rpmem lineage has
# it; they need not have everything
brings_forward() {
	on "$1" "$RPMEM" lineage --json "$tmp/$1/db.set" >"$tmp/out" \
		2>"$tmp/err" || true
	python3 -c "import json
r = json.load(open('$tmp/out'))
assert r['pool']['lineage']['is'] != 'lost', r
assert all(c.get('attaches') for c in r['replicas']), r" ||
		fail "rpmem lineage on $1: $(cat "$tmp/out" "$tmp/err")"
}

# discard NODE OTHER -- what only the copy on OTHER has is given up
discard() {
	on "$1" "$RPMEM" discard --force "$tmp/$1/db.set" "$(target "$2")" \
		>"$tmp/out" 2>"$tmp/err" ||
		fail "discard on $1: $(cat "$tmp/out" "$tmp/err")"
}

# sums -- of all parts, and of what targets have on record of them
sums() {
	local n
	for n in "${!node_pid[@]}"; do
		find "$shm/$n" "$tmp/$n" -type f ! -name '*.set' ! -name '*.old' \
			-exec sha256sum {} +
	done | sort
}

# contents -- of all parts below $shm, behind header and descriptor
contents() {
	local part
	for part in "$shm"/*/db*; do
		tail -c +8193 "$part" | sha256sum
	done
}

# stock_tools NODE -- sync and transform of stock pmempool, of every set there
# is, destroy nothing, also if they may remove: what a part held is there,
# under its name or set aside
stock_tools() {
	local n=$1 part kept=() set
	mapfile -t kept < <(contents)
	make_set "$tmp/$n/none.set" "16M $shm/$n/db"
	for set in db copy; do
		[ -e "$tmp/$n/$set.set" ] || continue
		tool "$n" sync "$tmp/$n/$set.set"
	done
	[ ! -e "$tmp/$n/db.set" ] ||
		tool "$n" transform "$tmp/$n/none.set" "$tmp/$n/db.set"
	contents >"$tmp/after"
	for part in "${kept[@]}"; do
		grep -q "$part" "$tmp/after" ||
			fail "a stock tool on $n has destroyed a pool: $(cat "$tmp/tools")"
	done
}

tool() {
	local n=$1
	shift
	echo "+ pmempool $*" >>"$tmp/tools"
	(export RPMEM_SSH=$RPMEM_BUILD_DIR/utils/rpmem-ssh
	on "$n" stock_exec pmempool "$@") >>"$tmp/tools" 2>&1 || true
	quiet
}

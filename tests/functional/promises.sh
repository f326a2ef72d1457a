#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Ordered mode, looked at from the copy: what a call promised is there when
# it returns, wherever it is made, and nothing is there that no crash could
# have left.  With stock libpmemobj, with one whose calls of itself are bound
# inside, and from C++.  Without a wait each of it must fail.
# shellcheck source=waits.sh
. "$(dirname "$0")/waits.sh"
export RPMEM_LOG_LEVEL=1

start_rpmemd t
ordered() {
	stock "$RPMEM" run -- "$@"
}
ended() {
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
# fresh NAME: a pool of its own, $tmp/NAME.set, local and copied
fresh() {
	make_set "$tmp/t/$1.set" "32M $shm/$1.copy"
	make_set "$tmp/$1.set" "32M $shm/$1" \
		"REPLICA tcp://127.0.0.1:$port $1.set"
	ordered pmempool create obj --layout txprog "$tmp/$1.set"
}
promises() {
	ordered "$HELPERS/promises" "$tmp/p.set" "$shm/p.copy" "$1" "$2"
}
hazards() {
	ordered "$HELPERS/hazards" "$tmp/h.set" "$shm/h.copy" "$shm/h" \
		"$1" "$2"
}
rounds=20
[ -z "$RPMEM_SANITIZE" ] || rounds=3
fresh p
fresh h
fresh n

# the same calls of libpmemobj, but none of them by way of the process
stock_libs=$HELPERS/symbolic
[ -e "$stock_libs/libpmemobj.so.1" ] || fail "no libpmemobj of our own"
if readelf -rW "$stock_libs/libpmemobj.so.1" | grep pmemobj_tx_commit; then
	fail "pmemobj_tx_commit is not bound inside"
fi
LD_LIBRARY_PATH=$stock_libs ldd "$HELPERS/promises" >"$tmp/out"
grep -q "$stock_libs/" "$tmp/out" || fail "the program does not get that library"
ordered "$HELPERS/counts" "$tmp/n.set" tx1 1 # makes the root object
all_waits
for stock_libs in "$HELPERS/symbolic" ""; do
	for PMEM_IS_PMEM_FORCE in 0 1; do
		export PMEM_IS_PMEM_FORCE
		for kind in $("$HELPERS/promises" list); do
			promises "$kind" "$rounds" || fail "promises $kind"
		done
		for kind in $("$HELPERS/hazards" list); do
			hazards "$kind" "$rounds" || fail "hazards $kind"
		done
	done
done
two_pools() {
	ordered "$HELPERS/promises" "$tmp/p.set" "$shm/p.copy" "$1" "$2" \
		"$tmp/n.set" "$shm/n.copy"
}
two_pools pools "$rounds" || fail "two pools"

# from C++: exceptions that abort, commits in destructors
if [ -x "$HELPERS/cppprog" ]; then
	fresh c
	# cpp KIND PMEM MSYNC
	cpp() {
		local want=$2
		[ "$PMEM_IS_PMEM_FORCE" = 1 ] || want=$3
		waits_of "$1" "$HELPERS/cppprog" "$tmp/c.set" "$shm/c.copy"
	}
	ordered "$HELPERS/cppprog" "$tmp/c.set" "$shm/c.copy" run 1
	for PMEM_IS_PMEM_FORCE in 0 1; do
		cpp run 1 1
		cpp nested 1 2
		cpp locked 1 1
		cpp manual 1 1
		cpp automatic 1 1
		cpp callback 2 2
		cpp exception 1 1
		cpp object 1 1
		cpp atomic 3 4
	done
else
	echo "no C++ compiler: C++ programs are not tested"
fi

# private mappings: a check runs recovery, and an open may, in memory that is
# nobody's; the copy does not move
background "$tmp/said" stock_exec "$RPMEM" run -- "$HELPERS/txprog" \
	run "$tmp/n.set" 2 0
wait_for "transactions" grep -q . "$tmp/said"
kill_and_wait "$prog"
ended
cp -p "$shm/n.copy" "$tmp/was"
ordered pmempool check "$tmp/n.set" >/dev/null || fail "check"
if PMEMOBJ_CONF="copy_on_write.at_open=1;$PMEMOBJ_CONF" \
	ordered "$HELPERS/txprog" nop "$tmp/n.set" 2>"$tmp/err"; then
	fail "a private mapping was taken for a replicated pool"
fi
grep -q "copy_on_write" "$tmp/err" || fail "the message does not help"
ended
cmp "$tmp/was" "$shm/n.copy" || fail "a private mapping was copied"

[ "$RPMEM_FAULT_POINTS" = ON ] && [ -z "$RPMEM_SANITIZE" ] || exit 0
# mutant FAULT COMMAND KIND: it is found
mutant() {
	if RPMEM_FAULTS=$1 "$2" "$3" 20 2>"$tmp/err"; then
		fail "the mutant $1 was not found by $2 $3"
	fi
	grep -q "the copy" "$tmp/err" || fail "$2 $3: $(cat "$tmp/err")"
}
for kind in $("$HELPERS/promises" list); do
	mutant replica/no-wait promises "$kind"
done
for kind in regress later line flags fill big; do
	mutant replica/no-wait hazards "$kind"
done
mutant replica/no-wait two_pools pools
mutant replica/answer-before-wait promises callback
mutant librpmem/exact-ranges hazards line

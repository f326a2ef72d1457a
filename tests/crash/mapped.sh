#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
#
# SIGKILL of a program that maps a file, of the target, of both.  Each round of
# the program makes one number more, durably, then a second one, durably, and
# prints.  In the copy the second never is ahead of the first, nor more than
# one behind, and neither is behind what was printed; after the next map file
# and copy are equal.  Mutants (built-in faults) must fail this.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"
export RPMEM_LOG_LEVEL=0 RPMEM_TIMEOUT_MS=10000 PMEM_IS_PMEM_FORCE=1
rounds=${ROUNDS:-30}
[ -z "$RPMEM_SANITIZE" ] || rounds=${ROUNDS:-8}
len=3000001
second=$((len / 2 / 4096 * 4096 - 64))

# what a lost replica would not be told anybody must not say
mapped() {
	RPMEM_FAULTS=${RPMEM_FAULTS:+$RPMEM_FAULTS,}librpmem/die-at-loss \
		stock_exec "$RPMEM" run \
		--map "$shm/file=tcp://127.0.0.1:$port/a.set" -- \
		"$HELPERS/mapprog" "$@"
}
more_said() {
	[ "$(wc -l <"$tmp/said")" -ge "$1" ] || ! kill -0 "$prog" 2>/dev/null
}
fresh() {
	rm -f "$shm/t/a" "$shm/file" "$tmp/t/a.set.rpmem-state"
	make_set "$tmp/t/a.set" "OPTION NOHDRS" "4M $shm/t/a"
	(mapped make unmap 1 $len "$shm/file" >/dev/null)
}
number() {
	od -A n -t u8 -j "$1" -N 8 "$shm/t/a" | tr -d ' '
}

# one VICTIM: run, kill, look; 1 when the copy is wrong
one() {
	local a b said
	background "$tmp/said" mapped open unmap 0 0 "$shm/file" 2>/dev/null
	wait_for "rounds" more_said $((20 + RANDOM % 200))
	# where no fault point ends it with its target, it is stopped before
	[ "$1" = initiator ] || [ "$RPMEM_FAULT_POINTS" = ON ] ||
		kill -STOP "$prog"
	case $1 in
	initiator) kill -KILL "$prog" ;;
	target)
		kill_sessions "$rpmemd_pid"
		[ "$RPMEM_FAULT_POINTS" = ON ] || kill -KILL "$prog"
		;;
	both)
		kill_sessions "$rpmemd_pid"
		kill -KILL "$prog"
		kill_and_wait "$rpmemd_pid"
		;;
	esac || true
	wait "$prog" 2>/dev/null || true
	[ "$1" != both ] || start_rpmemd t
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	said=$(tail -n 1 "$tmp/said")
	a=$(number 0)
	b=$(number "$second")
	if [ "$b" -gt "$a" ] || [ "$a" -gt $((b + 1)) ] ||
		[ "$b" -lt "${said:-0}" ]; then
		echo "the copy has $a and $b, the program said ${said:-nothing}"
		return 1
	fi
	(mapped open unmap 1 0 "$shm/file" >/dev/null) || return 1
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cmp -n $len "$shm/file" "$shm/t/a" || return 1
}

# must_fail FAULT VICTIM: with this fault some round fails
must_fail() {
	export RPMEM_FAULTS=$1
	kill_and_wait "$rpmemd_pid" TERM
	start_rpmemd t
	RPMEM_FAULTS="" fresh
	local i
	for i in $(seq "${TRIES:-40}"); do
		one "$2" >/dev/null 2>&1 && continue
		echo "mutant $1 found in round $i"
		unset RPMEM_FAULTS
		return 0
	done
	fail "mutant $1 was not found"
}

ulimit -c 0
start_rpmemd t
fresh
victims=(initiator target both)
for i in $(seq "$rounds"); do
	one "${victims[i % 3]}" || fail "round $i (${victims[i % 3]})"
done
echo "$rounds rounds"
[ "$RPMEM_FAULT_POINTS" = ON ] && [ -z "$RPMEM_SANITIZE" ] || exit 0
must_fail rpmemd/ack-before-apply target
must_fail librpmem/no-equalising initiator

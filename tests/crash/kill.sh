# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# For strict.sh and ordered.sh, which define `with`: how a program is started.
#
# SIGKILL of a stock transaction program, of the target, of both, again and
# again.  Before the next open a copy of the target's part, as a pool of its
# own, recovers with stock libpmemobj, keeps the invariants and holds what was
# said to be done; after the next owner's open primary and copy are equal.
# Mutants (built-in faults) must fail this.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"

# what a program says is shown if the test fails
export RPMEM_LOG_LEVEL=1 RPMEM_LOG_FILE=$tmp/program.log RPMEM_TIMEOUT_MS=10000
rounds=${ROUNDS:-40}
[ -z "$RPMEM_SANITIZE" ] || rounds=${ROUNDS:-12}

more_said() {
	[ "$(wc -l <"$tmp/said")" -ge "$1" ] || ! kill -0 "$prog" 2>/dev/null
}

fresh() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp/t/a.set.rpmem-state"
	mkdir -p "$shm/a" "$tmp/t"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	set_local
	(with pmempool create obj --layout txprog "$tmp/a.set")
}

set_local() {
	make_set "$tmp/a.set" "16M $shm/a/local" \
		"REPLICA tcp://127.0.0.1:$port a.set"
}

# one VICTIM WORK: run, kill, look; 1 when the copy is wrong
one() {
	local victim=$1
	background "$tmp/said" \
		with "$HELPERS/txprog" "$2" "$tmp/a.set" 4 0 2>/dev/null
	wait_for "transactions" more_said $((20 + RANDOM % 200))
	case $victim in
	initiator) kill -KILL "$prog" ;;
	target)
		# a program that outlives its replica says what the copy need
		# not have: here it dies with it, by a fault point or by us
		[ "$RPMEM_FAULT_POINTS" = ON ] || kill -STOP "$prog"
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
	if [ "$victim" = both ]; then
		start_rpmemd t
		set_local
	fi
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp -p "$shm/a/remote" "$shm/a/alone"
	"$HELPERS/standalone" "$shm/a/alone" || return 1
	"$HELPERS/txprog" check "$shm/a/alone" "$tmp/said" 2>/dev/null || return 1
	(with "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said") || return 1
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cmp -i 8192 "$shm/a/local" "$shm/a/remote" || return 1
}

kill_rounds() {
	local i victims=(initiator target both)
	for i in $(seq "$rounds"); do
		one "${victims[i % 3]}" "${works[i % ${#works[@]}]}" ||
			fail "round $i (${victims[i % 3]}, ${works[i % ${#works[@]}]})"
	done
	echo "$rounds rounds"
}

# must_fail FAULT VICTIM WORK: with this fault some round fails
must_fail() {
	export RPMEM_FAULTS=$1
	kill_and_wait "$rpmemd_pid" TERM
	start_rpmemd t
	RPMEM_FAULTS="" fresh
	local i
	for i in $(seq "${TRIES:-40}"); do
		one "$2" "$3" >/dev/null 2>&1 && continue
		echo "mutant $1 found in round $i"
		unset RPMEM_FAULTS
		return 0
	done
	fail "mutant $1 was not found"
}
works=(run) # the script that includes this says more
ulimit -c 0
start_rpmemd t
fresh

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Each kind of loss in each phase of a program's life.  A create or an open
# may fail with a word of why, and then leaves nothing in the way of the next
# one; a transaction, a close, a copy that catches up: the program ends as if
# nothing had been.  Behind each cell the pool is opened once more, which makes
# the copy the same, and right when it is promoted.  The modes and the phases run
# side by side.
if [ "${RPMEM_FAULT_POINTS:-}" != ON ]; then
	echo "SKIP: needs fault points"
	exit 77
fi
if [ $# = 0 ]; then
	alone=()
	! unshare -m true 2>/dev/null || alone=(unshare -m)
	status=0
	others=()
	for m in strict ordered; do
		for p in create opening "inside closing" catching_up; do
			# shellcheck disable=SC2086 # several words
			"${alone[@]}" bash "$0" $m $p &
			others+=("$!")
		done
		# a sanitizer's programs are too heavy for all at once
		[ "$m" = strict ] && [ -z "${RPMEM_SANITIZE:-}" ] && continue
		for pid in "${others[@]}"; do
			wait "$pid" || status=$?
		done
		others=()
	done
	exit "$status"
fi
mode=$1
phases=("${@:2}")
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
export RPMEM_TIMEOUT_MS=2000
# how long a call stands still is no matter of a disk that others write to
export RPMEM_STATE_DIR=$shm/state
# libpmemobj's own end, see try, is not a sanitizer's to report
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0
export TSAN_OPTIONS=${TSAN_OPTIONS:-}:handle_segv=0

# listen FAULTS [ARG...] -- sessions and listener die; another one, same port
listen() {
	local faults=$1
	shift
	away
	: >"$tmp/t.log"
	RPMEM_FAULTS=$faults again t "$@"
}

attempt() {
	background "$tmp/out" "$mode" "$@" 2>"$tmp/err"
}
started() {
	grep -q "session start" "$tmp/t.log" && session
}

# why a create or an open fails
declare -A why=(
	[kill]="connection (was lost|has ended)|closed the connection|Connection reset"
	[stop]="did not answer in time|Connection timed out"
	[full]="No space left"
	[msync]="media failed|Input/output error"
	[slow]="made nothing durable"
	[refused]="connection refused"
)

# the disk of what the target writes beside the parts
fill_disk() {
	# the target may be about to take some of it
	until fallocate -l "$(($(stat -f -c '%a * %S' "$tmp/t")))" \
		"$tmp/t/ballast" 2>/dev/null; do
		rm -f "$tmp/t/ballast"
	done
}
empty_disk() {
	rm -f "$tmp/t/ballast"
}
unmount() {
	! mountpoint -q "$tmp/t" || umount -l "$tmp/t"
}
cleanups+=(unmount)

# hit KIND -- what needs no other listener
hit() {
	case $1 in
	kill) kill -KILL "$session_pid" ;;
	stop) kill -STOP "$session_pid" ;;
	esac
}

# the faults of a listener that KIND happens to
faults() {
	case $1 in
	msync) echo "pool/msync" ;;
	slow) echo "rpmemd/slow-disk" ;;
	kill | stop) echo "rpmemd/slow-disk=1" ;;
	esac
}

# try KIND COMMAND... -- a create or an open that KIND happens to
try() {
	local kind=$1
	shift
	listen "$(faults "$kind")"
	case $kind in
	full) fill_disk ;;
	refused) away ;;
	esac
	attempt "$@"
	case $kind in
	kill | stop)
		wait_for "a session" started
		hit "$kind"
		;;
	esac
	status=0
	wait "$prog" || status=$?
	[ "$kind" != full ] || empty_disk
	listen ""
	case $status in
	0) ;;
	1)
		grep -Eq "err: .*(${why[$kind]})" "$tmp/err" ||
			fail "no reason: $(cat "$tmp/err")"
		;;
	*) fail "the program died: $status" ;;
	esac
	echo "$mode: $phase/$kind: $status: $(tail -n 1 "$tmp/err" | cut -c1-150)"
}

make_it() {
	("$mode" pmempool create obj --layout txprog "$tmp/a.set" 2>"$tmp/err")
}

# What a target that answered no more may have taken in is not thrown away by
# the next create, which says what to do.
create() {
	try "$1" pmempool create obj --layout txprog "$tmp/a.set"
	if [ "$status" != 0 ]; then
		[ ! -e "$shm/a/local" ] || fail "half a pool is left"
		if ! make_it; then
			case $1/$status in
			stop/* | slow/* | msync/*) ;;
			*) fail "not after that: $(cat "$tmp/err")" ;;
			esac
			grep -q "remove it if" "$tmp/err" || fail "nothing to do"
			wait_for "the session's end" no_sessions "$rpmemd_pid"
			"$RPMEMD" --remove a.set --poolset-dir "$tmp/t"
			make_it || fail "not after a removal: $(cat "$tmp/err")"
		fi
	fi
	# the root object is made by whoever comes first
	("$mode" "$HELPERS/txprog" run "$tmp/a.set" 2 5 >"$tmp/said") ||
		fail "cannot be used"
}

# the copy is behind: an open has something to do
behind() {
	begin "$mode"
	away
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
}

opening() {
	behind
	try "$1" "$HELPERS/txprog" nop "$tmp/a.set"
	# the parts are there, and so is the record: no room is needed
	[ "$1" != full ] || [ "$status" = 0 ] || fail "not opened on a full disk"
}

stop_it() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	[ "$(longest)" -le $((RPMEM_TIMEOUT_MS + grace)) ] ||
		fail "a transaction took $(longest) ms"
}

inside() {
	case $1 in
	msync) listen "pool/msync@40" ;;
	slow) listen "rpmemd/slow-disk@40" ;;
	esac
	begin "$mode"
	wait_for "a session" session
	case $1 in
	full) fill_disk ;;
	refused) away ;;
	*) hit "$1" ;;
	esac
	[ "$1" = full ] || wait_for "the loss" more_often "is lost" 0
	wait_for "work" works "$(said)"
	[ "$1" != full ] || [ "$(count "is lost")" = 0 ] || fail "lost by a full disk"
	stop_it
	[ "$1" != full ] || empty_disk
}

closing() {
	local in=$tmp/in
	case $1 in
	msync) listen "pool/msync" --durability memory ;;
	slow) listen "rpmemd/slow-disk@5" ;;
	esac
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	attempt "$HELPERS/txprog" idle "$tmp/a.set"
	exec 9>"$tmp/in"
	wait_for "the transaction" grep -q "^0 " "$tmp/out"
	wait_for "a session" session
	case $1 in
	full) fill_disk ;;
	refused) away ;;
	*) hit "$1" ;;
	esac
	exec 9>&-
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	cp "$tmp/out" "$tmp/said"
	[ "$1" != full ] || empty_disk
}

catching_up() {
	begin_equal "$mode"
	case $1 in
	kill) listen "journal/die@3" ;;
	stop) listen "journal/stop" ;;
	msync) listen "journal/sync,pool/msync" ;;
	*) listen "$(faults "$1")" ;;
	esac
	[ "$1" != full ] || fill_disk
	wait_for "the loss" more_often "is lost" 0
	case $1 in
	full)
		wait_for "the copy" more_often "has caught up" 0
		grep -q "no room for the journal" "$tmp/t.log" || fail "room"
		;;
	refused)
		wait_for "the copy" more_often "is back and" 0
		away
		;;
	*) wait_for "another loss" more_often "lost again\|is lost" 1 ;;
	esac
	wait_for "work" works "$(said)"
	[ "$1" != full ] || empty_disk
	if [ "$1" != refused ]; then
		listen ""
		wait_for "the copy" attached
	fi
	stop_it
}

# no loss at all: the target's own sync takes longer than the time-out
slow_close() {
	listen "rpmemd/slow-close"
	attempt "$HELPERS/txprog" nop "$tmp/a.set"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	[ "$(count "is lost")" = 0 ] || fail "a close was taken for a loss"
	[ "$(count "is behind")" = 0 ] || fail "it is not behind"
	[ "$(grep -c "session start" "$tmp/t.log")" = 1 ] ||
		fail "opened again while it was closed"
}

# the next open makes it the same
look() {
	listen ""
	("$mode" "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" \
		2>"$tmp/err2") || fail "$1: $(cat "$tmp/err2")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cmp -i 8192 "$shm/a/local" "$shm/a/remote" || fail "$1: not the same"
	promoted remote
}

start_rpmemd t
if [ "${phases[0]}" = inside ]; then
	fresh "$mode"
	slow_close
fi
kinds=(kill stop msync slow refused full)
unshare -m true 2>/dev/null || unset "kinds[5]"
[ -z "$RPMEM_SANITIZE" ] || kinds=(kill stop msync) # the others take their time
for phase in "${phases[@]}"; do
	for kind in "${kinds[@]}"; do
		export RPMEM_DISK_TIMEOUT_MS=$((2000 + grace))
		[ "$kind" != slow ] || export RPMEM_DISK_TIMEOUT_MS=2000
		away
		unmount
		rm -rf "$tmp/t"
		mkdir -p "$tmp/t"
		[ "$kind" != full ] || mount -t tmpfs -o size=1m,mode=700 none "$tmp/t"
		listen ""
		: >"$tmp/said"
		if [ "$phase" = create ]; then
			fresh true
		else
			fresh "$mode"
		fi
		$phase "$kind"
		export RPMEM_DISK_TIMEOUT_MS=$((2000 + grace))0
		look "$phase/$kind"
		echo "$mode: $phase/$kind: $SECONDS s"
	done
done

# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# For the tests of programs that outlive their copies: a program that works
# until it is told to stop, the loss and the return of its copy, and a look at
# both in the end.  `where` is how the target is reached.
# shellcheck source=functions.sh
. "$(dirname "${BASH_SOURCE[0]}")/functions.sh"
export RPMEM_TIMEOUT_MS=5000 RPMEM_LOG_LEVEL=3 PMEM_IS_PMEM_FORCE=1
ulimit -c 0
host=127.0.0.1
# ms beyond the time-out that a call may stand still
# shellcheck disable=SC2034 # for those who include this
grace=1000
[ -z "$RPMEM_SANITIZE" ] || grace=3000

strict() {
	stock_exec "$@"
}

ordered() {
	stock_exec "$RPMEM" run -- "$@"
}

# listens, or has ended; somebody's connection may have got the port meanwhile
has_port() {
	[ -s "$tmp/$1.port" ] || ! kill -0 "$rpmemd_pid" 2>/dev/null
}

# again NAME [ARG...] -- the listener NAME once more, on its old port
again() {
	local name=$1 old=$port n
	shift
	rm -f "$tmp/$name.port"
	for n in $(seq 100); do
		"$RPMEMD" --listen "127.0.0.1:$old" --port-file "$tmp/$name.port" \
			--poolset-dir "$tmp/$name" --log-level info "$@" \
			>>"$tmp/$name.log" 2>&1 &
		rpmemd_pid=$!
		wait_for "the port of $name" has_port "$name"
		[ ! -s "$tmp/$name.port" ] || break
		wait "$rpmemd_pid" && fail "rpmemd did not start"
		[ "$n" != 100 ] || fail "port $old is in use all the time"
		sleep 0.2
	done
	pids+=("$rpmemd_pid")
}

fresh() {
	rm -rf "${shm:?}/a"
	rm -f "$tmp/t/a.set.rpmem-state"
	mkdir -p "$shm/a" "$tmp/t"
	make_set "$tmp/t/a.set" "${size:-16M} $shm/a/remote"
	make_set "$tmp/a.set" "${size:-16M} $shm/a/local" \
		"REPLICA tcp://$host:$port a.set"
	("$1" pmempool create obj --layout txprog "$tmp/a.set")
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# a program that works until it is told to stop
begin() {
	rm -f "$tmp/stop"
	: >"$tmp/err"
	background "$tmp/said" "$1" "$HELPERS/txprog" "${work:-run}" "$tmp/a.set" "${threads:-4}" 0 \
		"$tmp/stop" 2>>"$tmp/err"
	wait_for "work" works
}

# the copy follows: on a busy machine even a small pool is compared beside the
# program
attached() {
	"$RPMEM" status "$tmp/a.set" >"$tmp/status" 2>&1 || true
	grep -q "state *attached" "$tmp/status"
}

# begins, and its copy has all of it: an open waits for that only so long
begin_equal() {
	begin "$1"
	wait_for "the first comparison" attached
	: >"$tmp/err"
}

said() {
	wc -l <"$tmp/said"
}

works() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(said)" -gt $((${1:-0} + 20)) ]
}

# how often a word was said
count() {
	grep -c "$1" "$tmp/err" || true
}

more_often() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(count "$1")" -gt "$2" ]
}

# the one session: one that was stopped may still be on its way out when the
# next one has the copy
session() {
	session_pid=$(pgrep -P "$rpmemd_pid") && [[ $session_pid != *[!0-9]* ]]
}

# the last word about the copy, if there was any
last_word() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	grep -Eo "is lost|is back and|catches up while|has caught up" "$tmp/err" | tail -n 1
}
# there is a stream: what happens to it now is a loss
is_up() {
	[ "$(last_word)" != "is lost" ] && session
}

# no copy is made equal behind an open that had no time for it any more
settled() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(count "catches up while")" -le "$(count "has caught up")" ]
}

stopped() {
	grep -q "^State:.T" "/proc/$rpmemd_pid/status"
}

# the listener and all its sessions: stopped first, it starts none meanwhile
away() {
	local s
	is_running "$rpmemd_pid" || return 0
	! kill -STOP "$rpmemd_pid" 2>/dev/null || wait_for "the stop" stopped
	for s in $(pgrep -P "$rpmemd_pid"); do
		kill -KILL "$s" 2>/dev/null || true
	done
	kill_and_wait "$rpmemd_pid" 2>/dev/null
}

# ms that the longest transaction of the program took that has ended
longest() {
	sed -n 's/^longest \(.*\) ms$/\1/p' "$tmp/err"
}

# the copy $shm/a/NAME alone, promoted in a place of its own, is right
promoted() {
	local name=$1 set=${2:-t/a.set}
	rm -rf "${tmp:?}/p" && mkdir "$tmp/p"
	make_set "$tmp/p/a.set" "${size:-16M} $shm/a/alone"
	cp -p "$shm/a/$name" "$shm/a/alone"
	cp "$tmp/$set".rpmem-state "$tmp/p/"
	[ ! -e "$tmp/$set.rpmem-catchup" ] || cp "$tmp/$set.rpmem-catchup" "$tmp/p/"
	"$RPMEM" promote --poolset-dir "$tmp/p" a.set >/dev/null ||
		fail "$name cannot be promoted"
	"$HELPERS/txprog" check "$shm/a/alone" "$tmp/said" ||
		fail "$name is wrong when it is promoted"
}

# the program ends in order; then both copies are the same, and right
end() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp -p "$shm/a/remote" "$shm/a/alone"
	"$HELPERS/standalone" "$shm/a/alone"
	"$HELPERS/txprog" check "$shm/a/alone" "$tmp/said" || fail "$1: the copy is wrong"
	("$2" "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" \
		2>"$tmp/err2") || fail "$1: $(cat "$tmp/err2")"
}

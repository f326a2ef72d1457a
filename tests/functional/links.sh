#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Bad links, in a network namespace of this test: one that loses what goes in
# one direction, one that is slow or becomes slow under load, one that changes
# a byte.  No transaction stands still for longer than the time-out and a
# second; the program goes on, and the copy comes back and is the same.
if [ -z "${RPMEM_IN_NAMESPACE:-}" ]; then
	unshare -n true 2>/dev/null || {
		echo "SKIP: no network namespace without root"
		exit 77
	}
	RPMEM_IN_NAMESPACE=1 exec unshare -n bash "$0"
fi
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
[ -c /dev/net/tun ] || fail "there is no /dev/net/tun"
export RPMEM_TIMEOUT_MS=1000

ip link set lo up
mkfifo "$tmp/commands"
in=$tmp/commands background "$tmp/link" \
	"$RPMEM_BUILD_DIR/tests/lib/delaylink" slow0 100
link=$prog
pids+=("$link")
exec 7>"$tmp/commands"
wait_for "the link" grep -q ready "$tmp/link"
ip addr add 10.9.0.1/24 dev slow0
ip link set slow0 up
start_rpmemd t --listen 10.9.0.1:0
host=10.9.0.2

# how often the link has obeyed
obeyed() {
	grep -cx "$1" "$tmp/link" || true
}
obeyed_more() {
	[ "$(obeyed "$1")" -gt "$2" ]
}
# link COMMAND -- and it is in force
link() {
	local before
	before=$(obeyed "$1")
	echo "$1" >&7
	wait_for "the link: $1" obeyed_more "$1" "$before"
}

# the program ends; its longest transaction took no longer than the time-out
# and a second
finish() {
	local longest
	wait_for "the copy" attached
	end "$1" "$2"
	promoted remote
	longest=$(longest)
	echo "$2: $1: lost $(count "is lost") times, the longest transaction" \
		"took $longest ms"
	# and what a busy machine takes
	[ "$longest" -lt $((RPMEM_TIMEOUT_MS + 3500)) ] ||
		fail "$1: it stood still"
}

for mode in strict ordered; do
	fresh $mode
	for direction in to from; do
		begin $mode
		for n in 1 2; do
			lost=$(count "is lost")
			back=$(count "has caught up")
			link "drop $direction"
			wait_for "the loss" more_often "is lost" "$lost"
			wait_for "work without the copy" works "$(said)"
			# let the target give up, too
			[ "$n" = 1 ] ||
				wait_for "the session's end" no_sessions "$rpmemd_pid"
			link "drop none"
			wait_for "the copy" more_often "has caught up" "$back"
		done
		finish "nothing goes $direction the target" $mode
	done

	begin $mode
	for direction in to from; do
		heard=$tmp/t.log
		[ $direction = to ] || heard=$tmp/err
		# it may hit what libfabric or TLS has added, which is a loss, too
		for _ in $(seq 10); do
			lost=$(count "is lost")
			back=$(count "has caught up")
			link "flip $direction"
			wait_for "the loss" more_often "is lost" "$lost"
			wait_for "work" works "$(said)"
			wait_for "the copy" more_often "has caught up" "$back"
			! grep -q "with a wrong hash" "$heard" || break
		done
	done
	grep -q "with a wrong hash" "$tmp/err" || fail "no word about the hash"
	grep -q "with a wrong hash" "$tmp/t.log" || fail "no word of the target"
	finish "a changed byte" $mode
done

# in strict mode every range of a transaction is a round trip: one persist each
for mode in strict ordered; do
	size=32M work=run
	[ $mode != strict ] || work=wide
	fresh $mode
	begin $mode
	link "delay to 100000"
	wait_for "work on a slow link" works "$(said)"
	link "delay from 100000"
	wait_for "work on a slow link" works "$(said)"
	[ "$(count "is lost")" = 0 ] || fail "a slow link was taken as dead"
	link "delay to 100"
	link "delay from 100"
	finish "100 ms" $mode

	begin $mode
	link "delay from 5000000"
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	link "delay from 100"
	wait_for "the copy" more_often "has caught up" 0
	finish "5 s all at once" $mode
done
exec 7>&-

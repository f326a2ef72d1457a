#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What calls say that wait for a lost copy: when their time is over, and when
# the copy will not come back; those of 1.3 and those of 1.4.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
start_rpmemd t

# said_times COUNT WORD -- so many answers begin with this word
said_times() {
	[ "$(grep -c "^$2" "$tmp/said")" = "$1" ]
}

for then in fail continue; do
	echo "== block:500:$then"
	rm -rf "${shm:?}/a" "$tmp/in"
	rm -f "$tmp/t/a.set"*
	mkdir "$shm/a"
	make_set "$tmp/t/a.set" "OPTION NOHDRS" "16M $shm/a/remote"
	truncate -s 16777216 "$shm/a/local"
	mkfifo "$tmp/in"
	RPMEM_ON_FENCED=fail RPMEM_ON_LOSS=block:500:$then in=$tmp/in background "$tmp/said" stock_exec \
		"$HELPERS/remapprog" "tcp://127.0.0.1:$port" a.set \
		"$shm/a/local" 2>"$tmp/err"
	exec 9>"$tmp/in"
	wait_for "the program" grep -q ready "$tmp/said"
	wait_for "a session" session
	away
	wait_for "the loss" more_often "is lost" 0
	printf 'wait\npersist\n' >&9
	wait_for "both answers" said_times 1 persist
	if [ $then = fail ]; then
		said_times 2 refused ||
			fail "not told: $(cat "$tmp/said")"
	else
		said_times 2 durable || fail "told: $(cat "$tmp/said")"
	fi

	"$RPMEM" promote --force --poolset-dir "$tmp/t" a.set >/dev/null
	again t
	# a call has returned without it, or has failed, whose caller may go on
	wait_for "the end of trying" more_often "not tried any more" 0
	printf 'wait\npersist\n' >&9
	wait_for "both answers" said_times 2 persist
	if [ $then = fail ]; then
		said_times 2 "refused: .*will not come back" ||
			fail "not told: $(cat "$tmp/said")"
	else
		said_times 4 durable || fail "told: $(cat "$tmp/said")"
	fi
	echo close >&9
	exec 9>&-
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
done

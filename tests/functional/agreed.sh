#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What somebody agrees to give up is what was shown: while the question waits, a
# copy may be promoted and worked on, given back to its pool, or be mounted
# again. Then the answer holds for nothing, and the command says so.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
requires python3

node a
node b
mkfifo "$tmp/answer"

# asked COMMAND... -- rpmem on a, on a terminal, until it asks; its pid in `tool`
asked() {
	: >"$tmp/asked" # not by the job: it may begin after the first look
	on a python3 - "$tmp/answer" "$RPMEM" "$@" >"$tmp/asked" 2>&1 <<-'END' &
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[2], sys.argv[2:])
		text = b""
		asked = False
		try:
		    while True:
		        more = os.read(fd, 4096)
		        if not more:
		            break
		        text += more
		        os.write(1, more)
		        if b"Type" in text and not asked:
		            asked = True
		            open(sys.argv[1], "r").read()
		            os.write(fd, b"yes\n")
		except OSError:
		    pass
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	tool=$!
	wait_for "the question" grep -q Type "$tmp/asked"
}
# answered STATUS WORD -- yes
answered() {
	local got=0
	echo >"$tmp/answer"
	wait "$tool" || got=$?
	quiet
	[ "$got" = "$1" ] || fail "it ended with $got: $(cat "$tmp/asked")"
	grep -q -- "$2" "$tmp/asked" || fail "no '$2': $(cat "$tmp/asked")"
}
# works_on_b -- b was promoted, and a program works in it
works_on_b() {
	(on b ordered "$HELPERS/txprog" run "$tmp/b/copy.set" 2 20) \
		>"$tmp/said.b" 2>"$tmp/err" || fail "on b: $(cat "$tmp/err")"
}
# has_all_on_b -- of that work nothing is lost
has_all_on_b() {
	grep -E '^[0-9]+ [0-9]+$' "$tmp/said.b" >"$tmp/all.b"
	[ -s "$tmp/all.b" ] || fail "no work on b"
	(on b ordered "$HELPERS/txprog" check "$tmp/b/copy.set" "$tmp/all.b") \
		>"$tmp/out" 2>"$tmp/err" ||
		fail "the pool on b is wrong: $(cat "$tmp/out" "$tmp/err")"
}

echo "== sync --discard, and the copy is promoted meanwhile"
begins b
asked sync --discard "$(target b)" "$tmp/a/db.set"
promote b
works_on_b
answered 1 "has changed since the plan was shown (it was promoted"
has_all_on_b

echo "== discard, and the copy was given back and follows again"
asked discard "$tmp/a/db.set" "$(target b)"
discard a b
sync_on 0
answered 1 "has changed since the plan was shown (it was promoted, or given"
on a "$RPMEM" status "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
right

echo "== the parts of a promoted copy are mounted meanwhile"
promote b
mkdir "$shm/away"
mv "$shm/b/db" "$shm/away/db"
asked sync --discard "$(target b)" "$tmp/a/db.set"
mv "$shm/away/db" "$shm/b/db"
works_on_b
answered 1 "are there again since the plan was shown"
has_all_on_b

echo "== and nothing has changed"
asked discard "$tmp/a/db.set" "$(target b)"
answered 0 "Discarded"
sync_on 0
right

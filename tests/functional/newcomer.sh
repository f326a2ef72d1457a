#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What README's "Look after it" shows: a replicated pool is created, broken,
# inspected and repaired with rpmem alone, and what it says leads on from each
# step to the next.  No set file is written by hand.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires pmempool

node a
target=tcp://127.0.0.1:${node_port[a]}
set=$tmp/my.set
part=$shm/my
copy=$shm/a/copy
rm -f "$tmp/a/copy.set"

# rp STATUS ARG... -- rpmem, its exit status, and what it says in $tmp/out
rp() {
	local want=$1 got=0
	shift
	"$RPMEM" "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}
says() {
	grep -qF -- "$1" "$tmp/out" || fail "no '$1' in: $(cat "$tmp/out")"
}
# nothing is to be done any more, and both sides hold the same
is_well() {
	quiet
	rp 0 check "$set"
	rp 0 verify "$set"
	rp 0 sync --dry-run "$set"
	rp 0 status "$set"
}

echo "== create"
rp 0 set new "$set" --size 16M --part "$part" --replica "$target copy.set"
says "rpmem set new copy.set --for-target --part 16M:/PATH"
says "rpmem run -- pmempool create"
rp 1 check "$set"
says "there is no pool"
says "rpmem set new copy.set --for-target"
(cd "$tmp/a" && rp 0 set new copy.set --for-target --part "16M:$copy")
rp 1 check "$set"
(ordered pmempool create obj --layout txprog "$set") >"$tmp/out" 2>&1 ||
	fail "create: $(cat "$tmp/out")"
is_well
rp 0 doctor "$target" copy.set

echo "== a byte of the copy is another one"
flip_byte "$copy" 12000000
rp 1 verify "$set"
says "at offset 11997184"
says "rpmem verify --repair $set"
rp 0 verify --repair "$set"
is_well

echo "== the copy is away"
node_down a
rp 1 check "$set"
says "is rpmemd --listen running there?"
rp 1 doctor "$target"
says "->"
rp 1 sync "$set"
node_up a
is_well

echo "== the copy is lost"
rm "$copy"
rp 1 check "$set"
says "rpmem sync $set"
rp 1 sync --dry-run "$set"
says "mount it first"
rp 1 sync "$set" </dev/null
rp 0 sync --force "$set"
is_well

echo "== the pool is lost"
rm "$part"
rp 1 check "$set"
says "rpmem sync $set"
rp 1 sync "$set" </dev/null
says "mount it first"
rp 0 sync --force "$set"
is_well
(ordered "$HELPERS/txprog" nop "$set") || fail "the rebuilt pool does not open"
quiet
# libpmemobj stores here and there without a flush, which nobody replicates
"$RPMEM" verify "$set" >"$tmp/out" || says "never flushed, a few blocks in each run"
rp 0 verify --repair "$set"
is_well

echo "== a name that a shell would take apart: what is said may be pasted"
mkdir "$tmp/x y';touch p;'"
odd="$tmp/x y';touch p;'/my\$(touch p).set"
cp "$set" "$odd"
flip_byte "$copy" 12000000
# pasted EXPRESSION [ARG] -- the command that sed finds in what was said, in a
# shell
pasted() {
	local command
	command=$(sed -n "s/.*$1.*/\\1/p" "$tmp/out")
	[ -n "$command" ] || fail "no '$1' in: $(cat "$tmp/out")"
	command+=" ${2:-}"
	(cd "$tmp" && PATH=$(dirname "$RPMEM"):$PATH bash -c "$command") \
		>"$tmp/pasted" 2>&1 || fail "$command: $(cat "$tmp/pasted")"
}
rp 1 verify "$odd"
pasted "-> \(rpmem verify --repair .*\) makes the copy"
rp 0 verify "$odd"
rm "$part"
rp 1 check "$odd"
pasted "from there: \(rpmem sync .*set'\) (with" --force
[ ! -e "$tmp/p" ] || fail "a name was run"
rm -r "$tmp/x y';touch p;'"
is_well

echo "== the end"
rp 0 rm --dry-run "$set"
says "No good copy"
if [ ! -e "$part" ] || [ ! -e "$copy" ]; then
	fail "a dry run has removed something"
fi
rp 0 rm --force --with-set-files "$set"
if [ -e "$part" ] || [ -e "$copy" ]; then fail "something is left"; fi

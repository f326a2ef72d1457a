#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Who is started with standard descriptors closed writes into no pool part and
# no state file what was meant for them: each command, the target, and the
# library in a program that says a lot.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
mode=ordered

node a
node b
copies_of a b
(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
begin_on a "$mode" 2
wait_for "work" works
: >"$tmp/stop"
wait "$prog"
quiet

# digests -- of all that a word of the wrong place would change
digests() {
	sha256sum "$shm"/*/db "$tmp"/*/*.set
	head -qc 8 "$tmp"/a.state/* "$tmp"/b/*.rpmem-state | sha256sum
}

# closed HOW STATUS... -- rpmem, with some closed, ends with one of STATUS...
# and leaves everything as it was; the command is in $command
command=()
closed() {
	local how=$1 before rc=0
	shift
	before=$(digests)
	# the words that close are for the shell to read
	(RPMEM_STATE_DIR=$tmp/a.state RPMEM_LOG_LEVEL=10 \
		eval '"$RPMEM" "${command[@]}"' "$how") || rc=$?
	[[ " $* " = *" $rc "* ]] || fail "$how: ${command[*]}: status $rc"
	quiet
	[ "$before" = "$(digests)" ] || fail "$how: ${command[*]} changed something"
}

out="$tmp/out"
for how in '<&- >&- 2>&-' '<&- >&-' '<&- 2>&-' '2>&-'; do
	full="$how"
	[[ $how = *" >&-"* || $how = ">&-"* ]] || full+=" >$out"
	[[ $how = *"2>&-"* ]] || full+=" 2>>$tmp/err"
	for c in sync verify check info lineage "rm --dry-run" status; do
		# shellcheck disable=SC2206 # its words
		command=($c "$tmp/a/db.set")
		closed "$full" 0 1 3
	done
	# a library that logs all it does, in a program with parts as 0 to 2
	(RPMEM_LOG_LEVEL=10 on a "$mode" sh -c "exec \"\$0\" \"\$@\" $full" \
		"$HELPERS/txprog" nop "$tmp/a/db.set") ||
		fail "$how: the program failed"
	quiet
	cmp -i 8192 "$shm/a/db" "$shm/b/db" || fail "$how: they differ"
	[ "$(head -c 7 "$shm/a/db")" = PMEMOBJ ] || fail "$how: no header"
	[ "$(head -c 7 "$shm/b/db")" = PMEMOBJ ] || fail "$how: no header"
done
command=(check "$tmp/a/db.set")
closed ">$out" 0

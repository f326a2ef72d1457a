#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What is known of a copy outlives the program: an open that compares nothing,
# one that sends what was missed, one without the copy; and what becomes of a
# state file that does not hold.
# shellcheck source=outlive.sh
. "$(dirname "$0")/outlive.sh"
export RPMEM_LOG_LEVEL=4

finish() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

ended() {
	: >"$tmp/stop"
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
}

# the word for why the copy is compared
because() {
	grep -q "is compared: .*$1" "$tmp/err" ||
		fail "not compared because of '$1': $(cat "$tmp/err")"
}

not_compared() {
	! grep -q "is compared" "$tmp/err" || fail "compared: $(cat "$tmp/err")"
}

# so that a pool of this size is not looked at as a whole in no time
export RPMEM_FAULTS=
slow_close=
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	RPMEM_FAULTS=librpmem/slow-scan
	slow_close=librpmem/slow-close
fi

# it has caught up, at the open or behind it
has_all() {
	grep -q "has caught up\|is equal to the primary" "$tmp/err"
}

status() {
	"$RPMEM" status "$tmp/a.set" >"$tmp/status" 2>&1 || true
	cat "$tmp/status" >&2; 	grep -q "$1" "$tmp/status"
}

start_rpmemd t
for mode in strict ordered; do
	echo "== $mode: closed in order, nothing is compared"
	fresh $mode
	# (the end of the connection is the close's doing, and no loss)
	RPMEM_FAULTS=$slow_close begin $mode
	finish
	! grep -q "lost\|behind" "$tmp/err" || fail "a loss: $(cat "$tmp/err")"
	status "missing  *0 bytes" || fail "something is missing"
	status "state  *closed" || fail "not closed in order"
	begin $mode
	not_compared
	wait_for "its status" status attached
	end "again" $mode

	echo "== $mode: closed without the copy, only what it missed is sent"
	begin $mode
	away
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	wait_for "its status" status degraded
	ended
	again t
	begin $mode
	not_compared
	wait_for "the copy" has_all
	end "missed" $mode

	echo "== $mode: killed without the copy, all is compared"
	begin $mode
	away
	wait_for "the loss" more_often "is lost" 0
	wait_for "work without the copy" works "$(said)"
	kill -KILL "$prog"
	wait "$prog" 2>/dev/null || true
	again t
	begin $mode
	because "not closed in order"
	end "killed" $mode

	echo "== $mode: the copy is away when the pool is opened"
	away
	(export RPMEM_OPEN_WAIT=1
		$mode "$HELPERS/txprog" nop "$tmp/a.set") 2>"$tmp/err" &&
		fail "opened without a word"
	grep -q "RPMEM_OPEN_ALONE=1" "$tmp/err" || fail "$(cat "$tmp/err")"
	RPMEM_OPEN_ALONE=1 begin $mode
	wait_for "work without the copy" works "$(said)"
	ended
	# it was alone: at once, and without being told
	RPMEM_OPEN_WAIT=600 begin $mode
	grep -q "opened without this copy" "$tmp/err" || fail "$(cat "$tmp/err")"
	wait_for "work without the copy" works "$(said)"
	again t
	wait_for "the copy" more_often "has caught up" 0
	# (the open that was refused has counted a run that nobody knows of)
	[ $mode = ordered ] || not_compared
	end "away" $mode
	# and waits for a copy that comes
	away
	: >"$tmp/err"
	RPMEM_OPEN_WAIT=600 background "$tmp/out" $mode "$HELPERS/txprog" nop \
		"$tmp/a.set" 2>>"$tmp/err"
	wait_for "the waiting" grep -q "waiting for it" "$tmp/err"
	again t
	wait "$prog" || fail "the program failed: $(cat "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
done

echo "== the pool was open without its copy"
make_set "$tmp/local.set" "16M $shm/a/local"
"$HELPERS/txprog" nop "$tmp/local.set"
begin ordered
because "open without it since"
end "without" ordered

# what the lineages say, or nobody, is a person's to decide
refused() {
	(ordered "$HELPERS/txprog" nop "$tmp/a.set" 2>"$tmp/err") &&
		fail "not refused: $1"
	grep -q "$1" "$tmp/err" || fail "no word of '$1': $(cat "$tmp/err")"
	grep -q "rpmem discard" "$tmp/err" || fail "$(cat "$tmp/err")"
}
give() {
	"$RPMEM" discard --force "$tmp/a.set" "tcp://$host:$port" \
		>"$tmp/out" 2>&1 || fail "$(cat "$tmp/out")"
}

echo "== it was open with another state directory"
RPMEM_STATE_DIR=$tmp/other give
RPMEM_STATE_DIR=$tmp/other begin ordered
finish
refused "descendant\|unknown\|unrelated\|forked"
give
begin ordered
because "open without it since"
end "other" ordered

# save, restore NAME -- primary and state files, in the same files: as of a
# file system that is set back, or cloned
save() {
	rm -rf "${tmp:?}/saved.$1"
	mkdir "$tmp/saved.$1"
	cp "$shm/a/local" "$tmp"/state/* "$tmp/saved.$1/"
}
restore() {
	cat "$tmp/saved.$1/local" >"$shm/a/local"
	for f in "$tmp"/state/*; do
		cp "$tmp/saved.$1/${f##*/}" "$f"
	done
}

echo "== the primary is restored into its file, and runs as often as it had"
cp "$shm/a/local" "$tmp/old"
begin ordered
finish
cat "$tmp/old" >"$shm/a/local"
"$HELPERS/txprog" run "$tmp/local.set" 4 100 >/dev/null
begin ordered
because "it differs"
wait_for "the copy" has_all
end "restored" ordered

echo "== two clones of one primary take turns"
save one
threads=1 begin ordered
finish
others=$(said)
save two
restore one
refused "descendant"
give
begin ordered
wait_for "more work than the other's" works $((3 * others))
finish
restore two
refused "neither is overwritten"
give
begin ordered
[ "$RPMEM_FAULT_POINTS" != ON ] || # or there is time for it in the open
	grep -q "all of it is compared" "$tmp/err" || fail "the copy was trusted"
wait_for "the copy" has_all
end "clones" ordered

echo "== the state file is damaged, or gone"
for f in "$tmp"/state/*.replica; do
	for at in 100 8292; do # in both slots of the record
		flip_byte "$f" $at
	done
done
begin ordered
because "nothing is known"
grep -q "state file" "$tmp/err" || fail "no word of it: $(cat "$tmp/err")"
end "damaged" ordered
rm "$tmp"/state/*.replica
begin ordered
because "nothing is known"
end "gone" ordered

echo "== no place for a state file, and a bad one"
: >"$tmp/file"
# (without a lineage on either side nothing is in doubt)
RPMEM_STATE_DIR=$tmp/third give
RPMEM_STATE_DIR=$tmp/file/x begin ordered
grep -q "nothing is remembered" "$tmp/err" || fail "$(cat "$tmp/err")"
grep -q "has no lineage" "$tmp/err" || fail "$(cat "$tmp/err")"
end "no place" ordered
(export RPMEM_STATE_DIR=relative
	ordered "$HELPERS/txprog" nop "$tmp/a.set") 2>"$tmp/err" &&
	fail "a relative directory was taken"
grep -q "RPMEM_STATE_DIR" "$tmp/err" || fail "$(cat "$tmp/err")"

[ "$RPMEM_FAULT_POINTS" = ON ] || exit 0
echo "== another boot"
begin ordered
finish
RPMEM_FAULTS=librpmem/other-boot,librpmem/slow-scan begin ordered
not_compared
end "boot" ordered

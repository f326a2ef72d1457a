#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What rpmem check advises is done to the letter: the commands that stand in its
# words, as a shell reads them.  Then it finds nothing any more, or advises what
# leads there.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3
mode=ordered

node a
node b

# begins -- a new pool on a, with a copy on b; two parts each
begins() {
	forget_nodes
	rm -rf "${tmp:?}"/*/copy.set "${shm:?}"/*/*
	make_set "$tmp/b/copy.set" "8M $shm/b/db" "8M $shm/b/db2"
	make_set "$tmp/a/db.set" "8M $shm/a/db" "8M $shm/a/db2" \
		"REPLICA $(target b)"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	works_on_a
}
works_on_a() {
	quiet
	(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 2 20 \
		>"$tmp/said" 2>"$tmp/err") || fail "$(cat "$tmp/err")"
	keep_said
	quiet
}

# check -- its exit status; the report is $tmp/json
check() {
	local got=0
	on a "$RPMEM" check --json "$tmp/a/db.set" >"$tmp/json" 2>"$tmp/err" ||
		got=$?
	[ "$got" -lt 2 ] || fail "rpmem check: $got: $(cat "$tmp/err")"
	return "$got"
}

# commands CODE [AFTER] -- those in the fix of the finding with that code,
# behind the words AFTER, up to the end of the sentence
commands() {
	python3 - "$tmp/json" "$@" <<-'END'
		import json, re, sys
		found = [f for f in json.load(open(sys.argv[1]))["findings"]
		         if f["code"] == sys.argv[2] and f["level"] != "ok"]
		if not found:
		    sys.exit("not found: " + sys.argv[2])
		fix = found[0]["fix"]
		if len(sys.argv) > 3:
		    if sys.argv[3] not in fix:
		        sys.exit("no '%s' in: %s" % (sys.argv[3], fix))
		    fix = re.split(r"[.] |; ", fix.split(sys.argv[3], 1)[1])[0]
		word = r"""(?: --?[a-z-]+| '[^']*'| "[^"]*"| [^ ,;]*/[^ ,;]*[^ ,;.])"""
		n = 0
		for m in re.finditer("rpmem (?:sync|rm|discard|verify|set new)"
		                     + word + "+", fix):
		    print(m.group(0))
		    n += 1
		if n == 0:
		    sys.exit("no command in: " + fix)
	END
}

# follow CODE [AFTER] -- do what the finding says; --force stands for the typed
# yes
follow() {
	local line words
	! check || fail "$1: nothing was found"
	commands "$@" >"$tmp/commands" 2>"$tmp/err" ||
		fail "$(cat "$tmp/err") $(cat "$tmp/json")"
	while read -r line; do
		eval "words=(${line#rpmem })"
		# shellcheck disable=SC2154 # eval sets it
		case ${words[0]} in
		sync | discard) words+=(--force) ;;
		esac
		on a "$RPMEM" "${words[@]}" >"$tmp/out" 2>&1 </dev/null ||
			fail "$line: $(cat "$tmp/out")"
		quiet
	done <"$tmp/commands"
}

# good [CODE] -- nothing is wrong with it
good() {
	check || fail "after ${1:-all}: $(cat "$tmp/json")"
	rm -f "$shm"/a/*.rpmem-old
}
# right -- and the pool has what was told
right() {
	holds a "$mode" db.set
	good "an open"
}

# mends CODE [AFTER] -- following it is enough
mends() {
	follow "$@"
	good "$1"
}

# broken WHAT -- what is broken next
broken() {
	echo "- $1"
}

begins
good
echo "== parts here"
broken "one is missing"
rm "$shm/a/db2"
mends part-missing
broken "the first is missing"
rm "$shm/a/db"
mends part-missing
broken "all are"
rm "$shm/a/db" "$shm/a/db2"
mends no-pool "rebuild the pool from there"
broken "one was cut short"
truncate -s 5M "$shm/a/db2"
mends part-size
broken "the first was"
truncate -s 5M "$shm/a/db"
mends part-size
broken "one has no header"
dd if=/dev/zero of="$shm/a/db2" bs=4096 count=1 conv=notrunc status=none
mends header-missing
broken "one has a header that is damaged"
flip_byte "$shm/a/db2" 30
mends header-damaged
broken "so has the first"
flip_byte "$shm/a/db" 30
mends header-damaged
broken "one is of another pool"
"$HELPERS/hdredit" "$shm/a/db2" poolset
mends header-links
broken "one is no file"
rm "$shm/a/db2"
mkfifo "$shm/a/db2"
mends part-type
broken "one has no mode"
chmod 0 "$shm/a/db2"
mends part-unfinished "Else"
broken "a rebuild was cut short, and what another one set aside is there"
rm "$shm/a/db2"
touch "$shm/a/db2.rpmem-new"
mends part-missing
[ ! -e "$shm/a/db2.rpmem-new" ] || fail "it has stayed"
right

echo "== parts at the target"
broken "one is missing"
rm "$shm/b/db2"
mends part-missing
broken "all are, and the record is there"
rm "$shm/b/db" "$shm/b/db2"
mends no-copy
broken "all are, and the record"
rm "$shm/b/db" "$shm/b/db2" "$tmp/b/copy.set.rpmem-state"
mends no-copy
broken "one was cut short"
truncate -s 5M "$shm/b/db2"
mends part-size
broken "one has a header that is damaged"
flip_byte "$shm/b/db" 30
mends header-damaged
broken "one has none"
dd if=/dev/zero of="$shm/b/db2" bs=4096 count=1 conv=notrunc status=none
mends header-missing
broken "one is of another pool"
"$HELPERS/hdredit" "$shm/b/db2" uuid
mends header-links
broken "one has no mode"
chmod 0 "$shm/b/db2"
! check || fail "no mode: nothing was found"
grep -q "give the part its mode back (chmod 600), and run this again" \
	"$tmp/json" || fail "$(cat "$tmp/json")"
chmod 600 "$shm/b/db2"
good
broken "the links of all are another's"
"$HELPERS/hdredit" "$shm/b/db" next
"$HELPERS/hdredit" "$shm/b/db2" next
mends links
broken "one was restored from a backup"
cp "$shm/b/db2" "$tmp/backup"
works_on_a
cp "$tmp/backup" "$shm/b/db2"
mends changed
right

echo "== set file and record at the target"
broken "no set file"
rm "$tmp/b/copy.set"
! check || fail "no set file: nothing was found"
sed -n 's/.*\(rpmem set new [^,]*\),.*/\1/p' "$tmp/json" >"$tmp/commands"
grep -q "rpmem set new copy.set --for-target --part SIZE:/PATH" \
	"$tmp/commands" || fail "$(cat "$tmp/json")"
(cd "$tmp/b" && "$RPMEM" set new copy.set --for-target \
	--part "8M:$shm/b/db" --part "8M:$shm/b/db2" >"$tmp/out")
good
broken "no record"
rm "$tmp/b/copy.set.rpmem-state"
mends no-record
broken "an empty one"
: >"$tmp/b/copy.set.rpmem-state"
mends record
broken "noise"
dd if=/dev/urandom of="$tmp/b/copy.set.rpmem-state" bs=24576 count=1 status=none
mends record
broken "a record that is damaged, and no part"
: >"$tmp/b/copy.set.rpmem-state"
rm "$shm/b/db" "$shm/b/db2"
mends no-copy
for row in "1 unfinished" "8 being-made-equal" "64 suspect" "128 unwritten" \
	"512 unknown"; do
	read -r flag code <<<"$row"
	broken "$code"
	"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state "$flag"
	mends "$code"
done
broken "lent, and the pool is whole"
"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 4
mends lent "If this pool is that already"
broken "... and is not"
"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 4
mends lent "If it is no good"
broken "... and what the copy has is given up"
"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 4
follow lent "If it is good, and the copy is not"
mends being-made-equal
broken "unknown, and not equal"
"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state 512
flip_byte "$shm/b/db2" 5000000
! check || fail "unknown: nothing was found"
follow if-equal "If this pool is the right one"
mends being-made-equal
right

echo "== what this machine knows"
broken "no state file"
rm "$tmp/a.state"/*.replica
mends state-file
broken "it is damaged"
dd if=/dev/zero of="$(echo "$tmp/a.state"/*.replica)" bs=8192 count=2 \
	conv=notrunc status=none
mends state-file
broken "the lineage is damaged"
dd if=/dev/urandom of="$(echo "$tmp/a.state"/*.lineage)" bs=4096 count=3 \
	conv=notrunc status=none
mends lineage-lost
broken "the program was killed"
begin_on a "$mode"
wait_for "the copy" follows a
die
quiet
mends interrupted
broken "the copy is behind"
node_down b
RPMEM_OPEN_ALONE=1 begin_on a "$mode"
wait_for "work alone" works "$(said)"
stop
node_up b
mends behind
if [ "$(id -u)" != 0 ]; then
	broken "its files are another user's"
	chmod 0 "$tmp/a.state"/*.lineage
	got=0
	on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = 1 ] || fail "somebody else's lineage: $got"
	grep -q "run this as the user" "$tmp/out" || fail "$(cat "$tmp/out")"
	chmod 600 "$tmp/a.state"/*.lineage
	good
fi
right

echo "== a local replica"
begins
make_set "$tmp/a/db.set" "8M $shm/a/db" "8M $shm/a/db2" \
	REPLICA "8M $shm/a/mirror" "8M $shm/a/mirror2" "REPLICA $(target b)"
rm "${shm:?}"/*/* "$tmp/b"/copy.set.* "$tmp/a.state"/*
: >"$tmp/all"
(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
works_on_a
good
# replica CODE -- what is to be run is what pmempool has to see the set by
replica() {
	! check || fail "$1: nothing was found"
	grep -q "\"$1\".*: rpmem run -- pmempool sync $tmp/a/db.set\"" \
		"$tmp/json" || fail "$(cat "$tmp/json")"
	(on a "$mode" pmempool sync "$tmp/a/db.set") || fail "$1: pmempool sync"
	quiet
	good "$1"
}
broken "one part is missing"
rm "$shm/a/mirror2"
replica part-missing
broken "all are"
rm "$shm/a/mirror" "$shm/a/mirror2"
replica no-pool
broken "one is damaged"
flip_byte "$shm/a/mirror" 30
! check || fail "damaged: nothing was found"
grep -q "Move the replica's parts out of the way and run: " "$tmp/json" ||
	fail "$(cat "$tmp/json")"
mv "$shm/a/mirror" "$shm/a/mirror2" "$tmp"
replica no-pool
right

echo "== another history"
begins
broken "the copy was promoted"
promote b
! check || fail "promoted: nothing was found"
follow fenced "If this pool is the right one"
mends being-made-equal
broken "both have gone on"
node_down b
promote b
(on b stock_exec "$HELPERS/txprog" run "$tmp/b/copy.set" 2 20 >/dev/null)
RPMEM_OPEN_ALONE=1 begin_on a "$mode"
wait_for "work alone" works "$(said)"
stop
node_up b
follow promoted "If this pool is the right one"
mends being-made-equal
right

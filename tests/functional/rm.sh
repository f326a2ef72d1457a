#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem rm: what it shows, what it removes and what it leaves; that it asks,
# and that it finishes what was cut short at any step.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3
mode=ordered

node a
node b
node c

# begins NODE... -- a new pool of two parts on a, with copies on NODE...
begins() {
	local n lines=()
	forget_nodes
	rm -f "$tmp"/*/copy.set* "$shm"/*/* "$tmp/a.state"/*
	for n; do
		make_set "$tmp/$n/copy.set" "5M $shm/$n/db" "5M $shm/$n/db2"
		lines+=("REPLICA $(target "$n")")
	done
	make_set "$tmp/a/db.set" "5M $shm/a/db" "5M $shm/a/db2" "${lines[@]}"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
}

# rm_ STATUS ARG... -- its exit status; output in $tmp/out
rm_() {
	local want=$1 got=0
	shift
	on a "$RPMEM" rm "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem rm $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}
json_rm() {
	rm_ "$1" --json "${@:2}"
	cat "$tmp/out" >>"$tmp/reports"
}

# says WORD..., and the same of the report: json EXPRESSION WANT
says() {
	local word
	for word; do
		grep -q -- "$word" "$tmp/out" || fail "no '$word': $(cat "$tmp/out")"
	done
}
json() {
	local got
	got=$(python3 -c "import json
r = json.load(open('$tmp/out'))
p, c = r['pool'], r['replicas']
print(*$1)") || fail "no JSON: $(cat "$tmp/out" "$tmp/err")"
	[ "$got" = "$2" ] || fail "$1: '$got', not '$2': $(cat "$tmp/out")"
}

# all_there, and after it: is [NODE...] -- these have their parts, nobody else
is() {
	local n there=()
	for n in a b c; do
		[ "$(ls "$shm/$n")" = "" ] || there+=("$n")
	done
	[ "${there[*]}" = "$*" ] || fail "parts on '${there[*]}', not on '$*'"
}
# forgotten -- no record at a target, nothing remembered here
forgotten() {
	[ "$(ls "$tmp/a.state")" = "" ] || fail "left: $(ls "$tmp/a.state")"
	! ls "$tmp"/*/copy.set.rpmem-* >/dev/null 2>&1 || fail "a record is left"
}

# asked WORD STATUS -- on a terminal
asked() {
	local got=0
	on a on_terminal --answer "$1" "$RPMEM" rm "$tmp/a/db.set" >"$tmp/out" ||
		got=$?
	[ "$got" = "$2" ] || fail "answered $1: $got, not $2: $(cat "$tmp/out")"
}

echo "== usage"
begins b c
rm_ 2
rm_ 2 "$tmp/a/db.set"
grep -q "nobody can be asked" "$tmp/err" || fail "$(cat "$tmp/err")"
rm_ 2 --json "$tmp/a/db.set"
rm_ 3 --force "$tmp/none.set"
rm_ 3 --force "$tmp/a/db.set" "tcp://nowhere copy.set"
grep -q "no remote replica" "$tmp/err" || fail "$(cat "$tmp/err")"
is a b c

echo "== shown, asked, done"
rm_ 0 --dry-run "$tmp/a/db.set"
says "To be removed" "$(target b): a copy of this pool, 10481664 bytes, good" \
	"$shm/a/db2" "No good copy of the pool is left" "dry-run"
is a b c
json_rm 0 --dry-run "$tmp/a/db.set"
json "(r['done'], r['takes_last_good'], p['outcome'], c[1]['outcome'])" \
	"False True to be removed to be removed"
asked no 1
is a b c
asked yes 0
is
forgotten
[ -e "$tmp/b/copy.set" ] || fail "the target's set file is gone"
json_rm 0 --force "$tmp/a/db.set"
json "(r['done'], p['outcome'], c[0]['outcome'])" \
	"True nothing there nothing there"
rm_ 0 --force --with-set-files "$tmp/a/db.set"
[ ! -e "$tmp/b/copy.set" ] || fail "the target's set file is there"

echo "== some copies, and all of them"
begins b c
json_rm 0 --force "$tmp/a/db.set" "$(target c)"
json "(p['outcome'], c[0]['outcome'], c[1]['outcome'], r['takes_last_good'])" \
	"kept kept removed False"
is a b
(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 2 5 >"$tmp/said" 2>"$tmp/err") &&
	fail "it was opened, as if the copy was there"
# what is said of that is right
json "(c[1]['next'].split(': ')[1],)" \
	"rpmem set remove-replica $tmp/a/db.set '$(target c)' takes it out; rpmem sync $tmp/a/db.set makes it anew"
cp "$tmp/a/db.set" "$tmp/a/both.set"
"$RPMEM" set remove-replica "$tmp/a/db.set" "$(target c)" >"$tmp/out"
! grep -q "the copy stays" "$tmp/out" || fail "$(cat "$tmp/out")"
(on a "$mode" "$HELPERS/txprog" nop "$tmp/a/db.set" >"$tmp/said" 2>"$tmp/err") ||
	fail "$(cat "$tmp/err")"
quiet
mv "$tmp/a/both.set" "$tmp/a/db.set"
on a "$RPMEM" sync "$tmp/a/db.set" >"$tmp/out" 2>&1 || fail "$(cat "$tmp/out")"
is a b c
rm_ 0 --force "$tmp/a/db.set" "$(target c)"
says "still names it" "rpmem set remove-replica" "rpmem sync"
rm_ 0 --force "$tmp/a/db.set"
! grep -q "still names" "$tmp/out" || fail "$(cat "$tmp/out")"

echo "== a state directory that cannot be written to, a file that cannot go"
begins b c
unlock_state() { mountpoint -q "$tmp/a.state" && umount -l "$tmp/a.state"; }
cleanups+=(unlock_state)
chmod 555 "$tmp/a.state"
if [ ! -w "$tmp/a.state" ] || { unshare -m true 2>/dev/null &&
	mount --bind "$tmp/a.state" "$tmp/a.state" &&
	mount -o remount,ro,bind "$tmp/a.state"; }; then
	json_rm 3 --force "$tmp/a/db.set"
	grep -q "nothing was removed.*state" "$tmp/err" || fail "$(cat "$tmp/err")"
	is a b c
	unlock_state || true
fi
chmod 755 "$tmp/a.state"
rm -f "$tmp/a.state"/*.replica*
(on a "$mode" "$HELPERS/txprog" nop "$tmp/a/db.set" >"$tmp/said" 2>"$tmp/err") ||
	fail "$(cat "$tmp/err")"
quiet
for file in "$tmp/a.state"/*.replica; do
	rm "$file"
	mkdir -p "$file/busy"
done
json_rm 1 --force "$tmp/a/db.set" "$(target b)"
json "(r['done'], c[0]['outcome'], 'cannot remove' in c[0]['why'])" \
	"False removed True"
rm_ 1 --force "$tmp/a/db.set" "$(target c)"
says "Removed: $(target c)" "not what is remembered of it here: cannot remove"
is a
rm -r "$tmp/a.state"/*
rm_ 0 --force "$tmp/a/db.set"
begins b c
rm_ 0 --force --keep-primary --with-set-files "$tmp/a/db.set"
is a
[ ! -e "$tmp/b/copy.set" ] || fail "the target's set file is there"

echo "== a program has it open"
begins b
begin_on a "$mode"
wait_for "the copy" follows a
rm_ 1 --dry-run "$tmp/a/db.set"
says "Not removed: this pool: a program has the pool open (pid $prog): end it"
! grep -q "To be removed" "$tmp/out" || fail "$(cat "$tmp/out")"
rm_ 1 --force "$tmp/a/db.set"
[ "$(grep -c "this pool: a program" "$tmp/out" "$tmp/err" | cut -d : -f 2 |
	paste -sd +)" = 1+0 ] || fail "not once: $(cat "$tmp/out" "$tmp/err")"
wait_for "work" works "$(said)"
json_rm 1 --force "$tmp/a/db.set" "$(target b)"
json "(r['done'], c[0]['outcome'])" "False left"
is a b
stop

echo "== a target is away"
node_down b
rm_ 1 --dry-run "$tmp/a/db.set"
says "at targets that do not answer"
json_rm 1 --force "$tmp/a/db.set"
json "(p['outcome'], c[0]['is'], c[0]['outcome'], r['leaves_unknown'])" \
	"removed not reached left True"
is b
node_up b
rm_ 1 --force "$tmp/a/db.set"
says "nothing says whose copy" "rpmem rm --force $tmp/a/db.set"
is b
rm_ 0 --force "$tmp/a/db.set" "$(target b)"
is

echo "== a record was left over"
begins b
rm "$shm/b/db" "$shm/b/db2"
rm_ 0 --dry-run "$tmp/a/db.set"
says "a record that was left over, its parts are gone"
json_rm 0 --force "$tmp/a/db.set"
json "(c[0]['is'], c[0]['outcome'])" "a record without parts removed"
is
forgotten

echo "== what is no copy of this pool"
begins b c
promote b
make_set "$tmp/other.set" "5M $shm/a/o1" "5M $shm/a/o2"
pmempool create obj "$tmp/other.set"
mv "$shm/a/o1" "$shm/c/db"
mv "$shm/a/o2" "$shm/c/db2"
json_rm 1 --dry-run "$tmp/a/db.set" "$(target b)" "$(target c)"
json "[x['is'] for x in c]" \
	"promoted, a pool of its own a copy of another pool"
json_rm 1 --force "$tmp/a/db.set"
json "(p['outcome'], c[0]['outcome'], c[1]['outcome'])" "removed left left"
is b c
rm_ 0 --force "$tmp/a/db.set" "$(target b)" "$(target c)"
is

echo "== a copy of the promoted pool, which is the primary now"
begins b c
promote c
make_set "$tmp/c/db.set" "5M $shm/c/db" "5M $shm/c/db2" "REPLICA $(target b)"
discard c b
(on c "$mode" "$HELPERS/txprog" run "$tmp/c/db.set" 2 5 >"$tmp/said")
quiet
on a "$RPMEM" info "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
says "Another primary"
json_rm 1 --force "$tmp/a/db.set"
json "(p['outcome'], [x['outcome'] for x in c], c[0]['is'])" \
	"removed ['left', 'left'] a copy of another pool"
is b c
rm_ 0 --force "$tmp/c/db.set"
is

echo "== a set of directories, with a local replica"
begins b
rm "$shm/a/db" "$shm/a/db2" "$shm/b/db" "$shm/b/db2" "$tmp/b/copy.set".* \
	"$tmp/a.state"/*
mkdir "$shm/a/dir" "$shm/b/dir" "$shm/a/more"
make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "32M $shm/b/dir"
make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "32M $shm/a/dir" \
	"REPLICA" "32M $shm/a/more" "REPLICA $(target b)"
on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" && fail "nothing is right"
says "no part is in its directories"
(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
quiet
on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
# its links are those of the primary alone, also of one that is made anew or
# given up
names_primary() {
	cmp -n 32 -i 88:88 "$shm/kept" "$shm/b/dir/000000.pmem" ||
		fail "$1: the copy has other links"
}
cp -p "$shm/b/dir/000000.pmem" "$shm/kept"
promote b
discard a b
names_primary "given up"
rm "$shm/b/dir"/* "$tmp/b/copy.set".*
on a "$RPMEM" sync --force "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
names_primary "made anew"
rm "$shm/kept"
rm_ 0 --dry-run "$tmp/a/db.set"
says "$shm/a/dir/000000.pmem" "$shm/a/more/000000.pmem"
rm_ 0 --force "$tmp/a/db.set"
[ -z "$(find "$shm" -type f)" ] || fail "left: $(find "$shm" -type f)"
forgotten
rmdir "$shm/a/dir" "$shm/b/dir" "$shm/a/more"

echo "== what rebuilds have left and set aside"
begins b
rm "$shm/a/db2"
on a "$RPMEM" sync "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
quiet
echo new >"$shm/a/db.rpmem-new"
rm_ 0 --dry-run "$tmp/a/db.set"
says "$shm/a/db.rpmem-old: a part that was set aside" \
	"$shm/a/db.rpmem-new: left by a rebuild"
json_rm 0 --dry-run "$tmp/a/db.set"
json "[(x['path'].split('/')[-1], x['is']) for x in p['leftovers']]" \
	"('db.rpmem-new', 'unfinished') ('db.rpmem-old', 'set aside')"
is a b
flock "$shm/a/db.rpmem-new" sh -c "echo ready; cat" >"$tmp/held" < <(
	wait_for "the end" test -e "$tmp/over"
) &
holder=$!
wait_for "a lock" grep -q ready "$tmp/held"
rm_ 1 --force "$tmp/a/db.set"
says "Not removed: this pool: a program has the pool open"
is a b
: >"$tmp/over"
wait "$holder"
rm "$tmp/over"
asked yes 0
is
forgotten
echo "- an rpmem sync is at work"
begins b
flock "$tmp/a/db.set" sh -c "echo ready; cat" >"$tmp/held" < <(
	wait_for "the end" test -e "$tmp/over"
) &
holder=$!
wait_for "a lock" grep -q ready "$tmp/held"
rm_ 1 --force "$tmp/a/db.set"
grep -q "another rpmem sync, rm or set" "$tmp/err" || fail "$(cat "$tmp/err")"
: >"$tmp/over"
wait "$holder"
rm "$tmp/over"
echo "- of a pool that is lost"
rm "$shm/a/db2"
on a "$RPMEM" sync "$tmp/a/db.set" >"$tmp/out" || fail "$(cat "$tmp/out")"
quiet
rm "$shm/a/db" "$shm/a/db2"
rm_ 1 --force "$tmp/a/db.set"
is b
rm_ 0 --force "$tmp/a/db.set" "$(target b)"
is
echo "- in directories"
mkdir "$shm/a/dir"
make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "32M $shm/a/dir" \
	"REPLICA $(target b)"
: >"$shm/a/dir/000003.pmem.rpmem-old"
rm_ 0 --force "$tmp/a/db.set"
[ "$(ls "$shm/a/dir")" = "" ] || fail "left: $(ls "$shm/a/dir")"
rmdir "$shm/a/dir"

echo "== parts that are symbolic links"
begins b
mkdir "$tmp/disk"
for n in a b; do
	mv "$shm/$n/db2" "$tmp/disk/$n"
	ln -s "$tmp/disk/$n" "$shm/$n/db2"
done
rm_ 0 --force "$tmp/a/db.set"
is
[ "$(ls "$tmp/disk")" = "" ] || fail "the data is left: $(ls "$tmp/disk")"

echo "== a former copy, which a target has kept"
# as pmempool removes it before it makes a copy anew
set_aside() {
	begins b
	"$RPMEM_BUILD_DIR/utils/rpmem-ssh" -T -oBatchMode=yes \
		"tcp://127.0.0.1:${node_port[b]}" \
		"rpmemd --remove copy.set --force"
	[ -e "$shm/b/db.rpmem-old" ] || fail "it was not kept: $(ls "$shm/b")"
}
set_aside
rm_ 0 --dry-run "$tmp/a/db.set"
says "copy.set.rpmem-old: a former copy.*a copy of this pool, 10481664 bytes, good"
rm_ 0 --force "$tmp/a/db.set" "$(target b)"
is a b
json_rm 0 --force "$tmp/a/db.set"
json "[(x['name'], x['former'], x['outcome']) for x in c]" \
	"('copy.set', False, 'nothing there') ('copy.set.rpmem-old', True, 'removed')"
is
forgotten
set_aside
rm_ 0 --force "$tmp/a/db.set" "$(target b).rpmem-old"
is a
forgotten_there() { ! ls "$tmp/b"/copy.set.* >/dev/null 2>&1; }
forgotten_there || fail "left: $(ls "$tmp/b")"

echo "== a name that no report can hold: nothing is done"
begins b
odd=$tmp/a/$(printf 'x\377.set')
cp "$tmp/a/db.set" "$odd"
rm_ 3 --force --json "$odd"
grep -q "nothing was done" "$tmp/err" || fail "$(cat "$tmp/err")"
got=0
on a "$RPMEM" sync --force --json "$odd" >"$tmp/out" 2>"$tmp/err" || got=$?
[ "$got" = 3 ] || fail "rpmem sync: $got: $(cat "$tmp/out" "$tmp/err")"
grep -q "nothing was done" "$tmp/err" || fail "$(cat "$tmp/err")"
for n in a b; do
	[ -e "$shm/$n/db" ] || fail "something was removed on $n"
done
rm "$odd"

echo "== the pool is damaged"
begins b
flip_byte "$shm/a/db" 30
rm_ 1 --force "$tmp/a/db.set"
says "nothing says whose copy"
is b
rm_ 0 --force "$tmp/a/db.set" "$(target b)"
is

if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	echo "== killed at each step"
	for n in 1 2 3 4 5 6 7 8; do
		begins b c
		got=0
		RPMEM_FAULTS=rm/die@$n on a "$RPMEM" rm --force "$tmp/a/db.set" \
			>"$tmp/out" 2>"$tmp/err" || got=$?
		[ "$n" = 8 ] || [ "$got" = 137 ] || fail "step $n: $got"
		rm_ 0 --force "$tmp/a/db.set"
		is
		forgotten
	done
	[ "$got" = 0 ] || fail "there are more than seven steps"
fi

echo "== interrupted at random times"
# the target may still be at what was asked of it
finishes() {
	on a "$RPMEM" rm --force "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err"
}
for n in 1 2 3 4; do
	begins b c
	(export RPMEM_STATE_DIR=$tmp/a.state
	exec "$RPMEM" rm --force "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err") &
	pid=$!
	sleep "0.0$((RANDOM % 25 + 10))"
	kill_and_wait "$pid" "$(shuf -n 1 -e TERM INT KILL)" 2>/dev/null
	wait_for "the same command to finish" finishes
	is
	forgotten
done

json_fits rpmem-rm "$tmp/reports"

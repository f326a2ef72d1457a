#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem check: what it finds on good, degraded, stale, forked, truncated,
# damaged, foreign and unreachable sets, that it says what to do, and that it
# changes nothing, also beside a program.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3
mode=ordered

node a
node b

# begins [PARTS] -- a new pool on a, with a copy on b; two parts each
begins() {
	forget_nodes
	rm -f "$tmp"/*/copy.set "$shm"/*/*
	make_set "$tmp/b/copy.set" "8M $shm/b/db" "8M $shm/b/db2"
	make_set "$tmp/a/db.set" "8M $shm/a/db" "8M $shm/a/db2" \
		"REPLICA $(target b)"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
	work_in_order
}

# some work that ends in order
work_in_order() {
	(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 2 20 \
		>"$tmp/said" 2>"$tmp/err") || fail "$(cat "$tmp/err")"
	keep_said
	quiet
}

# everything that a look could change
everything() {
	find "$shm" "$tmp/a" "$tmp/b" "$tmp/a.state" -type f ! -name '*.port' \
		-printf '%p %m %s %T@ %C@\n' | sort
}

# check STATUS [CODE...] -- its exit status, and problems or notes with these
# codes, each with what to do; "!CODE": not among them
check() {
	local want=$1 got=0
	shift
	everything >"$tmp/before"
	# shellcheck disable=SC2086 # words
	on a "$RPMEM" check --json ${quick:-} "$tmp/a/db.set" >"$tmp/json" \
		2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] || fail "rpmem check: $got, not $want:" \
		"$(cat "$tmp/json" "$tmp/err")"
	everything | cmp -s - "$tmp/before" || [ -n "${prog_runs:-}" ] ||
		fail "a check has changed something"
	[ "$want" != 3 ] || return 0
	cat "$tmp/json" >>"$tmp/reports"
	python3 - "$tmp/json" "$want" "$@" <<-'END' || fail "$(cat "$tmp/json")"
		import json, sys
		r = json.load(open(sys.argv[1]))
		bad = {f["code"] for f in r["findings"] if f["level"] != "ok"}
		for f in r["findings"]:
		    assert f["what"], f
		    assert f["level"] == "ok" or len(f["fix"]) > 9, f
		assert r["good"] == (sys.argv[2] == "0"), r["good"]
		for code in sys.argv[3:]:
		    name = code.lstrip("!")
		    assert (name in bad) == (name == code), (code, bad)
	END
}

# plain WORD... -- the text has these
plain() {
	local word
	on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" || true
	for word; do
		grep -q -- "$word" "$tmp/out" || fail "no '$word': $(cat "$tmp/out")"
	done
}

# agrees STATUS COMMAND... -- another command has the same verdict
agrees() {
	local want=$1 got=0
	shift
	on a "$RPMEM" "$@" "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] || fail "rpmem $*: $got, not $want:" \
		"$(cat "$tmp/out" "$tmp/err")"
}

# advised -- what is said of a copy that is given up, done
advised() {
	plain "rpmem rm --force $tmp/a/db.set '$(target b)'"
	on a "$RPMEM" rm --force "$tmp/a/db.set" "$(target b)" >"$tmp/out"
	agrees 0 sync --force
	check 0
}

echo "== all is well"
begins
check 0 "!behind" "!unreachable"
plain "No problem was found" "ok .*this pool: 2 parts, 16773120 bytes" \
	"$(target b): the target answers"

echo "== usage, and what cannot be read"
for args in "" "one two" "--no-such"; do
	got=0
	# shellcheck disable=SC2086 # words
	"$RPMEM" check $args >/dev/null 2>&1 || got=$?
	[ "$got" = 2 ] || fail "rpmem check $args: $got"
done
got=0
"$RPMEM" check "$tmp/none.set" 2>"$tmp/err" || got=$?
[ "$got" = 3 ] || fail "a set that is not there: $got"
got=0
RPMEM_STATE_DIR=here "$RPMEM" check "$tmp/a/db.set" 2>"$tmp/err" || got=$?
[ "$got" = 3 ] || fail "a state directory that is none: $got"
make_set "$tmp/bad.set" "16X $shm/a/db"
got=0
"$RPMEM" check "$tmp/bad.set" >"$tmp/out" || got=$?
[ "$got" = 1 ] || fail "a set that is wrong: $got"
grep -q "line 2" "$tmp/out" || fail "$(cat "$tmp/out")"

echo "== while a program runs"
begin_on a "$mode"
wait_for "the copy" follows a
prog_runs=1 check 0 "!unfinished" "!interrupted"
echo "== the target goes away under it"
node_down b
wait_for "the loss" more_often "is lost" 0
prog_runs=1 check 1 unreachable not-attached
quick=--quick prog_runs=1 check 1 not-attached "!unreachable"
plain "rpmem doctor tcp://"
wait_for "work alone" works "$(said)"
stop
echo "== and the copy is stale then"
node_up b
check 1 behind
plain "rpmem sync"
agrees 1 status
agrees 1 lineage
agrees 1 verify
agrees 1 sync --dry-run
agrees 0 sync --force
agrees 0 lineage
check 0
echo "== or it may be: the program was killed"
begin_on a "$mode"
wait_for "the copy" follows a
die
quiet
check 1 behind interrupted
agrees 1 status
agrees 1 lineage
agrees 1 sync --dry-run
agrees 0 sync --force
agrees 0 status
check 0

echo "== local parts"
# the files stay what they are: a pool's lineage is of its files
mkdir "$shm/kept"
mv "$shm/a/db2" "$shm/kept/"
check 1 part-missing "!if-equal" "!lineage-lost"
lineage a 1 "1 of this pool's 2 parts are bad here" "rpmem sync"
agrees 1 sync --dry-run
got=0
on a "$RPMEM" discard --force "$tmp/a/db.set" "$(target b)" >"$tmp/out" \
	2>"$tmp/err" || got=$?
[ "$got" = 1 ] || fail "a good copy of a pool with a hole is given up: $got"
grep -q "not given up" "$tmp/err" || fail "$(cat "$tmp/err")"
truncate -s 5M "$shm/a/db2"
check 1 part-size
lineage a 1 "bad here"
agrees 1 sync --dry-run
agrees 3 verify
grep -q "rpmem check $tmp/a/db.set tells" "$tmp/err" || fail "$(cat "$tmp/err")"
rm "$shm/a/db2"
mkfifo "$shm/a/db2"
check 1 part-type
rm "$shm/a/db2"
truncate -s 8M "$shm/a/db2"
check 1 header-missing
mv "$shm/kept/db2" "$shm/a/"
check 0
chmod 0 "$shm/a/db2"
check 1 part-unfinished
chmod 600 "$shm/a/db2"
flip_byte "$shm/a/db2" 30
check 1 header-damaged
flip_byte "$shm/a/db2" 30
if [ "$(id -u)" != 0 ]; then
	chmod 200 "$shm/a/db2"
	check 1 part-unreadable
	chmod 600 "$shm/a/db2"
fi
"$HELPERS/hdredit" "$shm/a/db2" poolset
check 1 header-links
"$HELPERS/hdredit" "$shm/a/db2" poolset
"$HELPERS/hdredit" "$shm/a/db" next
check 1 header-links
"$HELPERS/hdredit" "$shm/a/db" next
flip_byte "$shm/a/db" 30
check 1 header-damaged
for other in status lineage verify; do
	agrees 3 "$other"
	grep -q "rpmem check $tmp/a/db.set tells" "$tmp/err" ||
		fail "$other: $(cat "$tmp/err")"
done
flip_byte "$shm/a/db" 30
check 0
touch "$shm/a/db2.rpmem-new"
check 0 left-over
rm "$shm/a/db2.rpmem-new"
touch "$shm/a/db2.rpmem-old"
check 0 set-aside "!left-over"
rm "$shm/a/db2.rpmem-old"
mv "$shm/a/db" "$shm/a/db2" "$shm/kept/"
check 1 no-pool "!no-copy"
mv "$shm/kept/db" "$shm/kept/db2" "$shm/a/"
check 0

echo "== parts at the target"
cp -p "$shm/b/db2" "$tmp/kept"
truncate -s 5M "$shm/b/db2"
check 1 part-size
plain "at the target: pool part '$shm/b/db2': it has 5242880 bytes"
lineage a 1 "1 of its 2 parts are bad there"
got=0
on a "$RPMEM" discard --force "$tmp/a/db.set" "$(target b)" >"$tmp/out" \
	2>"$tmp/err" || got=$?
[ "$got" = 1 ] || fail "one with bad parts is discarded: $got"
grep -q "rpmem rm --force" "$tmp/err" || fail "$(cat "$tmp/err")"
agrees 1 sync --dry-run
rm "$shm/b/db2"
check 1 part-missing
cp -p "$tmp/kept" "$shm/b/db2"
flip_byte "$shm/b/db2" 30
check 1 header-damaged "!header-links"
lineage a 1 "bad there"
agrees 1 sync --dry-run
cp -p "$tmp/kept" "$shm/b/db2"
"$HELPERS/hdredit" "$shm/b/db2" uuid
check 1 header-links
cp -p "$tmp/kept" "$shm/b/db2"
chmod 0 "$shm/b/db2"
check 1 part-unfinished
chmod 600 "$shm/b/db2"
mv "$shm/b/db" "$shm/b/db2" "$shm/kept/"
check 1 no-copy
lineage a 1 "Its parts are gone"
mv "$shm/kept/db" "$shm/kept/db2" "$shm/b/"
check 0

echo "== set file and record at the target"
mv "$tmp/b/copy.set" "$tmp/kept.set"
check 1 no-set
mv "$tmp/kept.set" "$tmp/b/copy.set"
mv "$tmp/b/copy.set.rpmem-state" "$tmp/kept.state"
check 1 no-record
dd if=/dev/urandom of="$tmp/b/copy.set.rpmem-state" bs=24576 count=1 status=none
check 1 record
plain "its record is damaged: .*no valid record in it"
lineage a 1 "no record of it that can be read" "bad record"
agrees 1 sync --dry-run
grep -q "its record cannot be read" "$tmp/out" || fail "$(cat "$tmp/out")"
advised
: >"$tmp/b/copy.set.rpmem-state"
check 1 record
advised
rm "$tmp/b/copy.set.rpmem-state"
check 1 no-record
plain "rpmem sync .* if every byte is equal"
agrees 0 sync --force
check 0
echo "== one of the two slots of the record is lost"
dd if=/dev/urandom of="$tmp/b/copy.set.rpmem-state" bs=512 count=1 \
	conv=notrunc status=none
got=0
on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" || got=$?
[ "$got" = 0 ] || agrees 0 sync --force
check 0
: >"$tmp/b/copy.set.rpmem-old"
check 0 former-copy
rm "$tmp/b/copy.set.rpmem-old"

echo "== what this machine remembers"
state=$(echo "$tmp/a.state"/*.replica)
dd if=/dev/zero of="$state" bs=8192 count=2 conv=notrunc status=none
check 1 state-file
rm "$state"
check 1 state-file
agrees 1 status
agrees 1 sync --dry-run
agrees 0 sync --force
check 0
agrees 0 status

echo "== a wrong key"
sed 's/:.*/:'"$(printf '%064d' 7)"'/' "$RPMEM_PSK_FILE" >"$tmp/wrong"
chmod 600 "$tmp/wrong"
RPMEM_PSK_FILE=$tmp/wrong check 1 key
RPMEM_PSK_FILE=$tmp/nothing check 1 key

if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	echo "== a target that is older"
	node_down b
	RPMEM_FAULTS=rpmemd/no-look node_up b
	check 0 old-target
	node_down b
	node_up b
fi

echo "== links, and another pool under the name"
"$HELPERS/hdredit" "$shm/b/db" uuid
check 1 header-links
"$HELPERS/hdredit" "$shm/b/db" uuid
make_set "$tmp/other.set" "8M $shm/a/o1" "8M $shm/a/o2"
pmempool create obj "$tmp/other.set"
mv "$shm/b/db" "$shm/b/db2" "$shm/kept/"
cp "$shm/a/o1" "$shm/b/db"
cp "$shm/a/o2" "$shm/b/db2"
check 1 other-pool
rm "$shm/b/db" "$shm/b/db2"
mv "$shm/kept/db" "$shm/kept/db2" "$shm/b/"
check 0

echo "== smaller than the pool"
sed -i 's/8M/9M/' "$tmp/a/db.set"
check 1 part-size "!size"
sed -i 's/9M/8M/' "$tmp/a/db.set"

echo "== promoted, and forked"
promote b
check 1 fenced
RPMEM_OPEN_ALONE=1 refuses a "$mode" "promoted"
plain "rpmem discard"
echo "== lost, and begun again as check says"
begins
rm "$shm/a/db" "$shm/a/db2"
check 1 no-pool
plain "rpmem rm --force $tmp/a/db.set \"TARGET NAME\"), then: rpmem run --make"
on a "$RPMEM" rm --force "$tmp/a/db.set" "$(target b)" >"$tmp/out"
(on a making pmempool create obj --layout txprog "$tmp/a/db.set")
quiet
check 0
promote b
echo "== promoted, and this pool is lost"
mv "$shm/a/db" "$shm/a/db2" "$shm/kept/"
check 1 no-pool promoted
plain "Go on with the pool at that target"
begins
node_down b
promote b
(on b stock_exec "$HELPERS/txprog" run "$tmp/b/copy.set" 2 20 >/dev/null)
RPMEM_OPEN_ALONE=1 begin_on a "$mode"
wait_for "work alone" works "$(said)"
stop
node_up b
check 1 promoted
grep -q "forked" "$tmp/json" || fail "no word of the fork: $(cat "$tmp/json")"

echo "== a rebuild was cut short, a create, and a copy that is no point"
begins
for row in "1 unfinished" "4 lent" "8 being-made-equal" "64 suspect" \
	"128 unwritten" "512 unknown"; do
	read -r flag code <<<"$row"
	cp "$tmp/b/copy.set.rpmem-state" "$tmp/kept.state"
	"$HELPERS/stateflags" "$tmp/b" copy.set.rpmem-state "$flag"
	check 1 "$code"
	cp "$tmp/kept.state" "$tmp/b/copy.set.rpmem-state"
done
check 0

echo "== the pool was used without its copies in its set"
begins
begin_on a "$mode"
wait_for "the copy" follows a
stop
check 0
cp "$tmp/a/db.set" "$tmp/with"
on a "$RPMEM" set remove-replica "$tmp/a/db.set" "$(target b)" >/dev/null
(on a "$mode" "$HELPERS/txprog" run "$tmp/a/db.set" 1 20 >/dev/null) ||
	fail "not without its copies"
cp "$tmp/with" "$tmp/a/db.set"
check 1 behind
agrees 1 status
agrees 1 lineage
says_unknown=$(on a "$RPMEM" lineage "$tmp/a/db.set" || true)
[[ $says_unknown = *"only the pool  an unknown"* ]] || fail "$says_unknown"
agrees 1 sync --dry-run
agrees 0 sync --force
check 0

json_fits rpmem-check "$tmp/reports"
# each code that was given is in the page
grep -o '"code":"[a-z-]*"' "$tmp/reports" | sort -u | cut -d '"' -f 4 >"$tmp/codes"
while read -r code; do
	grep -q "C<$code>" "$(dirname "$0")/../../doc/rpmem-check.1.pod" ||
		fail "rpmem-check(1) does not tell of $code"
done <"$tmp/codes"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem status: words, numbers, exit codes, JSON; from state files that a
# program makes as a replicated one does.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires pmempool
requires python3

set=$tmp/a.set
part=$shm/part
make_set "$set" "16M $part"
pmempool create obj --layout x "$set"
make_set "$set" "16M $part" "REPLICA tcp://one a.set" "REPLICA user@two b.set"

# expect STATUS ARG... -- output in $tmp/out, messages in $tmp/err
expect() {
	local want=$1 got=0
	shift
	"$RPMEM" status "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem status $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}
says() {
	grep -q -e "$1" "$tmp/out" || fail "no '$1' in: $(cat "$tmp/out")"
}
# json EXPRESSION WANT -- Python's, of the report r and its second replica b
json() {
	local got
	expect "${json_status:-1}" --json "$set"
	json_fits rpmem-status "$tmp/out"
	got=$(python3 -c "import json
r = json.load(open('$tmp/out'))
b = r['replicas'][1]
print(*$1)")
	[ "$got" = "$2" ] || fail "$1: '$got', not '$2': $(cat "$tmp/out")"
}
one() {
	"$HELPERS/statefiles" "$part" tcp://one a.set "$@"
}
two() {
	"$HELPERS/statefiles" "$part" user@two b.set "$@"
}

echo "== nobody has opened them"
expect 1 "$set"
[ "$(grep -c "state *unknown" "$tmp/out")" = 2 ] || fail "$(cat "$tmp/out")"
says "no program of this user"
[ ! -e "$RPMEM_STATE_DIR" ] || fail "a look made a directory"
json "(b['missing_bytes'], 'why' in b)" "None True"

echo "== closed in order"
one attached clean
expect 1 "$set"
two attached clean
expect 0 "$set"
[ "$(grep -c "state *closed" "$tmp/out")" = 2 ] || fail "$(cat "$tmp/out")"
json_status=0 json "(r['version'], r['good'], r['replicas'][0]['name'])" \
	"1 True a.set"

echo "== a part of the pool is cut short, or gone"
cp "$part" "$tmp/part"
truncate -s 8M "$part"
expect 1 "$set"
says "1 of its 1 parts are bad: .*$part.*8388608 bytes"
says "next .*rpmem check $set tells"
[ "$(grep -c "state *closed" "$tmp/out")" = 2 ] || fail "$(cat "$tmp/out")"
json "(r['good'], r['pool']['parts'], r['pool']['bad_parts'], b['good'])" \
	"False 1 1 True"
expect 1 --prometheus "$set"
says '^rpmem_pool_bad_parts{poolset=".*a.set"} 1$'
cp "$tmp/part" "$part"
make_set "$set" "16M $part" "8M $shm/second" "REPLICA tcp://one a.set" \
	"REPLICA user@two b.set"
expect 1 "$set"
says "1 of its 2 parts are bad: .*$shm/second.*not there"
make_set "$set" "16M $part" "REPLICA tcp://one a.set" "REPLICA user@two b.set"
expect 0 --prometheus "$set"
says '^rpmem_pool_bad_parts{.*} 0$'

echo "== closed without the copy"
two degraded dirty:3 alone clean
expect 1 "$set"
says "state *behind"
says "next *rpmem sync $set brings it up to date"
says "missing *196608 bytes"
json "(b['state'], b['missing_bytes'], b['running'])" "behind 196608 False"

echo "== while programs run"
# began COMMAND... -- such a program with the second copy; sets `pid`
began() {
	rm -f "$tmp/in" "$tmp/ready"
	mkfifo "$tmp/in"
	"$HELPERS/statefiles" "$part" user@two b.set "$@" ready \
		<"$tmp/in" >"$tmp/ready" 2>"$tmp/err" &
	pid=$!
	pids+=("$pid")
	exec 9>"$tmp/in"
	wait_for "the program" grep -q ready "$tmp/ready"
}
ended() {
	exec 9>&-
	wait "$pid" || fail "$(cat "$tmp/err")"
}
began attached dirty:0
expect 0 "$set"
says "state *attached since 20"
says "running, process $pid"
# looking is in nobody's way, and a second program is
one attached clean
! two attached 2>"$tmp/err" || fail "two owners"
grep -q "process $pid .*has this copy open" "$tmp/err" ||
	fail "no word about who: $(cat "$tmp/err")"
ended
began catching part:4194304:1048576 seqs:7:9
expect 1 "$set"
says "state *catching up"
says "comparing *12582912 bytes left, about 0:12 minutes"
says "record 7 of 9, 2 behind"
json "(b['phase'], b['left_bytes'], b['eta_s'], b['lag_records'])" \
	"comparing 12582912 12 2"
ended
began catching dirty:3 settled:1024
expect 1 "$set"
says "sending *196608 bytes left, about 3:12 minutes"
json "(b['phase'], b['eta_s'], b['speed'])" "sending 192 1024"

echo "== for Prometheus"
expect 1 --prometheus "$set"
says '^rpmem_replica_state{poolset=".*a.set",target="user@two",name="b.set",state="catching up",generation=""} 1$'
says '^rpmem_replica_eta_seconds{.*target="user@two".*} 192$'
says '^rpmem_replica_good{.*target="user@two".*} 0$'
says '^rpmem_replica_good{.*target="tcp://one".*} 1$'
# each metric has its samples together, behind its type
awk '/^# TYPE/ { if ($3 in seen) exit 1; seen[$3]; now = $3; next }
	/^# HELP/ { next }
	{ sub(/{.*/, ""); if ($0 != now) exit 1 }' "$tmp/out" ||
	fail "not as the format has it: $(cat "$tmp/out")"

echo "== again and again, until ^C"
"$RPMEM" status --json --watch=0.1 "$set" 9>&- >"$tmp/watched" \
	2>"$tmp/err" &
watch=$!
pids+=("$watch")
looks() {
	[ "$(wc -l <"$tmp/watched")" -ge "$1" ]
}
wait_for "three looks" looks 3
ended
wait_for "the program's end" grep -q '"state":"interrupted"' "$tmp/watched"
kill "$watch" # a shell has ^C ignored by what it starts in the background
got=0
wait "$watch" || got=$?
[ "$got" = 1 ] || fail "a watch that is ended: $got: $(cat "$tmp/err")"
json_fits rpmem-status "$tmp/watched"
began degraded dirty:2 "said:two: it went away"
expect 1 "$set"
says "state *degraded since"
says "last error *Connection reset by peer"
says "last said *two: it went away"
json "(b['state'], b['pid'], b['errno'], b['running'])" "degraded $pid 104 True"
ended

echo "== killed"
! two attached dirty:1 die 2>/dev/null || fail "not killed"
expect 1 "$set"
says "state *interrupted"
says "ended without closing the pool"
says "196608 bytes, at most" # what was marked before is still

echo "== damaged, or made up"
json "(b['state'],)" interrupted
file=$(python3 -c "import json
print(json.load(open('$tmp/out'))['replicas'][1]['file'])")
flip_byte "$file" 40
flip_byte "$file" 8232
expect 1 "$set"
says "no valid record"
head -c 50331648 /dev/urandom >"$file"
expect 1 "$set"
says "unknown"

echo "== cannot run, or wrong usage"
expect 2
expect 2 "$set" "$set"
expect 2 --yaml "$set"
expect 2 --json --prometheus "$set"
expect 2 --watch=0 "$set"
expect 2 --watch=x "$set"
expect 3 "$tmp/none.set"
expect 3 "$part"
grep -q "no pool set file" "$tmp/err" || fail "$(cat "$tmp/err")"
make_set "$tmp/local.set" "16M $part"
expect 3 "$tmp/local.set"
grep -q "no remote replica" "$tmp/err" || fail "$(cat "$tmp/err")"
make_set "$tmp/empty.set" "16M $shm/none" "REPLICA tcp://one a.set"
expect 3 "$tmp/empty.set"
RPMEM_STATE_DIR=here expect 3 "$set"
grep -q "absolute" "$tmp/err" || fail "$(cat "$tmp/err")"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy is promoted while a session holds it: the session ends, tells its
# initiator, and none begins any more; what must not be promoted; a promotion
# that was cut short at each of its steps; dry runs; JSON.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
SIZE=4194304
STALE=14
# the silence limit is a minute: nobody waits for that here
RPMEM_TIMEOUT_MS=60000 start_rpmemd t

raw_set() {
	make_set "$tmp/t/$1.set" "OPTION NOHDRS" "4M $shm/t/$1"
	set=$1.set
}

# promote NAME [ARG...]: its exit status is in $status
promote() {
	status=0
	"$RPMEM" promote --poolset-dir "$tmp/t" "$@" >"$tmp/promoted" \
		2>"$tmp/err" || status=$?
	case " $* " in *" --json "*) json_fits rpmem-promote "$tmp/promoted" ;; esac
}

promoted() {
	promote "$@"
	[ "$status" = 0 ] || fail "promote $*: $status: $(cat "$tmp/err")"
}

refused() {
	local why=$1
	shift
	promote "$@"
	[ "$status" = 1 ] || fail "promote $*: $status: $(cat "$tmp/err")"
	grep -q -- "$why" "$tmp/err" || fail "not because of '$why': $(cat "$tmp/err")"
}

not_running() {
	! kill -0 "$1" 2>/dev/null ||
		grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null
}

ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}

# hold WORD... -- a session that stays until it has said all of $after; it is
# the only one: the one before has answered its close, but may still be there
hold() {
	ended
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	in=$tmp/in RPMEM_TIMEOUT_MS=60000 background "$tmp/held" \
		"$HELPERS/catchprog" "tcp://127.0.0.1:$port" "$set" "$SIZE" \
		"$@" stat pause "${after[@]}"
	exec 9>"$tmp/in"
	wait_for "its session" grep -q "^is " "$tmp/held"
}

# no session gets it, and why
shut() {
	client as:A:99 open
	grep -q "^open $STALE " "$tmp/out" || fail "$1: $(cat "$tmp/out")"
	grep -q "$2" "$tmp/err" || fail "$1: $(cat "$tmp/err")"
}

first_byte() {
	[ "$(head -c 1 "$shm/t/$1")" = "$2" ] || fail "the copy $1 holds something else"
}

echo "== a session ends, and says why, without being asked"
raw_set a
after=(hear)
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
hold as:A:2 open copy:0:64:B ack
session=$(pgrep -P "$rpmemd_pid")
promoted --json a.set
wait_for "the session's end" not_running "$session"
echo >&9
wait_for "the initiator's end" not_running "$prog"
grep -q "^ack 1 flags 0 status $STALE" "$tmp/held" ||
	fail "its initiator was not told: $(cat "$tmp/held")"
exec 9>&-
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
assert r["version"] == 1 and r["promoted"] and not r["already"], r
assert r["ended_pid"] == int(sys.argv[2]) and r["error"] is None, r
assert r["seq"] == 2 and r["raw"] and r["journal"] == "none", r' \
	"$tmp/promoted" "$session" || fail "its JSON"
first_byte a B
shut "it is promoted" "promoted"

echo "== twice is once"
promoted a.set
grep -q "already" "$tmp/promoted" || fail "no word: $(cat "$tmp/promoted")"
promoted --json a.set
grep -q '"already":true' "$tmp/promoted" || fail "its JSON"

echo "== and while a program has it open"
exec 7<"$shm/t/a"
flock -n 7 || fail "it is locked"
promoted a.set
grep -q "already" "$tmp/promoted" || fail "no word: $(cat "$tmp/promoted")"
exec 7<&-

echo "== in the middle of a stream: the ack is the last word"
raw_set b
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
RPMEM_TIMEOUT_MS=60000 background "$tmp/held" "$HELPERS/catchprog" \
	"tcp://127.0.0.1:$port" b.set "$SIZE" as:A:2 open flood:1000000
wait_for "its stream" grep -q "^ack 100 " "$tmp/held"
promoted b.set
cp -p "$shm/t/b" "$tmp/b.then"
wait_for "the initiator's end" not_running "$prog"
grep -q "status $STALE" "$tmp/held" || fail "it was not told: $(tail -n 2 "$tmp/held")"
last=$(grep -c "status 0" "$tmp/held")
at=$("$RPMEM" promote --poolset-dir "$tmp/t" --json b.set |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["seq"])')
# (and a record of the first session)
[ "$at" -ge "$last" ] || fail "promoted at $at, acknowledged $last"
cmp "$shm/t/b" "$tmp/b.then" || fail "it was changed behind that"

echo "== a session that is stopped: the fence stays, and it ends when it goes on"
raw_set c
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
after=()
hold as:A:2 open copy:0:64:C ack
session=$(pgrep -P "$rpmemd_pid")
kill -STOP "$session"
RPMEM_TIMEOUT_MS=300 promote c.set
[ "$status" = 1 ] || fail "promote: $status: $(cat "$tmp/err")"
grep -q "process $session .*continue or kill it" "$tmp/err" || fail "$(cat "$tmp/err")"
kill -CONT "$session"
wait_for "its end" not_running "$session"
kill_and_wait "$prog"
exec 9>&-
shut "it was to be promoted" "run rpmem promote again"
client create
grep -q "^open $STALE " "$tmp/out" || fail "created over: $(cat "$tmp/out")"
promoted c.set
first_byte c C

echo "== not one that is half of two points: its session goes on"
raw_set d
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
after=(copy:64:64:E ack equalised close)
hold as:A:2 open equalising copy:0:64:D ack
refused "made equal" d.set
refused "made equal" --dry-run d.set
echo >&9
wait_for "its end" not_running "$prog"
grep -q "^close 0" "$tmp/held" || fail "it was disturbed: $(cat "$tmp/held")"
exec 9>&-
ended

echo "== a dry run says it, and changes nothing"
sums() {
	(cd "$shm/t" && sha256sum d) && (cd "$tmp/t" && sha256sum d.set*)
}
sums >"$tmp/before"
promoted --dry-run d.set
grep -q "would be promoted" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
sums | cmp - "$tmp/before" || fail "a dry run has changed something"
after=(copy:0:64:F ack close)
hold as:A:3 open copy:0:64:E ack
promoted --dry-run d.set
grep -q "would be ended" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
promoted --dry-run --json d.set
grep -q '"promoted":false.*"dry_run":true' "$tmp/promoted" || fail "its JSON"
echo >&9
wait_for "its end" not_running "$prog"
grep -q "^close 0" "$tmp/held" || fail "it was disturbed: $(cat "$tmp/held")"
exec 9>&-
ended

echo "== one that is being caught up stands where it was"
after=(ack)
hold as:A:4 open catching copy:0:64:X ack
promoted d.set
grep -q "cut short: it stands where it was before, at record" "$tmp/promoted" ||
	fail "$(cat "$tmp/promoted")"
grep -q "was ended" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
first_byte d F
kill_and_wait "$prog"
exec 9>&-

echo "== words and exit codes"
status=0
promote none.set
[ "$status" = 3 ] || fail "a missing set: $status"
promote --json none.set
grep -q '"promoted":false.*"error":".*none.set' "$tmp/promoted" || fail "its JSON"
promote
[ "$status" = 2 ] || fail "usage: $status"
raw_set e
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
exec 7<"$shm/t/e"
flock -n 7 || fail "it is locked"
RPMEM_TIMEOUT_MS=200 refused "no session of rpmemd" e.set
exec 7<&-
words=(as:A:2 open close)
says "close 0"

echo "== of any size: nothing of it is read, its holes stay"
truncate -s 64G "$tmp/large"
make_set "$tmp/t/large.set" "OPTION NOHDRS" "64G $tmp/large"
# of its own time: others may have the processor, or the disk
TIMEFORMAT="%U %S"
{ time promoted --force --json large.set 2>&6; } 6>&2 2>"$tmp/took"
echo "64 GiB: $(cat "$tmp/took") s"
awk '{ exit !(NF == 2 && $1 + $2 < 5) }' "$tmp/took" ||
	fail "it took $(cat "$tmp/took") s"
[ "$(du -k "$tmp/large" | cut -f 1)" -lt 1024 ] || fail "its holes are gone"
rm "$tmp/large"

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

# promotions: how many are in the lineage on record
promotions() {
	"$RPMEM" lineage --json --copy "$tmp/t" "$set" >"$tmp/json"
	json_fits rpmem-lineage "$tmp/json"
	grep -o '"kind":"promoted"' "$tmp/json" | wc -l
}

echo "== cut short at each step, finished by the next call"
n=0
while :; do
	n=$((n + 1))
	raw_set "k$n"
	words=(as:A:1 create record copy:0:64:K ack equalised close)
	says "close 0"
	RPMEM_FAULTS=promote/step@$n promote "k$n.set"
	[ "$status" != 0 ] || break
	[ "$status" = 137 ] || fail "step $n: $status: $(cat "$tmp/err")"
	shut "step $n" "promoted"
	promoted "k$n.set"
	! grep -q already "$tmp/promoted" || fail "step $n: done too early"
	first_byte "k$n" K
	promoted "k$n.set"
	grep -q already "$tmp/promoted" || fail "step $n: not done"
	[ "$(promotions)" = 1 ] || fail "step $n: $(promotions) promotions"
done
[ "$n" -gt 5 ] || fail "there are only $n steps"

echo "== a fence that cannot be written, a pool that cannot be synced"
raw_set f
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
RPMEM_FAULTS=pool/state_fence=1 promote f.set
[ "$status" = 3 ] || fail "promoted without a fence: $status"
promoted f.set

# of a session that was killed: what it has stored is not on the medium yet
raw_set g
words=(as:A:1 create record copy:0:64:A ack equalised close)
says "close 0"
after=()
hold as:A:2 open copy:0:64:G ack
kill_and_wait "$(pgrep -P "$rpmemd_pid")"
kill_and_wait "$prog"
exec 9>&-
ended
RPMEM_FAULTS=pool/deep=1 promote g.set
[ "$status" = 3 ] || fail "promoted without a sync: $status"
refused "it is suspect" g.set
promoted --force g.set
first_byte g G

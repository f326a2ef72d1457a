#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The lineage of a copy at the target: on media before its ack, wherever the
# target is killed; what is told of it; damage, loss, discarding, promotion.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
SET=$tmp/t/a.set
STATE=$SET.rpmem-state

save() {
	rm -rf "${tmp:?}/$1"
	mkdir "$tmp/$1"
	cp -p "$SET"* "$shm/t/p1" "$tmp/$1"
}

restore() {
	rm -f "$SET"*
	cp -p "$tmp/$1"/a.set* "$tmp/t"
	cp -p "$tmp/$1"/p1 "$shm/t"
}

# faulty FAULTS [ARG...] -- a listener beside the clean one, for the same sets
faulty() {
	RPMEM_FAULTS=$1 start_rpmemd f --poolset-dir "$tmp/t" "${@:2}"
}

end_faulty() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
	port=$clean
}

# flip OFFSET -- a byte of the state file is not what it was
flip() {
	local was
	was=$(od -An -tu1 -j "$1" -N 1 "$STATE")
	printf '%b' "\\x$(printf %x $((was ^ 255)))" |
		dd of="$STATE" bs=1 seek="$1" conv=notrunc status=none
}

# told LINE -- what is on record, but for the id: "is 1 n 2 flags 50 last 5 of t"
told() {
	client tell
	[ "$status" = 0 ] || fail "tell: $(cat "$tmp/err")"
	sed 's/^tell 0 \(.*\) id [0-9a-f]* of/\1 of/' "$tmp/out"
}

is_told() {
	local is
	is=$(told)
	[ "$is" = "$1" ] || fail "told '$is', not '$1' ($2)"
}

id_of() {
	client tell
	sed -n 's/.* id \([0-9a-f]*\) .*/\1/p' "$tmp/out"
}

mkdir -p "$tmp/t" "$shm/t"
start_rpmemd t
clean=$port
make_set "$SET" "OPTION NOHDRS" "4M $shm/t/p1"

echo "== none yet: no record, then no lineage"
client tell
grep -q "^tell 11 " "$tmp/out" || fail "no record: $(cat "$tmp/out")"
grep -q "cannot open it" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"
words=(create tell record copy:0:4096:A ack equalised close)
says "ack 1 flags 0 status 0" "close 0"
is_told "is 0 n 0 flags 50 last 1 of t" "none yet"
id=$(id_of)
[[ $id =~ ^[0-9a-f]{16}$ && $id != 0000000000000000 ]] || fail "no id: $id"
save base

echo "== in the stream, in order: durable, told, kept"
words=(open copy:0:64:B lineage:1 copy:64:64:C ack tell lineage:2 ack tell close)
says "ack 3 flags 0 status 0" \
	"tell 0 is 1 n 1 flags 48 last 4 id $id of t" "ack 4 flags 0 status 0" \
	"tell 0 is 1 n 2 flags 48 last 5 id $id of t" "close 0"
is_told "is 1 n 2 flags 50 last 5 of t" "after the close"
words=(open tell close)
says "tell 0 is 1 n 2 flags 50 last 5 id $id of t" "close 0"
save two

echo "== while somebody else holds the copy, and of one that is nowhere"
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/held" "$HELPERS/catchprog" "tcp://127.0.0.1:$port" \
	a.set "$SIZE" open lineage:3 ack pause
exec 9>"$tmp/in"
wait_for "the ack" grep -q "^ack" "$tmp/held"
is_told "is 1 n 3 flags 50 last 6 of t" "while it is held"
client passive
[ "$status" = 4 ] || fail "it is not held"
exec 9>&-
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
for set in ../t/a.set /etc/passwd "$(printf '../%.0s' {1..20})etc/hosts" \
	a.set.rpmem-state none/a.set; do
	client tell
	! grep -q "^tell 0 " "$tmp/out" || fail "told of $set"
done
set=a.set

echo "== who may not read is told nothing"
echo "* remove" >"$tmp/access"
start_rpmemd r --poolset-dir "$tmp/t" --access-file "$tmp/access"
client tell
grep -q "^tell 12 is 0 n 0 flags 0 last 0 id 0000000000000000 of -" "$tmp/out" ||
	fail "told all the same: $(cat "$tmp/out")"
kill_and_wait "$rpmemd_pid" TERM
echo "* read" >"$tmp/access"
start_rpmemd r --poolset-dir "$tmp/t" --access-file "$tmp/access"
is_told "is 1 n 3 flags 50 last 6 of t" "with the right to read"
kill_and_wait "$rpmemd_pid" TERM
port=$clean

# refused WORD... -- the session ends, the lineage is what it was
refused() {
	client "$@" tell
	[ "$status" = 3 ] || fail "$*: not refused: $(cat "$tmp/out")"
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
	[ "$(told)" = "$want" ] || fail "$*: $(told), not $want"
}

echo "== what breaks the protocol ends the session and changes nothing"
restore two
want="is 1 n 2 flags 50 last 5 of t"
refused open foreign:3 ack
refused open junk ack
refused passive lineage:3 ack
grep -q "does not have this copy" "$tmp/t.log" || fail "no word of the foreign one"
grep -q "a lineage that cannot be read" "$tmp/t.log" || fail "no word of junk"
grep -q "passive session" "$tmp/t.log" || fail "no word of the passive one"
restore base
refused_raw=(create lineage:1 ack)
rm -f "$STATE" "$shm/t/p1"
client "${refused_raw[@]}"
[ "$status" = 3 ] || fail "a lineage before RECORD"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"

echo "== a copy that has caught up: behind the journal, too"
restore two
words=(open catching copy:0:64:D ack caught lineage:3 ack tell close)
says "ack 1 flags 2 status 0" "caught 0" "ack 2 flags 0 status 0" "close 0"
is_told "is 1 n 3 flags 50 last 7 of t" "caught up"

echo "== in a journal: it waits for the same word"
restore two
words=(open catching copy:0:64:D lineage:3 copy:64:64:E ack tell caught tell close)
says "ack 3 flags 2 status 0" "tell 0 is 1 n 2 flags 50 last 5 id $id of t" \
	"caught 0" "close 0"
# whether the journal is in the pool by now, and it is clean no more
grep -q "^tell 0 is 1 n 3 flags \(48\|50\) last 8 " "$tmp/out" ||
	fail "not told at once: $(cat "$tmp/out")"
is_told "is 1 n 3 flags 50 last 8 of t" "caught up with it"
restore two
words=(open catching lineage:3 ack close)
says "ack 1 flags 2 status 0" "close 0"
is_told "is 1 n 2 flags 50 last 5 of t" "never caught up"
words=(open lineage:4 ack tell close)
says "tell 0 is 1 n 4 flags 50 last 6 id $id of t" "close 0"

echo "== in a journal that may not grow: behind the mark"
restore two
start_rpmemd o --poolset-dir "$tmp/t" --catchup-max 10K
words=(open catching copy:0:64:D lineage:3 ack tell copy:8192:8192:E ack tell
	caught tell close)
says "ack 2 flags 2 status 0" "tell 0 is 1 n 2 flags 50 last 5 id $id of t" \
	"ack 3 flags 0 status 0" "tell 0 is 1 n 3 flags 56 last 8 id $id of t" \
	"caught 0" "tell 0 is 1 n 3 flags 48 last 8 id $id of t"
restore two
words=(open catching copy:8192:16384:E ack lineage:3 ack tell)
says "ack 1 flags 0 status 0" "tell 0 is 1 n 3 flags 56 last 7 id $id of t"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
kill_and_wait "$rpmemd_pid" TERM
port=$clean

echo "== one slot damaged: the older counts; both: lost, and unknown"
restore two
flip $((8192 + 100)) # generation 2 lies in slot 0
is_told "is 1 n 1 flags 50 last 5 of t" "the newer is damaged"
words=(open tell lineage:2 ack close)
says "tell 0 is 1 n 1 flags 50 last 5 id $id of t" "ack 1 flags 0 status 0"
is_told "is 1 n 2 flags 50 last 6 of t" "written over"
restore two
flip $((8192 + 8192 + 100))
is_told "is 1 n 2 flags 50 last 5 of t" "the older is damaged"
flip $((8192 + 100))
is_told "is 2 n 0 flags 50 last 5 of t" "both are"
words=(open stat)
says "open 0 flags 562 applied 5 size $SIZE" "stat 0 flags 562 applied 5"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
is_told "is 2 n 0 flags 562 last 5 of t" "both are, opened"
words=(open record equalising equalised stat close)
says "equalised 0" "stat 0 flags 48 applied 5" "close 0"
words=(open stat close)
says "stat 0 flags 562 applied 5" "close 0"
words=(open lineage:1 ack stat close)
says "ack 1 flags 0 status 0" "stat 0 flags 50 applied 6" "close 0"
is_told "is 1 n 1 flags 50 last 6 of t" "a new one"
restore two
truncate -s 8192 "$STATE"
is_told "is 2 n 0 flags 50 last 5 of t" "cut short"

echo "== the record deleted: unknown, until all of it was compared"
restore two
rm "$STATE"
words=(open tell record equalised stat close)
says "open 0 flags 544 applied 0 size $SIZE" "stat 0 flags 48 applied 0"
[ "$(id_of)" != "$id" ] || fail "the same id"
restore two
rm "$STATE"
words=(open record catching caught stat close)
says "caught 0" "stat 0 flags 50 applied 0" "close 0"

echo "== discarded: its lineage, its number and its primary"
restore two
words=(open discard tell copy:0:64:E ack equalised lineage:1 ack tell close)
says "discard 0" "equalised 0" "close 0"
grep -q "^tell 0 is 0 n 0 flags 56 last 0 id [0-9a-f]* of t$" "$tmp/out" ||
	fail "discarded: $(cat "$tmp/out")"
is_told "is 1 n 1 flags 50 last 7 of t" "discarded"
# its files may have been another copy's
[ "$(id_of)" != "$id" ] || fail "discarded: the same id"
restore two
words=(open record discard close)
says "discard 6" "close 0"
words=(open copy:0:64:E ack discard close)
says "discard 6" "close 0"
is_told "is 1 n 2 flags 50 last 6 of t" "too late"
words=(passive discard close)
says "discard 16" "close 0"
restore two
words=(discarding record equalising stat close)
says "record 6" "equalising 6" "stat 0 flags 50 applied 5" "close 0"
is_told "is 1 n 2 flags 50 last 5 of t" "not discarded"
client discarding copy:0:64:E ack
[ "$status" = 3 ] || fail "a change of what is not discarded yet"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

echo "== killed at every step: no ack of a lineage that is not there"
for fault in before behind after; do
	restore two
	faulty "rpmemd/die-$fault-lineage"
	client open copy:0:64:D lineage:3 copy:64:64:E ack
	[ "$status" = 3 ] || fail "$fault: not killed"
	! grep -q "^ack" "$tmp/out" || fail "$fault: acked"
	end_faulty
	n=3
	[ "$fault" != before ] || n=2
	# what was before it is there, what is behind it is not
	is_told "is 1 n $n flags 48 last 6 of t" "$fault"
	words=(open read:0 read:64 close)
	says "read status 0 D" "read status 0 C" "close 0"
	restore two
	faulty "rpmemd/die-$fault-lineage,journal/hold"
	client open catching copy:0:64:D ack caught copy:64:64:E lineage:3 ack
	[ "$status" = 3 ] || fail "$fault: not killed"
	end_faulty
	is_told "is 1 n $n flags 50 last 6 of t" "$fault, in the journal"
	words=(open read:0 read:64 tell close)
	says "open 0 flags 50 applied 7 size $SIZE" "read status 0 D" \
		"read status 0 E" "tell 0 is 1 n $n flags 50 last 7 id $id of t"
done
restore two
faulty rpmemd/die-before-ack
client open lineage:3 ack
[ "$status" = 3 ] || fail "not killed"
end_faulty
is_told "is 1 n 3 flags 50 last 6 of t" "before the ack"

echo "== killed at every step of joining: all of it and a member, or neither"
steps=0
new=0
while :; do
	steps=$((steps + 1))
	restore two
	faulty "journal/die@$steps,journal/hold"
	client open catching copy:0:64:D lineage:3 copy:64:64:E ack caught \
		copy:128:64:F ack
	ended=$status
	end_faulty
	is=$(told)
	words=(open read:0 read:64 tell close)
	says "close 0"
	then=$(sed -n 's/^read status 0 //p' "$tmp/out" | tr -d '\n')
	grep -q "^tell 0 is 1 n $(sed 's/.* n \([0-9]\).*/\1/' <<<"$is") " "$tmp/out" ||
		fail "told '$is' before it was opened: $(cat "$tmp/out")"
	case "$is $then" in
	"is 1 n 2 "*" BC") ;;
	"is 1 n 3 "*" DE") new=$((new + 1)) ;;
	*) fail "killed at step $steps: told '$is', and it has $then" ;;
	esac
	[ "$ended" = 3 ] || break
done
if [ "$steps" -lt 8 ] || [ "$new" -lt 2 ] || [ "$new" -gt $((steps - 4)) ]; then
	fail "$steps steps, $new of them joined"
fi

echo "== one that cannot be written ends the stream; the old one counts"
restore two
faulty pool/lineage_sync
words=(open lineage:3 ack copy:0:64:Z ack tell)
says "ack 0 flags 0 status 17" "ack 0 flags 0 status 17" \
	"tell 0 is 1 n 2 flags 50 last 5 id $id of t"
end_faulty
is_told "is 1 n 2 flags 50 last 5 of t" "not written"

echo "== killed while it is discarded: unknown, and discarded again"
for n in 1 2; do
	restore two
	faulty "rpmemd/die-discarding@$n"
	client discarding discard
	[ "$status" = 3 ] || fail "not killed"
	end_faulty
	is=$((2 - n))
	is_told "is $is n $((is * 2)) flags 568 last 0 of t" "died discarding, step $n"
	words=(discarding discard stat close)
	says "discard 0" "stat 0 flags 56 applied 0" "close 0"
	is_told "is 0 n 0 flags 58 last 0 of t" "discarded"
done

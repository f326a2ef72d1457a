#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy that is caught up: its old point or a whole later one, wherever the
# target is killed; what does not fit a journal; growth, removal, damage.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
SET=$tmp/t/a.set
JOURNAL=$SET.rpmem-catchup

# bytes at 0, 64, 4032, 8192, 8256 and 3 MiB: which point is it?
bytes() {
	local off
	for off in 0 64 4032 8192 8256; do
		dd if="$shm/t/p1" bs=1 skip=$off count=1 status=none
	done
	dd if="$shm/t/p2" bs=1 skip=1048576 count=1 status=none
}

points=(AAAAAA CCBBBB CCBDBB ECBDBB EFBDBB)

# the number of the point that the copy is at; fails if it is at none
point() {
	local i now
	now=$(bytes)
	for i in "${!points[@]}"; do
		[ "${points[i]}" != "$now" ] || {
			echo "$i"
			return 0
		}
	done
	fail "the copy is at no point: $now ($*)"
}

save() {
	rm -rf "${tmp:?}/$1"
	mkdir "$tmp/$1"
	cp -p "$SET"* "$shm/t/p1" "$shm/t/p2" "$tmp/$1"
}

restore() {
	rm -f "$SET"*
	cp -p "$tmp/$1"/a.set* "$tmp/t"
	cp -p "$tmp/$1"/p[12] "$shm/t"
}

promote() {
	"$RPMEM" promote --poolset-dir "$tmp/t" a.set >"$tmp/promoted" 2>"$tmp/err"
}

# the point that the copy NAME is at once it is promoted, and once it is
# opened: at least FROM, at most TO
check_point() {
	local i
	restore "$1"
	promote || fail "promote ($1): $(cat "$tmp/err")"
	i=$(point "promote of $1")
	if [ "$i" -lt "$2" ] || [ "$i" -gt "$3" ]; then
		fail "promoted at $i, not $2..$3"
	fi
	[ ! -e "$JOURNAL" ] || fail "the journal is there after a promote"
	promote || fail "a second promote"
	[ "$(point again)" = "$i" ] || fail "a second promote changed it"
	restore "$1"
	words=(passive close)
	says "close 0"
	[ "$(point "open of $1")" = "$i" ] || fail "opened elsewhere than promoted"
	[ "$(applied)" -ge "${acked:-0}" ] ||
		fail "it says it has applied $(applied), and has acked $acked"
	[ ! -e "$JOURNAL" ] || fail "the journal is there after an open"
}

# the number that the copy said it stands at when it was opened
applied() {
	sed -n 's/^open 0 .* applied \([0-9]*\) .*/\1/p' "$tmp/out"
}

# at least which point does the client know of? and at most which can it be?
# and up to which number was it told that the copy has everything for good?
known() {
	local n
	acked=$(sed -n 's/^ack \([0-9]*\) flags [01] status 0$/\1/p' "$tmp/out" |
		tail -n 1)
	from=0
	to=0
	! grep -q "^ack 5 flags 2" "$tmp/out" || to=1
	grep -q "^caught 0" "$tmp/out" || return 0
	n=$(sed '1,/^caught/d' "$tmp/out" | grep -c "^ack .* status 0" || true)
	from=$((n + 1))
	to=4
}

missed=(open catching copy:0:4096:B fill:8192:4096:B copy:3145728:4096:B
	barrier copy:0:2048:C deep:0:4096 ack)
# without a deep flush, whose ack waits until the journal is in the pool
kept=("${missed[@]:0:7}" ack)
live=(copy:8192:64:D ack copy:0:64:E ack read:0 copy:64:64:F ack)

mkdir -p "$tmp/t" "$shm/t"
start_rpmemd t
clean=$port
make_set "$SET" "OPTION NOHDRS" "2M $shm/t/p1" "2M $shm/t/p2"
words=(create record copy:0:4096:A copy:8192:4096:A copy:3145728:4096:A ack
	equalised close)
says "ack 3 flags 0 status 0" "close 0"
save base

# faulty FAULTS [ARG...] -- a listener beside the clean one, for the same sets
faulty() {
	RPMEM_FAULTS=$1 start_rpmemd f --poolset-dir "$tmp/t" "${@:2}"
}

end_faulty() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
	port=$clean
}

echo "== in one go: nothing shows before CAUGHT_UP, all of it behind"
words=(open digest:0 "${missed[@]:1}" read:0 digest:0 stat caught "${live[@]}"
	digest:0 stat close)
says "open 0 flags 50 applied 3 size $SIZE" "catching 0" "ack 6 flags 2 status 0" \
	"read status 8" "stat 0 flags 50 applied 3" "caught 0" \
	"ack 7 flags 1 status 0" "ack 8 flags 0 status 0" "read status 0 E" \
	"ack 9 flags 0 status 0" "close 0"
[ "$(point)" = 4 ] || fail "not caught up"
[ ! -e "$JOURNAL" ] || fail "the journal is left"
save new
mapfile -t digests < <(grep ^digest "$tmp/out")
[[ ${#digests[@]} = 3 && ${digests[0]} =~ ^"digest status 0 "[0-9a-f]{16}$ ]] ||
	fail "no digests: ${digests[*]}"
[ "${digests[1]}" = "${digests[0]}" ] || fail "a digest is not of the old point"
[ "${digests[2]}" != "${digests[0]}" ] || fail "a digest without the journal"

echo "== a block whose old point is equal is left out: what is live comes through"
restore base
words=(open catching copy:0:64:C copy:64:64:B digest:0 digest:4096 ack
	copy:0:64:A ack caught read:0 read:64 read:4032 close)
says "catching 0" "digest status 0 ${digests[0]##* }" "ack 2 flags 2 status 0" \
	"ack 3 flags 2 status 0" "caught 0" "read status 0 A" "read status 0 B" \
	"read status 0 A" "close 0"

echo "== wrong times, wrong sessions"
restore base
words=(open copy:0:64:X ack catching stat close)
says "catching 6" "stat 0 flags 48 applied 4" "close 0"
restore base
words=(open caught catching catching equalising equalised caught caught close)
says "caught 6" "catching 0" "catching 6" "equalising 6" "equalised 6" \
	"caught 0" "caught 6" "close 0"
words=(passive catching close)
says "catching 16" "close 0"
words=(open catching copy:0:64:B ack close)
says "ack 1 flags 2 status 0" "close 0"
promote || fail "promote after a close: $(cat "$tmp/err")"
grep -q "cut short: it stands where it was before, at record 3" "$tmp/promoted" ||
	fail "promote does not say which point: $(cat "$tmp/promoted")"
[ "$(point)" = 0 ] || fail "a close made what was missed count"

echo "== the initiator dies; the target is stopped"
restore base
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/held" "$HELPERS/catchprog" "tcp://127.0.0.1:$port" \
	a.set "$SIZE" "${missed[@]}" pause
exec 9>"$tmp/in"
wait_for "the last ack" grep -q "^ack" "$tmp/held"
kill_and_wait "$prog"
exec 9>&-
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
[ -e "$JOURNAL" ] || fail "nothing tells that catching up had begun"
save cut
check_point cut 0 0
# before any of the journal is applied
if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	restore base
	faulty journal/hold
	in=$tmp/in background "$tmp/held" "$HELPERS/catchprog" \
		"tcp://127.0.0.1:$port" a.set "$SIZE" "${kept[@]}" caught \
		copy:8192:64:D ack pause
	exec 9>"$tmp/in"
	wait_for "the last ack" grep -q "^ack 6 flags" "$tmp/held"
	kill -TERM "$rpmemd_pid"
	wait "$rpmemd_pid" || fail "exit status of the listener"
	kill_and_wait "$prog"
	exec 9>&-
	port=$clean
	[ "$(point)" = 0 ] || fail "applied too early"
	save complete
	check_point complete 2 2
fi

echo "== a copy that is no point goes directly"
restore base
words=(open equalising copy:0:64:X ack)
says "ack 1 flags 0 status 0"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
words=("${missed[@]}" read:0 stat caught stat close)
says "catching 0" "ack 6 flags 1 status 0" "read status 0 C" \
	"stat 0 flags 56 applied 10" "caught 0" "stat 0 flags 48 applied 10" "close 0"
[ "$(point)" = 1 ] || fail "not caught up"

echo "== growth is in the journal, too"
mkdir "$shm/t/d"
make_set "$tmp/t/g.set" "OPTION NOHDRS" "12M $shm/t/d"
set=g.set
words=(create record copy:0:64:A ack equalised close)
says "close 0"
words=(open catching grow:8388608 copy:6291456:64:G ack digest:0
	digest:6291456 stat caught read:6291456 digest:6291456 close)
says "ack 2 flags 2 status 0" "digest status 3" "caught 0" "read status 0 G" "close 0"
words=(open catching grow:16777216 ack caught)
says "catching 0" "ack 0 flags 0 status 3" "caught 3"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
SIZE=8388608
words=(open close)
says "close 0"
if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	faulty journal/hold
	words=(open catching grow:12582912 copy:10485760:64:H ack caught)
	says "caught 0"
	end_faulty
	[ -e "$tmp/t/g.set.rpmem-catchup" ] || fail "applied too early"
	SIZE=12582912
	words=(passive read:10485760 close)
	says "open 0 flags 50 applied 5 size $SIZE" "read status 0 H"
fi
set=a.set SIZE=4194304

echo "== a journal that may not grow: the mark first, then directly"
restore base
start_rpmemd o --poolset-dir "$tmp/t" --catchup-max 10K
over=(open catching copy:0:4096:B ack copy:8192:4096:B copy:3145728:4096:B
	copy:0:2048:C ack stat read:0)
words=("${over[@]}")
says "ack 1 flags 2 status 0" "ack 4 flags 0 status 0" "stat 0 flags 56 applied 7" \
	"read status 0 C"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
! promote || fail "half a copy was promoted"
grep -q "made equal" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"
words=("${over[@]}" copy:8192:64:D ack caught stat close)
says "ack 1 flags 0 status 0" "caught 0" "stat 0 flags 48 applied 12" "close 0"
[ "$(point)" = 2 ] || fail "not caught up"
kill_and_wait "$rpmemd_pid" TERM
restore base
start_rpmemd o --poolset-dir "$tmp/t" --catchup-max 0 --durability memory
words=("${missed[@]}" stat caught close)
says "ack 6 flags 1 status 0" \
	"stat 0 flags 56 applied 9" "caught 0" "close 0"
kill_and_wait "$rpmemd_pid" TERM
port=$clean

echo "== durability memory"
restore base
start_rpmemd m --poolset-dir "$tmp/t" --durability memory
words=("${missed[@]}" caught "${live[@]}" close)
says "ack 6 flags 2 status 0" "caught 0" "ack 9 flags 0 status 0" "close 0"
[ "$(point)" = 4 ] || fail "not caught up"
kill_and_wait "$rpmemd_pid" TERM
port=$clean

echo "== removal takes the journal; a copy that is made anew has none"
restore cut
"$RPMEMD" --remove a.set --poolset-dir "$tmp/t" >"$tmp/out" 2>&1 ||
	fail "remove: $(cat "$tmp/out")"
[ "$(find "$tmp/t" -name 'a.set*')" = "$SET" ] || fail "left: $(ls "$tmp/t")"
cp "$tmp/cut/a.set.rpmem-catchup" "$JOURNAL"
words=(create record copy:0:64:Z ack equalised close)
says "close 0"
[ ! -e "$JOURNAL" ] || fail "a new copy has an old journal"

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

echo "== killed at every step: the old point or a whole later one"
n=0
steps=0
while :; do
	n=$((n + 1))
	restore base
	faulty "journal/die@$n,journal/hold"
	client "${kept[@]}" caught "${live[@]}" close
	ended=$status
	known
	end_faulty
	save killed
	check_point killed "$from" "$to"
	[ "$ended" = 0 ] && break
	steps=$((steps + 1))
done
[ "$steps" -ge 15 ] || fail "only $steps steps"

acked=0

echo "== killed in the middle of redo: the same again"
n=0
while :; do
	n=$((n + 1))
	restore complete
	RPMEM_FAULTS=journal/die@$n promote && break
	save again
	check_point again 2 2
done
[ "$n" -ge 6 ] || fail "only $n steps of redo"

echo "== killed in an overflow: the old point, or marked"
n=0
while :; do
	n=$((n + 1))
	restore base
	faulty "journal/die@$n" --catchup-max 10K
	client "${over[@]}" caught close
	end_faulty
	[ "$status" != 0 ] || break
	if promote; then
		[ "$(point)" = 0 ] || fail "no mark"
	else
		grep -q "made equal" "$tmp/err" || fail "$(cat "$tmp/err")"
	fi
done
[ "$n" -ge 5 ] || fail "only $n steps of an overflow"

echo "== what cannot be synced counts all the same, or is marked"
restore base
faulty journal/sync@1
words=("${missed[@]}" caught stat close)
says "caught 0" "stat 0 flags 48 applied 9" "close 0"
[ "$(point)" = 1 ] || fail "not caught up"
end_faulty

echo "== live records do not wait for the journal; deep acks and reads do"
restore base
faulty journal/hold
words=("${missed[@]}" caught copy:8192:64:D ack stat close)
says "caught 0" "ack 7 flags 1 status 0" "stat 0 flags 48 applied 10" "close 0"
restore base
words=("${kept[@]}" caught copy:8192:64:D ack copy:0:64:E ack stat
	deep:0:64 ack stat close)
says "caught 0" "ack 6 flags 0 status 0" "ack 7 flags 0 status 0" \
	"stat 0 flags 50 applied 3" "ack 8 flags 1 status 0" \
	"stat 0 flags 48 applied 11" "close 0"
end_faulty

echo "== a removal keeps the whole copy: the journal is in what is set aside"
restore complete
settled() {
	RPMEM_TIMEOUT_MS=200 "$RPMEMD" --remove a.set --force \
		--poolset-dir "$tmp/t" </dev/null >"$tmp/out" 2>&1
}
wait_for "the removal" settled
[ ! -e "$JOURNAL" ] || fail "the journal is left"
[ -e "$SET.rpmem-old" ] || fail "nothing was kept: $(cat "$tmp/out")"
for part in p1 p2; do
	mv "$shm/t/$part.rpmem-old" "$shm/t/$part"
done
[ "$(point)" -ge 2 ] || fail "what was kept is not whole"
rm -f "$SET.rpmem-old"*

echo "== damage is no point"
restore complete
flip_byte "$JOURNAL" 4200
words=(open stat)
says "open 0 flags 56 applied 3 size $SIZE"
wait_for "the sessions' end" no_sessions "$rpmemd_pid"
! promote || fail "a damaged copy was promoted"

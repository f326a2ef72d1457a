#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem promote --old: the copy that a removal has set aside comes back, and
# what is there takes its place; also when it is killed at each of its steps.
# And what was promoted goes with no other copy's coming or going.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
SIZE=8388608 # two parts of 4M
start_rpmemd t

# promote ARG...: its exit status is in $status
promote() {
	status=0
	"$RPMEM" promote --poolset-dir "$tmp/t" "$@" >"$tmp/promoted" \
		2>"$tmp/err" || status=$?
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

ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}

remove() {
	"$RPMEMD" --poolset-dir "$tmp/t" --remove "$@"
}

# copy_of NAME CHAR [WORD...] -- a copy with that in both parts; then words
copy_of() {
	set=$1.set
	local char=$2
	shift 2
	words=(as:A:1 create record "copy:0:64:$char" "copy:4194304:64:$char"
		ack "$@")
	says "ack 2 flags 0 status 0"
	ended
}

# former NAME -- O was set aside, nothing is there
former() {
	make_set "$tmp/t/$1.set" "OPTION NOHDRS" "4M $shm/t/$1.1" "4M $shm/t/$1.2"
	copy_of "$1" O equalised close
	remove "$1.set" --force
	[ -e "$tmp/t/$1.set.rpmem-old" ] || fail "it was not set aside"
}

# letter FILE: what it is of; nothing: it is not there
letter() {
	[ ! -e "$shm/t/$1" ] || head -c 1 "$shm/t/$1"
}

# holds FILE CHAR
holds() {
	[ "$(letter "$1")" = "$2" ] || fail "$1 is not of $2"
}

# back NAME -- O is NAME, N is NAME.rpmem-old
back() {
	holds "$1.1" O
	holds "$1.2" O
	holds "$1.1.rpmem-old" N
	holds "$1.2.rpmem-old" N
	[ ! -e "$tmp/t/$1.set.rpmem-swap" ] || fail "the list is there"
	set=$1.set.rpmem-old
	client open
	grep -q "^open 0 " "$tmp/out" || fail "what was there is lost: $(cat "$tmp/err")"
	ended
	set=$1.set
	client as:A:9 open
	grep -q "^open 14 " "$tmp/out" || fail "not promoted: $(cat "$tmp/out")"
	promoted --old "$1.set"
	grep -q already "$tmp/promoted" || fail "it was swapped once more"
	holds "$1.1" O
}

echo "== it takes the place of one that was never finished"
former a
copy_of a N
promoted --old --dry-run a.set
grep -q "'a.set.rpmem-old' would be 'a.set' again" "$tmp/promoted" ||
	fail "$(cat "$tmp/promoted")"
holds a.1 N
holds a.1.rpmem-old O
promoted --old a.set
grep -q "what was 'a.set' is 'a.set.rpmem-old'" "$tmp/promoted" ||
	fail "what becomes of the other one? $(cat "$tmp/promoted")"
back a

echo "== not the place of one that is good, unless that is wanted"
former b
copy_of b N
# what the next one that is consistent would remove stays for this test
mkdir "$tmp/keep"
cp -a "$shm"/t/b.*.rpmem-old "$tmp/keep"
cp -a "$tmp"/t/b.set.rpmem-old* "$tmp/keep"
words=(as:A:2 open record equalised close)
says "close 0"
ended
[ ! -e "$tmp/t/b.set.rpmem-old" ] || fail "the former copy is still there"
mv "$tmp"/keep/b.[12].rpmem-old "$shm/t"
mv "$tmp"/keep/b.set.rpmem-old* "$tmp/t"
refused "is consistent, and may be newer" --old b.set
holds b.1 N
promoted --old --force --json b.set
grep -q '"old":true,"set_aside":true' "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
back b

echo "== nothing is there, not even the set file"
former c
promoted --old c.set
holds c.1 O
[ ! -e "$tmp/t/c.set.rpmem-old" ] || fail "a set file of nothing"
former d
rm "$tmp/t/d.set"
promoted --old d.set
holds d.2 O
grep -q "4M $shm/t/d.2\$" "$tmp/t/d.set" || fail "$(cat "$tmp/t/d.set")"

echo "== there is none"
promote --old none.set
[ "$status" = 3 ] || fail "no former copy: $status"
grep -q "has no former copy" "$tmp/err" || fail "$(cat "$tmp/err")"

echo "== other parts by now"
former e
make_set "$tmp/t/e.set" "OPTION NOHDRS" "4M $shm/t/e.1" "4M $shm/t/other"
promote --old e.set
[ "$status" = 3 ] || fail "other parts: $status"
grep -q "rpmem promote 'e.set.rpmem-old'" "$tmp/err" || fail "$(cat "$tmp/err")"
promoted e.set.rpmem-old

echo "== one that was promoted where it is stays when the next copy is good"
make_set "$tmp/t/e.set" "OPTION NOHDRS" "4M $shm/t/e.1" "4M $shm/t/e.2"
copy_of e N equalised close
holds e.1.rpmem-old O
remove e.set --force 2>"$tmp/err" && fail "a promoted pool was dropped"
holds e.1.rpmem-old O
holds e.1 N

echo "== and no tool removes by itself what was promoted"
remove c.set --force 2>"$tmp/err" && fail "a promoted pool was removed"
grep -q "was promoted" "$tmp/err" || fail "$(cat "$tmp/err")"
holds c.1 O

echo "== while a session has what is there"
former f
set=f.set
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/held" "$HELPERS/catchprog" "tcp://127.0.0.1:$port" \
	f.set "$SIZE" as:A:1 create record copy:0:64:N ack stat pause
exec 9>"$tmp/in"
wait_for "its session" grep -q "^is " "$tmp/held"
refused "locked" --old f.set
holds f.1 N
kill_and_wait "$prog"
exec 9>&-
ended

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

echo "== killed at each step, with something there and with nothing"
for there in yes no; do
	n=0
	mixed=0
	while :; do
		n=$((n + 1))
		former "k$there$n"
		name=k$there$n.set
		[ "$there" = no ] || copy_of "k$there$n" N
		RPMEM_FAULTS=promote/step@$n promote --old "$name"
		[ "$status" != 0 ] || break
		[ "$status" = 137 ] || fail "step $n: $status: $(cat "$tmp/err")"
		# half of two copies is nobody's
		if [ "$(letter "k$there$n.1")" != "$(letter "k$there$n.2")" ]; then
			mixed=$((mixed + 1))
			for set in "$name" "$name.rpmem-old"; do
				client as:A:9 open
				! grep -q "^open 0 " "$tmp/out" ||
					fail "step $n: opened half-way"
			done
			ended
		fi
		# once it has begun, any call finishes it
		if [ $((n % 2)) = 0 ] && "$RPMEM" promote --dry-run --poolset-dir \
			"$tmp/t" "$name" 2>&1 | grep -q "changing places"; then
			promoted "$name"
		else
			promoted --old "$name"
		fi
		if [ "$there" = yes ]; then
			back "k$there$n"
		else
			holds "k$there$n.1" O
			[ ! -e "$tmp/t/$name.rpmem-old" ] || fail "step $n: a rest"
		fi
	done
	[ "$n" -gt 8 ] || fail "there are only $n steps"
	[ "$mixed" -gt 0 ] || fail "it was never half of two"
done

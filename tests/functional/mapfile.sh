#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Copies of files that a program maps with pmem_map_file itself: RPMEM_MAP.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1
len=3000001 # no whole pages
start_rpmemd t
first_pid=$rpmemd_pid
first=tcp://127.0.0.1:$port
start_rpmemd u
second_pid=$rpmemd_pid
second=tcp://127.0.0.1:$port
for name in a b c d; do
	make_set "$tmp/t/$name.set" "OPTION NOHDRS" "4M $shm/t/$name"
	make_set "$tmp/u/$name.set" "OPTION NOHDRS" "2M $shm/u/$name.1" \
		"2M $shm/u/$name.2"
done
make_set "$tmp/t/small.set" "OPTION NOHDRS" "2M $shm/t/small"
make_set "$tmp/t/headers.set" "4M $shm/t/headers"
mkdir "$shm/m"
cd "$shm/m"

mapprog=$HELPERS/mapprog
mapped() { # mapped ENTRY PROGARG...
	stock "$RPMEM" run --map "$1" -- "$mapprog" "${@:2}"
}
ended() {
	wait_for "the sessions' end" no_sessions "$first_pid"
	wait_for "the sessions' end" no_sessions "$second_pid"
}
same() { # same FILE COPY: over the whole length
	ended
	cmp -n "$(stat -c %s "$1")" "$1" "$2" || fail "$1 and $2 differ"
}
# refused WORD ENTRY PROGARG...: it fails, says the word, changes no copy
refused() {
	local word=$1 sums
	ended
	sums=$(find "$shm/t" "$shm/u" -type f -exec cksum {} + | sort)
	shift
	if mapped "$@" >"$tmp/out" 2>&1; then
		fail "not refused: $*"
	fi
	grep -q -- "$word" "$tmp/out" || fail "no word of $word: $(cat "$tmp/out")"
	ended
	[ "$sums" = "$(find "$shm/t" "$shm/u" -type f -exec cksum {} + | sort)" ] ||
		fail "a copy was changed: $*"
}
closed_well() {
	grep -c "reason: closed by the initiator" "$tmp/t.log"
}

# on pmem, and where it takes msync
for PMEM_IS_PMEM_FORCE in 0 1; do
	export PMEM_IS_PMEM_FORCE
	rm -rf "$shm/m"/* "$shm/t"/* "$tmp/t"/*-state
	a=a=$first/a.set
	before=$(closed_well || true)
	mapped "$a" make unmap 3 $len a >/dev/null
	same a "$shm/t/a"
	[ "$(closed_well)" = $((before + 1)) ] || fail "pmem_unmap does not close"
	grep -q "^identity " a.rpmem-id || fail "no identity"
	# other names of it; and an end by munmap
	ln -s "$shm/m/a" alias
	mapped "$shm/m/../m/alias=$first/a.set" open munmap 3 0 ./a >/dev/null
	same a "$shm/t/a"
	[ "$(closed_well)" = $((before + 2)) ] || fail "munmap does not close"
	mapped "$a" keep unmap 3 $len alias >/dev/null
	same a "$shm/t/a"
	# a part of it
	mapped "$a" open half 3 0 a 2>"$tmp/err" >/dev/null
	grep -q "not replicated any more" "$tmp/err" || fail "half unmapped"
	ended
	cmp -s -n $len a "$shm/t/a" && fail "the rest is still replicated"
	# without an end, and killed
	mapped "$a" open exit 3 0 a >/dev/null
	ended
	cmp -s -n $len a "$shm/t/a" && fail "what is not flushed travels?"
	background "$tmp/said" stock_exec "$RPMEM" run --map "$a" -- "$mapprog" \
		open unmap 0 0 a
	wait_for "rounds" grep -q . "$tmp/said"
	kill_and_wait "$prog"
	ended
	there=$(od -A n -t u8 -N 8 "$shm/t/a")
	[ "$there" -ge "$(tail -n 1 "$tmp/said")" ] || fail "behind a promise"
	mapped "$a" open unmap 1 0 a >/dev/null
	same a "$shm/t/a"

	# one wait for each
	for n in 10 20; do
		rm -f "$tmp/stats"
		RPMEM_STATS=$tmp/stats mapped "$a" open unmap $n 0 a >/dev/null
		eval "w$n=$(sed 's/.*"waits": *\([0-9]*\).*/\1/' "$tmp/stats")"
	done
	# shellcheck disable=SC2154
	[ $((w20 - w10)) = 20 ] || fail "$((w20 - w10)) waits in 20 calls"
done

# two files, one of them with two copies; by the variable, and several options
export RPMEM_MAP="b=$first/b.set;c=$first/c.set;$shm/m/c=$second/c.set"
stock "$RPMEM" run -- "$mapprog" make unmap 5 $len b c >/dev/null
unset RPMEM_MAP
both() {
	cat "$shm/u/c.1" "$shm/u/c.2" >"$tmp/c"
	same b "$shm/t/b"
	same c "$shm/t/c"
	same c "$tmp/c"
}
ended && both
stock "$RPMEM" run --map "b=$first/b.set" --map "c=$first/c.set" \
	--map "c=$second/c.set" -- "$mapprog" open unmap 5 0 c b >/dev/null
ended && both
# longer, shorter, longer
b=b=$first/b.set
for n in 3500000 1000000 3900000; do
	mapped "$b" keep unmap 1 $n b >/dev/null
	same b "$shm/t/b"
done
# what is not named is left alone
mapped "$b" make unmap 1 $len other >/dev/null
[ ! -e other.rpmem-id ] || fail "another file got an identity"

# the copy of another file, too small, with headers, not there, nobody there
refused "made anew" "c=$first/b.set" open unmap 1 0 c
refused "2097152 bytes" "d=$first/small.set" make unmap 1 $len d
refused "NOHDRS" "d=$first/headers.set" make unmap 1 $len d
refused "127.0.0.1:1" "d=tcp://127.0.0.1:1/d.set" make unmap 1 $len d
[ "$(echo d*)" = "d*" ] || fail "left behind: $(echo d*)"
d=d=$first/d.set
truncate -s $len d
refused "--make-copies" "$d" open unmap 1 0 d
[ ! -e d.rpmem-id ] || fail "an identity without a copy"
refused "--make-copies" "$d" keep unmap 1 $len d
stock "$RPMEM" run --make-copies --map "$d" -- "$mapprog" open unmap 1 0 d \
	>/dev/null
same d "$shm/t/d"

# made anew: the copy of the former file stays, and brings it back
mv d former
refused "bring the file back" "$d" make unmap 1 $len d
refused "bring the file back" "$d" keep unmap 1 $len d
[ "$(echo d*)" = "d*" ] || fail "left behind: $(echo d*)"
head -c $len "$shm/t/d" >d
cmp d former || fail "brought back"
mapped "$d" open unmap 1 0 d >/dev/null
same d "$shm/t/d"

# another file under the name, although the identity is still there; one whose
# identity is no such thing; the same bytes are taken for the same file
cp d good
printf 'X' | dd of=good bs=1 seek=5000 conv=notrunc status=none
mv good d
refused "had this name before" "$d" open unmap 1 0 d
echo garbage >d.rpmem-id
refused "holds no identity" "$d" open unmap 1 0 d
rm d.rpmem-id
refused "there is no" "$d" keep unmap 1 $len d
head -c $len "$shm/t/d" >d
mapped "$d" open unmap 1 0 d >/dev/null
same d "$shm/t/d"

# a copy that is lost while the program runs, then found behind
background "$tmp/said" stock_exec "$RPMEM" run --map "$b" -- "$mapprog" \
	open unmap 0 0 b 2>"$tmp/err"
wait_for "rounds" grep -q . "$tmp/said"
kill_sessions "$first_pid"
wait_for "a word about the loss" grep -q "is lost" "$tmp/err"
lines=$(wc -l <"$tmp/said")
more() {
	[ "$(wc -l <"$tmp/said")" -gt $((lines + 100)) ]
}
wait_for "more rounds" more
kill_and_wait "$prog"
mapped "$b" open unmap 1 0 b >/dev/null
same b "$shm/t/b"

# killed while the copy is made, and carried on
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	rm "$shm/t/d" "$tmp/t/d.set.rpmem-state" d d.rpmem-id
	for at in before-record equalising; do
		case $at in
		before-record) RPMEM_FAULTS=librpmem/die-$at mapped "$d" \
			make unmap 1 $len d 2>/dev/null && fail "not killed" ;;
		equalising) RPMEM_FAULTS=librpmem/die-$at mapped "$d" \
			open unmap 1 0 d 2>/dev/null && fail "not killed" ;;
		esac
		ended
		mapped "$d" keep unmap 1 $len d >/dev/null || fail "$at"
		same d "$shm/t/d"
		printf %s "$at" | dd of=d bs=1 seek=9000 conv=notrunc status=none
	done
fi

# what RPMEM_MAP must not be; also for files that are not in it
for bad in b "=$first/b.set" "b=" "b=$first" "b=$first/" "b=/b.set" \
	"b=tcp:///b.set" "b=$first//b.set" "b=$first/b.set;" ";b=$first/b.set" \
	"b=$first/b=set" "b=$first/b.set;c=$first/b.set"; do
	refused "RPMEM_MAP" "$bad" open unmap 1 0 other
done
refused "target 'x y://" "b=x y://a/b.set" open unmap 1 0 b
refused "a file with a name" "$shm/m=$first/b.set" tmp unmap 1 $len "$shm/m"
refused "No such file" "$shm/m/none=$first/b.set" open unmap 1 0 none

# promoted: the parts are the file, and the old primary is refused
"$RPMEM" promote --poolset-dir "$tmp/t" d.set >"$tmp/out" || fail "promote"
refused "was promoted" "$d" open unmap 1 0 d
rm d.rpmem-id
refused "was promoted" "$d" open unmap 1 0 d
"$mapprog" open unmap 3 0 "$shm/t/d" >/dev/null || fail "the promoted file"
refused "was promoted" "$d" open unmap 1 0 d

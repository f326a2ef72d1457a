#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A copy is not opened by mistake: stock programs and tools, before and after it
# is promoted.  What was changed in it behind our back is found when it is
# attached.  Another machine's shutdown state goes.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1
start_rpmemd t
mkdir -p "$shm/a"

ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}

ordered() {
	stock "$RPMEM" run -- "$@"
}

promoted() {
	"$RPMEM" promote --poolset-dir "$tmp/t" "$@" >"$tmp/out" 2>"$tmp/err" ||
		fail "promote $*: $(cat "$tmp/err")"
}

# program of the kind: check, and what must not be lost
check() {
	case $kind in
	obj) "$HELPERS/txprog" check "$1" "$tmp/obj.said" ;;
	*) "$HELPERS/logblk" "$kind" check "$1" 7 ;;
	esac
}

# fresh KIND [PROGRAM...] -- a pool of that kind and its copy; PROGRAM runs it
fresh() {
	kind=$1
	shift
	rm -f "$shm/a/$kind" "$shm/a/local.$kind" "$tmp/t/$kind.set"*
	copy=$shm/a/$kind
	alone=$tmp/t/$kind.set
	make_set "$alone" "20M $copy"
	make_set "$tmp/$kind.set" "20M $shm/a/local.$kind" \
		"REPLICA tcp://127.0.0.1:$port $kind.set"
	case $kind in
	obj)
		"$@" pmempool create obj --layout txprog "$tmp/obj.set"
		"$@" "$HELPERS/txprog" run "$tmp/obj.set" 2 20 >"$tmp/obj.said"
		;;
	*)
		"$@" "$HELPERS/logblk" "$kind" create "$tmp/$kind.set" 0
		"$@" "$HELPERS/logblk" "$kind" add "$tmp/$kind.set" 7
		;;
	esac
	ended
}

# tried WANT COMMAND... -- its exit status is WANT (-: any), and not a byte of
# the copy is another one
tried() {
	local want=$1 status=0
	shift
	"$@" >"$tmp/out" 2>&1 </dev/null || status=$?
	[ "$want" = - ] || [ "$status" = "$want" ] ||
		fail "$*: $status: $(tail -n 2 "$tmp/out")"
	cmp "$copy" "$tmp/saved" || fail "$* has changed the copy"
}

make_set "$tmp/parts.set" "12M $shm/a/t1" "12M $shm/a/t2"
for kind in obj log blk; do
	echo "== $kind: stock tools and programs on a copy"
	fresh "$kind" ordered
	make_set "$tmp/mirror.set" "20M $copy" "REPLICA" "20M $shm/a/mirror"
	cp -p "$copy" "$tmp/saved"
	for name in "$alone" "$copy"; do
		tried 1 check "$name"
		grep -q "wrong replica UUID" "$tmp/out" || fail "$(cat "$tmp/out")"
		# they look, and repair nothing; what pmempool says of a set with
		# a copy in it is that it cannot be opened
		tried - pmempool check "$name"
		tried - pmempool check -r -a -y "$name"
		tried - pmempool info "$name"
		tried 1 pmempool dump "$name"
		tried 1 pmempool sync "$name"
		tried 0 pmempool feature --query SHUTDOWN_STATE "$name"
	done
	case $kind in
	obj) tried 1 "$HELPERS/txprog" run "$alone" 1 1 ;;
	*) tried 1 "$HELPERS/logblk" "$kind" add "$copy" 1 ;;
	esac
	tried 1 pmempool transform "$alone" "$tmp/parts.set"
	tried - pmempool sync "$tmp/mirror.set"
	rm -f "$shm/a/mirror" "$shm/a"/t[12]

	echo "== $kind: and on a promoted one"
	promoted "$kind.set"
	check "$alone" || fail "the promoted pool"
	check "$copy" || fail "the promoted pool, by its part"
	pmempool check "$alone" >/dev/null || fail "pmempool check"
	pmempool info "$alone" >"$tmp/out" || fail "pmempool info: $(cat "$tmp/out")"
	[ "$kind" = obj ] || pmempool dump "$alone" >/dev/null || fail "pmempool dump"
	if [ "$kind" = obj ]; then
		make_set "$tmp/mirror.set" "20M $copy" "REPLICA" \
			"20M $shm/a/mirror"
		pmempool transform "$alone" "$tmp/mirror.set" || fail "transform"
		check "$tmp/mirror.set" || fail "the pool with a mirror"
		rm "$shm/a/mirror"
	fi
done

# edited HOW WANT COMMAND... -- edited by it while nobody has it open, then
# opened with its program: WANT is in what is said, or it is "ok" and all is
# well
edited() {
	local how=$1 want=$2 status=0
	shift 2
	fresh obj "$how"
	"$@" >/dev/null
	cp -p "$copy" "$tmp/edited"
	"$how" "$HELPERS/txprog" check "$tmp/obj.set" "$tmp/obj.said" \
		>"$tmp/out" 2>&1 || status=$?
	ended
	if [ "$want" != ok ]; then
		[ "$status" = 1 ] || fail "$*: $status: $(cat "$tmp/out")"
		grep -q "$want" "$tmp/out" || fail "$*: $(cat "$tmp/out")"
		cmp "$copy" "$tmp/edited" || fail "$*: it was changed"
		return
	fi
	[ "$status" = 0 ] || fail "$*: $status: $(cat "$tmp/out")"
	promoted obj.set
	check "$alone" || fail "$*: what was promoted"
}

# repaired HOW OFFSET
repaired() {
	edited "$1" ok flip_byte "$shm/a/obj" "$2"
	cmp -i "$2" -n 1 "$tmp/edited" "$shm/a/obj" >/dev/null &&
		fail "byte $2 was not found"
	return 0
}

for how in ordered stock; do
	echo "== changed behind our back, $how: the header"
	edited "$how" "header is damaged" flip_byte "$shm/a/obj" 41
	edited "$how" "not a copy of this pool" "$HELPERS/hdredit" "$shm/a/obj" poolset
	edited "$how" "a pool of its own" "$HELPERS/hdredit" "$shm/a/obj" alone
	# a feature that is switched on or off concerns one machine only
	edited "$how" ok pmempool feature --enable SHUTDOWN_STATE "$shm/a/obj"
	edited "$how" ok pmempool feature --enable CHECK_BAD_BLOCKS "$shm/a/obj"
	edited "$how" ok pmempool feature --disable CKSUM_2K "$shm/a/obj"
	echo "== changed behind our back, $how: descriptor, lanes"
	repaired "$how" 4100  # the layout's name
	repaired "$how" 6000  # ... and behind it
	repaired "$how" 12400 # a lane
	repaired "$how" 3000000
done

echo "== another machine's shutdown state"
fresh obj ordered
cp -p "$copy" "$shm/a/foreign"
"$HELPERS/hdredit" "$shm/a/foreign" alone
"$HELPERS/txprog" nop "$shm/a/foreign" || fail "not even without it"
"$HELPERS/hdredit" "$shm/a/foreign" sds
"$HELPERS/txprog" nop "$shm/a/foreign" 2>"$tmp/err" && fail "it does not matter"
rm "$shm/a/foreign"
"$HELPERS/hdredit" "$copy" sds
promoted obj.set
check "$alone" || fail "with another machine's shutdown state"
# in each header
make_set "$tmp/t/two.set" "10M $shm/a/one" "12M $shm/a/two"
make_set "$tmp/two.set" "20M $shm/a/local.two" \
	"REPLICA tcp://127.0.0.1:$port two.set"
ordered pmempool create obj --layout txprog "$tmp/two.set"
ordered "$HELPERS/txprog" run "$tmp/two.set" 2 20 >"$tmp/obj.said"
ended
"$HELPERS/hdredit" "$shm/a/one" sds
"$HELPERS/hdredit" "$shm/a/two" sds
promoted two.set
kind=obj
check "$tmp/t/two.set" || fail "with it in two headers"

echo "== other parts than were promoted: their record is not these parts'"
fresh obj ordered
cp -p "$copy" "$tmp/saved"
promoted obj.set
check "$alone" || fail "the promoted pool"
cp "$tmp/saved" "$copy"
"$RPMEM" promote --poolset-dir "$tmp/t" obj.set >"$tmp/out" 2>"$tmp/err" &&
	fail "promoted already? $(cat "$tmp/out")"
grep -q "no record" "$tmp/err" || fail "$(cat "$tmp/err")"
promoted --force obj.set
check "$alone" || fail "with other parts"

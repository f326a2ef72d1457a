#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Programs under `rpmem run`, one kind of work after the other; a recorder at
# the target keeps the stream.  Then the copy as it was at any point of it,
# opened by stock libpmemobj.  IMAGES=N: so many in all; SEED=N repeats a run.
# shellcheck source=../functional/functions.sh
. "$(dirname "$0")/../functional/functions.sh"
[ "$RPMEM_FAULT_POINTS" = ON ] || skip "there is no recorder in this build"
export RPMEM_LOG_LEVEL=1 PMEM_IS_PMEM_FORCE=1
CRASH=$RPMEM_BUILD_DIR/tests/crash
seed=${SEED:-$RANDOM}
images=${IMAGES:-1400}
[ -z "$RPMEM_SANITIZE" ] || images=${IMAGES:-140}
scale=$((images / 3000 + 1)) # more images need more work to take them from
echo "SEED=$seed IMAGES=$images"

# pool KIND: a fresh pool, its copy, and what a session of work sent
pool() {
	rm -rf "${shm:?}/a" "$tmp/t" "$tmp/record"
	mkdir -p "$shm/a" "$tmp/t"
	RPMEM_RECORD=$tmp/record start_rpmemd t
	make_set "$tmp/t/a.set" "9M $shm/a/copy"
	make_set "$tmp/a.set" "9M $shm/a/local" \
		"REPLICA tcp://127.0.0.1:$port a.set"
	stock "$RPMEM" run -- pmempool create obj --layout txprog "$tmp/a.set"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp -p "$shm/a/copy" "$shm/a/base"
	cp -p "$shm/a/copy" "$shm/a/image"
	: >"$tmp/record"
}

work() {
	case $1 in
	tx) stock "$RPMEM" run -- "$HELPERS/txprog" run "$tmp/a.set" 4 $((25 * scale)) ;;
	*) stock "$RPMEM" run -- "$CRASH/crashprog" run "$tmp/a.set" "$1" "$2" ;;
	esac >/dev/null
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	kill_and_wait "$rpmemd_pid" TERM
}

# private mappings: recovery does not change the image
look() {
	local n=$1
	shift
	PMEMOBJ_CONF="copy_on_write.at_open=1;$PMEMOBJ_CONF" "$CRASH/images" \
		"$shm/a/base" "$tmp/record" "$shm/a/image" 0 "$n" "$seed" "$@"
}

one() {
	local kind=$1 rounds=$2 n=$3
	pool
	work "$kind" "$rounds"
	case $kind in
	tx) look "$n" "$HELPERS/txprog" check "$shm/a/image" ;;
	*) look "$n" "$CRASH/crashprog" check "$shm/a/image" "$kind" ;;
	esac
}

# a pool that grows: its image is one part, as large as the pool becomes
grow() {
	rm -rf "${shm:?}/a" "$shm/b" "$tmp/t" "$tmp/record"
	mkdir -p "$shm/a" "$shm/b" "$tmp/t"
	RPMEM_RECORD=$tmp/record start_rpmemd t
	make_set "$tmp/t/a.set" "OPTION SINGLEHDR" "40M $shm/b"
	make_set "$tmp/a.set" "OPTION SINGLEHDR" "40M $shm/a" \
		"REPLICA tcp://127.0.0.1:$port a.set"
	make_set "$tmp/image.set" "OPTION SINGLEHDR" "40M $shm/a/image"
	stock "$RPMEM" run -- "$CRASH/crashprog" create "$tmp/a.set" grow
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp -p "$shm/b/000000.pmem" "$shm/a/base"
	truncate -s 40M "$shm/a/image"
	: >"$tmp/record"
	PMEMOBJ_CONF="$PMEMOBJ_CONF;heap.size.granularity=8388608" work grow 24
	[ -e "$shm/b/000003.pmem" ] || fail "the pool did not grow"
	look "$1" "$CRASH/crashprog" check "$tmp/image.set" grow
}

echo "== grow"
grow $((images / 8)) || fail "grow: a bad image (SEED=$seed)"

for kind in tx:0 list:12 atomic:25 abort:25 overflow:6 publish:25 words:100; do
	echo "== ${kind%:*}"
	one "${kind%:*}" $((${kind#*:} * scale)) $((images / 8)) ||
		fail "${kind%:*}: a bad image (SEED=$seed)"
done

[ -z "$RPMEM_SANITIZE" ] || exit 0
# without barriers some image must be bad, or nothing is proved
RPMEM_FAULTS=librpmem/no-barrier
export RPMEM_FAULTS
if one tx 0 400 2>"$tmp/err"; then
	fail "the mutant without barriers was not found (SEED=$seed)"
fi
echo "mutant librpmem/no-barrier found: $(grep images: "$tmp/err")"
# and without whole lines
RPMEM_FAULTS=librpmem/exact-ranges
if one words 100 400 2>"$tmp/err"; then
	fail "the mutant with exact ranges was not found (SEED=$seed)"
fi
echo "mutant librpmem/exact-ranges found: $(grep images: "$tmp/err")"

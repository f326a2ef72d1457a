#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Pools of directories under `rpmem run`, which grow on both sides.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export PMEM_IS_PMEM_FORCE=1 RPMEM_LOG_LEVEL=1
export PMEMOBJ_CONF="$PMEMOBJ_CONF;heap.size.granularity=8388608"
PROG=$RPMEM_BUILD_DIR/tests/crash/crashprog

run() {
	stock "$RPMEM" run ${options:+$options} -- "$PROG" "$@"
}

sets() {
	rm -rf "${shm:?}"/[abcd]
	mkdir -p "$shm/a" "$shm/b" "$shm/c" "$shm/d"
	make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
		"REPLICA tcp://127.0.0.1:$port t.set"
	make_set "$tmp/t/t.set" "OPTION SINGLEHDR" "$1" ${2:+"$2"}
	rm -f "$tmp/t/t.set.rpmem-state"
}


# the parts in directories, in the order of their numbers
parts() {
	find "$@" -name '*.pmem' -printf '%f %p\n' | sort | cut -d' ' -f2
}


promoted() {
	"$RPMEM" promote --poolset-dir "$tmp/t" t.set >/dev/null
	pmempool check "$tmp/t/t.set" >/dev/null || fail "pmempool check of the copy"
	AT_LEAST=$1 "$PROG" check "$tmp/t/t.set" grow ||
		fail "the promoted copy is wrong"
}

start_rpmemd t

echo "== one directory grows into one"
sets "100M $shm/b"
run create "$tmp/a.set" grow
[ "$(parts "$shm/b" | wc -l)" = 1 ] || fail "the copy did not begin with a part"
run run "$tmp/a.set" grow 60 >/dev/null
[ "$(parts "$shm/a" | wc -l)" -ge 8 ] || fail "the pool did not grow"
run check "$tmp/a.set" grow
stock "$RPMEM" run -- pmempool check "$tmp/a.set" >/dev/null
promoted 60
run check "$tmp/a.set" grow 2>"$tmp/err" && fail "a promoted copy was taken back"
grep -q "promoted" "$tmp/err" || fail "no word on the promotion: $(cat "$tmp/err")"

echo "== two directories there, parts of other sizes"
sets "60M $shm/b" "60M $shm/c"
run create "$tmp/a.set" grow
run run "$tmp/a.set" grow 60 >/dev/null
for part in b/000002 c/000003; do
	[ -e "$shm/$part.pmem" ] || fail "the directories do not take turns"
done
promoted 60

echo "== a file that is large enough will do"
sets "100M $shm/b/file"
run create "$tmp/a.set" grow
run run "$tmp/a.set" grow 30 >/dev/null
promoted 30

echo "== a target without room is a lost replica, then an error that says so"
sets "20M $shm/b"
run create "$tmp/a.set" grow
RPMEM_LOG_LEVEL=2 run run "$tmp/a.set" grow 30 >/dev/null 2>"$tmp/err"
# or by the close, if that is sooner
grep -q "is lost\|is behind its primary" "$tmp/err" ||
	fail "the loss was not told: $(cat "$tmp/err")"
grep -q "cannot grow to" "$tmp/t.log" || fail "the target does not say why"
run check "$tmp/a.set" grow 2>"$tmp/err" && fail "opened without room"
grep -q "the initiator's pool" "$tmp/err" || fail "no reason: $(cat "$tmp/err")"
# more room, and the copy follows
make_set "$tmp/t/t.set" "OPTION SINGLEHDR" "100M $shm/b"
run check "$tmp/a.set" grow
promoted 30

echo "== a local replica grows, too"
sets "100M $shm/b"
make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
	"REPLICA" "100M $shm/d" "REPLICA tcp://127.0.0.1:$port t.set"
run create "$tmp/a.set" grow
run run "$tmp/a.set" grow 30 >/dev/null
promoted 30

echo "== a create that cannot have its copy leaves no part"
sets "100M $shm/b"
make_set "$tmp/a.set" "OPTION SINGLEHDR" "100M $shm/a" \
	"REPLICA tcp://127.0.0.1:$port none.set"
run create "$tmp/a.set" grow 2>"$tmp/err" && fail "created without its copy"
[ -z "$(parts "$shm/a")" ] || fail "parts were left: $(parts "$shm/a")"

echo "== removal takes every part; a copy that is removed can be made anew"
sets "100M $shm/b"
run create "$tmp/a.set" grow
run run "$tmp/a.set" grow 30 >/dev/null
"$RPMEMD" --remove t.set --poolset-dir "$tmp/t" --force >/dev/null
[ -z "$(parts "$shm/b")" ] || fail "parts are left after a removal"
run check "$tmp/a.set" grow 2>"$tmp/err" && fail "opened without a copy"
grep -q "make-copies" "$tmp/err" || fail "no way out is named: $(cat "$tmp/err")"
options=--make-copies run check "$tmp/a.set" grow
promoted 30

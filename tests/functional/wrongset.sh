#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Somebody mistypes a size, an option, or drops a line in the set file of a pool
# that is whole: rpmem check and sync say so, nothing is rebuilt, and with the
# line corrected the pool opens.  A part that was cut short is a lost one as ever.
# shellcheck source=syncing.sh
. "$(dirname "$0")/syncing.sh"
node a
node b

# wrong WORD LINE... -- the set has these lines; both tools say what is wrong
wrong() {
	local word=$1 got=0
	shift
	make_set "$tmp/a/db.set" "$@" "REPLICA $(target b)"
	on a "$RPMEM" check "$tmp/a/db.set" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = 1 ] || fail "check: $got: $(cat "$tmp/out" "$tmp/err")"
	says "$word" "$tmp/a/db.set"
	! grep -qi "rebuild" "$tmp/out" || fail "rebuild: $(cat "$tmp/out")"
	sync_on 3
	says "$word" "$tmp/a/db.set, "
	sync_on 3 --force --from "$(target b)"
	[ -z "$(find "$shm" -name '*.rpmem-*')" ] || fail "$(ls "$shm"/*)"
}

echo "== one part"
begins b
before=$(sha256sum "$shm/a/db")
wrong "16777216 bytes, its set says 33554432" "32M $shm/a/db"
wrong "16777216 bytes, its set says 8388608" "8M $shm/a/db"
wrong "its header is without SINGLEHDR" "OPTION SINGLEHDR" "16M $shm/a/db"
[ "$(sha256sum "$shm/a/db")" = "$before" ] || fail "the pool was changed"
copies_of a b
right
echo "- cut short"
truncate -s 12M "$shm/a/db"
sync_on 0
says "rebuilt" "db.rpmem-old"
right

echo "== a line is missing"
forget_nodes
make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "8M $shm/a/db" "8M $shm/a/db2" \
	"REPLICA $(target b)"
make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "16M $shm/b/db"
(on a ordered pmempool create obj --layout txprog "$tmp/a/db.set") ||
	fail "create"
works_on_a
wrong "the pool needs 16777216 bytes" "OPTION SINGLEHDR" "8M $shm/a/db"
make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "8M $shm/a/db" "8M $shm/a/db2" \
	"REPLICA $(target b)"
right

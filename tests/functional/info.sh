#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem info: of a pool and its copies what pmempool info and the files say,
# also beside a program, and of what is away or damaged as much as can be told.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3
requires pmempool
mode=ordered

node a
node b
make_set "$tmp/b/copy.set" "OPTION SINGLEHDR" "5M $shm/b/db" "5M $shm/b/db2"
make_set "$tmp/a/db.set" "OPTION SINGLEHDR" "5M $shm/a/db" "5M $shm/a/db2" \
	"REPLICA $(target b)"
(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
quiet

# info STATUS ARG... -- as text in $tmp/out, and as JSON in $tmp/json
info() {
	local want=$1 got=0
	shift
	on a "$RPMEM" info "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem info $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	[ "$want" -lt 2 ] || return 0
	on a "$RPMEM" info --json "$@" >"$tmp/json" 2>"$tmp/err" || true
	cat "$tmp/json" >>"$tmp/reports"
}
says() {
	local word
	for word; do
		grep -q -- "$word" "$tmp/out" || fail "no '$word': $(cat "$tmp/out")"
	done
}
json() {
	local got
	got=$(python3 -c "import json
r = json.load(open('$tmp/json'))
print(*$1)") || fail "no JSON: $(cat "$tmp/json" "$tmp/err")"
	[ "$got" = "$2" ] || fail "$1: '$got', not '$2': $(cat "$tmp/json")"
}

echo "== of a set"
info 0 "$tmp/a/db.set"
says "Layout *: txprog" "Signature *: PMEMOBJ" "Size *: 10485760" \
	"Features *: SINGLEHDR, CKSUM_2K" "Links *: each copy names the primary" \
	"Replica *: $(target b)" "Record *: .*recorded" "State *: closed" \
	"Durability *: media" "Created *: 20"
json "(r['whole'], r['pool']['layout'], r['pool']['ring'], r['replicas'][0]['nparts'])" \
	"True txprog False 2"
json "[p['path'] for p in r['pool']['parts']]" "$shm/a/db $shm/a/db2"
json "[r['pool']['header']['uuid']]" "$(python3 -c "import uuid
print(uuid.UUID(bytes=open('$shm/a/db', 'rb').read(56)[40:]))")"
json "[r['replicas'][0]['header']['next_uuid'] == r['pool']['header']['uuid']]" \
	True
json "[r['replicas'][0]['primary'] == r['pool']['header']['uuid']]" True
json "[r['pool']['generation'] == r['replicas'][0]['generation'] != None]" True

echo "== of a copy, at its target"
info 0 --copy "$tmp/b" copy.set
says "Copy *: copy.set" "Layout *: txprog" "Record *: .*recorded" \
	"part *: $shm/b/db2, 5242880 bytes"
json "(len(r['parts']), 'recorded' in r['flags'])" "2 True"
info 3 --copy "$tmp/b" none.set
info 3 --copy "$tmp/none" copy.set

echo "== while a program runs"
begin_on a "$mode"
wait_for "the copy" follows a
info 0 "$tmp/a/db.set"
says "Open *: a program" "State *: attached"
info 0 --copy "$tmp/b" copy.set
stop

echo "== usage"
info 2
info 2 one two
info 3 "$tmp/none.set"

echo "== what cannot be told"
flip_byte "$shm/b/db" 30
info 1 "$tmp/a/db.set"
says "Header *: none that can be read"
info 1 --copy "$tmp/b" copy.set
flip_byte "$shm/b/db" 30
node_down b
info 1 "$tmp/a/db.set"
says "Layout *: txprog" "Answer *: none: .*refused" "State *: closed"
json "(r['whole'], r['replicas'][0]['answered'])" "False False"
flip_byte "$shm/a/db" 30
info 1 "$tmp/a/db.set"
says "Header *: none that can be read"

json_fits rpmem-info "$tmp/reports"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The way back after a failover, as the pages have it: each step is named by the
# command before it, and the old primary's parts are seen for what they are and
# become a copy of the new primary without being made anew.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"

# says NODE STATUS WORD... -- COMMAND...: rpmem says it, to people
says() {
	local n=$1 want=$2 got=0 words=() word
	shift 2
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	on "$n" "$RPMEM" "$@" >"$tmp/out" 2>&1 </dev/null || got=$?
	tr -s ' \n' ' ' <"$tmp/out" >"$tmp/line"
	[ "$got" = "$want" ] || fail "rpmem $*: $got, not $want: $(cat "$tmp/out")"
	for word in "${words[@]}"; do
		grep -q -e "$word" "$tmp/line" ||
			fail "rpmem $*: no '$word': $(cat "$tmp/out")"
	done
}
says_not() {
	! grep -q -e "$1" "$tmp/line" || fail "'$1': $(cat "$tmp/out")"
}

node alpha
node beta
old=$tmp/alpha/db.set new=$tmp/beta/db.set

# a pool on alpha with a copy on beta, which has followed and was promoted
fails_over() {
	forget_nodes
	copies_of alpha beta
	(on alpha ordered pmempool create obj --layout txprog "$old" >"$tmp/out")
	quiet
	work_on alpha ordered
	promote beta
	copies_of beta alpha
}

echo "== the old primary's parts, without a record, are a pool of its own"
fails_over
to=$(target alpha)
sums >"$tmp/before"
says beta 1 "rpmem sync $new --discard '$to'" -- sync --dry-run "$new"
says_not "there is none"
says_not "plan make"
says beta 1 "former primary" "rpmem discard $new '$to'" -- lineage "$new"
says beta 1 "former primary" "rpmem discard $new '$to'" -- check "$new"
sums | cmp - "$tmp/before" || fail "something was changed unasked"
# it is compared, and differs; all that is left of that is a record
cp "$shm/alpha/db" "$tmp/db.before"
says beta 1 "discard" -- sync --force "$new"
cmp "$shm/alpha/db" "$tmp/db.before" || fail "it was overwritten unasked"
quiet
rm "$tmp/alpha/copy.set".rpmem-*
on beta "$RPMEM" sync --json --dry-run "$new" >"$tmp/json" || true
json_fits rpmem-sync "$tmp/json"

echo "== the new primary's set file has copies: nobody is sent to correct it"
cp "$new" "$tmp/beta/copy.set"
says alpha 1 "it was promoted" "this pool is fenced" -- check "$old"
says_not "Correct it"
says_not "expected one replica in a target's pool set, found 'REPLICA').* problem.*Correct"
says alpha 1 "promoted" -- verify "$old"
refuses alpha ordered "was promoted"
make_set "$tmp/beta/copy.set" "16M $shm/beta/db"

echo "== of another pool, it is not touched at all"
mv "$shm/alpha/db" "$shm/alpha/away"
stock pmempool create obj --layout other --size 16M "$shm/alpha/db"
sums >"$tmp/before"
says beta 1 "another pool" -- check "$new"
says beta 1 "refused" "rpmem rm --force" -- sync --dry-run "$new"
says beta 1 "refused" -- sync --force --discard "$to" "$new"
sums | cmp - "$tmp/before" || fail "another pool was changed"
mv "$shm/alpha/away" "$shm/alpha/db"

echo "== discard, and then it is a copy"
says beta 0 "former primary" "rpmem discard" -- discard --dry-run "$new" "$to"
says beta 0 "Discarded" "rpmem sync $new" -- discard --force "$new" "$to"
says beta 0 -- sync "$new"
says beta 0 -- check "$new"
work_on beta ordered
holds beta ordered db.set

echo "== promote says where the pool goes on, and how it gets a copy"
forget_nodes
copies_of alpha beta
(on alpha ordered pmempool create obj --layout txprog "$old" >"$tmp/out")
quiet
work_on alpha ordered
promote beta --dry-run
grep -q "its last record: [1-9][0-9]*; its last session did not end in order" \
	"$tmp/promoted" || fail "$(cat "$tmp/promoted")"
# into the wrong directory, and then into the right one, and once only
on alpha "$RPMEM" promote --poolset-dir "$tmp/beta" copy.set >"$tmp/promoted"
grep -q "its lineage is in $tmp/alpha.state, for programs" "$tmp/promoted" ||
	fail "$(cat "$tmp/promoted")"
grep -q "cp $tmp/beta/copy.set FILE; rpmem set add-replica FILE TARGET NAME; rpmem sync FILE" \
	"$tmp/promoted" || fail "$(cat "$tmp/promoted")"
[ -z "$(ls "$tmp/beta.state")" ] || fail "in $tmp/beta.state: $(ls "$tmp/beta.state")"
promote alpha --poolset-dir "$tmp/beta" --state-dir "$tmp/beta.state"
grep -q "promoted already" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
grep -q "its lineage is in $tmp/beta.state" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
copies_of beta alpha
mv "$shm/alpha/db" "$shm/alpha/db.before"
says beta 0 -- sync "$new"
work_on beta ordered
before=$(sha256sum "$tmp/beta.state"/*.lineage)
promote beta --json
json_fits rpmem-promote "$tmp/promoted"
grep -q '"handed_over":false' "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
[ "$before" = "$(sha256sum "$tmp/beta.state"/*.lineage)" ] ||
	fail "the lineage of a pool that has gone on was overwritten"
holds beta ordered db.set

echo "== the same by sync alone"
fails_over
says beta 0 -- sync --force --discard "$to" "$new"
says beta 0 -- check "$new"
work_on beta ordered
holds beta ordered db.set

echo "== a former copy is the last good one: it is named, and a new pool leaves it"
forget_nodes
copies_of alpha beta
(on alpha ordered pmempool create obj --layout txprog "$old" >"$tmp/out")
quiet
begin_on alpha ordered
wait_for "the copy" follows alpha
stop
# as pmempool removes it before it makes a copy anew
"$RPMEM_BUILD_DIR/utils/rpmem-ssh" -T -oBatchMode=yes \
	"tcp://127.0.0.1:${node_port[beta]}" "rpmemd --remove copy.set --force"
[ -e "$shm/beta/db.rpmem-old" ] || fail "it was not kept: $(ls "$shm/beta")"
says alpha 1 "copy.set.rpmem-old, until this one is consistent" -- \
	sync --dry-run "$old"
rm "$shm/alpha/db"*
back="rpmem promote --poolset-dir DIR --old copy.set"
says alpha 1 "a former one, which is kept" "$back" -- check "$old"
says alpha 1 "a former copy is kept at" "$back" -- sync --dry-run "$old"
cp "$shm/beta/db.rpmem-old" "$tmp/kept"
(on alpha making pmempool create obj --layout other "$old" >"$tmp/out")
quiet
cmp "$tmp/kept" "$shm/beta/db.rpmem-old" || fail "another pool's copy is gone"
on alpha "$RPMEM" rm --force "$old" "$(target beta)" >"$tmp/out"
promote beta --old
holds beta

echo "== at a target, the set file of a copy is no pool's"
forget_nodes
copies_of alpha beta
(on alpha ordered pmempool create obj --layout txprog "$old" >"$tmp/out")
quiet
it=$tmp/beta/copy.set
meant="rpmem info --copy $tmp/beta copy.set"
says beta 1 "$meant" -- check "$it"
says beta 3 "$meant" -- status "$it"
says beta 0 "$meant" -- info "$it"
says beta 0 "$meant" -- rm --dry-run "$it"
on alpha "$RPMEM" status --json "$old" >"$tmp/json"
json_fits rpmem-status "$tmp/json"
! grep -q '"scanned_to": *-' "$tmp/json" || fail "$(cat "$tmp/json")"
promote beta
says beta 0 -- check "$it"

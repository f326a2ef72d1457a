#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A promotion that was cut short, as the pool's own machine sees it: no command
# says that all is well, each names what ends it, and while only the fence is
# set it is taken back.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
[ "${RPMEM_FAULT_POINTS:-}" = ON ] || skip "fault points are not in this build"
set=$tmp/alpha/db.set

node alpha
node beta
copies_of alpha beta
(on alpha ordered pmempool create obj --layout txprog "$set" >"$tmp/out")
quiet
# a program that ends at once may not have waited for its copy
on alpha "$RPMEM" sync "$set" >"$tmp/out" || fail "$(cat "$tmp/out")"
quiet

# promoting [ARG...]: its status is in $status
promoting() {
	status=0
	on beta "$RPMEM" promote --poolset-dir "$tmp/beta" "$@" copy.set \
		>"$tmp/promoted" 2>"$tmp/err" || status=$?
	case " $* " in *" --json "*) json_fits rpmem-promote "$tmp/promoted" ;; esac
}

# says STATUS WORD... -- COMMAND...: rpmem says it, to people
says() {
	local want=$1 got=0 words=() word
	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	on alpha "$RPMEM" "$@" >"$tmp/out" 2>&1 </dev/null || got=$?
	tr -s ' \n' ' ' <"$tmp/out" >"$tmp/line"
	[ "$got" = "$want" ] || fail "rpmem $*: $got, not $want: $(cat "$tmp/out")"
	for word in "${words[@]}"; do
		grep -q -e "$word" "$tmp/line" ||
			fail "rpmem $*: no '$word': $(cat "$tmp/out")"
	done
}

# all_say WORD...: each command of the pool does, and is refused
all_say() {
	says 1 "being promoted" "$@" -- check "$set"
	says 1 "being promoted" "$@" -- lineage "$set"
	says 1 "being promoted" "$@" -- sync --dry-run "$set"
	says 1 "being promoted" "$@" -- discard --force "$set" "$(target beta)"
	says 1 "being promoted" "rpmem check" -- verify "$set"
	on alpha "$RPMEM" lineage --json "$set" >"$tmp/json" || true
	json_fits rpmem-lineage "$tmp/json"
	grep -q '"being promoted"' "$tmp/json" || fail "$(cat "$tmp/json")"
	on beta "$RPMEM" info --copy "$tmp/beta" copy.set >"$tmp/out"
	grep -q "being promoted" "$tmp/out" || fail "$(cat "$tmp/out")"
}

echo "== cut short at its first step"
RPMEM_FAULTS=promote/step@1 promoting
[ "$status" = 137 ] || fail "not cut short: $status: $(cat "$tmp/err")"
again="rpmem promote --poolset-dir DIR copy.set"
undo="rpmem promote --undo --poolset-dir DIR copy.set"
all_say "$again" "$undo"
refuses alpha ordered "run rpmem promote again"

echo "== taken back: a dry run, with a reader of the parts, and then"
sums >"$tmp/before"
promoting --undo --dry-run --json
[ "$status" = 0 ] || fail "$(cat "$tmp/err")"
grep -q '"undone":false' "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
sums | cmp - "$tmp/before" || fail "a dry run has changed something"
exec 7<"$shm/beta/db"
flock -n 7 || fail "it is locked"
promoting --undo
[ "$status" = 1 ] || fail "in use: $status: $(cat "$tmp/err")"
exec 7<&-
promoting --undo --json
[ "$status" = 0 ] || fail "$(cat "$tmp/err")"
grep -q '"undone":true' "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
promoting --undo
grep -q "nothing to take back" "$tmp/promoted" || fail "$(cat "$tmp/promoted")"
says 0 -- sync "$set"
says 0 -- check "$set"
(on alpha ordered "$HELPERS/txprog" nop "$set" >"$tmp/out" 2>"$tmp/err") ||
	fail "it does not open: $(cat "$tmp/err")"
quiet
promoting --undo --force
[ "$status" = 2 ] || fail "--undo --force: $status"

echo "== the pool is lost, too: it is no source"
RPMEM_FAULTS=promote/step@1 promoting
mv "$shm/alpha/db" "$shm/alpha/away"
says 1 "being promoted" -- sync --dry-run "$set"
mv "$shm/alpha/away" "$shm/alpha/db"

echo "== cut short later: there is no way back"
RPMEM_FAULTS=promote/step@2 promoting
[ "$status" = 137 ] || fail "not cut short: $status: $(cat "$tmp/err")"
all_say "$again"
! grep -q -e --undo "$tmp/line" || fail "--undo: $(cat "$tmp/line")"
promoting --undo
[ "$status" = 1 ] || fail "taken back: $status"
grep -q "there is no way back" "$tmp/err" || fail "$(cat "$tmp/err")"
promoting
[ "$status" = 0 ] || fail "not finished: $(cat "$tmp/err")"
says 1 "it was promoted" -- check "$set"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What was promoted goes on as a primary: in the generation that the promotion
# began, with a copy of its own, whose target is another one; the old primary is
# told that it was superseded.  And what a program has written of that is not
# taken back by a promotion that is finished late.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1
start_rpmemd t
first=$port
start_rpmemd u
second=$port
mkdir -p "$shm/a"

ended() {
	for pid in "${pids[@]}"; do
		wait_for "the sessions' end" no_sessions "$pid"
	done
}

ordered() {
	stock "$RPMEM" run -- "$@"
}

# promote ARG...: its exit status is in $status
promote() {
	status=0
	"$RPMEM" promote --poolset-dir "$tmp/t" --json a.set "$@" \
		>"$tmp/promoted" 2>"$tmp/err" || status=$?
}

# a pool with a copy, and its program has ended
fresh() {
	rm -rf "$shm"/a/* "$tmp"/[tu]/a.set* "$RPMEM_STATE_DIR"
	make_set "$tmp/t/a.set" "16M $shm/a/copy"
	make_set "$tmp/u/a.set" "16M $shm/a/third"
	make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://127.0.0.1:$first a.set"
	# the promoted pool, with a copy of its own
	make_set "$tmp/heir.set" "16M $shm/a/copy" "REPLICA tcp://127.0.0.1:$second a.set"
	ordered pmempool create obj --layout txprog "$tmp/a.set"
	ordered "$HELPERS/txprog" run "$tmp/a.set" 2 20 >"$tmp/said"
	ended
}

generation() {
	python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["generation"])' "$tmp/promoted"
}

# knows FILE GENERATION: it is in there
knows() {
	python3 -c 'import sys
sys.exit(bytes.fromhex(sys.argv[2]) not in open(sys.argv[1], "rb").read())' "$@"
}

# the lineage file that has the generation
heir_file() {
	local f
	for f in "$RPMEM_STATE_DIR"/*.lineage; do
		! knows "$f" "$1" || echo "$f"
	done
}

echo "== it is handed over"
fresh
promote
[ "$status" = 0 ] || fail "promote: $status: $(cat "$tmp/err")"
new=$(generation)
[ "${#new}" = 32 ] || fail "no generation: $(cat "$tmp/promoted")"
knows "$tmp/t/a.set.rpmem-state" "$new" || fail "it is not on record"
file=$(heir_file "$new")
[ -n "$file" ] || fail "no lineage file has it"
[ "$(wc -l <<<"$file")" = 1 ] || fail "several have it: $file"

echo "== its program goes on there, with a copy of its own"
stock "$RPMEM" run --make-copies -- "$HELPERS/txprog" check "$tmp/heir.set" \
	"$tmp/said" || fail "the promoted pool with a copy"
ordered "$HELPERS/txprog" run "$tmp/heir.set" 2 20 >>"$tmp/said"
ended
knows "$file" "$new" || fail "its program knows nothing of it"
knows "$tmp/u/a.set.rpmem-state" "$new" || fail "its copy knows nothing of it"

echo "== the old primary is told"
if ordered "$HELPERS/txprog" nop "$tmp/a.set" 2>"$tmp/err"; then
	fail "the old primary was opened"
fi
grep -q "promoted" "$tmp/err" || fail "$(cat "$tmp/err")"
cp "$tmp/a.set" "$tmp/old.set"
sed -i "s/:$first /:$second /" "$tmp/old.set"
cp -p "$shm/a/third" "$tmp/third"
if ordered "$HELPERS/txprog" nop "$tmp/old.set" 2>"$tmp/err"; then
	fail "the heir's copy was given to the old primary"
fi
cmp "$shm/a/third" "$tmp/third" || fail "it was changed"
"$HELPERS/txprog" check "$tmp/t/a.set" "$tmp/said" || fail "the heir"

echo "== no directory for it: nothing is done"
fresh
: >"$tmp/file"
promote --state-dir "$tmp/file/x"
[ "$status" = 3 ] || fail "without a directory: $status"
grep -q -- "--state-dir" "$tmp/err" || fail "$(cat "$tmp/err")"
ordered "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said" || fail "it was promoted"
ended
promote --state-dir "$tmp/other"
[ "$status" = 0 ] || fail "promote --state-dir: $(cat "$tmp/err")"
knows "$(echo "$tmp"/other/*.lineage)" "$(generation)" || fail "not handed over there"

echo "== only if another copy answers, and is not newer"
fresh
make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://127.0.0.1:$first a.set" \
	"REPLICA tcp://127.0.0.1:$second a.set"
stock "$RPMEM" run --make-copies -- "$HELPERS/txprog" run "$tmp/a.set" 2 20 \
	>>"$tmp/said"
ended
promote --need 1 --other "tcp://127.0.0.1:$(free_port) a.set"
[ "$status" = 1 ] || fail "nobody answers: $status: $(cat "$tmp/err")"
grep -q "1 other copies are needed, and 0 are" "$tmp/err" || fail "$(cat "$tmp/err")"
promote --need 2 --other "tcp://127.0.0.1:$second a.set"
[ "$status" = 2 ] || fail "more than are named: $status"
promote --need 1 --other "tcp://127.0.0.1:$second a.set" --dry-run
[ "$status" = 0 ] || fail "one that follows: $(cat "$tmp/err")"
promote --need 1 --other "tcp://127.0.0.1:$second a.set"
[ "$status" = 0 ] || fail "one that follows: $(cat "$tmp/err")"
status=0
"$RPMEM" promote --poolset-dir "$tmp/u" a.set --need 1 \
	--other "tcp://127.0.0.1:$first a.set" 2>"$tmp/err" || status=$?
[ "$status" = 1 ] || fail "a newer one: $status"
grep -q "is newer than 'a.set'" "$tmp/err" || fail "$(cat "$tmp/err")"

[ "${RPMEM_FAULT_POINTS:-}" = ON ] || exit 0

echo "== finished late: what its program has written stays"
fresh
RPMEM_FAULTS=promote/step@5 promote
[ "$status" = 137 ] || fail "not killed: $status"
stock "$RPMEM" run --make-copies -- "$HELPERS/txprog" check "$tmp/heir.set" \
	"$tmp/said" || fail "the heir, before the end of the promotion"
ended
sha256sum "$RPMEM_STATE_DIR"/*.lineage >"$tmp/sums"
promote
[ "$status" = 0 ] || fail "promote: $status: $(cat "$tmp/err")"
grep -q '"already":false' "$tmp/promoted" || fail "it was finished: another step"
sha256sum --quiet -c "$tmp/sums" || fail "the lineage was taken back"

echo "== cannot be written: not finished, and the next call does it"
fresh
RPMEM_FAULTS=librpmem/lineagefile_sync promote
[ "$status" = 3 ] || fail "promote: $status"
grep -q "not handed over" "$tmp/err" || fail "$(cat "$tmp/err")"
promote
[ "$status" = 0 ] || fail "promote: $status: $(cat "$tmp/err")"
[ -n "$(heir_file "$(generation)")" ] || fail "not handed over"

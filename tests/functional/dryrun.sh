#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# --dry-run of each command of rpmem that changes something: it says what would
# be done and changes nothing, here and at the target; without it, the same
# command does change something.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires pmempool

set=$tmp/a.set
start_rpmemd t
copy="tcp://127.0.0.1:$port c.set"
make_set "$tmp/t/c.set" "8M $shm/t/c"
make_set "$set" "8M $shm/a" "REPLICA $copy"
stock "$RPMEM" run -- pmempool create obj --layout txprog "$set" || fail "create"
quiet() {
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
quiet

# everything that is there, by its contents; a record by what it tells, since
# each session, also one that only reads, counts its writes in there
everything() {
	quiet
	find "$shm" "$tmp" \( -name '*.log' -o -name '*.port' -o -name out \
		-o -name err -o -name before \) -prune -o -printf '%p %m %s\n' | sort
	find "$shm" "$tmp/t" "$tmp/state" "$set" "$tmp"/*.set -type f \
		! -name '*.rpmem-state' -exec cksum {} + | sort
	"$RPMEM" lineage --json --copy "$tmp/t" c.set 2>/dev/null || true
}

# dry STATUS PATTERN COMMAND... -- with --dry-run it ends so, says this, and
# changes nothing
dry() {
	local want=$1 pattern=$2 got=0
	shift 2
	echo "== rpmem $*"
	everything >"$tmp/before"
	"$RPMEM" "$@" --dry-run >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] || fail "$got, not $want: $(cat "$tmp/out" "$tmp/err")"
	grep -qE -e "$pattern" "$tmp/out" || fail "no '$pattern': $(cat "$tmp/out")"
	everything | diff "$tmp/before" - || fail "a dry run has changed that"
}

# wet COMMAND... -- and without it something changes
wet() {
	local got=0
	everything >"$tmp/before"
	"$RPMEM" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" -le 1 ] || fail "$got: $(cat "$tmp/out" "$tmp/err")"
	! everything | cmp -s "$tmp/before" - ||
		fail "rpmem $* changes nothing: $(cat "$tmp/out" "$tmp/err")"
}

both() {
	dry "$@"
	wet "${@:3}"
}

both 0 "would write $tmp/new/key" keygen "$tmp/new/key"
both 0 "would be, and was not written" set new "$tmp/b.set" --part "8M:$shm/b"
dry 1 "its text would be lost" set new "$tmp/b.set" --part "9M:$shm/b"
both 0 "would be, and was not written" set new "$tmp/b.set" --part "9M:$shm/b" \
	--force
both 0 "would be, and was not written" set add-replica "$tmp/b.set" beta b.set
both 0 "would be, and was not written" set remove-replica "$tmp/b.set" beta

flip_byte "$shm/t/c" 6000000
both 1 "would send [0-9]* blocks? of 4 KiB" verify --repair "$set"
[ "$("$RPMEM" verify --json "$set" | grep -c '"good":true')" = 1 ] ||
	fail "not repaired"

both 0 "To be removed" rm --force "$set" "$copy"
both 1 "plan +make" sync "$set"
kill_and_wait "$rpmemd_pid" TERM
RPMEM_OPEN_ALONE=1 stock "$RPMEM" run -- "$HELPERS/txprog" run "$set" 1 20 >/dev/null ||
	fail "alone"
start_rpmemd t
"$RPMEM" set remove-replica "$set" "${copy%% *}" >/dev/null
copy="tcp://127.0.0.1:$port c.set"
"$RPMEM" set add-replica "$set" "${copy% *}" c.set >/dev/null
both 1 "plan +(bring up to date|compare)" sync "$set"
rm "$shm/a"
both 1 "plan +rebuild it from" sync --force "$set"
dry 1 "plan +rebuild it from" sync --from "$copy" --force "$set"

both 0 "would be promoted" promote --poolset-dir "$tmp/t" c.set
dry 0 "Nothing was changed" discard "$set" "$copy"
wet discard --force "$set" "$copy"
both 0 "To be removed" rm --force --with-set-files "$set"

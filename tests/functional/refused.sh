#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A primary that is not this copy's, or not whole, or not libpmemobj's: the
# copy stays untouched and the error says why.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

start_rpmemd t
mkdir -p "$shm/a"
make_set "$tmp/t/a.set" "16M $shm/a/remote"
make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA tcp://127.0.0.1:$port a.set"
stock pmempool create obj --layout txprog "$tmp/a.set"
stock "$HELPERS/txprog" run "$tmp/a.set" 2 50 >/dev/null
cp -p "$shm/a/local" "$shm/a/good"

refused() {
	local why=$1
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cp -p "$shm/a/remote" "$shm/a/before"
	if stock "$HELPERS/txprog" nop "$tmp/a.set" 2>"$tmp/err"; then
		fail "opened in spite of: $why"
	fi
	wait_for "the session's end" no_sessions "$rpmemd_pid"
	cmp "$shm/a/before" "$shm/a/remote" || fail "copy changed: $why"
	[ -z "${2:-}" ] || grep -q "$2" "$tmp/err" || fail "$why: wrong message"
	rm -f "$shm/a/local"
	cp -p "$shm/a/good" "$shm/a/local"
	chmod 600 "$shm/a/local"
}

# ring uuid changed: offsets 88 .. 120 of the header (the checksum goes too)
printf 'another uuid 123' |
	dd of="$shm/a/local" bs=1 seek=88 conv=notrunc status=none
refused "a changed ring uuid"

# an unfinished rebuild has mode 0000 (root opens it all the same)
chmod 0 "$shm/a/local"
if [ "$(id -u)" = 0 ]; then
	refused "mode 0000" "mode 0000"
else
	refused "mode 0000"
fi

# another pool under the same set
rm "$shm/a/local"
make_set "$tmp/other.set" "16M $shm/a/local"
stock pmempool create obj --layout txprog "$tmp/other.set"
refused "another pool"

# a wrong key and an unknown identity look alike, and the daemon lives
cp "$RPMEM_PSK_FILE" "$tmp/psk.good"
sed 's/:.*/:'"$(printf '%064d' 7)"'/' "$tmp/psk.good" >"$RPMEM_PSK_FILE"
refused "a wrong key"
sed 's/^[^:]*:/nobody:/' "$tmp/psk.good" >"$RPMEM_PSK_FILE"
refused "an unknown identity"
cp "$tmp/psk.good" "$RPMEM_PSK_FILE"
chmod 644 "$RPMEM_PSK_FILE"
refused "a key that others can read" "$RPMEM_PSK_FILE"
chmod 600 "$RPMEM_PSK_FILE"

# another caller with many lanes on PMEMOBJ memory must say what it is
RPMEM_OWNER=maybe refused "a bad RPMEM_OWNER" RPMEM_OWNER
# what is there is from before the copy's last run, as far as anybody can tell
refused "a primary that was restored" "rpmem discard"
"$RPMEM" discard --force "$tmp/a.set" "tcp://127.0.0.1:$port" >"$tmp/out" 2>&1 ||
	fail "it is not discarded: $(cat "$tmp/out")"
stock "$HELPERS/txprog" nop "$tmp/a.set" || fail "the good one is refused"

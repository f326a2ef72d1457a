#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Disks that are full while rpmem sync and rpmem verify --repair work: at the
# target, here, and where state files are.  Each time the message names the file,
# nothing is lost, and the same command finishes once there is room.
# The disks are small tmpfs mounts in a mount namespace of this test.
if [ -z "${RPMEM_IN_NAMESPACE:-}" ]; then
	unshare -m true 2>/dev/null || {
		echo "SKIP: no mount namespace without root"
		exit 77
	}
	RPMEM_IN_NAMESPACE=1 exec unshare -m bash "$0"
fi
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires pmempool

disks=()
# disk DIR SIZE
disk() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=700" none "$1"
	disks+=("$1")
}
unmount() {
	umount -l "${disks[@]}"
}
cleanups+=(unmount)
disk "$tmp/disk" 12m
disk "$tmp/t" 1m
disk "$tmp/here" 40m
disk "$RPMEM_STATE_DIR" 64k
set=$tmp/a.set
start_rpmemd t
make_set "$tmp/t/c.set" "16M $tmp/disk/c"
make_set "$set" "16M $tmp/here/a"
pmempool create obj --layout txprog "$set"
make_set "$set" "16M $tmp/here/a" "REPLICA tcp://127.0.0.1:$port c.set"

# full DIR, room DIR
full() {
	local n
	n=$(($(stat -f -c '%a * %S' "$1")))
	[ "$n" = 0 ] || fallocate -l "$n" "$1/ballast"
}
room() {
	rm -f "$1/ballast"
}

# run STATUS PATTERN COMMAND... -- and the sessions have ended
run() {
	local want=$1 pattern=$2 got=0
	shift 2
	"$RPMEM" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	grep -qE -e "$pattern" "$tmp/out" "$tmp/err" ||
		fail "no '$pattern' in: $(cat "$tmp/out" "$tmp/err")"
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

echo "== no room for what is remembered"
full "$RPMEM_STATE_DIR"
mount -o remount,size=64m "$tmp/disk"
run 1 "$RPMEM_STATE_DIR.*run this again.*No space left" sync --force "$set"
[ "$(ls "$RPMEM_STATE_DIR")" = ballast ] || fail "left: $(ls "$RPMEM_STATE_DIR")"
room "$RPMEM_STATE_DIR"
mount -o remount,size=1m "$RPMEM_STATE_DIR"

echo "== no room for the copy"
rm -f "$tmp/disk/c" "$tmp/t/c.set.rpmem-state"
mount -o remount,size=12m "$tmp/disk"
run 1 "$tmp/disk/c.*No space left.*run this again" sync --force "$set"
[ "$(ls "$tmp/disk")" = "" ] || fail "left: $(ls "$tmp/disk")"
mount -o remount,size=64m "$tmp/disk"

echo "== no room for its record"
full "$tmp/t"
run 1 "c.set.rpmem-state.*No space left.*run this again" sync --force "$set"
[ "$(ls "$tmp/disk")" = "" ] || fail "left: $(ls "$tmp/disk")"
room "$tmp/t"
run 0 "Each copy has everything" sync --force "$set"
same_objects "$tmp/here/a" "$tmp/disk/c"

echo "== a repair while all of them are full"
flip_byte "$tmp/disk/c" 9000000
for d in "$tmp/disk" "$tmp/t" "$RPMEM_STATE_DIR" "$tmp/here"; do
	full "$d"
done
run 0 "are equal now|is equal now" verify --repair "$set"
same_objects "$tmp/here/a" "$tmp/disk/c"
echo "- that cannot keep a journal of what it sends"
flip_byte "$tmp/disk/c" 9000000
RPMEM_COMPARE_MS=0 run 0 "are equal now|is equal now" verify --repair "$set"
run 0 "equal to the pool" verify "$set"
for d in "$tmp/disk" "$tmp/t" "$RPMEM_STATE_DIR" "$tmp/here"; do
	room "$d"
done

echo "== no room for the pool that is rebuilt"
rm "$tmp/here/a"
mount -o remount,size=8m "$tmp/here"
run 3 "make room there; then the same command goes on" sync --force "$set"
run 3 "\"error\":\"[^\"]*No space left" sync --force --json "$set"
json_fits rpmem-sync "$tmp/out"
[ "$(ls "$tmp/here")" = "" ] || fail "left: $(ls "$tmp/here")"
mount -o remount,size=40m "$tmp/here"
run 0 "Each copy has everything" sync --force "$set"
same_objects "$tmp/here/a" "$tmp/disk/c"
run 0 "No problem was found" check "$set"

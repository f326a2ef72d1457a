#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# A full disk at the target: create says so and leaves nothing; with space it
# works; a disk that fills up later hurts no pool whose parts are there.
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
export RPMEM_LOG_LEVEL=1

disk=$tmp/disk
sets=$tmp/t
mkdir -p "$disk" "$sets"
unmount() {
	umount -l "$disk" "$sets"
}
cleanups+=(unmount)
mount -t tmpfs -o size=12m,mode=700 none "$disk"
mount -t tmpfs -o size=1m,mode=700 none "$sets"
start_rpmemd t
make_set "$tmp/a.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port a.set"
make_set "$sets/a.set" "16M $disk/remote"

create() {
	stock pmempool create obj --layout txprog "$tmp/a.set" 2>"$tmp/err"
}

# the part does not fit
! create || fail "created on a full disk"
grep -q "$disk/remote.*No space left" "$tmp/err" ||
	fail "no word about space: $(cat "$tmp/err")"
wait_for "the session's end" no_sessions "$rpmemd_pid"
[ "$(ls "$disk")" = "" ] || fail "left behind: $(ls "$disk")"
[ "$(ls "$sets")" = a.set ] || fail "left behind: $(ls "$sets")"
rm -f "$shm/local"

# the part fits, its record does not
mount -o remount,size=64m "$disk"
fallocate -l "$(($(stat -f -c '%a * %S' "$sets")))" "$sets/ballast"
! create || fail "created without a record"
grep -q "No space left" "$tmp/err" ||
	fail "no word about space: $(cat "$tmp/err")"
wait_for "the session's end" no_sessions "$rpmemd_pid"
[ "$(ls "$disk")" = "" ] || fail "left behind: $(ls "$disk")"
rm -f "$shm/local" "$sets/ballast"

# with room for both; then both disks fill up, and the pool goes on
create || fail "$(cat "$tmp/err")"
fallocate -l "$(($(stat -f -c '%a * %S' "$sets")))" "$sets/ballast"
fallocate -l "$(($(stat -f -c '%a * %S' "$disk")))" "$disk/ballast"
stock "$HELPERS/txprog" run "$tmp/a.set" 2 50 >/dev/null || fail "full disks"
stock "$HELPERS/txprog" check "$tmp/a.set" || fail "check"
wait_for "the session's end" no_sessions "$rpmemd_pid"
same_objects "$shm/local" "$disk/remote"

# the former copy takes the room that the next one needs: the message says so
rm -f "$sets/ballast" "$shm/local"
"$RPMEM_BUILD_DIR/utils/rpmem-ssh" -T -oBatchMode=yes "tcp://127.0.0.1:$port" \
	"rpmemd --remove a.set --force" || fail "cannot be set aside"
! create || fail "created on a full disk"
grep -q "No space left.*rpmemd --remove 'a.set.rpmem-old'" "$tmp/err" ||
	fail "no word about the former copy: $(cat "$tmp/err")"
[ -e "$disk/remote.rpmem-old" ] || fail "the former copy is gone"
kill -TERM "$rpmemd_pid"
wait "$rpmemd_pid" || fail "exit status"

# a journal of catching up: half of what is free, or until the disk is full;
# then the copy is marked (8) and goes on without
missed=()
for off in $(seq 0 65536 1507328); do
	missed+=("copy:$off:65536:B")
done
catch_up() {
	rm -f "$shm/raw" "$sets"/raw.set*
	make_set "$sets/raw.set" "OPTION NOHDRS" "2M $shm/raw"
	start_rpmemd t ${1:+--catchup-max "$1"}
	"$HELPERS/catchprog" "tcp://127.0.0.1:$port" raw.set 2097152 create \
		record copy:0:64:A ack equalised close >"$tmp/out"
	"$HELPERS/catchprog" "tcp://127.0.0.1:$port" raw.set 2097152 open \
		catching "${missed[@]:0:5}" ack stat "${missed[@]}" ack stat \
		caught stat close >"$tmp/out" || fail "$(cat "$tmp/out")"
	kill -TERM "$rpmemd_pid"
	wait "$rpmemd_pid" || fail "exit status"
	[ "$(grep -c "^stat 0 flags 50 applied 1$" "$tmp/out")" = 1 ] ||
		fail "not journalled at first: $(cat "$tmp/out")"
	[ "$(grep -c "^stat 0 flags 56" "$tmp/out")" = 1 ] ||
		fail "not marked when the disk was full: $(cat "$tmp/out")"
	[ "$(grep -c "^caught 0$" "$tmp/out")" = 1 ] || fail "$(cat "$tmp/out")"
	grep -q "no room for the journal" "$tmp/t.log" || fail "no word about it"
	[ "$(head -c 1507328 "$shm/raw" | tr -d B | wc -c)" = 0 ] || fail "not equal"
	[ ! -e "$sets/raw.set.rpmem-catchup" ] || fail "the journal is left"
}
rm -f "$sets"/a.set*
catch_up 100M
catch_up

# the initiator's: a state file that does not fit is an error, and no signal
# later; nothing of it is left
state=$tmp/state-disk
mkdir -p "$state"
mount -t tmpfs -o size=40k,mode=700 none "$state"
unmount_state() {
	umount -l "$state"
}
cleanups+=(unmount_state)
rm -f "$shm/local"
make_set "$tmp/s.set" "16M $shm/local"
pmempool create obj --layout x "$tmp/s.set"
keep_state() {
	RPMEM_STATE_DIR=$state "$HELPERS/statefiles" "$shm/local" tcp://t a.set \
		attached clean 2>"$tmp/err"
}
! keep_state || fail "a state file on a full disk"
grep -q "$state/.*No space left" "$tmp/err" || fail "$(cat "$tmp/err")"
[ "$(ls "$state")" = "" ] || fail "left behind: $(ls "$state")"
mount -o remount,size=1m "$state"
keep_state || fail "$(cat "$tmp/err")"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# libpmempool's own way of removing a replica, on tcp:// targets: rpmem-ssh.
# A good copy survives every sync that should not have happened.  And who may
# do what: the access file.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=0 RPMEM_TIMEOUT_MS=2000
export RPMEM_SSH=$RPMEM_BUILD_DIR/utils/rpmem-ssh

start_rpmemd t
set_local() {
	make_set "$tmp/a.set" "16M $shm/a/local" \
		"REPLICA ${1:-tcp://127.0.0.1:$port} a.set"
}
fresh() {
	rm -rf "${shm:?}/a" "$tmp"/t/a.set*
	mkdir -p "$shm/a"
	make_set "$tmp/t/a.set" "16M $shm/a/remote"
	set_local
	stock pmempool create obj --layout txprog "$tmp/a.set"
	stock "$HELPERS/txprog" run "$tmp/a.set" 2 50 >"$tmp/said"
}
spoil() {
	dd if=/dev/urandom of="$shm/a/remote" bs=4096 count=1 conv=notrunc \
		status=none
}

# a spoiled secondary, under each form of a target that libpmempool mangles
identity=$(sed 's/:.*//' "$RPMEM_PSK_FILE")
for target in "tcp://127.0.0.1:$port" "tcp://$identity@127.0.0.1:$port"; do
	fresh
	set_local "$target"
	spoil
	stock pmempool sync "$tmp/a.set" || fail "sync with $target"
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
	same_objects "$shm/a/local" "$shm/a/remote"
	[ ! -e "$tmp/t/a.set.rpmem-old" ] || fail "the former copy is there"
done
# without the launcher the message says what is missing
fresh
spoil
if RPMEM_SSH=/bin/false RPMEM_LOG_LEVEL=1 stock pmempool sync "$tmp/a.set" \
	2>"$tmp/err"; then
	fail "sync without a launcher"
fi
grep -q "RPMEM_SSH=rpmem-ssh" "$tmp/err" || fail "no hint at rpmem-ssh"

# said already when the copy is made
rm -rf "$shm/a/remote" "$tmp"/t/a.set.*
RPMEM_SSH=/bin/false RPMEM_LOG_LEVEL=2 stock pmempool sync "$tmp/a.set" \
	2>"$tmp/err" || true
[ ! -e "$shm/a/remote" ] || grep -q "RPMEM_SSH=rpmem-ssh" "$tmp/err" ||
	fail "no warning about rpmem-ssh: $(cat "$tmp/err")"

launcher() { # as libpmempool runs it
	local status=0
	"$RPMEM_SSH" "$@" 2>"$tmp/err" || status=$?
	echo "$status"
}
ask() {
	launcher -T -oBatchMode=yes "tcp://127.0.0.1:$port" "rpmemd $*"
}
[ "$(ask --remove none.set)" = 2 ] || fail "missing set"
[ "$(ask --remove none.set --force)" = 0 ] || fail "missing set, force"
[ "$(ask uname)" = 255 ] || fail "what is no removal"
[ "$(launcher -p //127.0.0.1 -T -oBatchMode=yes tcp \
	"rpmemd --remove none.set")" != 0 ] || fail "nobody listens on 7636"
grep -q "127.0.0.1:7636" "$tmp/err" || fail "the default port"
# anything else is ssh's
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "$@"\n' >"$tmp/bin/ssh"
chmod 700 "$tmp/bin/ssh"
[ "$(PATH=$tmp/bin:$PATH "$RPMEM_SSH" -p 22 -T -oBatchMode=yes me@node \
	"rpmemd --remove a b")" = \
	"-p 22 -T -oBatchMode=yes me@node rpmemd --remove a b" ] ||
	fail "not passed on to ssh"

# copy_is_somewhere: the good copy, under its name or set aside, recovers
copy_is_somewhere() {
	local part=$shm/a/remote
	[ ! -e "$part.rpmem-old" ] || part=$part.rpmem-old
	rm -f "$shm/a/alone"
	cp -p "$part" "$shm/a/alone"
	"$HELPERS/standalone" "$shm/a/alone" || fail "$1: no copy"
	"$HELPERS/txprog" check "$shm/a/alone" "$tmp/said" || fail "$1: bad copy"
	rm "$shm/a/alone"
}

# set aside: a set file, a state, a part; the next good copy replaces it
fresh
[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
[ ! -e "$shm/a/remote" ] || fail "the part is still there"
[ -e "$tmp/t/a.set.rpmem-old" ] || fail "no set file"
grep -q "16777216 $shm/a/remote.rpmem-old\|16M $shm/a/remote.rpmem-old" \
	"$tmp/t/a.set.rpmem-old" || fail "$(cat "$tmp/t/a.set.rpmem-old")"
copy_is_somewhere "set aside"
# a second time: nothing is there, and nothing happens to the former copy
[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
copy_is_somewhere "set aside, again"
# the new one is killed half-way: the former copy is still the good one
stock_exec pmempool sync "$tmp/a.set" 2>/dev/null &
pid=$!
sleep 0.4
kill_and_wait "$pid"
wait_for "the session's end" no_sessions "$rpmemd_pid"
[ ! -e "$shm/a/remote.rpmem-old" ] || copy_is_somewhere "a sync cut off"
stock pmempool sync "$tmp/a.set" || fail "the next sync"
[ ! -e "$tmp/t/a.set.rpmem-old" ] || fail "the former copy is still there"
[ ! -e "$shm/a/remote.rpmem-old" ] || fail "its part is still there"
stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
# dropped by hand
[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
"$RPMEMD" --poolset-dir "$tmp/t" --remove a.set.rpmem-old --pool-set ||
	fail "dropping the former copy"
[ "$(ls "$shm/a")" = local ] || fail "left: $(ls "$shm/a")"
[ "$(ls "$tmp/t")" = a.set ] || fail "left: $(ls "$tmp/t")"

# killed while it was being set aside: the next removal finishes
fresh
: >"$tmp/t/a.set.rpmem-old"
printf 'PMEMPOOLSET\n16M %s\n' "$shm/a/remote.rpmem-old" \
	>"$tmp/t/a.set.rpmem-old"
mv "$tmp/t/a.set.rpmem-state" "$tmp/t/a.set.rpmem-old.rpmem-state"
[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
[ ! -e "$shm/a/remote" ] || fail "not finished"
copy_is_somewhere "finished later"

# killed at every step of setting a copy of two parts aside: the next attempt
# finishes it, and nothing is lost
if [ "$RPMEM_FAULT_POINTS" = ON ]; then
	for n in 1 2 3 4 5 6; do
		fresh
		rm "$shm/a/remote"
		rm "$tmp"/t/a.set*
		make_set "$tmp/t/a.set" "10M $shm/a/remote" "10M $shm/a/remote2"
		stock pmempool sync "$tmp/a.set"
		cp -p "$shm/a/remote" "$tmp/saved"
		cp -p "$shm/a/remote2" "$tmp/saved2"
		kill_and_wait "$rpmemd_pid" TERM
		RPMEM_FAULTS=retire/die@$n start_rpmemd t
		status=$(ask --remove a.set --force)
		kill_and_wait "$rpmemd_pid" TERM
		start_rpmemd t
		[ "$n" = 6 ] || [ "$status" = 104 ] || fail "step $n: $status"
		[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
		cmp "$tmp/saved" "$shm/a/remote.rpmem-old"
		cmp "$tmp/saved2" "$shm/a/remote2.rpmem-old"
		[ "$(cd "$tmp/t" && echo a*)" = "a.set a.set.rpmem-old \
a.set.rpmem-old.rpmem-state" ] || fail "step $n: $(ls "$tmp/t")"
		[ "$(cd "$shm/a" && echo ./*)" = "./local ./remote.rpmem-old \
./remote2.rpmem-old" ] || fail "step $n: $(ls "$shm/a")"
	done
	[ "$status" = 0 ] || fail "there are more than five steps"
fi

# parts without a record beside a former copy: nothing is written over it
fresh
[ "$(ask --remove a.set --force)" = 0 ] || fail "$(cat "$tmp/err")"
cp -p "$shm/a/remote.rpmem-old" "$shm/a/former"
cp -p "$shm/a/local" "$shm/a/remote"
[ "$(ask --remove a.set --force)" = 17 ] || fail "written over a former copy"
cmp "$shm/a/former" "$shm/a/remote.rpmem-old" || fail "the former copy changed"
[ -e "$shm/a/remote" ] || fail "the part is gone"
rm "$shm/a/former"

# a program is killed and sync runs at once, beside a copy that is not clean;
# it may come back for a minute, longer than anything here takes
kill_and_wait "$rpmemd_pid" TERM
RPMEM_TIMEOUT_MS=60000 start_rpmemd t
fresh
background "$tmp/said" stock_exec "$HELPERS/txprog" run "$tmp/a.set" 2 0
pid=$prog
wait_for "transactions" grep -q . "$tmp/said"
kill_and_wait "$pid"
spoil_target() { kill -STOP "$rpmemd_pid"; }
stock pmempool sync "$tmp/a.set" 2>/dev/null || true
copy_is_somewhere "killed, then sync"
# a removal at once is refused: the program may come back
background "$tmp/said" stock_exec "$HELPERS/txprog" run "$tmp/a.set" 2 0
pid=$prog
wait_for "transactions" grep -q . "$tmp/said"
[ "$(ask --remove a.set --force)" = 11 ] || fail "removed under a session"
kill_and_wait "$pid"
wait_for "the session's end" no_sessions "$rpmemd_pid"
[ "$(ask --remove a.set --force)" = 11 ] || fail "removed right after one"
grep -q "try again" "$tmp/err" || fail "no word about when"
copy_is_somewhere "killed, then removed"
# a wrong key
sed 's/:.*/:'"$(printf '%064d' 7)"'/' "$RPMEM_PSK_FILE" >"$tmp/wrong"
chmod 600 "$tmp/wrong"
RPMEM_PSK_FILE=$tmp/wrong stock pmempool sync "$tmp/a.set" 2>/dev/null &&
	fail "sync with a wrong key"
copy_is_somewhere "a wrong key"
# a stopped target
spoil_target
stock pmempool sync "$tmp/a.set" 2>/dev/null && fail "sync, target stopped"
kill -CONT "$rpmemd_pid"
copy_is_somewhere "a stopped target"

# who may do what; data on one of two ports
mkdir -p "$tmp/t/reader"
make_set "$tmp/t/reader/raw.set" "OPTION NOHDRS" "8M $shm/t/reader"
kill_and_wait "$rpmemd_pid" TERM
first=$(free_port)
(umask 077 && {
	cat "$RPMEM_PSK_FILE"
	echo "reader:$(printf '%064d' 1)"
	echo "nobody:$(printf '%064d' 2)"
} >"$tmp/keys")
printf '%s write,remove # all\nreader read reader\n' "$identity" \
	>"$tmp/access"
RPMEM_PSK_FILE=$tmp/keys start_rpmemd t --access-file "$tmp/access" \
	--data-port "$first-$((first + 1))"
as() {
	local who=$1
	shift
	RPMEM_LOG_LEVEL=1 RPMEM_PSK_FILE=$tmp/keys \
		"$HELPERS/rawloop" "tcp://$who@127.0.0.1:$port" "$@" \
		>"$tmp/out" 2>"$tmp/err"
}
as "$identity" reader/raw.set create 1 || fail "write: $(cat "$tmp/err")"
as reader raw.set open 0 || fail "read: $(cat "$tmp/err")"
! as reader raw.set open 1 || fail "a reader wrote"
! as reader raw2.set create 1 || fail "a reader created"
grep -q "no right to write" "$tmp/err" || fail "why not?"
! as nobody reader/raw.set open 0 || fail "an identity without a line"
! as reader ../a.set open 0 || fail "a reader left its directory"
echo "nonsense" >>"$tmp/access"
! as "$identity" reader/raw.set open 0 || fail "a bad access file"
grep -q "access:3" "$tmp/t.log" || fail "the log does not name the line"
kill_and_wait "$rpmemd_pid" TERM
! "$RPMEMD" --listen 127.0.0.1:0 --poolset-dir "$tmp/t" \
	--access-file "$tmp/access" 2>"$tmp/err" || fail "started all the same"
grep -q "access:3" "$tmp/err" || fail "no line at start"

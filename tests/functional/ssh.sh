#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# The same by ssh: an sshd of our own, an alias that only ssh knows.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires ssh
requires python3
# a login takes its time on a busy machine
export RPMEM_LOG_LEVEL=0 RPMEM_TIMEOUT_MS=10000
start_sshd
RPMEM_CMD=$(rpmemd_command t)
export RPMEM_CMD

# the errno matrix, and everything else that the raw test does
raw_test_sets "$tmp/t" "$shm/t"
RPMEM_TEST_TARGET=replica "$HELPERS/test_raw"
grep -q "persistency policy:" "$tmp/t.log" || fail "no persistency policy"
grep -q "persist flush: pmem_msync" "$tmp/t.log" || fail "no persist flush"
grep -A4 "create request:" "$tmp/t.log" | grep -q "pool descriptor: 'raw.set'" ||
	fail "no create request"
grep -q "ssh connection: 127.0.0.1:" "$tmp/t.log" || fail "no ssh connection"

# stock programs; one secondary by ssh, one by tcp
# (Not under ThreadSanitizer: its library, which the stock programs need
# preloaded, crashes the /bin/sh that they start.)
stock_programs() {
	start_rpmemd u
	mkdir "$shm/a"
	make_set "$tmp/t/a.set" "16M $shm/a/ssh"
	make_set "$tmp/u/a.set" "16M $shm/a/tcp"
	make_set "$tmp/a.set" "16M $shm/a/local" "REPLICA replica a.set" \
		"REPLICA tcp://127.0.0.1:$port a.set"
	stock pmempool create obj --layout txprog "$tmp/a.set"
	stock "$HELPERS/txprog" run "$tmp/a.set" 4 50 >"$tmp/said"
	stock pmempool info "$tmp/a.set" >/dev/null
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
	same_objects "$shm/a/local" "$shm/a/ssh"
	same_objects "$shm/a/local" "$shm/a/tcp"
	rm "$shm/a/local"
	stock pmempool sync "$tmp/a.set"
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
	# stock sync removes a spoiled secondary and makes it anew
	dd if=/dev/urandom of="$shm/a/ssh" bs=4096 count=1 conv=notrunc status=none
	stock pmempool sync "$tmp/a.set" || fail "sync of a spoiled secondary"
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
	same_objects "$shm/a/local" "$shm/a/ssh"
	[ ! -e "$tmp/t/a.set.rpmem-old" ] || fail "the former copy is still there"
	# transform: the ssh secondary goes, and comes back
	make_set "$tmp/less.set" "16M $shm/a/local" \
		"REPLICA tcp://127.0.0.1:$port a.set"
	stock pmempool transform "$tmp/a.set" "$tmp/less.set"
	[ ! -e "$shm/a/ssh" ] || fail "transform left the parts"
	stock pmempool transform "$tmp/less.set" "$tmp/a.set"
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"
	same_objects "$shm/a/local" "$shm/a/ssh"

	# the program dies: the session ends, whatever the launcher holds open
	cat >"$tmp/holder" <<-TEXT
	#!/bin/sh
	sleep 1000 & echo \$! >>$tmp/holders
	$tmp/ssh "\$@"
TEXT
	chmod 700 "$tmp/holder"
	release() {
		while read -r pid; do kill "$pid" 2>/dev/null; done <"$tmp/holders"
	}
	cleanups+=(release)
	RPMEM_SSH=$tmp/holder background "$tmp/said" \
		stock_exec "$HELPERS/txprog" run "$tmp/a.set" 2 0
	wait_for "transactions" grep -q . "$tmp/said"
	kill -KILL "$prog"
	wait "$prog" || true
	wait_for "the end of the session" no_ssh_sessions t
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"

	# a stop of the session's rpmemd is in order: what was said is there
	RPMEM_ON_LOSS=fail background "$tmp/said" \
		stock_exec "$HELPERS/txprog" run "$tmp/a.set" 2 0 2>/dev/null
	wait_for "transactions" grep -q . "$tmp/said"
	pkill -HUP -f -- "^$RPMEMD --poolset-dir $tmp/t "
	wait "$prog" || true
	wait_for "the end of the session" no_ssh_sessions t
	grep -q "reason: rpmemd is being stopped" "$tmp/t.log" || fail "not in order"
	stock "$HELPERS/txprog" check "$tmp/a.set" "$tmp/said"

	stock pmempool rm -r "$tmp/a.set" || fail "pmempool rm"
	[ "$(ls "$shm/a")" = "" ] || fail "pmempool rm left $(ls "$shm/a")"
}
case $RPMEM_SANITIZE in
*thread*) ;;
*) stock_programs ;;
esac

# what keeps a session from starting is said
says() {
	local want=$1
	if RPMEM_LOG_LEVEL=1 \
		"$HELPERS/rawloop" "${2:-replica}" "${3:-raw.set}" open 1 \
		>/dev/null 2>"$tmp/err"; then
		fail "opened in spite of: $want"
	fi
	grep -q -- "$want" "$tmp/err" || {
		cat "$tmp/err" >&2
		fail "no word of: $want"
	}
}
says "pool set.*raw2\?.set\|raw.part" # removed by the raw test
RPMEM_CMD=/nowhere/rpmemd says "status 127 (command not found)"
RPMEM_CMD="echo Welcome to this machine; $RPMEM_CMD" \
	says "printed 'Welcome to this ' before rpmemd answered"
RPMEM_SSH=/nowhere/ssh says "/nowhere/ssh"
cp "$tmp/authorized" "$tmp/authorized.good"
: >"$tmp/authorized"
says "Permission denied"
cp "$tmp/authorized.good" "$tmp/authorized"
RPMEM_CMD="sleep 30 #" RPMEM_TIMEOUT_MS=1000 says "no answer in time"
printf 'log-level = err\nno-such-key = 1\n' >"$tmp/bad.conf"
RPMEM_CMD="$RPMEMD -c $tmp/bad.conf" says "$tmp/bad.conf:2"
RPMEM_CMD="$RPMEMD -c $tmp/none.conf" says "$tmp/none.conf"
RPMEM_CMD="$RPMEMD --no-such-option" says "status 255"

# an rpmemd that sshd tells nothing about the connection
"$HELPERS/rawloop" replica raw3.set create 1 2>"$tmp/err" >/dev/null &&
	fail "created without a set"
make_set "$tmp/t/raw3.set" "OPTION NOHDRS" "8M $shm/t/raw3"
RPMEM_CMD="env -u SSH_CONNECTION $RPMEM_CMD" \
	"$HELPERS/rawloop" 127.0.0.1 raw3.set create 5 >/dev/null ||
	fail "no session without SSH_CONNECTION"
# then a name that only ssh knows does not do, and the message says which
RPMEM_CMD="env -u SSH_CONNECTION $RPMEM_CMD" \
	says "in-band address 'replica'" replica raw3.set

# a configuration file in the account's home; the command line wins
make_set "$tmp/t/conf.set" "OPTION NOHDRS" "8M $shm/t/conf"
printf 'poolset-dir = %s # here\nlog-level = info\nlog-file = %s\n' \
	"$tmp/t" "$tmp/conf.log" >"$tmp/.rpmemd.conf"
RPMEM_CMD="env HOME=$tmp $RPMEMD" \
	"$HELPERS/rawloop" replica conf.set create 1 >/dev/null ||
	fail "the configuration file is not used"
grep -q "session start" "$tmp/conf.log" || fail "log-file is not used"
rm "$tmp/.rpmemd.conf"

# removal, by the library and by rpmemd itself; in all its exit codes
remote() {
	local status=0
	"$RPMEM_SSH" -T -oBatchMode=yes replica "$RPMEM_CMD $*" \
		>"$tmp/out" 2>"$tmp/err" || status=$?
	[ ! -s "$tmp/out" ] || fail "--remove wrote to standard output"
	echo "$status"
}
[ "$(remote --remove none.set)" = 2 ] || fail "exit status of a missing set"
grep -q "none.set" "$tmp/err" || fail "which set is missing?"
[ "$(remote --remove none.set --force)" = 0 ] || fail "force of a missing set"
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/out2" "$HELPERS/rawloop" replica conf.set idle
exec 9>"$tmp/in"
wait_for "rawloop" grep -q ready "$tmp/out2"
[ "$(remote --remove conf.set)" = 11 ] || fail "exit status of a pool in use"
[ "$(remote --remove conf.set --force)" = 11 ] || fail "force of one in use"
[ -e "$shm/t/conf" ] || fail "a pool in use was removed"
kill "$prog"
exec 9>&-
wait "$prog" || true
wait_for "the end of the session" no_ssh_sessions t
[ "$(remote --remove conf.set)" = 0 ] || fail "$(cat "$tmp/err")"
[ ! -e "$shm/t/conf" ] || fail "the part is still there"
[ -e "$tmp/t/conf.set" ] || fail "the set file is gone, too"
[ "$(remote --remove conf.set)" = 2 ] || fail "exit status of missing parts"
[ "$(remote --remove conf.set --force --pool-set)" = 0 ] || fail "all force"
[ ! -e "$tmp/t/conf.set" ] || fail "the set file is still there"
make_set "$tmp/t/foreign.set" "8M /dev/null"
[ "$(remote --remove foreign.set)" = 22 ] || fail "a part that is no part"

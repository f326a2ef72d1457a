#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmemd as a service: what it says when it is ready, what it refuses to
# start with, a thousand strangers, keys read again, the end.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires python3
export RPMEM_LOG_LEVEL=0

# refuses STATUS TEXT ARG...: ends with this status before any ready line
refuses() {
	local want=$1 text=$2 status=0
	shift 2
	"$RPMEMD" "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	[ "$status" = "$want" ] || fail "rpmemd $*: status $status, not $want"
	[ ! -s "$tmp/out" ] || fail "rpmemd $*: a ready line"
	grep -q -- "$text" "$tmp/err" || {
		cat "$tmp/err" >&2
		fail "rpmemd $*: no word about $text"
	}
}

refuses 255 "go with --remove only" --force
status=0
script -qec "$RPMEMD" /dev/null </dev/null >"$tmp/out" 2>&1 || status=$?
[ "$status" = 255 ] || fail "served a terminal: $status"
grep -q "is a terminal" "$tmp/out" || fail "no word about the terminal"
refuses 255 "media or memory" --listen 127.0.0.1:0 --durability perhaps
refuses 2 "$tmp/nowhere" --listen 127.0.0.1:0 --poolset-dir "$tmp/nowhere"
RPMEM_PSK_FILE=$tmp/nokey refuses 2 "$tmp/nokey" --listen 127.0.0.1:0
cp "$RPMEM_PSK_FILE" "$tmp/open-key"
chmod 644 "$tmp/open-key"
RPMEM_PSK_FILE=$tmp/open-key refuses 13 "$tmp/open-key" --listen 127.0.0.1:0
refuses 99 "192.0.2.1" --listen 192.0.2.1:0
RPMEM_PROVIDER=nosuch refuses 123 "nosuch" --listen 127.0.0.1:0
refuses 2 "no/port" --listen 127.0.0.1:0 --poolset-dir "$tmp" \
	--port-file "$tmp/no/port"
[ ! -e "$tmp/no" ] || fail "something was made"

# READY=1 comes once the port file is there
python3 - "$tmp/notify" "$tmp/a.port" >"$tmp/notified" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
print(s.recv(64).decode(), os.path.exists(sys.argv[2]))
PY
notify_pid=$!
wait_for "the notify socket" test -S "$tmp/notify"
export NOTIFY_SOCKET=$tmp/notify
start_rpmemd a --log-file "$tmp/a.file.log"
unset NOTIFY_SOCKET
wait "$notify_pid" || fail "sd_notify"
[ "$(cat "$tmp/notified")" = "READY=1 True" ] || fail "sd_notify said otherwise"
[ "$(grep -c "ready: listening on 127.0.0.1:$port," "$tmp/a.log")" = 1 ] ||
	fail "ready line"
refuses 98 "127.0.0.1:$port" --listen "127.0.0.1:$port" --poolset-dir "$tmp"

# strangers that say nothing take no more than the oldest stranger's place
make_set "$tmp/a/raw.set" "OPTION NOHDRS" "8M $shm/a/part"
python3 - "$port" "$tmp/go" "$tmp/held" <<'PY' &
import os, resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE,
    (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
port, go, held = int(sys.argv[1]), sys.argv[2], sys.argv[3]
socks = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(1000)]
open(held, "w").write(str(len(socks)))
while not os.path.exists(go):
    time.sleep(0.05)
PY
strangers=$!
wait_for "1000 connections" test -s "$tmp/held"
"$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set create 3 >/dev/null ||
	fail "locked out by strangers"
touch "$tmp/go"
wait "$strangers"
grep -q "oldest of 64 unfinished" "$tmp/a.file.log" ||
	fail "no word about dropped strangers"

# keys are read again; a bad file changes nothing
good=$(cat "$RPMEM_PSK_FILE")
hangup() {
	local before
	before=$(grep -c "$1" "$tmp/a.file.log" || true)
	kill -HUP "$rpmemd_pid"
	wait_for "$1" said_again "$1" "$before"
}
said_again() {
	[ "$(grep -c "$1" "$tmp/a.file.log")" -gt "$2" ]
}
opens() {
	RPMEM_PSK_FILE=$tmp/mine "$HELPERS/rawloop" \
		"tcp://$1@127.0.0.1:$port" raw.set open 1 >/dev/null 2>&1
}
(umask 077 && echo "late:$(printf '%064d' 7)" >"$tmp/mine")
! opens late || fail "a key that nobody gave"
(cat "$tmp/mine" && echo "$good") >"$tmp/both"
cat "$tmp/both" >"$RPMEM_PSK_FILE"
hangup "key file read again: 2 keys"
opens late || fail "the new key"
echo "late:nonsense" >"$RPMEM_PSK_FILE"
hangup "the keys that were read before stay in use"
opens late || fail "the old keys are gone"
! grep -q "$(printf '%064d' 7)" "$tmp/a.file.log" "$tmp/a.log" ||
	fail "a key in the log"

kill -TERM "$rpmemd_pid"
wait "$rpmemd_pid" || fail "exit status"
[ ! -e "$tmp/a.port" ] || fail "the port file is left"

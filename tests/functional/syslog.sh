#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What rpmemd says by syslog, as the system's log daemon receives it: its name
# and process, the facility "user", the levels that were asked for.
# /dev/log is a socket of this test in a mount namespace of its own.
if [ -z "${RPMEM_IN_NAMESPACE:-}" ]; then
	unshare -m true 2>/dev/null || {
		echo "SKIP: no mount namespace without root"
		exit 77
	}
	RPMEM_IN_NAMESPACE=1 exec unshare -m bash "$0"
fi
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires python3
export RPMEM_LOG_LEVEL=0

mkdir "$tmp/dev"
mount -t tmpfs -o mode=755 none "$tmp/dev"
unmount() {
	umount -l /dev
}
for node in null zero random urandom shm; do
	if [ -d "/dev/$node" ]; then
		mkdir "$tmp/dev/$node"
	else
		touch "$tmp/dev/$node"
	fi
	mount --rbind "/dev/$node" "$tmp/dev/$node"
done
mount --move "$tmp/dev" /dev
cleanups+=(unmount)

python3 - "$tmp/received" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
with open(sys.argv[1], "w", buffering=1) as out:
    while True:
        out.write(s.recv(65536).decode().rstrip("\0\n") + "\n")
PY
pids+=($!)
wait_for "the log daemon" test -S /dev/log

start_rpmemd t --use-syslog --log-level notice
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "8M $shm/t/raw"
"$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set create 5 >/dev/null
# <13>: user.notice; <14> would be user.info
wait_for "the end of the session" \
	grep -Eq "^<13>.* rpmemd\[[0-9]+\]: session end: " "$tmp/received"
grep -q "session start" "$tmp/received" || fail "no start"
! grep -q "^<1[45]>" "$tmp/received" || fail "the level does not count"
! grep -q "session" "$tmp/t.log" || fail "written to standard error, too"

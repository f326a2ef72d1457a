#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Garbage on every port: the daemon lives, and serves the next one.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires python3

export RPMEM_LOG_LEVEL=0
start_rpmemd t
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "8M $shm/t/part"
where=tcp://127.0.0.1:$port
"$HELPERS/rawloop" "$where" raw.set create 1 >/dev/null
rm -f "$tmp/in"
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/out" "$HELPERS/rawloop" "$where" raw.set idle
pid=$prog
exec 9>"$tmp/in"
wait_for "rawloop" grep -q ready "$tmp/out"
session_pid=$(pgrep -P "$rpmemd_pid")

python3 - "$port" "$session_pid" <<'PY'
import os, random, socket, sys
seed = random.randrange(1 << 32)
print("seed", seed)
rnd = random.Random(seed)
port, session = int(sys.argv[1]), sys.argv[2]
ports = {port}
# what the session listens on: its sockets among those in state LISTEN
inodes = set()
for fd in os.listdir(f"/proc/{session}/fd"):
    try:
        link = os.readlink(f"/proc/{session}/fd/{fd}")
    except OSError:
        continue
    if link.startswith("socket:["):
        inodes.add(link[8:-1])
for line in open("/proc/net/tcp").readlines()[1:]:
    f = line.split()
    if f[3] == "0A" and f[9] in inodes:
        ports.add(int(f[1].split(":")[1], 16))
print("ports", sorted(ports))
for p in ports:
    for n in range(40):
        try:
            with socket.create_connection(("127.0.0.1", p), 5) as s:
                s.sendall(rnd.randbytes(rnd.choice([1, 16, 48, 300, 5000])))
                if n % 2:
                    s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
half = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(100)]
print("half open", len(half))
PY
kill -0 "$rpmemd_pid" || fail "the listener died"
kill -0 "$session_pid" || fail "the session died"
kill -KILL "$pid"
exec 9>&-
wait "$pid" || true
echo go >"$tmp/go"
in=$tmp/go background "$tmp/out" "$HELPERS/rawloop" "$where" raw.set idle
pid=$prog
wait_for "a new session" grep -q ready "$tmp/out"
kill -TERM "$rpmemd_pid"
wait "$rpmemd_pid" || fail "exit status of the listener"
wait "$pid"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem doctor: what it finds on this machine, and on the way to targets that
# are well, absent, silent, of another key, or reached by ssh.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
unset RPMEM_SSH

# doctor WANTED ARG... -- its exit status; the report in $tmp/out, and behind
# those before it in $tmp/reports
doctor() {
	local want=$1 got=0
	shift
	"$RPMEM" doctor --json "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] ||
		fail "rpmem doctor $*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
	cat "$tmp/out" >>"$tmp/reports"
}

# found LEVEL CODE [WORD] -- with a fix, unless all is well
has_ended() {
	! kill -0 "$1" 2>/dev/null || grep -q "^State:.Z" "/proc/$1/status" 2>/dev/null
}
found() {
	local some='[^"]'
	[ "$1" != ok ] || some='"'
	grep -oE "\{\"level\":\"$1\",\"code\":\"$2\",[^}]*\"fix\":\"${some}[^}]*\}" \
		"$tmp/out" | grep -qF -- "${3:-}" ||
		fail "no $1 $2 ${3:-}: $(cat "$tmp/out")"
}

echo "== this machine"
doctor 0
for code in version library provider memlock key-file ssh clocks; do
	found ok $code
done
found ok state-dir "not there yet"
[ ! -e "$RPMEM_STATE_DIR" ] || fail "it made the state directory"
"$RPMEM" doctor >"$tmp/text" || fail "as text: $(cat "$tmp/text")"
grep -q "^ok  *libfabric: version" "$tmp/text" || fail "$(cat "$tmp/text")"
LD_LIBRARY_PATH=$RPMEM_BUILD_DIR/src/librpmem doctor 0
found ok librpmem "API 1.4"
LD_LIBRARY_PATH='' doctor 0
found note librpmem "export LD_LIBRARY_PATH="

echo "== the environment"
RPMEM_TIMOUT_MS=100 RPMEM_SOMETHING=1 RPMEM_TIMEOUT_MS=1 RPMEM_SPIN_US=-1 RPMEM_ON_LOSS=no RPMEM_OPEN_WAIT=x \
	RPMEM_NOTIFY=relative RPMEM_OWNER=maybe RPMEM_MIN_REPLICAS=0 doctor 1
for name in TIMEOUT_MS SPIN_US ON_LOSS OPEN_WAIT NOTIFY OWNER MIN_REPLICAS; do
	found problem variable "unset RPMEM_$name"
done
found problem unknown-variable "is RPMEM_TIMEOUT_MS meant?"
found note unknown-variable RPMEM_SOMETHING
PMEM_IS_PMEM_FORCE=1 FI_PROVIDER=tcp doctor 0
found note pmem-force
found note fi-provider
# every variable that a page documents is known here
docs=$(dirname "$0")/../../doc
grep -ohE '^=item .*B<RPMEM_[A-Z_]+>.*' "$docs"/*.[17].pod | grep -oE 'RPMEM_[A-Z_]+' |
	sort -u >"$tmp/names"
[ "$(wc -l <"$tmp/names")" -gt 15 ] || fail "which variables are there?"
# all at once: an empty value is none
mapfile -t assignments < <(sed 's/$/=/' "$tmp/names")
env -i PATH="$PATH" HOME="$HOME" LD_PRELOAD="${LD_PRELOAD:-}" "${assignments[@]}" \
	RPMEM_PSK_FILE="$RPMEM_PSK_FILE" RPMEM_STATE_DIR="$RPMEM_STATE_DIR" \
	"$RPMEM" doctor --json >"$tmp/out" || fail "$(cat "$tmp/out")"
found ok environment

echo "== providers, key, state directory, ssh"
mkdir -m 777 "$tmp/open"
chmod 644 "$RPMEM_PSK_FILE"
RPMEM_PROVIDER=verbs RPMEM_STATE_DIR=relative RPMEM_SSH="ssh -v" doctor 1
found problem provider
found problem key-file "chmod 600"
found problem state-dir "RPMEM_STATE_DIR"
found note ssh "without arguments"
chmod 600 "$RPMEM_PSK_FILE"
echo "no key" >"$tmp/bad.psk"
chmod 600 "$tmp/bad.psk"
RPMEM_PSK_FILE=$tmp/bad.psk RPMEM_PROVIDER=nonsense RPMEM_STATE_DIR=$tmp/open doctor 1
found problem provider "RPMEM_PROVIDER"
found problem key-file "line 1"
found problem state-dir
RPMEM_PSK_FILE=$tmp/none FI_PROVIDER=sockets doctor 1
found problem provider "unset FI_PROVIDER"
found note key-file "rpmem keygen"
RPMEM_PSK_FILE=$tmp/none doctor 1 tcp://127.0.0.1:1
found problem key-file "rpmem keygen"
RPMEM_SSH="ssh -v" doctor 1 replica.invalid
found problem ssh
if [ "$(id -u)" != 0 ]; then
	mkdir -m 500 "$tmp/closed"
	RPMEM_STATE_DIR=$tmp/closed/state doctor 1
	found problem state-dir "may not write"
fi

echo "== a target that is well"
start_rpmemd t
make_set "$tmp/t/db.set" "8M $shm/t/db"
make_set "$tmp/t/raw.set" "OPTION NOHDRS" "8M $shm/t/raw"
doctor 0 "tcp://127.0.0.1:$port"
found ok target
found note not-tried "rpmem doctor TARGET NAME"
grep -q '"control_round_trip":{"min_ns":[1-9]' "$tmp/out" || fail "no round trip"
doctor 1 "tcp://127.0.0.1:$port" none.set
found problem no-set "rpmem set new none.set --for-target"
doctor 0 "tcp://127.0.0.1:$port" db.set
found note no-copy "create the pool"
found ok version
make_set "$tmp/db.set" "8M $shm/db" "REPLICA tcp://127.0.0.1:$port db.set"
"$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set create 1 >/dev/null
stock pmempool create obj --layout x "$tmp/db.set"
# copies -- their bytes, and what is on record of them
copies() {
	md5sum "$shm"/t/*
	"$RPMEM" lineage --copy "$tmp/t" db.set
	"$RPMEM" lineage --copy "$tmp/t" raw.set
}
before=$(copies)
for name in db.set raw.set; do
	doctor 0 "tcp://127.0.0.1:$port" "$name"
	found ok in-band
	grep -q '"data_round_trip":{"min_ns":[1-9]' "$tmp/out" || fail "no round trip"
done
doctor 0 "tcp://127.0.0.1:$port db.set"
found ok in-band
RPMEM_OWNER=yes RPMEM_STATS=$tmp/stats RPMEM_MIN_REPLICAS=2 RPMEM_ON_LOSS=fail \
	doctor 0 "tcp://127.0.0.1:$port" db.set
found ok in-band
[ ! -e "$tmp/stats" ] || fail "its session is in somebody's statistics"
[ "$before" = "$(copies)" ] || fail "it changed a copy: $before, $(copies)"
[ "$(find "$RPMEM_STATE_DIR" -newer "$tmp/db.set" -name '*doctor*')" = "" ] ||
	fail "it left something"

mv "$shm/t/db" "$shm/t/db.good"
truncate -s 4M "$shm/t/db"
doctor 1 "tcp://127.0.0.1:$port" db.set
found problem parts "rpmem check SET"
mv "$shm/t/db.good" "$shm/t/db"

echo "== the place at the target: room, and the right to write"
doctor 0 "tcp://127.0.0.1:$port" db.set
found ok place "MiB are free"
! grep -q '"code":"space"' "$tmp/out" || fail "no room: $(cat "$tmp/out")"
make_set "$tmp/t/large.set" "8M $shm/t/l1" "90T $shm/t/l2" "80T $shm/t/l3"
doctor 1 "tcp://127.0.0.1:$port" large.set
found problem space "name parts on another disk"
grep -q "need $(((170 << 20) + 8)) MiB" "$tmp/out" || fail "$(cat "$tmp/out")"
make_set "$tmp/t/lost.set" "8M $shm/none/db"
doctor 1 "tcp://127.0.0.1:$port" lost.set
found problem parts-place "mkdir"
grep -q "cannot make a part in '$shm/none'" "$tmp/out" || fail "$(cat "$tmp/out")"
doctor 1 "tcp://127.0.0.1:$port" none/db.set
found problem place "make that directory there"
if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	RPMEM_FAULTS=rpmemd/no-look start_rpmemd old
	doctor 0 "tcp://127.0.0.1:$port"
	found note old-target
fi
# closed -- $tmp/c can only be read
open_up() {
	chmod 700 "$tmp/c"
	! mountpoint -q "$tmp/c" || umount -l "$tmp/c"
}
closed() {
	chmod 500 "$tmp/c"
	[ "$(id -u)" = 0 ] || return 0
	mount -t tmpfs -o size=4M,ro none "$tmp/c" 2>/dev/null
}
mkdir "$tmp/c"
cleanups+=(open_up)
if closed; then
	start_rpmemd c
	doctor 1 "tcp://127.0.0.1:$port"
	found problem place "chown"
	[ "$(id -u)" != 0 ] || found note space "make room"
fi
port=$(cat "$tmp/t.port")

echo "== a copy in use is left alone"
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/said" "$HELPERS/rawloop" "tcp://127.0.0.1:$port" raw.set idle
exec 9>"$tmp/in"
wait_for "rawloop" grep -q ready "$tmp/said"
doctor 0 "tcp://127.0.0.1:$port" raw.set
found note in-use
# it does not wait for whoever has it: it asked once
[ "$(grep -c "it is locked" "$tmp/t.log")" = 1 ] || fail "it asked again"
kill_and_wait "$prog" TERM
exec 9>&-

echo "== the way is blocked"
doctor 1 "tcp://127.0.0.1:$(free_port)"
found problem refused "rpmemd --listen"
doctor 1 tcp://name.invalid
found problem unreachable "/etc/hosts"
doctor 1 "tcp://nobody@127.0.0.1:$port"
found problem identity "nobody"
"$RPMEM" keygen "$tmp/other.psk" >/dev/null
RPMEM_PSK_FILE=$tmp/other.psk doctor 1 "tcp://127.0.0.1:$port"
found problem key "restart rpmemd"
# somebody listens and says nothing; somebody says something else
python3 - "$tmp/silent.port" "$tmp/loud.port" <<'PY' &
import os, socket, sys, threading

def serve(path, text):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    with open(path + ".tmp", "w") as f:
        f.write(str(s.getsockname()[1]))
    os.rename(path + ".tmp", path)
    kept = []
    while True:
        c = s.accept()[0]
        c.sendall(text)
        kept.append(c)
        with open(path + ".came", "a") as f:
            f.write(".")

threading.Thread(target=serve, args=(sys.argv[1], b""), daemon=True).start()
serve(sys.argv[2], b"220 mail ready\r\n")
PY
pids+=("$!")
wait_for "listeners" test -s "$tmp/silent.port" -a -s "$tmp/loud.port"
RPMEM_TIMEOUT_MS=300 doctor 1 "tcp://127.0.0.1:$(cat "$tmp/silent.port")"
found problem timeout "something else"
RPMEM_TIMEOUT_MS=3000 doctor 1 "tcp://127.0.0.1:$(cat "$tmp/loud.port")"
grep -qE '"level":"problem","code":"(protocol|connect)"' "$tmp/out" ||
	fail "$(cat "$tmp/out")"
# ended while it waits
wait_for "the connection before it" test -s "$tmp/silent.port.came"
rm "$tmp/silent.port.came"
RPMEM_TIMEOUT_MS=60000 background "$tmp/said" "$RPMEM" doctor \
	"tcp://127.0.0.1:$(cat "$tmp/silent.port")"
wait_for "its connection" test -s "$tmp/silent.port.came"
kill_and_wait "$prog" TERM

got=0
"$RPMEM" doctor tcp:// 2>/dev/null || got=$?
[ "$got" = 2 ] || fail "a target that is none: $got"

json_fits rpmem-doctor "$tmp/reports"

echo "== ended at any moment, also while libfabric is loaded"
# what it loads takes SIGTERM, and would exit in the middle of its own start
for i in $(seq 16); do
	"$RPMEM" doctor "tcp://127.0.0.1:$port" >/dev/null 2>&1 &
	ended=$!
	pids+=("$ended")
	sleep "0.$(printf %02d $((RANDOM % 45)))"
	kill -TERM "$ended" 2>/dev/null || true
	wait_for "the end of run $i" has_ended "$ended"
	wait "$ended" || true
done

echo "== by ssh"
command -v ssh >/dev/null || exit 0
start_sshd
RPMEM_CMD=$(rpmemd_command t)
export RPMEM_CMD
doctor 0 replica db.set
found ok in-band
found ok version "rpmemd "
RPMEM_CMD=/nowhere/rpmemd doctor 1 replica
found problem ssh-target "RPMEM_CMD="
: >"$tmp/authorized"
doctor 1 replica
found problem ssh-target "ssh-copy-id replica"
RPMEM_SSH=/nowhere/ssh doctor 1 replica
found problem ssh

# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# Shared by the functional tests: a temporary directory, a key, a listening
# rpmemd, stock programs that find our librpmem.so.1.  Every process is ended
# by pid.  Nothing waits for a time, only for a state.
set -euo pipefail

: "${RPMEM_BUILD_DIR:?is the build tree to test}"
export RPMEM_SANITIZE=${RPMEM_SANITIZE:-}

functional=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rpmem-test.XXXXXX")
shm=$(mktemp -d "/dev/shm/rpmem-test.XXXXXX")
pids=()
cleanups=()

# is_running PID -- a process that this script has started, and that has not
# ended: the number of one that has may be another script's by now
is_running() {
	case " $(jobs -pr | tr '\n' ' ')" in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

cleanup() {
	local status=$?
	set +e
	for fn in "${cleanups[@]}"; do "$fn"; done
	for pid in "${pids[@]}"; do
		is_running "$pid" || continue
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	# what a test that failed has left behind
	for pid in $(jobs -pr); do
		kill -KILL "$pid" 2>/dev/null
	done
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		echo "--- failed; the daemons said:" >&2
		tail -n 40 "$tmp"/*.log "$tmp"/err >&2 2>/dev/null
	fi
	rm -rf "$tmp" "$shm"
	exit "$status"
}
trap cleanup EXIT

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

requires() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

RPMEMD=$RPMEM_BUILD_DIR/src/rpmemd/rpmemd
RPMEM=$RPMEM_BUILD_DIR/utils/rpmem
HELPERS=$RPMEM_BUILD_DIR/tests/functional
export RPMEM_PSK_FILE=$tmp/psk HOME=$tmp
# small pools are compared at once, also on a busy machine
export RPMEM_COMPARE_MS=60000
export RPMEM_STATE_DIR=$tmp/state # for root it is /var/lib/rpmem else
export RPMEM_TIMEOUT_MS=${RPMEM_TIMEOUT_MS:-5000}
export RPMEM_SSH=/bin/false # what libpmempool runs before it makes a copy anew
export PMEMOBJ_CONF="sds.at_create=${SDS:-0}"

"$RPMEM" keygen "$RPMEM_PSK_FILE" >/dev/null

# wait_for WHAT COMMAND... -- poll until the command is true; fails after 60 s
wait_for() {
	local what=$1 n=0
	shift
	until "$@"; do
		n=$((n + 1))
		[ "$n" -lt 1200 ] || fail "waited for $what in vain"
		sleep 0.05
	done
}

# start_rpmemd NAME [ARG...] -- a listener on a port of its own; sets `port`,
# `rpmemd_pid`; set files belong into $tmp/NAME, the log is $tmp/NAME.log
start_rpmemd() {
	local name=$1
	shift
	mkdir -p "$tmp/$name" "$shm/$name"
	rm -f "$tmp/$name.port"
	"$RPMEMD" --listen 127.0.0.1:0 --port-file "$tmp/$name.port" \
		--poolset-dir "$tmp/$name" --log-level info "$@" \
		>>"$tmp/$name.log" 2>&1 &
	rpmemd_pid=$!
	pids+=("$rpmemd_pid")
	wait_for "the port of $name" port_or_dead "$tmp/$name.port" "$rpmemd_pid"
	port=$(cat "$tmp/$name.port")
}

port_or_dead() {
	[ -s "$1" ] && return 0
	kill -0 "$2" 2>/dev/null || fail "rpmemd did not start"
	return 1
}

# make_set NAME LINE... -- a pool set file
make_set() {
	local file=$1
	shift
	printf '%s\n' PMEMPOOLSET "$@" >"$file"
}

# raw_test_sets DIR PARTS -- the sets that test_raw works on
raw_test_sets() {
	make_set "$1/raw.set" "OPTION NOHDRS" "16M $2/raw.part"
	make_set "$1/raw2.set" "OPTION NOHDRS" "4M $2/r1" "4M $2/r2"
	make_set "$1/hdr.set" "8M $2/hdr.part"
	make_set "$1/single.set" "OPTION SINGLEHDR" "2M $2/s1" "4M $2/s2"
	make_set "$1/remote.set" "8M $2/x" "REPLICA tcp://a b.set"
	make_set "$1/bad.set" "16m $2/x"
}

# stock COMMAND... -- a program that loads our librpmem.so.1, and what else is
# in the directory $stock_libs; and $stock_preload before everything else
stock_libs="" stock_preload=""
stock() {
	(stock_exec "$@")
}

# the same in place of this shell; "stock_exec COMMAND & pid=$!" is the
# program's own pid
stock_exec() {
	local preload=""
	[ "$BASHPID" != "$$" ] || fail "the script would end here: $*"
	case $RPMEM_SANITIZE in
	*address*) preload=$(gcc -print-file-name=libasan.so) ;;
	*thread*) preload=$(gcc -print-file-name=libtsan.so) ;;
	esac
	[ -z "$stock_preload" ] || preload=${preload:+$preload:}$stock_preload
	exec env LD_LIBRARY_PATH="${stock_libs:+$stock_libs:}$RPMEM_BUILD_DIR/src/librpmem" \
		${preload:+LD_PRELOAD="$preload"} \
		ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" "$@"
}

# for programs on libpmemreplica: a sanitizer's dlopen does not look where the
# library that calls it says
find_librpmem() {
	[ -n "$RPMEM_SANITIZE" ] || return 0
	export LD_LIBRARY_PATH="$RPMEM_BUILD_DIR/src/librpmem${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}

# background OUT COMMAND... -- starts it, with the file $in as its input if
# that is set, and sets `prog`; OUT is empty before anybody looks, so that
# what an earlier program said does not count
background() {
	local out=$1
	shift
	: >"$out"
	"$@" <"${in:-/dev/null}" >"$out" &
	prog=$!
}

# same_objects A B [SKIP] -- two copies hold the same bytes behind the
# descriptor page (8192)
same_objects() {
	cmp -i "${3:-8192}" "$1" "$2" || fail "$1 and $2 differ"
}

# kill_and_wait PID [SIGNAL]
kill_and_wait() {
	kill "-${2:-KILL}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# no session of the listener PID is left: its children have ended
no_sessions() {
	! pgrep -P "$1" >/dev/null
}

# kill_sessions LISTENER -- all that it has: one that has answered its close may
# still be there beside the next
kill_sessions() {
	local s
	for s in $(pgrep -P "$1"); do
		kill -KILL "$s" 2>/dev/null || true
	done
}

# rpmemd_command NAME [ARG...] -- what RPMEM_CMD must be for an rpmemd that
# ssh starts; set files belong into $tmp/NAME, the log is $tmp/NAME.log
rpmemd_command() {
	local name=$1
	shift
	mkdir -p "$tmp/$name" "$shm/$name"
	echo "env RPMEM_TIMEOUT_MS=$RPMEM_TIMEOUT_MS" \
		"'TSAN_OPTIONS=${TSAN_OPTIONS:-}'" \
		"'ASAN_OPTIONS=${ASAN_OPTIONS:-}' $RPMEMD" \
		"--poolset-dir $tmp/$name --log-file $tmp/$name.log" \
		"--log-level info $*"
}

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# an account that may not log in gets a shell in sshd's eyes only
sshd_env=()
lend_shell() {
	local lib
	case $(getent passwd "$(id -u)") in
	*/nologin | */false) ;;
	*) return 0 ;;
	esac
	lib=$(find /usr/lib -name 'libnss_wrapper.so' | head -n 1)
	[ -n "$lib" ] || skip "libnss-wrapper is not installed"
	getent passwd | sed "s|^\($(id -un):.*\):[^:]*:[^:]*$|\1:$tmp:/bin/sh|" \
		>"$tmp/passwd"
	getent group >"$tmp/group"
	sshd_env=("LD_PRELOAD=$lib" "NSS_WRAPPER_PASSWD=$tmp/passwd"
		"NSS_WRAPPER_GROUP=$tmp/group")
}

# start_sshd -- an sshd of our own on loopback, with keys of its own; "ssh
# replica" leads there, and RPMEM_SSH is an ssh that knows that name
start_sshd() {
	local try
	command -v /usr/sbin/sshd >/dev/null || skip "sshd is not installed"
	lend_shell
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/hostkey"
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/id"
	cp "$tmp/id.pub" "$tmp/authorized"
	cat >"$tmp/sshd_config" <<-TEXT
	HostKey $tmp/hostkey
	PidFile none
	AuthorizedKeysFile $tmp/authorized
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	PermitRootLogin yes
	ListenAddress 127.0.0.1
	TEXT
	for try in 1 2 3 4 5; do
		sshd_port=$(free_port)
		env "${sshd_env[@]}" /usr/sbin/sshd -D -e -f "$tmp/sshd_config" \
			-p "$sshd_port" 2>>"$tmp/sshd.log" &
		sshd_pid=$!
		if sshd_is_up; then
			pids+=("$sshd_pid")
			make_ssh
			return 0
		fi
	done
	fail "sshd does not start: $(tail -n 3 "$tmp/sshd.log") ($try tries)"
}

sshd_is_up() {
	local n
	for n in $(seq 100); do
		grep -q "listening on.* port $sshd_port" "$tmp/sshd.log" && return 0
		kill -0 "$sshd_pid" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

make_ssh() {
	cat >"$tmp/ssh_config" <<-TEXT
	Host replica 127.0.0.1
	HostName 127.0.0.1
	Port $sshd_port
	IdentityFile $tmp/id
	Host *
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
	IdentitiesOnly yes
	TEXT
	cat >"$tmp/ssh" <<-TEXT
	#!/bin/sh
	# a sanitizer's library is meant for the program that runs us
	unset LD_PRELOAD
	exec ssh -F $tmp/ssh_config "\$@"
	TEXT
	chmod 700 "$tmp/ssh"
	export RPMEM_SSH=$tmp/ssh
}

# no process of an rpmemd that ssh started for $tmp/NAME is left
no_ssh_sessions() {
	! pgrep -f -- "--poolset-dir $tmp/$1 " >/dev/null
}

# on_terminal [OPTION...] COMMAND... -- on a terminal of its own, see onpty.py
on_terminal() {
	TERM=xterm python3 "$functional/onpty.py" "$@"
}

# flip_byte FILE OFFSET: another byte there, whatever it was; as a disk does
# it, which leaves the file its times
flip_byte() {
	python3 -c 'import os, sys
was = os.stat(sys.argv[1])
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)
    f.seek(int(sys.argv[2]))
    f.write(bytes([b[0] ^ 1]))
os.utime(sys.argv[1], ns=(was.st_atime_ns, was.st_mtime_ns))' "$1" "$2"
}

# the python that knows JSON schemas: there may be several
schema_python() {
	local py
	for py in python3 /usr/bin/python3; do
		"$py" -c 'import jsonschema' 2>/dev/null && echo "$py" && return
	done
	fail "no python3 has jsonschema (python3-jsonschema)"
}

# json_fits NAME FILE... -- each report in a FILE, one or more of them, is what
# doc/schema/NAME.json says, and says nothing that is not in there
json_fits() {
	local name=$1 py
	py=$(schema_python)
	shift
	"$py" "$functional/fits.py" "$functional/../../doc/schema/$name.json" "$@" ||
		fail "a report of $name is not as documented"
}

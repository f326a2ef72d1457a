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

tmp=$(mktemp -d "${TMPDIR:-/tmp}/rpmem-test.XXXXXX")
shm=$(mktemp -d "/dev/shm/rpmem-test.XXXXXX")
pids=()
cleanups=()

cleanup() {
	local status=$?
	set +e
	for fn in "${cleanups[@]}"; do "$fn"; done
	for pid in "${pids[@]}"; do
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
		echo "--- failed; the daemons said:" >&2
		tail -n 40 "$tmp"/*.log >&2 2>/dev/null
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

# stock COMMAND... -- a program that loads our librpmem.so.1
stock() {
	(stock_exec "$@")
}

# the same in place of this shell; "stock_exec COMMAND & pid=$!" is the
# program's own pid
stock_exec() {
	local preload=""
	case $RPMEM_SANITIZE in
	*address*) preload=$(gcc -print-file-name=libasan.so) ;;
	*thread*) preload=$(gcc -print-file-name=libtsan.so) ;;
	esac
	exec env LD_LIBRARY_PATH="$RPMEM_BUILD_DIR/src/librpmem" \
		${preload:+LD_PRELOAD="$preload"} \
		ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" "$@"
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

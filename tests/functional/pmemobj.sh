#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Stock pmempool and a stock libpmemobj program on sets with one and with two
# tcp:// replicas: create, run, info, check, reopen; the copies hold the same.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# try NAME LOCAL-LINES REMOTE-LINES [ENV...]: one round of everything
try() {
	local name=$1 local_lines=$2 remote_lines=$3
	shift 3
	echo "== $name $*"
	mkdir -p "$shm/$name"
	local lines=() remote=() l
	while IFS= read -r l; do lines+=("$l"); done <<<"${local_lines//@/$shm/$name}"
	while IFS= read -r l; do remote+=("$l"); done <<<"${remote_lines//@/$shm/$name}"
	make_set "$tmp/one/$name.set" "${remote[@]}"
	make_set "$tmp/two/$name.set" "${remote[@]//remote/second}"
	make_set "$tmp/$name.set" "${lines[@]}" \
		"REPLICA tcp://127.0.0.1:$port1 $name.set" \
		"REPLICA tcp://127.0.0.1:$port2 $name.set"
	stock env "$@" pmempool create obj --layout txprog "$tmp/$name.set"
	stock env "$@" pmempool info "$tmp/$name.set" >"$tmp/info"
	grep -qi "tcp://127.0.0.1:$port2" "$tmp/info" || { cat "$tmp/info"; fail "info shows no replica"; }
	stock env "$@" "$HELPERS/txprog" run "$tmp/$name.set" 4 50 >"$tmp/said"
	[ "$(wc -l <"$tmp/said")" = 200 ] || fail "not every transaction"
	stock env "$@" "$HELPERS/txprog" check "$tmp/$name.set" "$tmp/said"
	stock env "$@" pmempool sync -d "$tmp/$name.set"
}

# alone FILE: a copy of it, as a pool of its own, holds what was said
alone() {
	cp -p "$1" "$shm/alone"
	"$HELPERS/standalone" "$shm/alone"
	"$HELPERS/txprog" check "$shm/alone" "$tmp/said" || fail "$1"
	rm "$shm/alone"
}

start_rpmemd one
port1=$port
start_rpmemd two --durability memory
port2=$port

for force in 0 1; do
	rm -rf "${shm:?}/plain"
	rm -f "$tmp"/*/plain.set.rpmem-state
	try plain "16M @/local" "16M @/remote" "PMEM_IS_PMEM_FORCE=$force"
	alone "$shm/plain/remote"
	alone "$shm/plain/second"
	stock "$HELPERS/txprog" nop "$tmp/plain.set"
	same_objects "$shm/plain/local" "$shm/plain/remote"
	same_objects "$shm/plain/local" "$shm/plain/second"
done
try parts $'8M @/l1\n8M @/l2' $'6M @/remote1\n10M @/remote2\n4M @/remote3'
try single $'OPTION SINGLEHDR\n8M @/l1\n8M @/l2' \
	$'OPTION SINGLEHDR\n8M @/remote1\n9M @/remote2'
# the default: with shutdown state
PMEMOBJ_CONF=sds.at_create=1 try sds "16M @/local" "16M @/remote"

# a set that the target does not have: nothing is left behind on this side
make_set "$tmp/none.set" "16M $shm/none" \
	"REPLICA tcp://127.0.0.1:$port1 none.set"
if stock pmempool create obj --layout x "$tmp/none.set" 2>"$tmp/err"; then
	fail "created without a set at the target"
fi
grep -q "none.set" "$tmp/err" || fail "the message names no set"
[ ! -e "$shm/none" ] || fail "a local part was left behind"
# two replicas, the second fails: the first one is removed again
make_set "$tmp/one/half.set" "16M $shm/half-remote"
make_set "$tmp/half.set" "16M $shm/half" \
	"REPLICA tcp://127.0.0.1:$port1 half.set" \
	"REPLICA tcp://127.0.0.1:$port2 missing.set"
if stock pmempool create obj --layout x "$tmp/half.set" 2>/dev/null; then
	fail "created with half the replicas"
fi
[ ! -e "$shm/half-remote" ] || fail "a part of the first replica is left"
[ ! -e "$tmp/one/half.set.rpmem-state" ] || fail "its state file is left"

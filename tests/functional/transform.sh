#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Stock pmempool transform adds and removes a tcp replica; pmempool rm.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

start_rpmemd one
port1=$port
start_rpmemd two
port2=$port
make_set "$tmp/one/c.set" "16M $shm/one/part"
make_set "$tmp/two/c.set" "16M $shm/two/part"
make_set "$tmp/none.set" "16M $shm/local"
make_set "$tmp/one.set" "16M $shm/local" \
	"REPLICA tcp://127.0.0.1:$port1 c.set"
make_set "$tmp/both.set" "16M $shm/local" \
	"REPLICA tcp://127.0.0.1:$port1 c.set" \
	"REPLICA tcp://127.0.0.1:$port2 c.set"

stock pmempool create obj --layout txprog "$tmp/none.set"
stock "$HELPERS/txprog" run "$tmp/none.set" 4 50 >"$tmp/said"

stock pmempool transform "$tmp/none.set" "$tmp/one.set"
same_objects "$shm/local" "$shm/one/part"
stock "$HELPERS/txprog" check "$tmp/one.set" "$tmp/said"
stock "$HELPERS/txprog" run "$tmp/one.set" 4 50 >"$tmp/said"

stock pmempool transform "$tmp/one.set" "$tmp/both.set"
same_objects "$shm/local" "$shm/two/part"
stock "$HELPERS/txprog" check "$tmp/both.set" "$tmp/said"
stock "$HELPERS/txprog" run "$tmp/both.set" 4 50 >"$tmp/said"
stock pmempool info "$tmp/both.set" >"$tmp/info"
grep -q "tcp://127.0.0.1:$port2" "$tmp/info" || fail "info shows no replica"

stock pmempool transform "$tmp/both.set" "$tmp/one.set"
[ ! -e "$shm/two/part" ] || fail "the removed replica is still there"
[ ! -e "$tmp/two/c.set.rpmem-state" ] || fail "its state file is"
stock "$HELPERS/txprog" check "$tmp/one.set" "$tmp/said"

stock pmempool rm "$tmp/one.set"
[ ! -e "$shm/one/part" ] || fail "pmempool rm left the replica"

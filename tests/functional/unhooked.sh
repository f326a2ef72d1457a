#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Programs under `rpmem run` whose flushes do not come by its library, or not
# all of them: each is refused with a word, or replicated in strict mode; none
# goes on alone.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
export RPMEM_LOG_LEVEL=1

start_rpmemd t
make_set "$tmp/t/p.set" "16M $shm/copy"
make_set "$tmp/p.set" "16M $shm/local" "REPLICA tcp://127.0.0.1:$port p.set"
ordered() {
	stock "$RPMEM" run -- "$@"
}
ended() {
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
nothing() {
	ended
	rm -f "$shm/copy" "$shm/local" "$tmp/t/p.set.rpmem-state"
}
# a pool of ordered mode
a_pool() {
	nothing
	(stock_libs="" && ordered "$HELPERS/txprog" create "$tmp/p.set")
	ended
}
# refused WORD COMMAND...: it fails and says the word
refused() {
	local word=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		fail "not refused: $*"
	fi
	grep -q -- "$word" "$tmp/out" || fail "no word of $word: $(cat "$tmp/out")"
	ended
}
# absent FILE...: none of them was left behind
absent() {
	local f
	for f; do [ ! -e "$f" ] || fail "left behind: $f"; done
}
# no pool may be made, and none opened, by COMMAND..., txprog started somehow
never() {
	nothing
	refused "do not come by here" "$@" create "$tmp/p.set"
	absent "$shm/local" "$shm/copy"
	a_pool
	cp -p "$shm/copy" "$tmp/was"
	refused "do not come by here" "$@" run "$tmp/p.set" 1 10
	# (what libpmemobj's open changed here, the next one finds)
	cmp "$tmp/was" "$shm/copy" || fail "the copy was changed"
}
# what was done is in the copy
replicated() {
	ended
	same_objects "$shm/local" "$shm/copy"
}

preload_pmem() {
	(stock_preload=libpmem.so.1 && ordered "$@")
}

for PMEM_IS_PMEM_FORCE in 0 1; do
	for SDS in 0 1; do
		export PMEM_IS_PMEM_FORCE PMEMOBJ_CONF="sds.at_create=$SDS"
		echo "== libpmem before us; in the program (pmem $PMEM_IS_PMEM_FORCE)"
		never preload_pmem "$HELPERS/txprog"
		never ordered "$HELPERS/txpmem"
	done
done
make_set "$tmp/t/l.set" "20M $shm/l.copy"
make_set "$tmp/l.set" "20M $shm/l" "REPLICA tcp://127.0.0.1:$port l.set"
for kind in log blk; do
	refused "do not come by here" preload_pmem "$HELPERS/logblk" "$kind" \
		create "$tmp/l.set" 0
	absent "$shm/l" "$shm/l.copy"
done

echo "== libpmem in libpmemobj"
stock_libs=$HELPERS/inside
for SDS in 0 1; do
	export PMEM_IS_PMEM_FORCE=1 PMEMOBJ_CONF="sds.at_create=$SDS"
	never ordered "$HELPERS/txprog"
done
# where it makes durable by msync, that is seen
export PMEM_IS_PMEM_FORCE=0 PMEMOBJ_CONF="sds.at_create=0"
nothing
ordered "$HELPERS/txprog" create "$tmp/p.set"
for kind in $("$HELPERS/promises" list); do
	ordered "$HELPERS/promises" "$tmp/p.set" "$shm/copy" "$kind" 3 ||
		fail "msync: $kind"
done
stock_libs=""

# libpmemobj's own functions, asked for by handle: our library is not in
# between, so it is strict mode; by name: it is
loading="$HELPERS/loading"
hows="local global deep"
[ -z "$RPMEM_SANITIZE" ] || hows="local global" # sanitizers forbid deep
for how in $hows; do
	echo "== loaded: $how"
	nothing
	ordered "$loading" "$tmp/p.set" create "$how" handle >/dev/null
	[ "$(ordered "$loading" "$tmp/p.set" open "$how" handle)" = 2 ] ||
		fail "loaded ($how), by handle"
	replicated
	nothing
	if [ "$how" = deep ]; then
		refused RTLD_DEEPBIND ordered "$loading" "$tmp/p.set" create \
			deep default
		absent "$shm/local"
		(ordered "$loading" "$tmp/p.set" create local default >/dev/null)
		ended
		refused RTLD_DEEPBIND ordered "$loading" "$tmp/p.set" open \
			deep default
	else
		ordered "$loading" "$tmp/p.set" create "$how" default >/dev/null
		[ "$(ordered "$loading" "$tmp/p.set" open "$how" default)" = 2 ] ||
			fail "loaded ($how), by name"
		replicated
	fi
	# a pool of ordered mode is not strict mode's
	refused "wrong replica UUID" ordered "$loading" "$tmp/p.set" open \
		"$how" handle
done

echo "== libpmemobj in the program"
a_pool
cp "$HELPERS/txstatic" "$tmp/pmempool" # which has a set file shown in part
for prog in "$HELPERS/txstatic" "$tmp/pmempool"; do
	nothing
	refused RPMEM_OWNER=yes ordered "$prog" create "$tmp/p.set"
	absent "$shm/local" "$shm/copy"
	export RPMEM_OWNER=yes
	ordered "$prog" create "$tmp/p.set"
	ordered "$prog" run "$tmp/p.set" 2 20 >"$tmp/said"
	ordered "$prog" nop "$tmp/p.set"
	replicated
	unset RPMEM_OWNER
	cp -p "$shm/copy" "$shm/alone"
	"$HELPERS/standalone" "$shm/alone"
	"$HELPERS/txprog" check "$shm/alone" "$tmp/said" || fail "the copy"
	refused RPMEM_OWNER=yes ordered "$prog" nop "$tmp/p.set"
	a_pool
	RPMEM_OWNER=yes refused "wrong replica UUID" ordered "$prog" nop \
		"$tmp/p.set"
done

# the dynamic linker preloads nothing into a program with another user's
# rights, and takes no LD_LIBRARY_PATH: it is as without rpmem run
echo "== setuid"
[ "$(id -u)" = 0 ] || { echo "not root: no setuid program"; exit 0; }
[ -z "$RPMEM_SANITIZE" ] || { echo "setuid: not with a sanitizer"; exit 0; }
case $(findmnt -no OPTIONS -T "$tmp") in
*nosuid*) echo "$tmp: no setuid programs there"; exit 0 ;;
esac
a_pool
cp "$HELPERS/txprog" "$tmp/setuid"
chown 65534 "$tmp/setuid" "$shm/local" "$tmp/p.set"
chmod 4755 "$tmp/setuid"
chmod 755 "$tmp" "$shm"
cp -p "$shm/copy" "$tmp/was"
if ordered "$tmp/setuid" run "$tmp/p.set" 1 10 >"$tmp/out" 2>&1; then
	fail "a setuid program went on alone"
fi
grep -q "librpmem.so.1\|wrong replica UUID" "$tmp/out" ||
	fail "setuid: $(cat "$tmp/out")"
cmp "$tmp/was" "$shm/copy" || fail "the copy was changed"

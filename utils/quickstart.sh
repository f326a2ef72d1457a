#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
#
# From a checkout to a replicated pool: install, build, and the main job once,
# on this machine: a listening rpmemd on loopback, a pool made by stock
# pmempool from a set with a REPLICA line, a stock libpmemobj program on it,
# and proof that both copies hold the same objects.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

packages=(gcc cmake ninja-build pkg-config libfabric-dev libpmem-dev
	libpmemobj-dev pmdk-tools libgnutls28-dev libxxhash-dev uuid-dev
	libjansson-dev libcmocka-dev perl)

usage() {
	cat <<-TEXT
	Usage: utils/quickstart.sh [--prefix DIR]

	Builds rpmem, installs it below DIR (default build/quickstart of the
	source tree), and runs a replicated program there.  Key, pool sets and
	pools stay in DIR/demo.  As root, missing Debian packages are installed;
	as a user they are named.  Can be run again.
	TEXT
}

prefix=$top/build/quickstart
while [ $# -gt 0 ]; do
	case $1 in
	--prefix)
		[ $# -ge 2 ] || { usage >&2; exit 2; }
		mkdir -p "$2"
		prefix=$(cd "$2" && pwd)
		shift 2
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
done

# shellcheck source=packages.sh
. "$top/utils/packages.sh"
need_packages "${packages[@]}"

say() {
	printf '\n== %s\n' "$*"
}

say "Building"
mkdir -p "$prefix"
log=$prefix/build.log
if ! (cmake -G Ninja -S "$top" -B "$prefix/obj" -DBUILD_TESTING=OFF \
	-DCMAKE_BUILD_TYPE=RelWithDebInfo &&
	cmake --build "$prefix/obj" &&
	cmake --install "$prefix/obj" --prefix "$prefix") >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "quickstart: the build failed; all of it is in $log" >&2
	exit 1
fi
echo "installed below $prefix"

demo=$prefix/demo
export RPMEM_STATE_DIR=$demo/state
rm -rf "$demo/pools" "$demo/initiator" "$RPMEM_STATE_DIR"
mkdir -p "$demo/pools" "$demo/initiator"
gcc -O2 -o "$demo/counter" "$top/examples/02-counter.c" -lpmemobj

rpmemd_pid=
finish() {
	if [ -n "$rpmemd_pid" ]; then
		kill "$rpmemd_pid" 2>/dev/null || true
		wait "$rpmemd_pid" 2>/dev/null || true
	fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "A key, and a target"
export RPMEM_PSK_FILE=$demo/psk
[ -e "$RPMEM_PSK_FILE" ] || "$prefix/bin/rpmem" keygen "$RPMEM_PSK_FILE" >/dev/null
printf 'PMEMPOOLSET\n16M %s\n' "$demo/pools/copy.part" >"$demo/pools/copy.set"
rm -f "$demo/port"
"$prefix/bin/rpmemd" --listen 127.0.0.1:0 --port-file "$demo/port" \
	--poolset-dir "$demo/pools" >"$demo/rpmemd.log" 2>&1 &
rpmemd_pid=$!
until [ -s "$demo/port" ]; do
	kill -0 "$rpmemd_pid" 2>/dev/null || {
		cat "$demo/rpmemd.log" >&2
		exit 1
	}
	sleep 0.05
done
port=$(cat "$demo/port")
head -n 1 "$demo/rpmemd.log"

say "A pool with a replica, made by stock pmempool"
set=$demo/initiator/my.set
printf 'PMEMPOOLSET\n16M %s\nREPLICA tcp://127.0.0.1:%s copy.set\n' \
	"$demo/initiator/my.part" "$port" >"$set"
cat "$set"
export LD_LIBRARY_PATH=$prefix/lib
# without an NVDIMM there are no unsafe shutdowns to count
export PMEMOBJ_CONF="sds.at_create=0"
pmempool create obj --layout counter "$set"

say "A stock libpmemobj program, twice"
"$demo/counter" "$set"
"$demo/counter" "$set"

say "The primary is lost; pmempool sync rebuilds it from the copy alone"
"$demo/counter" "$set" show >"$demo/objects-of-primary"
rm "$demo/initiator/my.part"
pmempool sync "$set"
"$demo/counter" "$set" show >"$demo/objects-of-copy"
cat "$demo/objects-of-copy"
if ! cmp "$demo/objects-of-primary" "$demo/objects-of-copy"; then
	echo "quickstart: the copies hold different objects" >&2
	exit 1
fi
echo "both copies hold the same objects"

say "Done"
cat <<TEXT
programs, library, manual pages   $prefix
key                               $RPMEM_PSK_FILE
target's pool set and part        $demo/pools
initiator's pool set and part     $demo/initiator
what it remembers of the copy     $RPMEM_STATE_DIR
what rpmemd said                  $demo/rpmemd.log

Try your own program:
  export LD_LIBRARY_PATH=$prefix/lib RPMEM_PSK_FILE=$RPMEM_PSK_FILE
  export RPMEM_STATE_DIR=$RPMEM_STATE_DIR
  $prefix/bin/rpmemd --listen 127.0.0.1 --poolset-dir $demo/pools
and a pool set with the line
  REPLICA tcp://127.0.0.1 copy.set
TEXT

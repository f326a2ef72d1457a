#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
#
# Installs the Debian packages that are missing (as root), builds every
# preset, runs all tests.  `utils/test.sh --help` shows the options.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gcc g++ cmake ninja-build pkg-config
	libfabric-dev libpmem-dev libpmemobj-dev libpmempool-dev pmdk-tools
	libpmemlog-dev libpmemblk-dev
	libgnutls28-dev libxxhash-dev uuid-dev libjansson-dev libcmocka-dev
	clang clang-format libclang-rt-14-dev python3 python3-jsonschema perl shellcheck
	iproute2 strace util-linux gnutls-bin valgrind procps
	openssh-client openssh-server libnss-wrapper)

usage() {
	cat <<-TEXT
	Usage: utils/test.sh [--preset NAME]...

	Builds and tests the presets dev, asan, tsan, fuzz and release, in
	this order, or those named.  As root, missing Debian packages are
	installed first, and the functional tests of the release build run as
	an unprivileged account, where they can.  As a user nothing is
	installed: what is missing is named.
	TEXT
}

presets=()
while [ $# -gt 0 ]; do
	case $1 in
	--preset)
		[ $# -ge 2 ] || { usage >&2; exit 2; }
		presets+=("$2")
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
[ ${#presets[@]} -gt 0 ] || presets=(dev asan tsan fuzz release)

# shellcheck source=packages.sh
. utils/packages.sh
need_packages "${packages[@]}"

summary=()
# step NAME COMMAND...
step() {
	local name=$1 start=$SECONDS
	shift
	echo "=== $name"
	"$@"
	summary+=("$(printf '%-24s %5d s' "$name" $((SECONDS - start)))")
}

build_release() {
	cmake --preset release
	cmake --build --preset release
}

# one script as an unprivileged account: its result and output in files
as_user_one() {
	local home=$1 script=$2 rc=0
	local name=${script#"$home/scripts/"}
	name=${name//\//.}
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		env -i PATH="$PATH" HOME="$home" TMPDIR="$home/tmp" \
		ROUNDS=6 RPMEM_FAULT_POINTS=OFF \
		RPMEM_BUILD_DIR="$home/b" \
		LD_LIBRARY_PATH="$home/b/src/librpmem:$home/b/src/replica" \
		timeout 600 bash "$script" >"$home/out.$name" 2>&1 || rc=$?
	echo "$rc" >"$home/rc.$name"
}
export -f as_user_one

# the functional tests of the release build as somebody who may not do
# everything, four at a time, as ctest has them; those that passed are in
# $passed_as_user, for ctest -E
passed_as_user=""
as_user() {
	local home b=build/release
	home=$(mktemp -d /tmp/rpmem-user.XXXXXX)
	# the build tree may lie where that account cannot go
	mkdir -p "$home/b/src/librpmem" "$home/b/src/rpmemd" "$home/b/utils" \
		"$home/b/src/replica" "$home/b/tests" "$home/tmp" \
		"$home/scripts" "$home/utils"
	cp -a "$b"/src/librpmem/librpmem.so* "$home/b/src/librpmem"
	cp "$b/src/rpmemd/rpmemd" "$home/b/src/rpmemd"
	cp -a "$b"/src/replica/libpmemreplica*.so* "$home/b/src/replica"
	cp "$b/utils/rpmem" "$b/utils/rpmem-ssh" "$home/b/utils"
	cp -r "$b/tests/functional" "$b/tests/crash" "$home/b/tests"
	cp -r tests/functional tests/crash "$home/scripts"
	cp -r doc "$home/doc"
	cp -r utils/completion "$home/utils"
	chown -R 65534:65534 "$home"
	local failed=0 skipped=0 n=0 s rc
	# those that may be executed: the others are included
	# shellcheck disable=SC2016 # for the inner shell
	find "$home/scripts" -name '*.sh' -perm -u+x -print0 | sort -z |
		xargs -0 -n 1 -P 4 bash -c 'as_user_one "$0" "$1"' "$home"
	for s in "$home"/rc.*; do
		n=$((n + 1))
		rc=$(cat "$s")
		s=${s##*/rc.}
		if [ "$rc" = 77 ]; then
			skipped=$((skipped + 1))
		elif [ "$rc" != 0 ]; then
			failed=$((failed + 1))
			echo "as a user: $s failed:"
			tail -n 30 "$home/out.$s"
		else
			s=${s%.sh}
			passed_as_user+="${passed_as_user:+|}${s/./\/}"
		fi
	done
	echo "as a user: $((n - failed - skipped)) of $n functional tests" \
		"passed, $skipped skipped, $failed failed"
	rm -rf "$home"
	[ "$failed" = 0 ]
}

# a program built with what is installed below $1, on a pool of its own
check_mapping() {
	local cflags
	cflags=$(PKG_CONFIG_PATH="$1/lib/pkgconfig" \
		pkg-config --define-prefix --cflags --libs libpmemreplica)
	# shellcheck disable=SC2086 # several words
	gcc -o "$1/mapping" examples/03-mapping.c $cflags \
		-Wl,-rpath,"$1/lib"
	printf '%s\n' PMEMPOOLSET "2M $1/part" REPLICA "2M $1/copy" >"$1/my.set"
	"$1/mapping" create "$1/my.set"
	"$1/mapping" "$1/my.set" hello | grep -q "^0: hello"
}

# what `cmake --install` must give
check_install() {
	local p f
	p=$(mktemp -d)
	cmake --install build/release --prefix "$p" >/dev/null
	for f in bin/rpmem bin/rpmemd bin/rpmem-ssh lib/librpmem.so.1 lib/librpmem.so \
		lib/libpmemreplica_preload.so lib/libpmemreplica.so.1 \
		lib/libpmemreplica.so include/libpmemreplica.h \
		lib/pkgconfig/libpmemreplica.pc share/man/man7/libpmemreplica.7 \
		share/man/man3/pmemreplica_drain.3 \
		lib/pkgconfig/librpmem.pc include/librpmem.h \
		share/man/man7/librpmem.7 share/man/man1/rpmemd.1 \
		share/man/man1/rpmem-ssh.1 lib/systemd/system/rpmemd.service \
		share/man/man1/rpmem-set.1 share/man/man1/rpmem-doctor.1 \
		share/bash-completion/completions/rpmem \
		share/doc/rpmem/schema/rpmem-doctor.json \
		share/man/man3/rpmem_persist.3; do
		[ -e "$p/$f" ] || { echo "not installed: $f" >&2; return 1; }
	done
	"$p/bin/rpmemd" --version
	"$p/bin/rpmem" --version
	[ "$("$p/bin/rpmem" run -- echo hello 2>&1)" = hello ] ||
		{ echo "rpmem run does not run" >&2; return 1; }
	! readelf -d "$p/lib/librpmem.so.1" | grep -E 'NEEDED.*(fabric|pmem)' ||
		{ echo "librpmem.so.1 needs libfabric or libpmem" >&2; return 1; }
	! readelf -d "$p/lib/libpmemreplica.so.1" |
		grep -E 'NEEDED.*(fabric|rpmem\.|gnutls)' ||
		{ echo "libpmemreplica.so.1 needs what it should load" >&2; return 1; }
	check_mapping "$p"
	rm -rf "$p"
}

for preset in "${presets[@]}"; do
	# the many kills of tests/crash once; fewer where they only show that it runs
	export ROUNDS=8 FLAPS=12 CYCLES=3
	[ "$preset" != dev ] || unset ROUNDS FLAPS CYCLES
	if [ "$preset" = release ] && [ "$(id -u)" = 0 ]; then
		step "release, built" build_release
		step "release, as a user" as_user
		step "release, the others" ctest --preset release \
			-E "^($passed_as_user)\$"
	else
		step "$preset" cmake --workflow --preset "$preset"
	fi
	if [ "$preset" = release ]; then
		step "release, installed" check_install
	fi
done

echo
echo "All of these passed:"
printf '  %s\n' "${summary[@]}"

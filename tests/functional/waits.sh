# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# How often a call waits: `counts` on the set $tmp/n.set, whose pool has its
# root object.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# waits_of KIND COMMAND...: 10 calls more wait 10 * $want times more; the
# command gets the kind and N
waits_of() {
	local kind=$1 n w10=0 w20=0 line
	shift
	for n in 10 20; do
		rm -f "$tmp/stats"
		stock "$RPMEM" run --stats "$tmp/stats" -- "$@" "$kind" "$n" ||
			fail "$1 $kind"
		# each replica's line
		while read -r line; do
			eval "w$n=$(sed 's/.*"waits": *\([0-9]*\).*/\1/' <<<"$line")"
			[ "$n" = 10 ] || [ $((w20 - w10)) = $((10 * want)) ] ||
				fail "$kind: $((w20 - w10)) waits in 10 calls"
		done <"$tmp/stats"
	done
}

# waits KIND PMEM MSYNC: so many waits of one call, on pmem and by msync
waits() {
	local want=$2
	[ "$PMEM_IS_PMEM_FORCE" = 1 ] || want=$3
	waits_of "$1" "$HELPERS/counts" "$tmp/n.set"
}

all_waits() {
	for PMEM_IS_PMEM_FORCE in 0 1; do
		export PMEM_IS_PMEM_FORCE
		waits tx1 1 1
		waits tx8 1 1
		waits nested 1 3
		waits locked 1 1
		waits callback 1 2
		waits persist 1 1
		waits flush_drain 1 1
		waits memcpy 1 1
		waits alloc_free 2 2
		waits list 2 2
		waits noflush 1 1
		waits construct 3 3
		waits abort 1 2
		waits publish 2 2
	done
	# a callback whose last call is a jump to libpmem: it waits, too
	waits jump 2 4
}

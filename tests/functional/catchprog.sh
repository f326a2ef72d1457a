# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
# What the scripts share that let catchprog speak.  `port` is the target's,
# `set` the pool set (a.set), SIZE its bytes, `words` what says() says.

# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
words=()

# client WORD... -- what it says is in $tmp/out; its exit status in $status
client() {
	status=0
	"$HELPERS/catchprog" "tcp://127.0.0.1:$port" "${set:-a.set}" "$SIZE" \
		"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# the same, and these lines must be among what it says, in this order
says() {
	local line
	client "${words[@]}"
	[ "$status" = 0 ] || fail "catchprog: $status: $(cat "$tmp/out" "$tmp/err")"
	exec 8<"$tmp/out"
	for want; do
		while read -r line <&8 || fail "'$want' was not said: $(cat "$tmp/out")"; do
			[ "$line" != "$want" ] || break
		done
	done
	exec 8<&-
}

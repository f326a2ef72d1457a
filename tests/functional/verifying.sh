# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# For the tests of rpmem verify: its reports, a program that stores and does not
# flush, and a verify that something happens to.
# shellcheck source=outlive.sh
. "$(dirname "${BASH_SOURCE[0]}")/outlive.sh"

# verify EXPECTED [ARG...] -- the exit status is EXPECTED; text and report
verify() {
	local want=$1 got=0
	shift
	"$RPMEM" verify --json "$tmp/a.set" "$@" >"$tmp/report" 2>"$tmp/err2" ||
		got=$?
	[ "$got" = "$want" ] ||
		fail "verify $*: $got: $(cat "$tmp/report" "$tmp/err2")"
	json_fits rpmem-verify "$tmp/report"
}

# ask EXPRESSION -- of the report
ask() {
	python3 -c 'import json, sys
report = json.load(open(sys.argv[1]))
copy = report["copies"][0]
codes = [f["code"] for c in report["copies"] for f in c["findings"]]
sys.exit(not eval(sys.argv[2]))' "$tmp/report" "$1" ||
		fail "not so: $1: $(cat "$tmp/report")"
}

# byte FILE OFFSET -- of the pool: one part, so of the file
byte() {
	od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' '
}

has_said() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ -s "$tmp/said" ]
}

# begin_unflushed [COMMAND...] -- sets `at`, the offset of a byte that is stored
begin_unflushed() {
	rm -f "$tmp/in"
	mkfifo "$tmp/in"
	: >"$tmp/err"
	in=$tmp/in background "$tmp/said" "${1:-ordered}" \
		"$HELPERS/unflushed" "$tmp/a.set" 2>>"$tmp/err"
	exec 7>"$tmp/in"
	wait_for "the store" has_said
	wait_for "the copy" attached
	at=$(cat "$tmp/said")
}

end_unflushed() {
	exec 7>&-
	wait "$prog" 2>/dev/null || true
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}

# verify in the background; its pid in `tool`
start_verify() {
	: >"$tmp/progress"
	"$RPMEM" verify --progress=8 "$@" "$tmp/a.set" 8>"$tmp/progress" \
		>"$tmp/text" 2>"$tmp/err2" &
	tool=$!
}

# ended EXPECTED... -- it ends, with one of these
ended() {
	local got=0
	wait "$tool" || got=$?
	for want in "$@"; do
		[ "$got" != "$want" ] || return 0
	done
	fail "verify: $got: $(cat "$tmp/text" "$tmp/err2")"
}

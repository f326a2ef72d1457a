#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What all commands of rpmem have in common, asked of the command itself:
# each has a summary, a page, and the same options in its --help and its page;
# wrong usage is 2; each report that has --json has a schema.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

doc=$(dirname "$0")/../../doc

# commands [COMMAND] -- those that rpmem --help, or COMMAND's, lists
commands() {
	"$RPMEM" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *[a-z].*/\1/p'
}

# help COMMAND -- its --help, and that of the commands below it
help() {
	local below
	"$RPMEM" "$1" --help
	for below in $(commands "$1"); do
		"$RPMEM" "$1" "$below" --help
	done
}

# options COMMAND -- the long options of its --help, but argp's own
options() {
	help "$1" | grep -oE -- '^ {2,6}(-., )?--[a-z][a-z-]*' |
		grep -oE -- '--[a-z-]*' | grep -vE '^--(help|usage|version)$' | sort -u
}

# documented PAGE -- those that are items of a page
documented() {
	sed -n 's/^=item //p' "$1" | grep -oE -- 'B<--[a-z][a-z-]*' |
		sed 's/^B<//' | grep -vE '^--(help|usage|version)$' | sort -u
}

mapfile -t all < <(commands)
[ "${#all[@]}" -ge 6 ] || fail "rpmem --help lists: ${all[*]}"
for c in "${all[@]}"; do
	page=$doc/rpmem-$c.1.pod
	echo "== $c"
	[ -f "$page" ] || fail "rpmem $c has no page"
	grep -q "rpmem-$c>(1)" "$doc/rpmem.1.pod" || fail "rpmem(1) does not list $c"
	diff <(options "$c") <(documented "$page") >"$tmp/out" ||
		fail "--help (<) and page (>) of rpmem $c differ: $(cat "$tmp/out")"
	if help "$c" | grep -c -- --json >/dev/null; then
		[ -f "$doc/schema/rpmem-$c.json" ] ||
			fail "rpmem $c --json has no schema"
	fi
	got=0
	"$RPMEM" "$c" --no-such-option >/dev/null 2>"$tmp/err" || got=$?
	[ "$got" = 2 ] || fail "rpmem $c --no-such-option: $got"
	grep -q "^rpmem $c: " "$tmp/err" || fail "who says it? $(cat "$tmp/err")"
done
for page in "$doc"/rpmem-*.1.pod; do
	c=$(basename "$page" .1.pod)
	c=${c#rpmem-}
	[ "$c" = ssh ] || [[ " ${all[*]} " = *" $c "* ]] ||
		fail "a page of rpmem $c, which is not there"
done
got=0
"$RPMEM" no-such-command 2>"$tmp/err" || got=$?
[ "$got" = 2 ] || fail "an unknown command: $got"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
#
# keygen.sh RPMEM -- the rpmem command and its keygen: what it prints, what it
# leaves, and its exit codes
set -u

rpmem=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export HOME="$dir/home"
unset RPMEM_PSK_FILE
mkdir "$HOME" || exit 1

fail()
{
	echo "FAILED: $*" >&2
	cat "$dir/out" "$dir/err" >&2
	exit 1
}

# expect STATUS ARG ... -- run rpmem, keep its output in $dir/out, $dir/err
expect()
{
	want=$1
	shift
	"$rpmem" "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" = "$want" ] || fail "rpmem $*: status $got, not $want"
}

says()
{
	grep -q -e "$2" "$dir/$1" || fail "no '$2' in std$1"
}

# no key, or any 32 digits of one, in what was printed
tells_no_key()
{
	if grep -q -E '[0-9a-f]{32}' "$dir/out" "$dir/err"; then
		fail "a key is printed"
	fi
}

expect 0 --help
says out keygen
expect 0 --version
says out '^rpmem [0-9]'
expect 2
[ -s "$dir/out" ] && fail "usage error on stdout"
expect 2 nonsense
says err "^rpmem: unknown command 'nonsense'"
expect 2 --nonsense
expect 0 keygen --help
says out 'rpmem keygen'
says out json
expect 2 keygen --nonsense
expect 2 keygen a b
expect 2 keygen ''
[ -e "$HOME/.config" ] && fail "a usage error made files"

# the default place
expect 0 keygen
psk=$HOME/.config/rpmem/psk
says out "^wrote $psk (identity .*@.*)"
says out "scp.* $psk TARGET:.config/rpmem/psk"
says out '>> .config/rpmem/psk'
tells_no_key
[ "$(stat -c %a "$psk")" = 600 ] || fail "mode of the key file"
[ "$(stat -c %a "$HOME/.config/rpmem")" = 700 ] || fail "mode of the directory"
grep -q -E '^[^:]+@[^:]+:[0-9a-f]{64}$' "$psk" || fail "form of the key file"
[ "$(wc -l <"$psk")" = 1 ] || fail "lines of the key file"

# never over an old one
cp "$psk" "$dir/old"
expect 1 keygen
says err "^rpmem keygen: key file '$psk' exists"
[ -s "$dir/out" ] && fail "output beside an error"
tells_no_key
cmp -s "$psk" "$dir/old" || fail "the old key file has changed"

# RPMEM_PSK_FILE, and FILE before it
export RPMEM_PSK_FILE="$dir/one"
expect 0 keygen
[ -f "$dir/one" ] || fail "RPMEM_PSK_FILE is not used"
expect 0 keygen "$dir/it's two"
says out "scp -p '$dir/it'.''s two' TARGET:"
cmp -s "$dir/one" "$dir/it's two" && fail "two equal keys"

# the ssh line that is printed does add the line
sh -c "$(sed -n "s/^  ssh TARGET/sh -c/p" "$dir/out" |
	sed "s|\.config|$dir/t/.config|g")" || fail "the printed line"
cmp -s "$dir/it's two" "$dir/t/.config/rpmem/psk" || fail "the copied line"
[ "$(stat -c %a "$dir/t/.config/rpmem/psk")" = 600 ] || fail "the copy's mode"

expect 0 keygen --json "$dir/three"
says out "^{\"version\":1,\"path\":\"$dir/three\",\"identity\":\".*@.*\",\"written\":true}\$"
tells_no_key
[ "$(wc -l <"$dir/out")" = 1 ] || fail "JSON is one line"

expect 3 keygen "$dir/no/such/directory"
says err "^rpmem keygen: key file '$dir/no/such/directory'"
expect 3 keygen --json "$dir/no/such/directory"
says out '^{"version":1,"error":"key file .*}$'

# --dry-run: the same answers, and nothing is made
expect 0 keygen --dry-run "$HOME/new/place/psk"
says out "^would write $HOME/new/place/psk (identity .*@.*)"
[ -e "$HOME/new" ] && fail "a dry run made a directory"
expect 0 keygen -n "$dir/five"
[ -e "$dir/five" ] && fail "a dry run made a key"
expect 1 keygen -n "$dir/three"
expect 3 keygen -n "$dir/no/such/directory"
expect 0 keygen -n --json "$dir/five"
says out 'written":false'


"$rpmem" keygen "$dir/four" >/dev/full 2>"$dir/err"
got=$?
[ "$got" = 3 ] || fail "output cannot be written: status $got, not 3"
echo "keygen: all as documented"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Completion in bash: commands and options are those of --help, sets are pool
# set files, copies those of the set; and once as somebody types it.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires python3

script=$(cd "$(dirname "$0")/../../utils/completion" && pwd)/rpmem.bash
mkdir "$tmp/w"
cd "$tmp/w"

# complete TYPED PIECE... -- sets `got`: what is offered behind TYPED, which
# readline takes apart into the PIECEs behind rpmem's own name
complete_words() {
	local typed=$1
	shift
	got=$(bash --norc --noprofile -c '
		. "$1"
		COMP_LINE="$2 $3" COMP_POINT=$((${#2} + 1 + ${#3}))
		COMP_WORDS=("$2" "${@:4}") COMP_CWORD=$(($# - 3))
		_rpmem
		[ "${#COMPREPLY[@]}" = 0 ] || printf "%s\n" "${COMPREPLY[@]}"
		' bash "$script" "$RPMEM" "$typed" "$@" | sort)
}

# offers WANTED TYPED PIECE... -- WANTED has a word per line
offers() {
	local want
	want=$(sort <<<"$1")
	shift
	complete_words "$@"
	[ "$got" = "$want" ] || fail "behind '$1': $got; not: $want"
}

# help_options COMMAND... -- the long options of a --help, = behind those that
# take something
help_options() {
	"$RPMEM" "$@" --help | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+)(=?).*/\2\3/p'
}

help_commands() {
	"$RPMEM" "$@" --help |
		sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *[a-z].*/\1/p'
}

echo "== every command and option of --help, and no other"
mapfile -t commands < <(help_commands)
[ "${#commands[@]}" -ge 6 ] || fail "which commands are there?"
offers "$(help_commands)" "" ""
offers "$(help_options)" "--" "--"
for c in "${commands[@]}"; do
	offers "$(help_options "$c")" "$c --" "$c" "--"
	mapfile -t below < <(help_commands "$c")
	[ "${#below[@]}" = 0 ] || offers "$(help_commands "$c")" "$c " "$c" ""
	for b in "${below[@]}"; do
		offers "$(help_options "$c" "$b")" "$c $b --" "$c" "$b" "--"
	done
done
offers "status" "stat" stat
offers "" "no-such-command " no-such-command ""

echo "== sets, and the copies in them"
make_set db.set "8M /db" "REPLICA tcp://beta:7000 db.set" \
	"REPLICA user@gamma pools/db.set" "# REPLICA no such.set"
mkdir dir
make_set "dir/two words.set" "8M /db"
echo other >data
offers $'db.set\ndir/' "status " status ""
offers 'dir/two\ words.set' "status dir/t" status dir/t
offers 'dir/two words.set' 'status "dir/t' status '"dir/t'
offers "data" "keygen da" keygen da
offers $'tcp://beta:7000\\ db.set\nuser@gamma\\ pools/db.set' \
	"discard db.set " discard db.set ""
offers 'user@gamma\ pools/db.set' "discard --json db.set user" discard --json \
	db.set user
# what is in front of the last colon is not replaced
offers '7000\ db.set' "discard db.set tcp://beta:" discard db.set tcp : //beta :
offers 'tcp://beta:7000 db.set' 'set remove-replica db.set "tcp' set \
	remove-replica db.set '"tcp'
offers "" "discard none.set " discard none.set ""
offers "dir" "promote --poolset-dir d" promote --poolset-dir d
offers "dir" "promote --poolset-dir=d" promote --poolset-dir = d
offers "data" "run --stats da" run --stats da
offers "data" "run -- cat da" run -- cat da
complete_words "run -- ba" run -- ba
grep -qx bash <<<"$got" || fail "no programs behind --: $got"

echo "== as it is typed"
python3 - "$script" "$(dirname "$RPMEM")" <<'PY' || fail "typed"
import os, pty, select, sys, time

pid, fd = pty.fork()
if pid == 0:
    os.environ.update(PS1="$ ", TERM="dumb", HISTFILE="")
    os.environ["PATH"] = sys.argv[2] + ":" + os.environ["PATH"]
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
seen = b""

def until(text, what):
    global seen
    end = time.monotonic() + 60
    while text not in seen:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit("%s: %r is not in %r" % (what, text, seen))
        seen += os.read(fd, 4096)
    seen = b""

def send(text, answer):
    os.write(fd, text.encode())
    until(answer.encode(), text)

send(". '%s'; bind 'set enable-bracketed-paste off'; echo re''ady\n" % sys.argv[1],
     "ready\r\n")
send("rpmem disc\t", "rpmem discard ")
send("db\t", "db.set ")
send("tcp:\t", "//beta:7000\\ db.set ")
os.write(fd, b"\x15")
send("rpmem set remove-replica db.set \"us\t", "er@gamma pools/db.set\" ")
os.write(fd, b"\x15")
send("rpmem promote --pools\t", "et-dir=")
send("d\t", "ir")
os.write(fd, b"\x15exit\n")
os.waitpid(pid, 0)
PY

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem on a terminal: colours and NO_COLOR, the line of progress, and the word
# that is typed before something is lost.  Each on a pty of its own.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires pmempool
requires python3

esc=$'\033'
set=$tmp/a.set
start_rpmemd t --durability memory
copy="tcp://127.0.0.1:$port c.set"
make_set "$tmp/t/c.set" "16M $shm/t/c"
make_set "$set" "16M $shm/a" "REPLICA $copy"
stock "$RPMEM" run -- pmempool create obj --layout txprog "$set" || fail "create"
quiet() {
	wait_for "the session's end" no_sessions "$rpmemd_pid"
}
quiet

# run STATUS COMMAND... -- output in $tmp/out, as the terminal or pipe has it
run() {
	local want=$1 got=0
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	[ "$got" = "$want" ] || fail "$*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}
says() {
	grep -qE -e "$1" "$tmp/out" || fail "no '$1' in: $(cat -v "$tmp/out")"
}
has_escapes() {
	grep -q "$esc" "$tmp/out" "$tmp/err"
}

echo "== colours"
mv "$shm/t/c" "$shm/t/kept" # something to be red about
# coloured STATUS COMMAND... -- on a terminal, but not where nobody wants it
coloured() {
	local want=$1
	shift
	run "$want" on_terminal "$RPMEM" "$@"
	says "$esc\\[3[123]m"
	NO_COLOR=1 run "$want" on_terminal "$RPMEM" "$@"
	! has_escapes || fail "$1: NO_COLOR is not obeyed: $(cat -v "$tmp/out")"
	run "$want" env TERM=xterm "$RPMEM" "$@"
	! has_escapes || fail "$1: colours in a pipe: $(cat -v "$tmp/out")"
}
coloured 1 check "$set"
coloured 0 status "$set"
coloured 1 verify "$set"
coloured 1 sync --dry-run "$set"
coloured 1 doctor tcp://127.0.0.1:1
NO_COLOR="" run 0 on_terminal "$RPMEM" status "$set" # an empty one is none
says "$esc\\[32m"
run 0 on_terminal env TERM=dumb "$RPMEM" status "$set"
! has_escapes || fail "a dumb terminal gets colours"
run 0 on_terminal "$RPMEM" status --json "$set"
! has_escapes || fail "colours in JSON"
mv "$shm/t/kept" "$shm/t/c"

# asked COMMAND... -- each answer but yes changes nothing, and yes does it
asked() {
	local answer before want
	echo "== asked: rpmem $*"
	quiet
	before=$(there)
	for answer in no "yes please" ^D ^C; do
		want=1
		[ "$answer" != ^C ] || want=130
		run "$want" on_terminal --answer "$answer" "$RPMEM" "$@"
		says 'Type "yes" to '
		quiet
		[ "$(there)" = "$before" ] ||
			fail "answered '$answer': $(cat "$tmp/out"): $(there)"
		# what follows is in a line of its own
		[ "$answer" != ^D ] || says $'Type "yes" to [^:]*: \r?$'
	done
	run 0 on_terminal --answer yes "$RPMEM" "$@"
	quiet
	[ "$(there)" != "$before" ] || fail "answered yes: $(cat "$tmp/out")"
}
there() {
	find "$shm" "$tmp/t" "$tmp/state" "$tmp"/*.set -type f \
		! -name '*.rpmem-state' -exec cksum {} + | sort
	"$RPMEM" lineage --json --copy "$tmp/t" c.set 2>/dev/null || true
}

make_set "$tmp/b.set" "8M $shm/b"
asked set new "$tmp/b.set" --part "9M:$shm/b"
asked rm "$set" "$copy"
says "Removed: $copy"

# differ -- half of the copy is not what the pool is, and nobody knows
differ() {
	quiet
	head -c 6291456 /dev/urandom |
		dd of="$shm/t/c" bs=1M seek=6 conv=notrunc status=none
	rm -f "$("$RPMEM" status --json "$set" | python3 -c 'import json, sys
print(json.load(sys.stdin)["replicas"][0]["file"])')"
}
slowly() {
	RPMEM_COMPARE_MS=0 RPMEM_RESYNC_RATE=5000000 "$@"
}
# shown STEP COLUMNS -- a line that is written over, and taken away
shown() {
	python3 - "$tmp/out" "$@" <<-'END' || fail "$(cat -v "$tmp/out")"
	import re, sys
	text = open(sys.argv[1], "rb").read().decode()
	step, columns = sys.argv[2], int(sys.argv[3])
	lines = re.findall("\r([^\r\n\033]*)\033\\[K", text)
	shown = [line for line in lines if line]
	assert len(shown) >= 2, lines
	for line in shown:
	    assert len(line) < columns, line
	    assert re.search(r"\d+ %, \d+ of 16 MiB, \d+ MiB/s", line), line
	    assert line.startswith(step[: columns - 50]), line
	assert any(re.search(r", \d+:\d\d left$", line) for line in shown), shown
	# nothing else is written between, and the line is taken away
	assert lines[-1] == "", lines
	first, last = text.index("\r" + shown[0]), text.rindex("\033[K")
	assert "\n" not in text[first:last], text
	assert text[last:].count("\n") >= 1, text
	END
}

echo "== progress of sync, in a narrow window"
run 0 "$RPMEM" sync "$set"
differ
run 0 slowly on_terminal --columns 52 "$RPMEM" sync "$set"
shown "catch up" 52
says "Each copy has everything"
differ
run 0 slowly "$RPMEM" sync "$set"
! has_escapes || fail "escapes in a pipe"
[ ! -s "$tmp/err" ] || fail "progress in a pipe: $(cat "$tmp/err")"

echo "== progress of a repair"
differ
run 0 slowly on_terminal --columns 100 "$RPMEM" verify --repair "$set"
shown "repair" 100
says "are equal now"

echo "== progress of verify, while a program has the pool"
# the target stands still, and so does the comparison
mkfifo "$tmp/in"
in=$tmp/in background "$tmp/said" stock_exec "$RPMEM" run -- "$HELPERS/unflushed" "$set" \
	2>"$tmp/prog.err"
pids+=("$prog")
exec 7>"$tmp/in"
said() {
	kill -0 "$prog" || fail "the program has died: $(cat "$tmp/prog.err")"
	[ -s "$tmp/said" ] && "$RPMEM" status "$set" | grep -q attached
}
wait_for "the program" said
held=$(pgrep -P "$rpmemd_pid")
kill -STOP "$held"
on_terminal "$RPMEM" verify "$set" >"$tmp/out" 7>&- &
tool=$!
wait_for "a line of progress" grep -q "0 of 15 MiB" "$tmp/out"
kill -CONT "$held"
got=0
wait "$tool" || got=$?
[ "$got" = 1 ] || fail "verify: $got: $(cat "$tmp/out")"
says "by the program that has the pool open"
says "^.*$esc\\[K.*problem"
exec 7>&-
wait "$prog" || fail "the program: $(cat "$tmp/prog.err")"

asked sync --from "$copy" "$set"
promote() {
	quiet
	"$RPMEM" promote --poolset-dir "$tmp/t" c.set >/dev/null || fail "promote"
}
promote
asked discard "$set" "$copy"
run 0 "$RPMEM" sync "$set"
promote
asked sync --discard "$copy" "$set"

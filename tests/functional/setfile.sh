#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# rpmem set: from nothing to a replicated pool with the commands that it names
# itself; what is wrong with a set; edits that touch no other line; files that
# are replaced in one step or not at all.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"

# run WANTED COMMAND... -- its exit status; output in $tmp/out, errors in $tmp/err
run() {
	local want=$1 got=0
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] ||
		fail "$*: $got, not $want: $(cat "$tmp/out" "$tmp/err")"
}

says() {
	grep -qF -- "$1" "$tmp/out" || fail "no word of '$1': $(cat "$tmp/out")"
}

# what a newcomer does: each command is said by the one before it
start_rpmemd t
set=$tmp/db.set
mkdir "$shm/a"
run 0 "$RPMEM" set new "$set" --size 16M --part "$shm/a/db" \
	--replica "tcp://127.0.0.1:$port db.set"
says "wrote $set"
says "rpmem doctor tcp://127.0.0.1:$port db.set says what is missing"
there=$(sed -n 's/.*-> at 127.0.0.1, in that directory: rpmem //p' "$tmp/out")
[ "$there" = "set new db.set --for-target --part 16M:/PATH" ] ||
	fail "the command for the target: $there"
there=${there/\/PATH/$shm/t/db}
create=$(sed -n 's/.*-> rpmem run -- \(pmempool create obj --layout NAME [^ ,]*\).*/\1/p' "$tmp/out")
# shellcheck disable=SC2086 # words of a command
(cd "$tmp/t" && "$RPMEM" $there >/dev/null) || fail "$there"
run 0 "$RPMEM" set check --for-target "$tmp/t/db.set"
run 0 "$RPMEM" set check "$set"
# shellcheck disable=SC2086
stock $create || fail "$create"
same_objects "$shm/a/db" "$shm/t/db"
run 0 "$RPMEM" set check "$set"
run 0 "$RPMEM" set check --json "$set"
cat "$tmp/out" >>"$tmp/reports"

echo "== nothing is replaced unasked"
before=$(cat "$set")
run 1 "$RPMEM" set new "$set" --size 8M --part "$shm/a/other"
grep -qF -- "--force" "$tmp/err" || fail "how? $(cat "$tmp/err")"
run 1 "$RPMEM" set new "$set" --size 8M --part "$shm/a/other" --dry-run
says "its text would be lost"
[ "$before" = "$(cat "$set")" ] || fail "it was replaced"
chmod 640 "$set"
ln -s "$set" "$tmp/link.set"
run 0 "$RPMEM" set new "$tmp/link.set" --size 8M --part "$shm/a/other" --force --json
cat "$tmp/out" >>"$tmp/reports"
[ -L "$tmp/link.set" ] || fail "the link is gone"
[ "$(stat -c %a "$set")" = 640 ] || fail "the mode is not what it was"
[ "$(cat "$set")" = "$(printf 'PMEMPOOLSET\n8M %s/a/other' "$shm")" ] ||
	fail "$(cat "$set")"
(umask 027 && "$RPMEM" set new "$tmp/masked.set" --part "8M:$shm/a/x" >/dev/null)
[ "$(stat -c %a "$tmp/masked.set")" = 640 ] || fail "the umask is not obeyed"
[ "$(find "$tmp" -name '*.tmp-*')" = "" ] || fail "something is left"
run 3 "$RPMEM" set new "$tmp/none/x.set" --part "8M:$shm/a/x"
run 3 "$RPMEM" set check "$tmp/none.set"
grep -q "rpmem set new" "$tmp/err" || fail "what now? $(cat "$tmp/err")"
# no room for the text: what was there stays
if (ulimit -f 0; trap '' XFSZ
	"$RPMEM" set add-replica "$set" beta b.set) >"$tmp/out" 2>"$tmp/err"; then
	fail "written without room"
fi
[ "$(cat "$set")" = "$(printf 'PMEMPOOLSET\n8M %s/a/other' "$shm")" ] ||
	fail "a full disk cost the set: $(cat "$set")"
[ "$(find "$tmp" -name '*.tmp-*')" = "" ] || fail "something is left"

# on a terminal it asks
for word in no yes; do
	want=1
	[ "$word" = no ] || want=0
	run "$want" on_terminal --answer "$word" "$RPMEM" set new \
		"$tmp/masked.set" --part "9M:$shm/a/x"
	says "its text would be lost"
	[ "$(grep -c "^9M" "$tmp/masked.set")" = $((1 - want)) ] ||
		fail "answered $word: $(cat "$tmp/masked.set")"
done

echo "== edits leave all other lines alone"
printf 'PMEMPOOLSET\r\n# ours\r\n 8M\t%s # part\r\n\r\nREPLICA tcp://a x.set\r\n# end' \
	"$shm/a/e" >"$tmp/e.set"
cp "$tmp/e.set" "$tmp/e.orig"
run 0 "$RPMEM" set add-replica "$tmp/e.set" "user@gamma" pools/e.set --dry-run
cmp "$tmp/e.set" "$tmp/e.orig" || fail "a dry run wrote"
run 0 "$RPMEM" set add-replica "$tmp/e.set" "user@gamma" pools/e.set
says "rpmem set new pools/e.set --for-target --part 8M:/PATH"
cmp -n "$(stat -c %s "$tmp/e.orig")" "$tmp/e.set" "$tmp/e.orig" || fail "other lines"
[ "$(tail -n 1 "$tmp/e.set")" = $'REPLICA user@gamma pools/e.set\r' ] ||
	fail "$(cat "$tmp/e.set")"
run 0 "$RPMEM" set add-replica "$tmp/e.set" --part "4M:$shm/a/e1" --part "8M:$shm/a/e2"
run 1 "$RPMEM" set add-replica "$tmp/e.set" "tcp://a:7636 x.set"
says "it is the copy of line 5"
run 0 "$RPMEM" set remove-replica "$tmp/e.set" "$shm/a/e2" --json
cat "$tmp/out" >>"$tmp/reports"
run 0 "$RPMEM" set remove-replica "$tmp/e.set" "user@gamma pools/e.set"
says "rpmemd --poolset-dir DIR --remove pools/e.set"
says "does not ask or wait for it any more"
printf '\r\n' | cat "$tmp/e.orig" - | cmp - "$tmp/e.set" || fail "$(cat "$tmp/e.set")"
run 3 "$RPMEM" set remove-replica "$tmp/e.set" beta
run 1 "$RPMEM" set remove-replica "$tmp/e.set" "$shm/a/e"
run 2 "$RPMEM" set remove-replica "$tmp/e.set"

echo "== killed at any time, it is the old text or the new one"
make_set "$tmp/k.set" "8M $shm/a/k" "REPLICA beta b.set"
cp "$tmp/k.set" "$tmp/k.one"
(cat "$tmp/k.set" && echo "REPLICA gamma c.set") >"$tmp/k.two"
for round in $(seq 24); do
	if cmp -s "$tmp/k.set" "$tmp/k.one"; then
		edit=(add-replica "$tmp/k.set" gamma c.set)
	else
		edit=(remove-replica "$tmp/k.set" gamma)
	fi
	background "$tmp/out" "$RPMEM" set "${edit[@]}"
	sleep "0.00$((RANDOM % 10))"
	kill_and_wait "$prog"
	cmp -s "$tmp/k.set" "$tmp/k.one" || cmp "$tmp/k.set" "$tmp/k.two" ||
		fail "round $round: $(cat "$tmp/k.set")"
done
cp "$tmp/k.one" "$tmp/k.set"
run 0 "$RPMEM" set add-replica "$tmp/k.set" gamma c.set
cmp "$tmp/k.set" "$tmp/k.two" || fail "after kills: $(cat "$tmp/k.set")"
# nor does a machine that goes down leave half of it: the text is on the disk
# before it has the name, and then the name (a leak check cannot be traced)
if [ -z "$RPMEM_SANITIZE" ] && command -v strace >/dev/null; then
	for how in "rename remove-replica $tmp/k.set gamma" \
		"link new $tmp/traced.set --part 8M:$shm/a/k"; do
		# shellcheck disable=SC2086 # words of a command
		strace -o "$tmp/trace" -e trace=fsync,rename,link "$RPMEM" \
			set ${how#* } >/dev/null 2>&1 || fail "under strace: $how"
		calls=$(sed -n 's/^\([a-z]*\)(.*/\1/p' "$tmp/trace" | tr '\n' ' ')
		[ "$calls" = "fsync ${how%% *} fsync " ] || fail "in this order: $calls"
	done
fi

echo "== two at a time: no edit is lost"
make_set "$tmp/m.set" "8M $shm/a/m"
adders=()
for i in $(seq 12); do
	"$RPMEM" set add-replica "$tmp/m.set" "n$i" m.set >"$tmp/add.$i" 2>&1 &
	adders+=($!)
done
done=0
for i in "${!adders[@]}"; do
	status=0
	wait "${adders[$i]}" || status=$?
	case $status in
	0) done=$((done + 1)) ;;
	1) grep -Eq "at work|try again" "$tmp/add.$((i + 1))" ||
		fail "$(cat "$tmp/add.$((i + 1))")" ;;
	*) fail "$status: $(cat "$tmp/add.$((i + 1))")" ;;
	esac
done
[ "$done" -gt 0 ] || fail "none was written"
[ "$(grep -c REPLICA "$tmp/m.set")" = "$done" ] ||
	fail "$done were said to be written: $(cat "$tmp/m.set")"
exec 7<"$tmp/m.set"
flock -n 7 || fail "it is locked"
cp "$tmp/m.set" "$tmp/m.before"
# one that was written: any of them may have been too late
name=$(sed -n 's/^REPLICA \([^ ]*\) .*/\1/p' "$tmp/m.set" | head -n 1)
run 1 "$RPMEM" set remove-replica "$tmp/m.set" "$name"
grep -q "at work" "$tmp/err" || fail "$(cat "$tmp/err")"
run 1 "$RPMEM" set new "$tmp/m.set" --force --part "8M:$shm/a/m"
grep -q "at work" "$tmp/err" || fail "$(cat "$tmp/err")"
cmp "$tmp/m.set" "$tmp/m.before"
exec 7<&-
if [ "${RPMEM_FAULT_POINTS:-}" = ON ]; then
	make_set "$tmp/m.set" "8M $shm/a/m"
	RPMEM_FAULTS=set/stop-editing=1 background "$tmp/out" \
		"$RPMEM" set add-replica "$tmp/m.set" beta m.set 2>"$tmp/err"
	stopped() { grep -q "^State:.T" "/proc/$prog/status"; }
	wait_for "the edit" stopped
	echo "# an editor's" >>"$tmp/m.set"
	kill -CONT "$prog"
	status=0
	wait "$prog" || status=$?
	[ "$status" = 1 ] || fail "over somebody's edit: $status"
	grep -q "changed by somebody else" "$tmp/err" || fail "$(cat "$tmp/err")"
	grep -q "an editor's" "$tmp/m.set" || fail "an edit is lost"
fi

echo "== --help ends with what an exit status means"
for cmd in "" set\ new set\ check sync verify check rm promote status doctor info \
	lineage discard keygen; do
	# shellcheck disable=SC2086 # words of a command
	run 0 "$RPMEM" $cmd --help
	says "Exit status: 0"
done
says "3 it could not run."

echo "== what is wrong is found"
# finds CODE LINE... -- check says so, and what to do
finds() {
	local code=$1
	shift
	make_set "$tmp/w.set" "$@"
	run 1 "$RPMEM" set check --json "$tmp/w.set"
	cat "$tmp/out" >>"$tmp/reports"
	grep -q "\"code\":\"$code\",[^}]*\"fix\":\"[^\"]" "$tmp/out" ||
		fail "no finding $code: $(cat "$tmp/out")"
}
finds grammar "16m /x"
finds grammar "16M x"
finds part-small "1M $shm/a/w"
finds part-shared "8M $shm/a/w" "REPLICA" "8M $shm/a/w"
ln "$shm/a/db" "$shm/a/hard"
finds part-shared "16M $shm/a/db" "REPLICA" "16M $shm/a/hard"
finds part-is-set "8M $tmp/w.set"
ln -sf "$tmp" "$shm/a/dir"
run 1 "$RPMEM" set new "$tmp/own.set" --part "8M:$shm/a/dir/own.set"
says "it is the pool set file itself"
[ ! -e "$tmp/own.set" ] || fail "such a set was written"
finds part-size "8M $shm/a/db"
finds auto "AUTO $shm/a/db"
finds no-directory "8M $shm/none/w"
finds singlehdr "8M $shm/a" "REPLICA beta b.set"
finds mixed "OPTION SINGLEHDR" "8M $shm/a" "8M $shm/none"
finds nohdrs "OPTION NOHDRS" "8M $shm/a/w" "REPLICA beta b.set"
finds target "8M $shm/a/w" "REPLICA tcp://beta:0 b.set"
finds copy-twice "8M $shm/a/w" "REPLICA beta b.set" "REPLICA beta b.set"
mkfifo "$shm/a/fifo"
finds part-kind "8M $shm/a/fifo"
make_set "$tmp/open.set" "8M $shm/a/w"
chmod 666 "$tmp/open.set"
run 1 "$RPMEM" set check "$tmp/open.set"
says "chmod o-w $tmp/open.set"
run 1 "$RPMEM" set new "$tmp/n.set" --part "1M:$shm/a/w"
[ ! -e "$tmp/n.set" ] || fail "written in spite of a problem"
for bad in "--part w:8M" "--part 8M:w" "--part $shm/a/w" "" \
	"--part 8M:$shm/a/w --for-target --local" "--nohdrs --part 8M:/x" \
	"--part 8M:/a#b" "--local --part 8M:/x" "--part 8M:/x --replica tcp://a"; do
	# shellcheck disable=SC2086
	run 2 "$RPMEM" set new "$tmp/n.set" $bad
done
# a line break in a word would be a line
run 2 "$RPMEM" set new "$tmp/n.set" --part $'8M:/x\nREPLICA a b'
run 2 "$RPMEM" set
run 2 "$RPMEM" set no-such-command
# what stock libpmemobj takes is good here, and what it refuses is not: the
# samples of the source
for file in "$(dirname "$0")"/../../poolsets/*.set; do
	[ -e "$file" ] || continue
	"$RPMEM" set check "$file" >"$tmp/out" 2>&1 || true
	! grep -q "line .*expected" "$tmp/out" || fail "$file: $(cat "$tmp/out")"
done
json_fits rpmem-set "$tmp/reports"

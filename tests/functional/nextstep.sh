#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# What a user can meet of rpmem: each message says what to do next, and with
# --json a script reads it from the report, also of a command that cannot run.
# shellcheck source=functions.sh
. "$(dirname "$0")/functions.sh"
requires pmempool
requires python3

cd "$tmp"
export RPMEM_TIMEOUT_MS=2000
mkdir reports said
start_rpmemd t
target=tcp://127.0.0.1:$port
gone=tcp://127.0.0.1:1
make_set t/c.set "8M $shm/t/c"
make_set t/other.set "8M $shm/t/other"
make_set a.set "8M $shm/a" "REPLICA $target c.set"
make_set gone.set "8M $shm/a" "REPLICA $gone c.set"
make_set nowhere.set "8M $shm/a" "REPLICA $target nowhere.set"
make_set alone.set "8M $shm/a"
make_set nopool.set "8M $shm/b" "REPLICA $target other.set"
make_set bad.set "8m $shm/a"
echo other >no.set
stock pmempool create obj --layout x a.set || fail "create"
wait_for "the session's end" no_sessions "$rpmemd_pid"

# step STATUS PATTERN COMMAND... -- rpmem COMMAND ends so, and what it says has
# the pattern; an error is an error with --json, too
step() {
	local want=$1 pattern=$2 got=0
	shift 2
	"$RPMEM" "$@" >out 2>err </dev/null || got=$?
	[ "$got" = "$want" ] || fail "rpmem $*: $got, not $want: $(cat out err)"
	grep -qE -e "$pattern" out err ||
		fail "rpmem $*: no '$pattern' in: $(cat out err)"
	[ "$got" != 2 ] && [ -s err ] && [ "$1" != run ] || return 0
	case $1 in
	set) "$RPMEM" "$1" "$2" --json "${@:3}" >out 2>err </dev/null || got=$? ;;
	*) "$RPMEM" "$1" --json "${@:2}" >out 2>err </dev/null || got=$? ;;
	esac
	[ "$got" = "$want" ] || fail "rpmem $* --json: $got, not $want"
	[ "$(wc -l <out)" = 1 ] || fail "rpmem $* --json prints no line: $(cat out)"
	cat out >>"reports/$1"
	cat err >>"said/$1"
}
# what is in the reports so far is as documented, and has the errors
reports_have_errors() {
	local name
	for name in reports/*; do
		json_fits "rpmem-$(basename "$name")" "$name"
	done
	python3 - <<-'END' || fail "a report without its error"
	import json, os
	for name in os.listdir("reports"):
	    reports = open("reports/" + name, encoding="utf-8").read().splitlines()
	    said = open("said/" + name, "rb").read().decode("ascii", "replace")
	    said = said.replace("\ufffd", "?").splitlines()
	    assert len(reports) == len(said), (name, reports, said)
	    for report, words in zip(reports, said):
	        error = json.loads(report)["error"]
	        assert error and words.endswith(error), (name, error, words)
	END
}
all=(check info lineage status verify sync "rm --force")

echo "== the set file"
for c in "${all[@]}"; do
	# shellcheck disable=SC2086 # words of a command
	{
		step 3 "rpmem set new '?none.set'? writes one" $c none.set
		case $c in
		check) want=1 ;;
		*) want=3 ;;
		esac
		step $want "rpmem set check '?bad.set'? shows" $c bad.set
		step $want "rpmem set check '?no.set'? shows" $c no.set
		[ "$(id -u)" = 0 ] || {
			chmod 0 no.set
			step 3 "run this as the user who" $c no.set
			chmod 600 no.set
		}
	}
done
for c in lineage status verify sync; do
	step 3 "rpmem set add-replica '?alone.set'? TARGET NAME adds one" $c alone.set
done
step 3 "rpmem set new" discard --force none.set "$target"
step 3 "rpmem set add-replica" discard --force alone.set "$target"
step 3 "it has \"$target c.set\"" discard --force a.set beta
step 3 "it has \"$target c.set\"" verify a.set beta
step 3 "it has \"$target c.set\"" sync --from beta a.set
step 3 "it has \"$target c.set\"" rm --force a.set beta
step 3 "rpmem set new" set check none.set
step 3 "rpmem set new" set add-replica none.set beta x.set
step 3 "rpmem set new" set remove-replica none.set beta
step 3 "\"TARGET NAME\" as in" set remove-replica a.set beta
step 1 "rpmem-promote" set remove-replica a.set "$shm/a"
step 1 "force replaces it" set new a.set --part "8M:$shm/a"
step 3 "a directory that is there" set new none/x.set --part "8M:$shm/x"
# a name that is not UTF-8 does not keep the report from being made
step 3 "rpmem set new" status $'n\xff.set'

echo "== this pool's parts"
for c in lineage status verify; do
	step 3 "rpmem check nopool.set tells" "$c" nopool.set
done
step 3 "rpmem check nopool.set tells" discard --force nopool.set "$target"
step 1 "rpmem sync nopool.set" check nopool.set
step 1 "rpmem check nopool.set tells" info nopool.set
step 1 "next " sync --dry-run nopool.set

echo "== a target that does not answer, and one without the copy"
step 1 "rpmem doctor|rpmemd --listen running" check gone.set
step 1 "rpmem check gone.set tells" info gone.set
step 1 "rpmem doctor" lineage gone.set
step 1 "rpmem doctor" verify gone.set
step 1 "see that its rpmemd runs" sync gone.set
step 3 "is rpmemd --listen running there" discard --force gone.set "$gone"
step 1 "is rpmemd --listen running there" rm --force --keep-primary gone.set
step 1 "rpmem set new nowhere.set --for-target|write it at the target" check nowhere.set
step 1 "rpmem sync|write it at the target" lineage nowhere.set
step 1 "rpmem sync" verify nowhere.set
step 1 "write it at the target" sync nowhere.set

echo "== keys"
step 1 "name another file" keygen
step 3 "a directory that is there" keygen none/psk
cp "$RPMEM_PSK_FILE" good
# keys PATTERN -- each command that asks a target says so
keys() {
	step 1 "$1" check a.set
	step 1 "$1" lineage a.set
	step 1 "$1" verify a.set
	step 1 "$1" sync a.set
	step 3 "$1" discard --force a.set "$target"
	step 1 "$1" rm --force --keep-primary a.set
	step 1 "$1" doctor "$target"
}
rm "$RPMEM_PSK_FILE"
keys "rpmem keygen"
"$RPMEM" keygen "$RPMEM_PSK_FILE" >/dev/null
keys "copy .* key file"
cp good "$RPMEM_PSK_FILE"
chmod 644 "$RPMEM_PSK_FILE"
keys "chmod (600|go-)"
chmod 600 "$RPMEM_PSK_FILE"

echo "== at a target"
step 3 "the --poolset-dir of rpmemd" lineage --copy none c.set
step 3 "the --poolset-dir of rpmemd" info --copy none c.set
step 3 "poolset-dir is rpmemd's" promote --poolset-dir none c.set
step 3 "rpmem info --copy t other.set" lineage --copy t other.set
step 3 "rpmem info --copy" promote --poolset-dir t --need 1 \
	--other "$gone c.set" other.set
for c in "info --copy t" "promote --poolset-dir t"; do
	# shellcheck disable=SC2086 # words of a command
	step 3 "create it with" $c none.set
done

echo "== a program that is not there"
step 3 "is it installed" run -- none/program

echo "== the command line"
for c in check discard doctor info keygen lineage promote rm run set status sync \
	verify; do
	step 2 "rpmem $c --help" "$c" --no-such-option
	case $c in
	doctor | keygen) ;;
	*) step 2 "rpmem $c --help" "$c" ;;
	esac
done
for c in check new add-replica remove-replica; do
	step 2 "rpmem set $c --help" set "$c"
done
step 2 "rpmem set --help" set nonsense
step 2 "rpmem --help" nonsense
step 2 "force or --dry-run is needed" rm a.set
step 2 "force or --dry-run is needed" discard a.set "$target"

echo "== nothing of that has changed anything"
same_objects "$shm/a" "$shm/t/c"

echo "== a part of the copy that is damaged, cut short, or gone"
# each PATTERN STATUS -- what the commands say of it; the status is info's
each() {
	step 1 "rpmem (sync|rm)" check a.set
	step "$2" "rpmem check a.set tells" info a.set
	step 1 "$1.*rpmem rm --force a.set .*then rpmem sync a.set" lineage a.set
	step 1 "-> .*rpmem (check|sync)" verify a.set
	step 1 "next|plan +make" sync --dry-run a.set
}
cp "$shm/t/c" kept
flip_byte "$shm/t/c" 100
each "bad there" 1
cp kept "$shm/t/c"
truncate -s 4M "$shm/t/c"
each "bad there" 0
rm "$shm/t/c"
each "parts are gone" 1
cp kept "$shm/t/c"

echo "== a part of the pool"
# here STATUS -- of the commands that have to read it; of info, which has no
# verdict of a size
here() {
	step 1 "rpmem sync a.set" check a.set
	step "$1" "rpmem check a.set tells" info a.set
	step 1 "next|rpmem" sync --dry-run a.set
	step 3 "rpmem check a.set tells" verify a.set
}
cp -p "$shm/a" kept
truncate -s 4M "$shm/a"
here 0
step 1 "next .*rpmem check a.set tells" status a.set
step 1 "bad here.*rpmem check a.set tells which; rpmem sync a.set" lineage a.set
step 1 "rpmem check a.set tells more; rpmem sync" discard --force a.set "$target"
cp kept "$shm/a"
flip_byte "$shm/a" 100
here 1
step 3 "rpmem check a.set tells" status a.set
step 3 "rpmem check a.set tells" lineage a.set
reports_have_errors

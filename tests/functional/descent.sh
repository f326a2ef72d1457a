#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# No copy is taken for what it is not: what a primary with records that nobody
# else has, two copies in all kinds of loss, promotes of both, and state files
# that are lost, swapped or restored make of an open, of rpmem lineage, and of
# rpmem discard.
# shellcheck source=nodes.sh
. "$(dirname "$0")/nodes.sh"
requires python3

node a
node b
node c

# begins NODE... -- a new pool on a, with copies on NODE...
begins() {
	forget_nodes
	copies_of a "$@"
	(on a "$mode" pmempool create obj --layout txprog "$tmp/a/db.set")
	quiet
}

stopped_now() {
	[ -z "$1" ] || grep -q "^State:.T" "/proc/$1/status"
}

# hold_session NODE -- its session stops: what is sent to it is not answered
hold_session() {
	held=$(pgrep -P "${node_pid[$1]}")
	kill -STOP "$held"
	wait_for "the stop" stopped_now "$held"
}

# json EXPRESSION WANT -- Python's, of the report r of the last json_of
json_of() {
	on "$1" "$RPMEM" lineage --json "$tmp/$1/db.set" >"$tmp/json" \
		2>"$tmp/err" || true
	json_fits rpmem-lineage "$tmp/json"
}
json() {
	local got
	got=$(python3 -c "import json
r = json.load(open('$tmp/json'))
p, c = r['pool'], r['replicas']
print(*$1)") || fail "no JSON: $(cat "$tmp/json" "$tmp/err")"
	[ "$got" = "$2" ] || fail "$1: '$got', not '$2': $(cat "$tmp/json")"
}

# flip FILE OFFSET -- another byte is there
flip() {
	local old
	old=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "%b" "\\x$(printf %x $((old ^ 255)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# asked WORD STATUS -- rpmem discard of the copy on b asks on a terminal
asked() {
	local got=0
	on a on_terminal --answer "$1" "$RPMEM" discard "$tmp/a/db.set" \
		"$(target b)" >"$tmp/out" || got=$?
	[ "$got" = "$2" ] || fail "answered $1: $got, not $2: $(cat "$tmp/out")"
}

# lost N -- so many copies are said to be lost; back N -- and to have caught up
lost() {
	[ "$(count "is lost")" -ge "$1" ]
}
back() {
	kill -0 "$prog" 2>/dev/null || fail "the program has died: $(cat "$tmp/err")"
	[ "$(count "has caught up")" -ge "$1" ]
}

plain() {
	echo "== $mode: rpmem lineage before, while and after a program runs"
	begins b
	brings_forward a
	begin_on a "$mode"
	wait_for "the copy" follows a
	lineage a 0 "first" "open" "a program has it open" "the same"
	json_of a
	json "(r['good'], p['running'], c[0]['relation'], c[0]['if_away'])" \
		"True True the same waits"
	json "[m['name'] for m in p['lineage']['generations'][-1]['members']]" \
		"this pool $(target b)"
	"$RPMEM" lineage --copy "$tmp/b" copy.set >"$tmp/out" ||
		fail "$(cat "$tmp/out")"
	grep -q "recorded" "$tmp/out" || fail "$(cat "$tmp/out")"
	on a "$RPMEM" status --json "$tmp/a/db.set" >"$tmp/json"
	python3 -c "import json
r = json.load(open('$tmp/json'))['replicas'][0]
assert len(r['generation']) == 8 and r['if_away'] == 'waits', r" ||
		fail "status: $(cat "$tmp/json")"
	stop
	lineage a 0 "last record"
	node_down b
	lineage a 1 "no answer" "RPMEM_OPEN_ALONE"
	refuses a "$mode" "RPMEM_OPEN_ALONE"
	node_up b
	on a "$RPMEM" discard --force "$tmp/a/db.set" "tcp://127.0.0.1:${node_port[b]}" \
		>"$tmp/out" || fail "$(cat "$tmp/out")"
	grep -q "Nothing is discarded" "$tmp/out" || fail "$(cat "$tmp/out")"
	holds a "$mode" db.set
}

unacked() {
	echo "== $mode: the primary dies with records that nobody has acknowledged"
	begins b
	begin_on a "$mode"
	wait_for "the copy" follows a
	hold_session b
	# the calls stand still, each behind records that are under way
	die
	kill -KILL "$held"
	quiet
	begin_on a "$mode"
	wait_for "the copy" follows a
	hold_session b
	die
	kill -KILL "$held"
	quiet
	brings_forward a
	echo "- promoted, and the old one is back"
	promote b
	holds b
	refuses a "$mode" "promoted"
	lineage a 1 "fenced" "only the pool"
	echo "- it was a mistake: what only the copy has is given up"
	discard a b
	brings_forward a
	work_on a "$mode"
	holds a "$mode" db.set
	promote b
	holds b
}

both_lost() {
	echo "== $mode: both copies are lost at once"
	begins b c
	begin_on a "$mode"
	wait_for "the copies" follows a
	node_down b
	node_down c
	wait_for "both losses" lost 2
	wait_for "work alone" works "$(said)"
	json_of a
	json "(p['lineage']['generations'][-1]['kind'], c[0]['if_away'], c[1]['if_away'])" \
		"without a copy goes on goes on"
	die
	echo "- alone already: an open does not wait for them"
	begin_on a "$mode"
	node_up b
	node_up c
	wait_for "both" follows a
	wait_for "work with both" works "$(said)"
	json_of a
	json "[x['if_away'] for x in c]" "waits waits"
	stop
	brings_forward a
	promote b
	holds b
}

acking() {
	echo "== $mode: a copy is lost while it is to acknowledge a change"
	begins b c
	begin_on a "$mode"
	wait_for "the copies" follows a
	hold_session c
	node_down b
	wait_for "the loss" lost 1
	# c is told that b does not follow, and does not answer
	kill -KILL "$held"
	node_down c
	wait_for "both losses" lost 2
	wait_for "work alone" works "$(said)"
	json_of a
	json "(c[0]['if_away'], c[1]['if_away'])" "goes on goes on"
	die
	node_up b
	node_up c
	brings_forward a
	begin_on a "$mode"
	wait_for "both" follows a
	stop
	holds a "$mode" db.set
	promote c
	holds c
}

early() {
	echo "== $mode: one is lost early, the other promoted"
	begins b c
	begin_on a "$mode"
	wait_for "the copies" follows a
	node_down b
	wait_for "the loss" lost 1
	wait_for "work with the other" works "$(said)"
	die
	node_up b
	quiet
	promote c
	holds c
	copies_of c b
	echo "- the first is not taken by the new primary"
	before=$(sha256sum <"$shm/b/db")
	refuses c "$mode" "is the right one"
	lineage c 1 "another primary" "rpmem discard"
	[ "$before" = "$(sha256sum <"$shm/b/db")" ] || fail "it was changed"
	echo "- nor by the old one, which is fenced"
	refuses a "$mode" "promoted"
	[ "$before" = "$(sha256sum <"$shm/b/db")" ] || fail "it was changed"
	[ "$mode" != strict ] || return 0 # needs links: transform makes it anew
	discard c b
	holds c "$mode" db.set
	work_on c "$mode"
	promote b
	holds b
}

has_died() {
	! kill -0 "$prog" 2>/dev/null ||
		grep -qs "^State:.Z" "/proc/$prog/status"
}
# fenced_now [WORD] -- the program ends because of its copy, and says so
fenced_now() {
	wait_for "the program's end" has_died
	if wait "$prog"; then fail "it ended as if nothing was"; fi
	keep_said
	grep -q "${1-promoted}" "$tmp/err" || fail "not told: $(cat "$tmp/err")"
	cp "$tmp/err" "$tmp/fenced.log"
	quiet
}

fenced() {
	echo "== $mode: a copy is promoted under a program"
	begins b
	begin_on a "$mode"
	wait_for "the copy" follows a
	promote b
	fenced_now
	holds b
	refuses a "$mode" "promoted"
	# programs work on it there without numbers
	lineage a 1 "only the copy *an unknown number of records"
	echo "== $mode: and its calls fail then"
	begins b
	RPMEM_ON_FENCED=fail begin_on a "$mode"
	wait_for "the copy" follows a
	promote b
	fenced_now "" # libpmemobj dies of the first call that fails
	holds b
	echo "== $mode: while the link is down, and calls wait for it"
	begins b
	RPMEM_ON_LOSS=block begin_on a "$mode"
	wait_for "the copy" follows a
	node_down b
	wait_for "the loss" lost 1
	promote b
	node_up b
	fenced_now
	holds b
	echo "== $mode: while the link is down, and calls return"
	begins b
	begin_on a "$mode"
	wait_for "the copy" follows a
	node_down b
	wait_for "the loss" lost 1
	wait_for "work alone" works "$(said)"
	promote b
	node_up b
	wait_for "the refusal" more_often "forked" 0
	wait_for "work alone" works "$(said)"
	on a "$RPMEM" status "$tmp/a/db.set" >"$tmp/out" || true
	grep -q "state *refused" "$tmp/out" || fail "$(cat "$tmp/out")"
	lineage a 1 "forked" "rpmem discard" "a program has it open"
	discard a b
	grep -q "Restart it" "$tmp/out" || fail "$(cat "$tmp/out")"
	stop
	begin_on a "$mode"
	wait_for "the copy" follows a
	stop
	holds a "$mode" db.set
	promote b
	holds b
}

partition() {
	echo "== $mode: the old primary is back during a partition"
	begins b
	work_on a "$mode"
	node_down b
	promote b
	refuses a "$mode" "RPMEM_OPEN_ALONE"
	grep -q "promoted since" "$tmp/err" || fail "$(cat "$tmp/err")"
	lineage a 1 "no answer"
	node_up b
	refuses a "$mode" "promoted"
	lineage a 1 "fenced"
	holds b
}

# split -- a and b have both gone on
split() {
	begins b
	work_on a "$mode"
	cp "$tmp/all" "$tmp/common"
	node_down b
	promote b
	(on b stock_exec "$HELPERS/txprog" run "$tmp/b/copy.set" 4 20 \
		>"$tmp/onb" 2>"$tmp/err") || fail "the pool on b: $(cat "$tmp/err")"
	RPMEM_OPEN_ALONE=1 begin_on a "$mode"
	die
	node_up b
	refuses a "$mode" "copy.set"
	lineage a 1 "rpmem discard"
}

splits() {
	echo "== $mode: alone beside a promoted copy; the old one is right"
	split
	sums >"$tmp/before"
	on a "$RPMEM" discard --dry-run "$tmp/a/db.set" "$(target b)" \
		>"$tmp/out" 2>"$tmp/err" || fail "$(cat "$tmp/out" "$tmp/err")"
	grep -q "Lost" "$tmp/out" || fail "no word of the loss: $(cat "$tmp/out")"
	sums | cmp - "$tmp/before" || fail "a dry run has changed something"
	asked no 1
	sums | cmp - "$tmp/before" || fail "it was discarded without consent"
	asked yes 0
	grep -q "Discarded" "$tmp/out" || fail "$(cat "$tmp/out")"
	holds a "$mode" db.set
	work_on a "$mode"
	promote b
	holds b
}

both_promoted() {
	echo "== $mode: both copies are promoted"
	begins b c
	work_on a "$mode"
	promote b
	promote c
	holds b
	holds c
	refuses a "$mode" "promoted"
	lineage a 1 "fenced"
	echo "- c is right"
	copies_of c b
	refuses c "$mode" "is the right one"
	[ "$mode" != strict ] || return 0
	lineage c 1 "forked" "rpmem discard"
	discard c b
	holds c "$mode" db.set
	work_on c "$mode"
	promote b
	holds b
}

state_files() {
	echo "== $mode: the lineage of the pool is lost, and both are equal"
	begins b
	rm -f "$tmp/a.state"/*.lineage
	holds a "$mode" db.set
	brings_forward a
	echo "== $mode: it is lost, and they differ"
	work_on a "$mode"
	hold_back b
	rm "$tmp/a.state"/*.lineage
	lineage a 1 "without a known past here" "rpmem discard"
	refuses a "$mode" "rpmem discard"
	discard a b
	holds a "$mode" db.set
	brings_forward a
	echo "== $mode: it is damaged"
	hold_back b
	flip "$tmp/a.state"/*.lineage 5000
	flip "$tmp/a.state"/*.lineage 13000
	lineage a 1 "lost"
	refuses a "$mode" "rpmem discard"
	discard a b
	holds a "$mode" db.set
	echo "== $mode: state directories were swapped"
	work_on a "$mode"
	hold_back b
	mv "$tmp/a.state" "$tmp/kept.state"
	mv "$tmp/b.state" "$tmp/a.state"
	lineage a 1 "without a known past here"
	refuses a "$mode" "copy.set"
	mv "$tmp/a.state" "$tmp/b.state"
	mv "$tmp/kept.state" "$tmp/a.state"
	echo "== $mode: an old state directory was restored"
	begin_on a "$mode"
	wait_for "the copy" follows a
	stop
	cp -a "$tmp/a.state" "$tmp/old.state"
	work_on a "$mode"
	rm -r "$tmp/a.state"
	mv "$tmp/old.state" "$tmp/a.state"
	before=$(sha256sum <"$shm/b/db")
	refuses a "$mode" "a descendant"
	lineage a 1 "a descendant" "rpmem discard"
	[ "$before" = "$(sha256sum <"$shm/b/db")" ] || fail "it was changed"
	discard a b
	work_on a "$mode"
	promote b
	holds b
}

# the copy has less than the pool, which was closed
hold_back() {
	node_down "$1"
	RPMEM_OPEN_ALONE=1 begin_on a "$mode"
	die
	node_up "$1"
	quiet
}

# the pool of a NODE counts a run, and so does its lineage: the next time that a
# program looks, which it does ten times a second
counted() {
	python3 - "$shm/$1/db" "$tmp/$1.state"/*.lineage <<-'TEXT'
	import sys
	run = open(sys.argv[1], "rb").read(6160)[6152:]
	with open(sys.argv[2], "rb") as f:
	    sys.exit(run not in f.read())
	TEXT
}

backup() {
	echo "== $mode: the pool was restored from a backup"
	begins b
	begin_on a "$mode"
	wait_for "the copy" follows a
	stop
	cp "$shm/a/db" "$tmp/backup"
	work_on a "$mode"
	rm "$shm/a/db"
	cp "$tmp/backup" "$shm/a/db"
	before=$(sha256sum <"$shm/b/db")
	lineage a 1 "restored"
	refuses a "$mode" "lineage"
	[ "$before" = "$(sha256sum <"$shm/b/db")" ] || fail "it was changed"
	promote b
	holds b
	local end
	for end in stop die; do
		echo "== $mode: the last run alone is gone, in place, after $end"
		begins b
		begin_on a "$mode"
		wait_for "the copy" follows a
		stop
		cp "$shm/a/db" "$tmp/backup"
		begin_on a "$mode"
		wait_for "the copy" follows a
		wait_for "work with the copy" works "$(said)"
		wait_for "the run on record" counted a
		$end
		quiet
		cat "$tmp/backup" >"$shm/a/db" # the same inode
		before=$(sha256sum <"$shm/b/db")
		lineage a 1 "restored"
		refuses a "$mode" "lineage"
		[ "$before" = "$(sha256sum <"$shm/b/db")" ] ||
			fail "it was changed"
	done
}

target_files() {
	echo "== $mode: the target's record is lost, and both are equal"
	begins b
	rm "$tmp/b/copy.set.rpmem-state"
	holds a "$mode" db.set
	brings_forward a
	echo "== $mode: it is lost, and they differ"
	work_on a "$mode"
	hold_back b
	rm "$tmp/b/copy.set.rpmem-state"
	before=$(sha256sum <"$shm/b/db")
	refuses a "$mode" "primary is the right one"
	lineage a 1
	[ "$before" = "$(sha256sum <"$shm/b/db")" ] || fail "it was changed"
	discard a b
	work_on a "$mode"
	promote b
	holds b
}

[ -z "$RPMEM_SANITIZE" ] || MODES=${MODES:-ordered}
for mode in ${MODES:-ordered strict}; do
	for test in ${TESTS:-plain unacked both_lost acking early fenced partition splits \
		both_promoted state_files backup target_files}; do
		"$test"
	done
done

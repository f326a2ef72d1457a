#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Whose session changed the copy last.
# shellcheck source=catchprog.sh
. "$(dirname "$0")/catchprog.sh"
export RPMEM_LOG_LEVEL=0
SIZE=4194304
start_rpmemd t
make_set "$tmp/t/a.set" "OPTION NOHDRS" "4M $shm/t/p"

ended() {
	wait_for "the sessions' end" no_sessions "$rpmemd_pid"
}

echo "== an open says who was there before, and leaves it at that"
words=(as:A:1 create was record stat copy:0:4096:A ack equalised close)
says "was - 0" "is A 1" "close 0"
words=(passive was close)
says "was A 1" "close 0"
words=(as:A:2 open was read:0 stat close)
says "was A 1" "is A 1" "close 0"

echo "== a change, and each step of attaching, put it on record"
words=(as:A:3 open was copy:0:64:B stat ack stat)
says "was A 1" "is A 3"
ended
words=(as:B:1 open was equalising stat)
says "was A 3" "is B 1"
ended
words=(as:A:4 open was equalised stat close)
says "was B 1" "is A 4" "close 0"
words=(as:A:5 open was catching stat)
says "was A 4" "is A 5"
ended
words=(as:B:2 open was record stat close)
says "was A 5" "is B 2" "close 0"

echo "== a session that says nothing leaves nothing"
words=(open was copy:0:64:C ack stat)
says "was B 2" "is - 0"
ended
words=(as:A:6 open was close)
says "was - 0" "close 0"

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Kills in ordered mode: unmodified programs under `rpmem run`.
export PMEM_IS_PMEM_FORCE=1
with() {
	RPMEM_FAULTS=${RPMEM_FAULTS:+$RPMEM_FAULTS,}librpmem/die-at-loss \
		stock_exec "$RPMEM" run -- "$@"
}
# shellcheck source=kill.sh
. "$(dirname "$0")/kill.sh"

works=(run answer run count run answer run line)
kill_rounds
[ "$RPMEM_FAULT_POINTS" = ON ] && [ -z "$RPMEM_SANITIZE" ] || exit 0
must_fail rpmemd/ack-before-apply target count
must_fail librpmem/no-equalising initiator run
must_fail librpmem/exact-ranges initiator line
must_fail replica/answer-before-wait target answer

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# Kills in strict mode: stock libpmemobj with our librpmem.
with() {
	RPMEM_ON_LOSS=fail stock_exec "$@"
}
# shellcheck source=kill.sh
. "$(dirname "$0")/kill.sh"

works=(run run run run count run run line)
kill_rounds
[ "$RPMEM_FAULT_POINTS" = ON ] && [ -z "$RPMEM_SANITIZE" ] || exit 0
must_fail rpmemd/ack-before-apply target count
must_fail librpmem/no-equalising initiator run
must_fail librpmem/exact-ranges initiator line

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * retire_internal.h -- what the files of setting aside share
 */
#ifndef RPMEM_RPMEMD_RETIRE_INTERNAL_H
#define RPMEM_RPMEMD_RETIRE_INTERNAL_H

#include "rpmemd/retire.h"

/* between two changes on the disk: where a test kills the process */
void retire_step(void);

/*
 * retire_write_set -- write the set file `old` of the copy `desc`
 *
 * Durable, and complete or not there, when this returns.  A pool that is a
 * file without a set has none.
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int retire_write_set(
	const struct rpmemd_cfg *cfg, const char *desc, const char *old);

#endif

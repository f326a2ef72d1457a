/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * retire_internal.h -- what the files of setting aside share
 */
#ifndef RPMEM_RPMEMD_RETIRE_INTERNAL_H
#define RPMEM_RPMEMD_RETIRE_INTERNAL_H

#include "poolset/poolset.h"
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

/* the set file of a copy that comes back, the same way */
NODISCARD int retire_restore_set(
	int dirfd, const struct poolset *set, const char *name);

/*
 * retire_finish -- a copy that gets another name, as a whole
 *
 * Its journal of catching up is applied or dropped.
 *
 * Returns 0; -EBUSY: a session has it or had it just now, or there is a journal
 * which cannot be applied; -errno; with a message
 */
NODISCARD int retire_finish(const struct rpmemd_cfg *cfg, const char *desc,
	const struct poolset *set);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * retire.h -- removing a copy, and keeping a good one out of the way
 *
 * libpmempool takes every failed open for a broken replica and removes it
 * before it makes a new one.  A removal in that form (force, without the set
 * file) therefore keeps a consistent copy: its parts, its state and a set
 * file that names them become NAME.rpmem-old, a pool as any other, until the
 * next copy of that pool under NAME is consistent.
 */
#ifndef RPMEM_RPMEMD_RETIRE_H
#define RPMEM_RPMEMD_RETIRE_H

#include "base/compiler.h"
#include "rpmemd/session.h"
#include "wire/oob.h"

/*
 * copy_remove -- remove a pool's parts, state and, if asked for, set file
 *
 *   flags   FORCE: what is missing is no error.  POOL_SET: the set file too.
 *           KEEP: a consistent copy is set aside instead
 *
 * Returns 0; -EBUSY: a session has it open, or (KEEP) one ended uncleanly so
 * short a time ago that its program may still come back; -ENOENT; -EINVAL
 * (KEEP): a part is a device; else -errno; with a message
 */
NODISCARD int copy_remove(
	const struct rpmemd_cfg *cfg, const struct oob_remove *req);

/* the copy of this name is consistent: the former one may go.  Failures are
 * logged. */
void retire_drop(const struct rpmemd_cfg *cfg, const char *desc);

/* rc, with a hint in the message if a former copy takes the room that was
 * missing */
int retire_hint(const struct rpmemd_cfg *cfg, const char *desc, int rc);

#endif

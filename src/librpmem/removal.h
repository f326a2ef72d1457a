/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * removal.h -- asking a target to remove a pool
 */
#ifndef RPMEM_LIBRPMEM_REMOVAL_H
#define RPMEM_LIBRPMEM_REMOVAL_H

#include "base/compiler.h"

/*
 * removal_run -- connect, ask, say goodbye
 *
 *   flags   OOB_REMOVE_F_*
 *
 * Returns 0; -EINVAL: a bad target or name; what connecting returns; what
 * the target says (rpmem_remove(3)); with a message
 */
NODISCARD int removal_run(
	const char *target, const char *pool_set, unsigned flags);

#endif

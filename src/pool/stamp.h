/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stamp.h -- are the parts of a copy as rpmemd has left them?
 */
#ifndef RPMEM_POOL_STAMP_H
#define RPMEM_POOL_STAMP_H

#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "poolset/poolset.h"

/*
 * stamp_set -- give each part a time of change of its own
 *
 * Everything that was stored is on media (pool_sync), and nothing is stored
 * any more.
 *
 *   stamp_out   what stamp_of and stamp_look find until somebody writes to a
 *               part; 0: nothing would tell that
 *
 * Durability  the times are on media, on return 0
 * Returns 0; -EIO, ...: a sync has failed, with a message
 */
NODISCARD int stamp_set(const struct pool *pool, uint64_t *stamp_out);

/* the stamp as it is now, of a pool, or of the parts that a resolved replica
 * names; 0: it cannot be told */
uint64_t stamp_of(const struct pool *pool);
uint64_t stamp_look(const struct poolset_replica *rep);

#endif

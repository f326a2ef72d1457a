/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rewrite.h -- writing a whole pool to its medium once more
 */
#ifndef RPMEM_POOL_REWRITE_H
#define RPMEM_POOL_REWRITE_H

#include "base/compiler.h"
#include "pool/pool.h"

/*
 * pool_rewrite -- every page becomes dirty, and all of them are synced
 *
 * For a pool of which an earlier session could not sync everything: the
 * kernel has told that once and calls the pages clean, so a sync alone would
 * write nothing and succeed.  What the pages hold stays as it is.
 *
 * Durability  on return 0 what memory holds is on the medium.
 * Errors      -EIO, -ENOSPC, ...: it still cannot be written, or not even
 *             read; sticky, as with pool_durable; with a message
 */
NODISCARD int pool_rewrite(struct pool *pool);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.h -- a copy becomes a pool of its own
 */
#ifndef RPMEM_POOL_PROMOTE_H
#define RPMEM_POOL_PROMOTE_H

#include "pool/pool.h"

/*
 * pool_open_to_promote -- pool_open for a copy whose promotion may have been
 * cut short: headers may differ in their links to other replicas
 */
NODISCARD int pool_open_to_promote(const struct poolset *set,
	enum pool_durability durability, struct pool **pool_out);

/* the attributes that the first header stands for, whatever its links say; of
 * a pool with headers */
NODISCARD int pool_first_attr(
	const struct pool *pool, struct pool_attr *attr_out);

/*
 * pool_promote -- make the copy a pool of its own
 *
 * Every header gets links to itself instead of to other replicas and loses
 * the shutdown state, which belongs to another machine's memory modules.
 * After a death in the middle the next call finishes it.  A raw pool has no
 * headers: nothing is to do.
 *
 * Durability  on return 0 the new headers are on media.
 * Errors      -EIO; those of a header that is wrong
 */
NODISCARD int pool_promote(struct pool *pool);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * grow.h -- pools that become larger
 */
#ifndef RPMEM_POOL_GROW_H
#define RPMEM_POOL_GROW_H

#include "base/compiler.h"
#include "pool/pool.h"

/*
 * pool_grow -- make the pool at least `size` bytes large
 *
 * Adds a part of zeros in the next directory of the set.  A part is there
 * under its name only when it is whole and durable, so death in the middle
 * leaves the pool as it was, or grown.
 *
 * Returns 0, also if it is that large already; -EFBIG: the set names no
 * directory, or too small a size; -ENOSPC, ...: the pool is as it was; with a
 * message
 */
NODISCARD int pool_grow(struct pool *pool, uint64_t size);

/*
 * pool_grown_size -- the size that a pool of `from` bytes would have when it
 * was made at least `to` bytes large
 *
 * Returns 0; -EFBIG with a message
 */
NODISCARD int pool_grown_size(const struct pool *pool, uint64_t from,
	uint64_t to, uint64_t *size_out);

/* the size that pool_grow can reach */
uint64_t pool_limit(const struct pool *pool);

#endif

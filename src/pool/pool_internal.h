/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_internal.h -- what the files of pool.h share (inside src/pool only)
 */
#ifndef RPMEM_POOL_POOL_INTERNAL_H
#define RPMEM_POOL_POOL_INTERNAL_H

#include "base/compiler.h"
#include "pool/pool.h"

/* a pool without open parts; NULL: no memory */
struct pool *pool_new(unsigned nparts, enum pool_durability durability);

/* unmap, unlock, free, without any sync; NULL and half-built are fine */
void pool_free(struct pool *pool);

/*
 * pool_map -- lay the opened parts out and map them
 *
 *   options   POOLSET_F_*
 *
 * Returns 0; -EINVAL: parts that cannot be together, or too small;
 * -ENOMEM, ...; with a message
 */
NODISCARD int pool_map(struct pool *pool, unsigned options);

/* minimum sizes, before any file is touched; -EINVAL with a message */
NODISCARD int pool_check_sizes(const struct poolset_replica *rep);

/* headers for a new pool, with new uuids; durable on return 0 */
NODISCARD int pool_write_hdrs(struct pool *pool, const struct pool_attr *attr);

/* read and check all headers; zero attributes when there are none */
NODISCARD int pool_check_hdrs(
	const struct pool *pool, unsigned options, struct pool_attr *attr_out);

#endif

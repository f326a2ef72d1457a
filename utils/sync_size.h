/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_size.h -- how much room the pool in a copy needs
 *
 * A copy's parts may be larger than the pool, and the parts that a pool is to
 * be made in may be smaller than it was.
 */
#ifndef RPMEM_UTILS_SYNC_SIZE_H
#define RPMEM_UTILS_SYNC_SIZE_H

#include <stdint.h>

#include "base/compiler.h"
#include "librpmem/handle.h"

/*
 * size_needed -- what the pool says itself, in its descriptor
 *
 *   h     passive; of this page nothing counts as read, see `lent`
 *   who   the copy, for messages
 *
 * Returns 0; -ENODATA: a pool of this kind does not say it; -errno with a
 * message
 */
NODISCARD int size_needed(
	struct rpmem_pool *h, const char *who, uint64_t *need_out);

/*
 * size_tail -- is everything from `size` on zero?
 *
 *   h   of all of the copy; only digests are asked for
 *
 * Returns 0; -ENOTSUP: it is not; -errno; with a message
 */
NODISCARD int size_tail(struct rpmem_pool *h, uint64_t size, const char *who);

#endif

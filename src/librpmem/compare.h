/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * compare.h -- the digests of both sides of a range, taken in parallel
 */
#ifndef RPMEM_LIBRPMEM_COMPARE_H
#define RPMEM_LIBRPMEM_COMPARE_H

#include <stdint.h>

#include "base/compiler.h"

struct rpmem_pool;

/* of one window */
#define COMPARE_DIGESTS_MAX 256u

struct compare {
	uint32_t block; /* bytes, a power of two */
	uint64_t until; /* no window begins behind this time; UINT64_MAX */
	/* the window that begins at off ends here, at end at the latest; has
	 * not more than COMPARE_DIGESTS_MAX blocks */
	uint64_t (*window)(struct rpmem_pool *h, uint64_t off, uint64_t end);
	/* digests of the blocks of a window, on this side */
	int (*own)(struct rpmem_pool *h, uint64_t off, uint64_t len,
		uint64_t *digests_out, void *arg);
	/* called with each block that differs */
	int (*differs)(
		struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg);
	/* called behind each window; NULL: nobody wants to know */
	int (*passed)(struct rpmem_pool *h, uint64_t off, void *arg);
	void *arg;
};

/*
 * compare_range -- compare [*off, end) with the copy
 *
 *   off   where to begin; afterwards up to where all is compared
 *
 * Ordering  this side's digest of a block is taken after the question for the
 *           target's is in the stream, and before the one for the window after
 *           the next.
 * Returns   0, also at `until`; what a function returned; the stream's error
 */
NODISCARD int compare_range(struct rpmem_pool *h, const struct compare *c,
	uint64_t *off, uint64_t end);

#endif

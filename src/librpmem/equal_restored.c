/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * equal_restored.c -- does what differs look like a pool, or a copy, that was
 * restored in place?
 */
#include <errno.h>

#include "base/checked.h"
#include "base/err.h"
#include "librpmem/equal.h"
#include "librpmem/handle.h"
#include "librpmem/keeper.h"
#include "pool/descriptor.h"

/* is a difference there marked?  It lies in two blocks of the marks. */
static int
count_unmarked(struct rpmem_pool *h, uint64_t off, uint64_t len, void *arg)
{
	uint64_t *unmarked = arg;
	const struct marks *m = &h->keeper.marks;
	*unmarked += !marks_is_missed(m, off, 1) &&
		     !marks_is_missed(m, off + len - 1, 1);
	return 0;
}

/* a program goes on with its own pool; a tool leaves it to people, and what was
 * known stays so, that the next one finds the same */
static int
restored(struct rpmem_pool *h)
{
	h->is_restored = true;
	return err_set(-ESTALE,
		"they differ where nothing was written since they were closed "
		"together: was one of them restored in place? If the pool is "
		"the right one: rpmem sync SET --discard \"%.256s %.512s\"; if "
		"the copy is: rpmem sync SET --from it",
		h->target.text, h->set_name);
}

/*
 * libpmemobj flushes all that it stores in its lanes, so in a pool that was
 * closed in order what differs there is marked.  If it is not, this is another
 * pool than the marks are of: restored, and open without its copy as often as
 * the other was since.
 */
static int
check_lanes(struct rpmem_pool *h, bool *is_known)
{
	uint64_t unmarked = 0;
	uint64_t end = min_u64(OBJ_LANES_END, h->copy.pool_size);
	int rc = equal_differences(
		h, OBJ_LANES_OFF, end, count_unmarked, &unmarked);
	if (rc < 0 || unmarked == 0)
		return rc;
	if (!h->is_tool) {
		*is_known = keeper_knows_not(h);
		return 0;
	}
	return restored(h);
}

static int
one_differs(struct rpmem_pool *h, uint64_t off UNUSED, uint64_t len UNUSED,
	void *arg UNUSED)
{
	return restored(h);
}

/* the same of libpmemblk and libpmemlog, for a tool: all behind the descriptor,
 * where they keep what is for a run only */
static int
check_closed(struct rpmem_pool *h)
{
	uint64_t end = min_u64(h->size, h->copy.pool_size);
	int rc = equal_differences(h, DESC_END, end, one_differs, NULL);
	/* on record it stays as closed as it was */
	h->keeper.is_known = h->is_restored;
	return rc;
}

int
equal_check_restored(struct rpmem_pool *h, bool was_equal, bool *is_known)
{
	int rc = *is_known   ? check_lanes(h, is_known)
		 : was_equal ? check_closed(h)
			     : 0;
	/* what is known has said whose the bytes are; it does not say which */
	if (rc == 0 && h->compares_all)
		*is_known = h->keeper.is_known = false;
	return rc;
}

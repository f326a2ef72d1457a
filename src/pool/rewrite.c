/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rewrite.c -- see rewrite.h
 *
 * A store is what makes a page dirty, so one word of each page is stored with
 * what it holds.  By a compare-and-swap, which no compiler takes for nothing
 * (an atomic "or 0" may become a load), and which takes nothing back should
 * somebody write there all the same.
 *
 * Parts on persistent memory have no pages to be called clean.
 */
#include "pool/rewrite.h"

#include "base/err.h"
#include "pool/guard.h"
#include "pool/part.h"

struct pages {
	uint8_t *from;
	uint64_t len;
};

static void
store_again(void *arg)
{
	const struct pages *p = arg;
	for (uint64_t at = 0; at < p->len; at += POOL_PAGE) {
		uint64_t *word = (uint64_t *)(void *)(p->from + at);
		/* relaxed: it is the page that matters, no other memory */
		uint64_t v = __atomic_load_n(word, __ATOMIC_RELAXED);
		while (!__atomic_compare_exchange_n(
			word, &v, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
	}
}

static int
make_dirty(const struct pool_part *p, uint8_t *from, uint64_t len)
{
	struct pages pages = {.from = from, .len = len};
	const void *fault;
	if (guard_call(from, len, store_again, &pages, &fault) != 0)
		return part_fault(p, "write");
	return 0;
}

/* the header page of a later part is mapped by itself */
static int
rewrite_header(const struct pool_part *p)
{
	int rc = make_dirty(p, p->hdr, p->skip);
	if (rc < 0)
		return rc;
	rc = part_msync(p, p->hdr, p->skip);
	if (rc < 0)
		return err_sys(
			rc, "pool part '%s': cannot sync its header", p->path);
	return 0;
}

int
pool_rewrite(struct pool *pool)
{
	for (unsigned i = 0; i < pool->nparts; i++) {
		struct pool_part *p = &pool->parts[i];
		if (p->media == POOL_MEDIA_PMEM)
			continue;
		int rc = make_dirty(p, pool->base + p->off, p->len);
		if (rc == 0 && p->skip != 0)
			rc = rewrite_header(p);
		if (rc < 0) {
			pool->failed = rc;
			return rc;
		}
		p->dirty_from = p->off;
		p->dirty_to = p->off + p->len;
		p->dirty_bytes = p->len;
	}
	return pool_sync(pool);
}

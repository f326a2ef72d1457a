/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_io.c -- changing, reading and making durable what a pool holds
 *
 * A range is cut at the parts.  Every slice is first remembered as dirty and
 * then stored under the SIGBUS guard, so what a fault has stored in part is
 * synced like everything else.  Stores to pmem bypass the caches or are
 * flushed line by line without a fence; pool_fence() and pool_durable() are
 * the fences.
 *
 * msync is called by pool_durable(), pool_deep() and pool_close() only.  When
 * it fails the kernel has told all it will ever tell and calls the pages
 * clean, so the failure is kept in the pool and no later call can succeed.
 */
#include "pool/pool.h"

#include <errno.h>
#include <string.h>

#include <libpmem.h>
#include <xxhash.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "pool/devdax.h"
#include "pool/guard.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

/* below it, lines are flushed rather than written around the caches: what
 * is that small is often read or changed again soon */
#define NONTEMPORAL_MIN 256u

/* one access to one part, as guard_call() hands it on */
struct slice {
	uint8_t *to;
	const uint8_t *from;
	uint64_t len;
	uint8_t byte;
};

static unsigned
part_idx_at(const struct pool *pool, uint64_t off)
{
	unsigned lo = 0;
	unsigned hi = pool->nparts;
	while (hi - lo > 1) {
		unsigned mid = lo + (hi - lo) / 2;
		if (pool->parts[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* bytes of [off, off + len) that lie in the part; off does */
static uint64_t
len_in_part(const struct pool_part *p, uint64_t off, uint64_t len)
{
	return min_u64(len, p->off + p->len - off);
}

static void
mark_dirty(struct pool_part *p, uint64_t off, uint64_t len)
{
	uint64_t to = off + len;
	p->dirty_bytes += align_up(to, POOL_PAGE) - align_down(off, POOL_PAGE);
	if (p->dirty_from == p->dirty_to) {
		p->dirty_from = off;
		p->dirty_to = to;
		return;
	}
	p->dirty_from = min_u64(p->dirty_from, off);
	p->dirty_to = max_u64(p->dirty_to, to);
}

static void
mark_clean(struct pool_part *p)
{
	p->dirty_from = 0;
	p->dirty_to = 0;
	p->dirty_bytes = 0;
}

static unsigned
pmem_flags(uint64_t len)
{
	return len >= NONTEMPORAL_MIN
		       ? PMEM_F_MEM_NODRAIN | PMEM_F_MEM_NONTEMPORAL
		       : PMEM_F_MEM_NODRAIN;
}

static void
copy_cached(void *arg)
{
	const struct slice *s = arg;
	memcpy(s->to, s->from, s->len);
}

static void
copy_pmem(void *arg)
{
	const struct slice *s = arg;
	(void)pmem_memcpy(s->to, s->from, s->len, pmem_flags(s->len));
}

static void
fill_cached(void *arg)
{
	const struct slice *s = arg;
	memset(s->to, s->byte, s->len);
}

static void
fill_pmem(void *arg)
{
	const struct slice *s = arg;
	(void)pmem_memset(s->to, s->byte, s->len, pmem_flags(s->len));
}

/* does what is stored there leave the caches by itself? */
static bool
is_uncached(const struct pool *pool, const struct pool_part *p)
{
	return p->media == POOL_MEDIA_PMEM || pool->nontemporal;
}

/* is a fence all that pool_durable has to do for the part? */
static bool
needs_only_fence(const struct pool *pool, const struct pool_part *p)
{
	return p->media == POOL_MEDIA_PMEM ||
	       pool->durability == POOL_DURABLE_MEMORY;
}

int
pool_copy(struct pool *pool, uint64_t off, const void *src, uint64_t len)
{
	const uint8_t *from = src;
	unsigned idx = part_idx_at(pool, off);
	while (len > 0) {
		struct pool_part *p = &pool->parts[idx++];
		uint64_t n = len_in_part(p, off, len);
		struct slice s = {
			.to = pool->base + off, .from = from, .len = n};
		const void *fault;
		mark_dirty(p, off, n);
		if (guard_call(s.to, n,
			    is_uncached(pool, p) ? copy_pmem : copy_cached, &s,
			    &fault) != 0)
			return part_fault(p, "write");
		off += n;
		from += n;
		len -= n;
	}
	return 0;
}

int
pool_fill(struct pool *pool, uint64_t off, uint8_t byte, uint64_t len)
{
	unsigned idx = part_idx_at(pool, off);
	while (len > 0) {
		struct pool_part *p = &pool->parts[idx++];
		uint64_t n = len_in_part(p, off, len);
		struct slice s = {
			.to = pool->base + off, .len = n, .byte = byte};
		const void *fault;
		mark_dirty(p, off, n);
		if (guard_call(s.to, n,
			    is_uncached(pool, p) ? fill_pmem : fill_cached, &s,
			    &fault) != 0)
			return part_fault(p, "write");
		off += n;
		len -= n;
	}
	return 0;
}

void
pool_fence(struct pool *pool)
{
	(void)pool;
	/* orders flushed lines and non-temporal stores before later stores;
	 * of no meaning for the page cache, where it costs next to nothing */
	pmem_drain();
}

/* keep rc for good */
static int
fail(struct pool *pool, const struct pool_part *p, int rc)
{
	pool->failed = rc;
	return err_sys(rc, "pool part '%s': cannot sync it", p->path);
}

static int
failed_before(const struct pool *pool)
{
	return err_sys(pool->failed,
		"pool of '%s': an earlier sync failed, and what it was for may "
		"be lost",
		pool->parts[0].path);
}

static int
sync_dirty(struct pool *pool, struct pool_part *p)
{
	if (p->dirty_from == p->dirty_to)
		return 0;
	int rc = FAULT("pool/msync") ? -EIO
				     : part_msync(p, pool->base + p->dirty_from,
					       p->dirty_to - p->dirty_from);
	if (rc != 0)
		return fail(pool, p, rc);
	mark_clean(p);
	return 0;
}

int
pool_durable(struct pool *pool)
{
	if (pool->failed != 0)
		return failed_before(pool);
	pmem_drain();
	for (unsigned i = 0; i < pool->nparts; i++) {
		struct pool_part *p = &pool->parts[i];
		int rc = 0;
		if (p->media == POOL_MEDIA_PMEM)
			mark_clean(p);
		else if (!needs_only_fence(pool, p))
			rc = sync_dirty(pool, p);
		/* `memory` in the page cache stays dirty for pool_close */
		if (rc != 0)
			return rc;
	}
	return 0;
}

bool
pool_writes_disk(const struct pool *pool)
{
	for (unsigned i = 0; i < pool->nparts; i++)
		if (!needs_only_fence(pool, &pool->parts[i]) &&
			pool->parts[i].media != POOL_MEDIA_TMPFS)
			return true;
	return false;
}

uint64_t
pool_dirty(const struct pool *pool)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < pool->nparts; i++) {
		const struct pool_part *p = &pool->parts[i];
		if (needs_only_fence(pool, p) || p->dirty_from == p->dirty_to)
			continue;
		/* the same page written twice is written back once */
		uint64_t span = align_up(p->dirty_to, POOL_PAGE) -
				align_down(p->dirty_from, POOL_PAGE);
		sum += min_u64(span, p->dirty_bytes);
	}
	return sum;
}

static int
deep_part(const struct pool_part *p, const uint8_t *addr, uint64_t len)
{
	/* on a DAX file system msync flushes the device's buffers too */
	int rc = FAULT("pool/deep") ? -EIO : part_msync(p, addr, len);
	if (rc == 0 && p->dax != 0)
		rc = devdax_deep_flush(p->dax);
	return rc;
}

int
pool_deep(struct pool *pool, uint64_t off, uint64_t len)
{
	if (pool->failed != 0)
		return failed_before(pool);
	pmem_drain();
	unsigned idx = part_idx_at(pool, off);
	while (len > 0) {
		const struct pool_part *p = &pool->parts[idx++];
		uint64_t n = len_in_part(p, off, len);
		int rc = deep_part(p, pool->base + off, n);
		if (rc != 0)
			return fail(pool, p, rc);
		off += n;
		len -= n;
	}
	return 0;
}

int
pool_read(const struct pool *pool, uint64_t off, void *dst, uint64_t len)
{
	uint8_t *to = dst;
	unsigned idx = part_idx_at(pool, off);
	while (len > 0) {
		const struct pool_part *p = &pool->parts[idx++];
		uint64_t n = len_in_part(p, off, len);
		struct slice s = {.to = to, .from = pool->base + off, .len = n};
		const void *fault;
		if (guard_call(s.from, n, copy_cached, &s, &fault) != 0)
			return part_fault(p, "read");
		off += n;
		to += n;
		len -= n;
	}
	return 0;
}

struct digesting {
	const uint8_t *from;
	uint64_t len;
	uint64_t block;
	uint64_t *out;
};

static void
digest_blocks(void *arg)
{
	const struct digesting *d = arg;
	uint64_t *out = d->out;
	for (uint64_t at = 0; at < d->len; at += min_u64(d->block, d->len - at))
		*out++ = XXH3_64bits(
			d->from + at, min_u64(d->block, d->len - at));
}

int
pool_digest(const struct pool *pool, uint64_t off, uint64_t len, uint64_t block,
	uint64_t *out)
{
	/* a block may lie in two parts, so the guard is around all of them */
	struct digesting d = {
		.from = pool->base + off,
		.len = len,
		.block = block,
		.out = out,
	};
	const void *fault;
	if (guard_call(d.from, len, digest_blocks, &d, &fault) == 0)
		return 0;
	uint64_t at = (uint64_t)((const uint8_t *)fault - pool->base);
	return part_fault(&pool->parts[part_idx_at(pool, at)], "read");
}

int
pool_sync(struct pool *pool)
{
	int rc = pool->failed != 0 ? failed_before(pool) : 0;
	pmem_drain();
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++)
		if (pool->parts[i].media != POOL_MEDIA_PMEM)
			rc = sync_dirty(pool, &pool->parts[i]);
	return rc;
}

int
pool_close(struct pool *pool)
{
	if (pool == NULL)
		return 0;
	int rc = pool_sync(pool);
	pool_free(pool);
	return rc;
}

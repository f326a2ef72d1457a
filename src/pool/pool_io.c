/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_io.c -- changing and making durable what a pool holds
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
 *
 * Large ranges that this process has not stored into yet, those of a copy that
 * is being filled, are written to the file: the first store through a mapping
 * clears a page, maps it, and is then made; pwrite() fills the page and leaves
 * it at that, for half the time.  It is the same page, on the file systems that
 * holes.c knows by name: who looks through the mapping sees it, and msync
 * writes back what is dirty in that range of the file, however it became so.
 */
#include "pool/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpmem.h>

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

/* below it, a call of the system costs more than it saves */
#define WRITE_MIN (16u * 1024)

/* one access to one part, as guard_call() hands it on */
struct slice {
	uint8_t *to;
	const uint8_t *from;
	uint64_t len;
	uint8_t byte;
};

static void
mark_dirty(struct pool_part *p, uint64_t off, uint64_t len)
{
	uint64_t to = off + len;
	/* before the store: whoever asks behind it is told the truth */
	extent_stored(&p->holes.at, off - p->off + p->skip, len);
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

/*
 * May a range be written to the file?
 *
 * To a file that was cut short pwrite() would add what was cut off, as zeros,
 * and nobody would hear of it.  So its size is looked at first, and its last
 * page is left to the mapping: a file that is cut short in between stays so,
 * and the next store or look finds out.
 */
static bool
may_write(const struct pool_part *p, uint64_t off, uint64_t len)
{
	struct stat st;
	return len >= WRITE_MIN && off >= p->untouched &&
	       p->media != POOL_MEDIA_PMEM && p->holes.fd >= 0 &&
	       off + len < p->off + p->len && fstat(p->fd, &st) == 0 &&
	       (uint64_t)st.st_size == p->file_size;
}

/* false: it was not, or in part; stored through the mapping, it is whole, or
 * says why not */
static bool
write_file(struct pool_part *p, uint64_t off, const struct slice *s)
{
	if (!may_write(p, off, s->len))
		return false;
	/* only a hint: pages that are mapped already take a store better */
	p->untouched = off + s->len;
	off_t at = (off_t)(off - p->off + p->skip);
	return pwrite(p->fd, s->from, s->len, at) == (ssize_t)s->len;
}

int
pool_copy(struct pool *pool, uint64_t off, const void *src, uint64_t len)
{
	const uint8_t *from = src;
	while (len > 0) {
		uint64_t n = 0;
		struct pool_part *p = pool_part_at(pool, off, len, &n);
		struct slice s = {
			.to = pool->base + off, .from = from, .len = n};
		const void *fault;
		mark_dirty(p, off, n);
		if (!write_file(p, off, &s) &&
			guard_call(s.to, n,
				is_uncached(pool, p) ? copy_pmem : copy_cached,
				&s, &fault) != 0)
			return part_fault(p, "write");
		off += n;
		from += n;
		len -= n;
	}
	return 0;
}

static int
fill_slice(struct pool *pool, uint64_t off, uint8_t byte, uint64_t len)
{
	uint64_t n = 0;
	struct pool_part *p = pool_part_at(pool, off, len, &n);
	struct slice s = {.to = pool->base + off, .len = len, .byte = byte};
	const void *fault;
	mark_dirty(p, off, len);
	if (guard_call(s.to, len,
		    is_uncached(pool, p) ? fill_pmem : fill_cached, &s,
		    &fault) != 0)
		return part_fault(p, "write");
	return 0;
}

int
pool_fill(struct pool *pool, uint64_t off, uint8_t byte, uint64_t len)
{
	while (len > 0) {
		uint64_t n = 0;
		bool is_hole = false;
		(void)pool_part_at(pool, off, len, &n);
		/* what reads as zeros, here and after a crash, stays a hole;
		 * not worth a question for less than a page */
		if (byte == 0 && n >= POOL_PAGE)
			is_hole = pool_is_hole(pool, off, n, &n);
		int rc = is_hole ? 0 : fill_slice(pool, off, byte, n);
		if (rc < 0)
			return rc;
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
	while (len > 0) {
		uint64_t n = 0;
		const struct pool_part *p = pool_part_at(pool, off, len, &n);
		int rc = deep_part(p, pool->base + off, n);
		if (rc != 0)
			return fail(pool, p, rc);
		off += n;
		len -= n;
	}
	return 0;
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
pool_sync_files(struct pool *pool)
{
	for (unsigned i = 0; i < pool->nparts; i++) {
		const struct pool_part *p = &pool->parts[i];
		if (p->dax == 0 && fdatasync(p->fd) != 0)
			return err_sys(-errno,
				"pool part '%s': what its program has stored "
				"cannot be written to its medium",
				p->path);
	}
	return 0;
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

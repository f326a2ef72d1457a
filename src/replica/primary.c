/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * primary.c -- see primary.h
 *
 * Persistent memory.  A drain must cover what other threads have flushed,
 * and a fence orders only the lines that its own processor has flushed.  So
 * each flush ends with the fence.
 *
 * Page cache.  A flush widens one range, a drain takes it and calls msync.
 * Who drains while another thread's msync runs waits for it: that one may
 * have taken what this one has to promise.  Meanwhile others go on flushing,
 * and the next msync is for all of them.
 */
#include "replica/primary.h"

#include <libpmem.h>

#include "base/checked.h"
#include "base/fault.h"

void
primary_init(struct primary *p, struct pool *pool)
{
	*p = (struct primary){.pool = pool,
		.is_pmem = pool_media(pool) == POOL_MEDIA_PMEM ||
			   FAULT("primary/as-pmem")};
	mutex_init(&p->lock);
	mutex_init(&p->sync_lock);
}

void
primary_fini(struct primary *p)
{
	mutex_fini(&p->lock);
	mutex_fini(&p->sync_lock);
}

static void
remember(struct primary *p, uint64_t off, uint64_t len)
{
	mutex_lock(&p->lock);
	if (p->dirty_from == p->dirty_to) {
		p->dirty_from = off;
		p->dirty_to = off + len;
	} else {
		p->dirty_from = min_u64(p->dirty_from, off);
		p->dirty_to = max_u64(p->dirty_to, off + len);
	}
	mutex_unlock(&p->lock);
}

void
primary_flush(struct primary *p, uint64_t off, uint64_t len)
{
	if (len == 0)
		return;
	if (p->is_pmem)
		pmem_flush(p->pool->base + off, len);
	primary_flushed(p, off, len);
}

void
primary_flushed(struct primary *p, uint64_t off, uint64_t len)
{
	if (p->is_pmem)
		pmem_drain();
	else if (len != 0)
		remember(p, off, len);
}

unsigned
primary_flags(const struct primary *p, unsigned flags)
{
	return flags | (p->is_pmem ? PMEM_F_MEM_NODRAIN : PMEM_F_MEM_NOFLUSH);
}

/* for primary_error, which takes no lock that an msync holds */
static int
note(struct primary *p, int rc)
{
	if (rc < 0)
		atomic_store(&p->error, -rc);
	return rc;
}

static int
write_back(struct primary *p)
{
	mutex_lock(&p->lock);
	uint64_t from = p->dirty_from;
	uint64_t len = p->dirty_to - from;
	p->dirty_to = from;
	mutex_unlock(&p->lock);
	/* without a range: whether an earlier one failed */
	return len == 0 ? pool_durable(p->pool) : pool_deep(p->pool, from, len);
}

int
primary_drain(struct primary *p)
{
	if (p->is_pmem) {
		pmem_drain();
		return 0;
	}
	mutex_lock(&p->sync_lock);
	int rc = note(p, write_back(p));
	mutex_unlock(&p->sync_lock);
	return rc;
}

int
primary_deep(struct primary *p, uint64_t off, uint64_t len)
{
	if (p->is_pmem && len != 0)
		pmem_flush(p->pool->base + off, len);
	mutex_lock(&p->sync_lock);
	int rc = note(p, pool_deep(p->pool, off, len));
	mutex_unlock(&p->sync_lock);
	return rc;
}

int
primary_sync(struct primary *p)
{
	if (p->is_pmem)
		return 0;
	return primary_deep(p, 0, p->pool->size);
}

int
primary_error(const struct primary *p)
{
	return atomic_load(&p->error);
}

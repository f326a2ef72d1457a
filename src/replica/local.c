/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * local.c -- see local.h
 *
 * The memory of the primary is read and the copy written in one step under
 * the lock: were they two, the older of two snapshots of a line could be
 * written last and take back what a drain has promised.
 *
 * While the copy is being made equal it is no point of the primary's history.
 * Its header says so from before the first block until all of them are on
 * media; nobody takes such a copy for a pool.
 */
#include "replica/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/snapshot.h"

#define BLOCK 4096u

struct local {
	struct replica base; /* first: the two are one object */
	const uint8_t *addr;
	uint64_t size;
	struct mutex lock; /* of all below */
	struct pool *pool;
	struct pool_attr attr;
	atomic_uint_fast64_t bytes; /* not of lock; relaxed: only counted */
	atomic_uint_fast64_t waits;
	_Alignas(LINE_SIZE) uint8_t lines[BLOCK];
};

static struct local *
of(struct replica *r)
{
	return (struct local *)(void *)r;
}

static void
count(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static int
copy_lines(struct local *l, uint64_t off, uint64_t end)
{
	int rc = 0;
	while (rc == 0 && off < end) {
		uint64_t n = min_u64(end - off, sizeof(l->lines));
		snapshot_lines(l->lines, l->addr + off, n);
		rc = pool_copy(l->pool, off, l->lines, n);
		count(&l->bytes, n);
		off += n;
	}
	/* for waits of other threads: a fence orders only the lines that its
	 * own processor has flushed */
	pool_fence(l->pool);
	return rc;
}

/* whole lines, or the copy could show a later store of a line without an
 * earlier one */
static int
local_copy(struct replica *r, uint64_t off, uint64_t len)
{
	struct local *l = of(r);
	uint64_t end = min_u64(align_up(off + len, LINE_SIZE), l->size);
	mutex_lock(&l->lock);
	int rc = copy_lines(
		l, max_u64(align_down(off, LINE_SIZE), CHAIN_HEADER), end);
	mutex_unlock(&l->lock);
	return rc;
}

/* what the lines hold now may be newer; to find out is as much work as to
 * copy them */
static int
local_fill(struct replica *r, uint64_t off, uint64_t len, uint8_t byte UNUSED)
{
	return local_copy(r, off, len);
}

static int
local_deep(struct replica *r, uint64_t off, uint64_t len)
{
	struct local *l = of(r);
	mutex_lock(&l->lock);
	int rc = pool_deep(l->pool, off, len);
	mutex_unlock(&l->lock);
	return rc;
}

static int
local_barrier(struct replica *r UNUSED)
{
	return 0; /* each copy has ordered itself */
}

static int
local_submit(struct replica *r UNUSED)
{
	return 0; /* it is there already */
}

static int
local_wait(struct replica *r)
{
	struct local *l = of(r);
	mutex_lock(&l->lock);
	int rc = pool_durable(l->pool);
	count(&l->waits, 1);
	mutex_unlock(&l->lock);
	return rc;
}

static void
local_free(struct local *l)
{
	mutex_fini(&l->lock);
	free(l);
}

static int
local_close(struct replica *r)
{
	int rc = pool_close(of(r)->pool);
	local_free(of(r));
	return rc;
}

static const struct replica_ops local_ops = {
	.copy = local_copy,
	.fill = local_fill,
	.deep = local_deep,
	.barrier = local_barrier,
	.submit = local_submit,
	.wait = local_wait,
	.close = local_close,
};

static int
mark(struct local *l, bool is_unequal)
{
	if (is_unequal)
		l->attr.incompat |= HDR_INCOMPAT_UNEQUAL;
	else
		l->attr.incompat &= ~HDR_INCOMPAT_UNEQUAL;
	return pool_set_attr(l->pool, &l->attr);
}

static bool
is_marked(const struct local *l)
{
	return (l->attr.incompat & HDR_INCOMPAT_UNEQUAL) != 0;
}

static int
copy_block(struct local *l, uint64_t off, uint64_t len)
{
	int rc = is_marked(l) ? 0 : mark(l, true);
	if (rc == 0)
		rc = pool_copy(l->pool, off, l->addr + off, len);
	if (rc == 0 && FAULT("local/equalise"))
		rc = err_set(-EIO, "%s: fault point", l->base.name);
	return rc;
}

/* blocks that look equal are synced, too: they may be what a killed process
 * has left in the page cache */
static int
sync_all(struct local *l)
{
	return pool_media(l->pool) == POOL_MEDIA_PMEM
		       ? pool_durable(l->pool)
		       : pool_deep(l->pool, 0, l->pool->size);
}

static int
equalise(struct local *l)
{
	uint64_t nblocks = 0;
	int rc = 0;
	for (uint64_t off = CHAIN_HEADER; rc == 0 && off < l->size;
		off += BLOCK) {
		uint64_t n = min_u64(BLOCK, l->size - off);
		if (memcmp(l->pool->base + off, l->addr + off, n) == 0)
			continue;
		nblocks++;
		rc = copy_block(l, off, n);
	}
	if (rc == 0)
		rc = sync_all(l);
	if (rc == 0 && is_marked(l))
		rc = mark(l, false);
	if (rc < 0)
		return err_wrap(rc, "cannot make %s equal", l->base.name);
	LOG_INFO("%s is equal to the primary; %llu blocks of 4 KiB were copied",
		l->base.name, (unsigned long long)nblocks);
	return 0;
}

/* a copy of this primary, which is large enough? */
static int
check(const struct local *l, const struct pool_attr *primary)
{
	const struct pool_attr *a = &l->attr;
	char theirs[UUID16_TEXT_LEN];
	char mine[UUID16_TEXT_LEN];
	if (memcmp(a->signature, primary->signature, sizeof(a->signature)) !=
			0 ||
		!uuid16_equal(a->poolset_uuid, primary->poolset_uuid))
		return err_set(-ESTALE,
			"%s is not a copy of this pool: signature or pool set "
			"uuid differ",
			l->base.name);
	if (uuid16_equal(a->next_uuid, a->uuid))
		return err_set(-ESTALE,
			"%s is a pool of its own: the copy was promoted. If "
			"this primary is the right one, delete the copy's "
			"parts and make it anew",
			l->base.name);
	if (!uuid16_equal(a->next_uuid, primary->uuid))
		return err_set(-ESTALE,
			"%s belongs to the primary %s, this one is %s: if this "
			"one is right, delete the other's parts and make the "
			"copy anew",
			l->base.name, uuid16_text(a->next_uuid, theirs),
			uuid16_text(primary->uuid, mine));
	if (l->pool->size < l->size)
		return err_set(-EINVAL,
			"%s has %llu bytes, the primary %llu: give it larger "
			"parts",
			l->base.name, (unsigned long long)l->pool->size,
			(unsigned long long)l->size);
	return 0;
}

/* marked until it is equal: it has a header before it has anything else */
static int
create(struct local *l, const struct local_args *a)
{
	l->attr = *a->primary;
	memcpy(l->attr.next_uuid, a->primary->uuid, UUID16_LEN);
	memcpy(l->attr.prev_uuid, a->primary->uuid, UUID16_LEN);
	uuid_generate(l->attr.uuid);
	l->attr.incompat |= HDR_INCOMPAT_UNEQUAL;
	return pool_create(a->set, &l->attr, POOL_DURABLE_MEDIA, &l->pool);
}

static int
open_pool(struct local *l, const struct local_args *a)
{
	int rc = a->create ? create(l, a)
			   : pool_open(a->set, POOL_DURABLE_MEDIA, &l->attr,
				     &l->pool);
	if (rc == 0)
		rc = check(l, a->primary);
	if (rc == 0)
		rc = equalise(l);
	return rc;
}

int
local_open(const struct local_args *a, struct replica **r_out)
{
	/* for the alignment of the lines */
	struct local *l = aligned_alloc(LINE_SIZE, sizeof(*l));
	if (l == NULL)
		return err_set(-ENOMEM, "no memory for a replica");
	memset(l, 0, sizeof(*l));
	l->base.ops = &local_ops;
	(void)snprintf(l->base.name, sizeof(l->base.name), "%s",
		a->set->replicas[0].parts[0].path);
	l->addr = a->addr;
	l->size = a->size;
	mutex_init(&l->lock);
	int rc = open_pool(l, a);
	if (rc < 0) {
		/* keeps the message; only what it made goes away */
		pool_discard(l->pool);
		local_free(l);
		return rc;
	}
	*r_out = &l->base;
	return 0;
}

void
local_discard(struct replica *r)
{
	pool_discard(of(r)->pool);
	local_free(of(r));
}

void
local_numbers(const struct replica *r, struct local_numbers *n_out)
{
	const struct local *l = (const struct local *)(const void *)r;
	n_out->media = pool_media(l->pool);
	n_out->bytes = atomic_load_explicit(&l->bytes, memory_order_relaxed);
	n_out->waits = atomic_load_explicit(&l->waits, memory_order_relaxed);
}

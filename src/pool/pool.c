/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool.c -- several parts as one range of memory
 *
 * The whole range is reserved first and the parts are mapped over the
 * reservation, so that an offset in the pool is an offset from base.  The
 * first part lies there with its header.  A later part's header is no byte
 * of the pool: it is mapped on its own and the part follows its predecessor
 * without it.  The same arithmetic as libpmemobj's, so a copy can be opened
 * there as it is.
 *
 * pool_free() is the one teardown, for a pool in any state of building.
 */
#include "pool/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/err.h"
#include "pool/devdax.h"
#include "pool/dirset.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

/* a file on DAX gets huge pages only at this alignment */
#define MAP_ALIGN (2ULL * 1024 * 1024)

struct pool *
pool_new(unsigned nparts, enum pool_durability durability)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	pool->durability = durability;
	pool->parts = calloc(nparts, sizeof(*pool->parts));
	if (pool->parts == NULL) {
		free(pool);
		return NULL;
	}
	pool->nparts = nparts;
	for (unsigned i = 0; i < nparts; i++)
		pool->parts[i].fd = -1;
	/*
	 * With `memory` the caller has said that the caches count as durable;
	 * only then may the environment claim that a file is pmem.
	 */
	const char *force = getenv("PMEM_IS_PMEM_FORCE");
	pool->nontemporal = durability == POOL_DURABLE_MEMORY &&
			    force != NULL && strcmp(force, "1") == 0;
	return pool;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->base != NULL)
		(void)munmap(pool->base, pool->reserved);
	for (unsigned i = 0; i < pool->nparts; i++)
		part_close(&pool->parts[i]);
	for (unsigned i = 0; i < pool->ndirs; i++)
		free(pool->dirs[i]);
	free(pool->dirs);
	free(pool->parts);
	free(pool);
}

int
pool_check_sizes(const struct poolset *set)
{
	const struct poolset_replica *rep = &set->replicas[0];
	unsigned headers = POOLSET_F_SINGLEHDR | POOLSET_F_NOHDRS;
	int rc = dirset_check(rep);
	if (rc < 0)
		return rc;
	if (rep->ndirs != 0 && !(set->options & headers))
		return err_set(-EINVAL,
			"directory '%s': a set of directories needs OPTION "
			"SINGLEHDR",
			rep->dirs[0]);
	if (rep->nparts == 0)
		return err_set(-EINVAL, "the pool set has no local part");
	for (unsigned i = 0; i < rep->nparts; i++) {
		const struct poolset_part *p = &rep->parts[i];
		if (!p->is_auto && p->size < POOL_MIN_PART)
			return err_set(-EINVAL,
				"pool part '%s': %llu bytes are too few, the "
				"least is %u",
				p->path, (unsigned long long)p->size,
				POOL_MIN_PART);
		if (p->size > INT64_MAX)
			return err_set(-EINVAL,
				"pool part '%s': %llu bytes are too many",
				p->path, (unsigned long long)p->size);
	}
	return 0;
}

/*
 * A device maps only at multiples of its alignment, which a header page in
 * front of a later part would break.
 */
static int
check_devices(const struct pool *pool)
{
	unsigned ndax = 0;
	for (unsigned i = 0; i < pool->nparts; i++)
		ndax += pool->parts[i].dax != 0;
	if (ndax != 0 && ndax != pool->nparts)
		return err_set(-EINVAL,
			"pool part '%s': device DAX and files cannot be parts "
			"of one pool",
			pool->parts[0].path);
	if (ndax > 1 && pool->nhdrs > 1)
		return err_set(-EINVAL,
			"pool part '%s': several device DAX need OPTION "
			"SINGLEHDR or NOHDRS",
			pool->parts[0].path);
	return 0;
}

static int
lay_out(struct pool *pool, unsigned options)
{
	uint64_t off = 0;
	pool->nhdrs = pool->nparts;
	if (options & POOLSET_F_SINGLEHDR)
		pool->nhdrs = 1;
	if (options & POOLSET_F_NOHDRS)
		pool->nhdrs = 0;
	for (unsigned i = 0; i < pool->nparts; i++) {
		struct pool_part *p = &pool->parts[i];
		if (p->file_size < POOL_MIN_PART)
			return err_set(-EINVAL,
				"pool part '%s': %llu bytes are too few, the "
				"least is %u",
				p->path, (unsigned long long)p->file_size,
				POOL_MIN_PART);
		p->skip = i > 0 && i < pool->nhdrs ? POOL_PAGE : 0;
		p->off = off;
		p->len = align_down(p->file_size, POOL_PAGE) - p->skip;
		if (!add_u64(off, p->len, &off) || off > INT64_MAX)
			return err_set(-EINVAL,
				"pool part '%s': the parts together are too "
				"large",
				p->path);
	}
	pool->size = off;
	pool->reserved = max_u64(pool->reserved, off);
	_Static_assert(POOL_MIN_PART >= POOL_MIN_SIZE, "a part is a pool");
	return check_devices(pool);
}

/* address space at a boundary that every part can be mapped at */
static int
reserve(struct pool *pool)
{
	uint64_t align = MAP_ALIGN;
	for (unsigned i = 0; i < pool->nparts; i++)
		if (pool->parts[i].dax != 0)
			align = max_u64(
				align, devdax_align(pool->parts[i].dax));
	uint64_t len = pool->reserved + align; /* both below 2^63 */
	uint8_t *map = mmap(NULL, len, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return err_sys(-errno,
			"pool part '%s': no address space for the pool's %llu "
			"bytes",
			pool->parts[0].path,
			(unsigned long long)pool->reserved);
	uint64_t front = align_up((uintptr_t)map, align) - (uintptr_t)map;
	/* what does not go back is only address space */
	if (front != 0)
		(void)munmap(map, front);
	if (align - front != 0)
		(void)munmap(map + front + pool->reserved, align - front);
	pool->base = map + front;
	return 0;
}

int
pool_map(struct pool *pool, unsigned options)
{
	int rc = lay_out(pool, options);
	if (rc == 0)
		rc = reserve(pool);
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++)
		rc = part_map(&pool->parts[i], pool->base + pool->parts[i].off);
	if (rc == 0 && pool->nhdrs > 0)
		pool->parts[0].hdr = pool->base;
	return rc;
}

static int
open_parts(struct pool *pool, const struct poolset *set)
{
	const struct poolset_replica *rep = &set->replicas[0];
	int rc = pool_take_dirs(pool, rep);
	for (unsigned i = 0; rc == 0 && i < pool->nparts; i++)
		rc = part_open(&pool->parts[i], &rep->parts[i]);
	return rc == 0 ? pool_map(pool, set->options) : rc;
}

int
pool_open_unchecked(const struct poolset *set, enum pool_durability durability,
	struct pool **pool_out)
{
	*pool_out = NULL;
	int rc = pool_check_sizes(set);
	if (rc != 0)
		return rc;
	struct pool *pool = pool_new(set->replicas[0].nparts, durability);
	if (pool == NULL)
		return err_sys(-ENOMEM, "pool");
	rc = open_parts(pool, set);
	if (rc != 0) {
		pool_free(pool);
		return rc;
	}
	*pool_out = pool;
	return 0;
}

int
pool_open(const struct poolset *set, enum pool_durability durability,
	struct pool_attr *attr_out, struct pool **pool_out)
{
	struct pool *pool = NULL;
	*pool_out = NULL;
	int rc = pool_open_unchecked(set, durability, &pool);
	if (rc == 0)
		rc = pool_check_hdrs(pool, set->options, attr_out);
	if (rc != 0) {
		pool_free(pool);
		return rc;
	}
	*pool_out = pool;
	return 0;
}

enum pool_media
pool_media(const struct pool *pool)
{
	/* the enumeration goes from the strongest to the weakest */
	enum pool_media weakest = POOL_MEDIA_PMEM;
	for (unsigned i = 0; i < pool->nparts; i++)
		if (pool->parts[i].media > weakest)
			weakest = pool->parts[i].media;
	return weakest;
}

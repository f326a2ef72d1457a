/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * grow.c -- see grow.h: one more part for a pool of directories
 *
 * The part is made under a name that nobody takes for a part's, allocated,
 * made durable, and only then given its name.  So whenever the machine or the
 * process dies, what lies under the names of parts is a whole pool: the old
 * one, or the one with a last part of zeros, which nothing refers to yet.
 * What was left of an attempt under the other name goes with the next one;
 * the lock on the first part keeps attempts apart.
 */
#include "pool/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "pool/dirset.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

/* where a test kills the process */
static void
step(void)
{
	if (FAULT("grow/die"))
		(void)raise(SIGKILL);
}

int
pool_take_dirs(struct pool *pool, const struct poolset_replica *rep)
{
	pool->reserved = rep->reserved;
	if (rep->ndirs == 0)
		return 0;
	pool->dirs = calloc(rep->ndirs, sizeof(*pool->dirs));
	for (unsigned i = 0; pool->dirs != NULL && i < rep->ndirs; i++) {
		pool->dirs[i] = strdup(rep->dirs[i]);
		if (pool->dirs[i] == NULL)
			break;
		pool->ndirs++;
	}
	return pool->ndirs == rep->ndirs ? 0 : err_sys(-ENOMEM, "pool");
}

uint64_t
pool_limit(const struct pool *pool)
{
	return pool->ndirs != 0 ? pool->reserved : pool->size;
}

int
pool_grown_size(const struct pool *pool, uint64_t from, uint64_t size,
	uint64_t *size_out)
{
	*size_out = from;
	if (size <= from)
		return 0;
	if (pool->ndirs == 0)
		return err_set(-EFBIG,
			"the pool of '%s' has %llu bytes and cannot grow to "
			"%llu: its set names files; name a directory instead",
			pool->parts[0].path, (unsigned long long)from,
			(unsigned long long)size);
	uint64_t len = max_u64(size - from, POOL_MIN_PART);
	if (size > pool->reserved || len > pool->reserved - from)
		return err_set(-EFBIG,
			"the pool in '%s' cannot grow to %llu bytes: its set "
			"says at most %llu",
			pool->dirs[0], (unsigned long long)size,
			(unsigned long long)pool->reserved);
	*size_out = from + align_up(len, POOL_PAGE);
	return 0;
}

/* make the file and give it its name */
static int
make_part(const struct pool *pool, struct pool_part *p, uint64_t len)
{
	char tmp[PATH_MAX];
	CLEANUP(freep)
	char *path = dirset_path(pool->dirs, pool->ndirs, pool->nparts);
	if (path == NULL)
		return err_sys(-ENOMEM, "pool");
	int n = snprintf(tmp, sizeof(tmp), "%s" POOL_NEW_SUFFIX, path);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_sys(-ENAMETOOLONG, "pool part '%s'", path);
	struct poolset_part want = {.size = len, .path = tmp};
	(void)unlink(tmp); /* of an attempt that was cut off */
	step();
	int rc = part_create(p, &want);
	step();
	if (rc == 0)
		rc = part_sync_file(p);
	step();
	/* never over a file that is there */
	if (rc == 0 &&
		renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
		rc = err_sys(-errno, "pool part '%s'", path);
	if (rc != 0)
		return rc;
	step();
	free(p->path);
	p->path = TAKE_PTR(path);
	rc = part_sync_dir(p->path);
	step();
	return rc == 0 ? 0 : err_sys(rc, "directory of '%s'", p->path);
}

static int
join(struct pool *pool, struct pool_part *p)
{
	struct pool_part *more =
		realloc(pool->parts, (pool->nparts + 1) * sizeof(*pool->parts));
	if (more == NULL)
		return err_sys(-ENOMEM, "pool");
	pool->parts = more;
	p->off = pool->size;
	p->len = p->file_size;
	int rc = part_map(p, pool->base + p->off);
	if (rc != 0)
		return rc;
	pool->parts[pool->nparts++] = *p;
	pool->size += p->len;
	return 0;
}

int
pool_grow(struct pool *pool, uint64_t size)
{
	struct pool_part p = {.fd = -1};
	uint64_t grown = 0;
	int rc = pool_grown_size(pool, pool->size, size, &grown);
	if (rc < 0 || grown == pool->size)
		return rc;
	rc = make_part(pool, &p, grown - pool->size);
	if (rc == 0)
		rc = join(pool, &p);
	if (rc == 0)
		return 0;
	if (p.created)
		part_unlink(&p);
	part_close(&p);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * logblk.c -- pools of libpmemlog and libpmemblk
 *
 * A log has no recovery, and the one of a block pool writes what an
 * interrupted write left half-way, so it is early enough to open the copies
 * when the local pool is open: making them equal covers it.  Their drains are
 * not inside any call that is known to wait, so each of them waits.
 *
 * The handles are opaque here, and are the pool's address.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "replica/attach.h"
#include "replica/plan.h"
#include "replica/ranges.h"
#include "replica/real.h"
#include "replica/window.h"

#define WRAP __attribute__((visibility("default"), noinline))
#define LOG_LIB "libpmemlog.so.1"
#define BLK_LIB "libpmemblk.so.1"

typedef void close_fn(void *pool);

WRAP void *pmemlog_open(const char *path);
WRAP void *pmemlog_create(const char *path, size_t size, mode_t mode);
WRAP void pmemlog_close(void *pool);
WRAP int pmemlog_check(const char *path);
WRAP void *pmemblk_open(const char *path, size_t bsize);
WRAP void *pmemblk_create(
	const char *path, size_t bsize, size_t size, mode_t mode);
WRAP void pmemblk_close(void *pool);
WRAP int pmemblk_check(const char *path, size_t bsize);

/* the set, split: the path to open; NULL: refused; p->fd -1: not ours */
static const char *
split(const char *path, struct plan *p)
{
	int rc = plan_make(path, p);
	if (rc == PLAN_NONE)
		return path;
	/* what these libraries do at an open need not flush anything */
	if (rc == 0 && !real_is_first())
		rc = real_not_hooked("libpmemlog and libpmemblk");
	if (rc == 0)
		return p->path;
	plan_free(p);
	return window_refuse(path, rc);
}

/* the pool is open, or could not be: now the copies */
static void *
finish(const char *path, struct plan *p, void *pool, bool create,
	close_fn *close_pool)
{
	if (p->fd < 0)
		return pool;
	int rc = pool != NULL ? attach_now(p, pool, create) : 0;
	if (rc < 0) {
		char why[ERR_MAX];
		(void)snprintf(why, sizeof(why), "%s", err_msg());
		close_pool(pool);
		if (create)
			plan_undo(p);
		pool = window_refuse(path, err_set(rc, "%s", why));
	}
	int saved = errno;
	plan_free(p);
	errno = saved;
	return pool;
}

static void
finish_close(void *pool, close_fn *close_pool)
{
	uint64_t off = 0;
	struct chain *c = ranges_find(pool, &off);
	close_pool(pool);
	if (c != NULL)
		attach_close(c);
}

static close_fn *
log_close(void)
{
	static void *_Atomic cache;
	return (close_fn *)real_fn(&cache, LOG_LIB, "pmemlog_close");
}

void *
pmemlog_open(const char *path)
{
	static void *_Atomic cache;
	void *(*real)(const char *) = (void *(*)(const char *))real_fn(
		&cache, LOG_LIB, "pmemlog_open");
	struct plan p;
	const char *local = split(path, &p);
	return local == NULL
		       ? NULL
		       : finish(path, &p, real(local), false, log_close());
}

void *
pmemlog_create(const char *path, size_t size, mode_t mode)
{
	static void *_Atomic cache;
	void *(*real)(const char *, size_t, mode_t) = (void *(*)(const char *,
		size_t, mode_t))real_fn(&cache, LOG_LIB, "pmemlog_create");
	struct plan p;
	const char *local = split(path, &p);
	return local == NULL ? NULL
			     : finish(path, &p, real(local, size, mode), true,
				       log_close());
}

void
pmemlog_close(void *pool)
{
	finish_close(pool, log_close());
}

int
pmemlog_check(const char *path)
{
	static void *_Atomic cache;
	int (*real)(const char *) = (int (*)(const char *))real_fn(
		&cache, LOG_LIB, "pmemlog_check");
	struct plan p;
	const char *local = split(path, &p);
	int rc = local == NULL ? -1 : real(local);
	plan_free(&p);
	return rc;
}

static close_fn *
blk_close(void)
{
	static void *_Atomic cache;
	return (close_fn *)real_fn(&cache, BLK_LIB, "pmemblk_close");
}

void *
pmemblk_open(const char *path, size_t bsize)
{
	static void *_Atomic cache;
	void *(*real)(const char *, size_t) = (void *(*)(const char *,
		size_t))real_fn(&cache, BLK_LIB, "pmemblk_open");
	struct plan p;
	const char *local = split(path, &p);
	return local == NULL ? NULL
			     : finish(path, &p, real(local, bsize), false,
				       blk_close());
}

void *
pmemblk_create(const char *path, size_t bsize, size_t size, mode_t mode)
{
	static void *_Atomic cache;
	void *(*real)(const char *, size_t, size_t, mode_t) =
		(void *(*)(const char *, size_t, size_t, mode_t))real_fn(
			&cache, BLK_LIB, "pmemblk_create");
	struct plan p;
	const char *local = split(path, &p);
	return local == NULL ? NULL
			     : finish(path, &p, real(local, bsize, size, mode),
				       true, blk_close());
}

void
pmemblk_close(void *pool)
{
	finish_close(pool, blk_close());
}

int
pmemblk_check(const char *path, size_t bsize)
{
	static void *_Atomic cache;
	int (*real)(const char *, size_t) = (int (*)(
		const char *, size_t))real_fn(&cache, BLK_LIB, "pmemblk_check");
	struct plan p;
	const char *local = split(path, &p);
	int rc = local == NULL ? -1 : real(local, bsize);
	plan_free(&p);
	return rc;
}

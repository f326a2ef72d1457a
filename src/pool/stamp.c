/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stamp.c -- see stamp.h
 *
 * A stamp is a digest of the size and the time of change (mtime) of each part.
 * Who changes a file without us changes that time: write(2), truncate(2) and
 * fallocate(2) do at once; a store into a shared mapping does when its page
 * becomes writable, on every file system with a page cache and with DAX.  Only
 * tmpfs never does for mappings, and nobody restores a backup by a mapping.
 * A tool that gives the file the time of its backup (cp -p, rsync -a) gives it
 * one from before: we set the time ourselves at each end of a session, since
 * otherwise a copy on tmpfs would have the same one for ever.  So a backup has
 * our last stamp only if it was made behind it, and then it holds the same
 * bytes.
 *
 * And nothing else changes it.  A page is made read-only when it is written
 * back, which changes no time; what a session has stored is on media before we
 * set the time, and nothing is stored behind that.  msync writes no times, so
 * they are synced (fsync), and a reboot finds what was recorded.  Neither ctime
 * nor inode is looked at: chmod, rename, a backup program that resets atime,
 * and a move to another disk change those, and no byte.
 *
 * A device has no time of change: a pool on devices alone has no stamp.
 */
#include "pool/stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/err.h"
#include "base/fault.h"

struct traits {
	uint64_t size;
	uint64_t sec;
	uint64_t nsec;
};

/* false: a device */
static bool
take(const struct stat *st, struct traits *out)
{
	*out = (struct traits){0};
	if (!S_ISREG(st->st_mode))
		return false;
	*out = (struct traits){.size = (uint64_t)st->st_size,
		.sec = (uint64_t)st->st_mtim.tv_sec,
		.nsec = (uint64_t)st->st_mtim.tv_nsec};
	return true;
}

static uint64_t
digest(const struct traits *t, unsigned n, bool has_file)
{
	if (!has_file)
		return 0;
	uint64_t sum = XXH3_64bits(t, n * sizeof(*t));
	return sum != 0 ? sum : 1;
}

uint64_t
stamp_of(const struct pool *pool)
{
	bool has_file = false;
	struct stat st;
	CLEANUP(freep)
	struct traits *t = calloc(pool->nparts, sizeof(*t));
	if (t == NULL)
		return 0;
	for (unsigned i = 0; i < pool->nparts; i++) {
		if (fstat(pool->parts[i].fd, &st) != 0)
			return 0;
		has_file |= take(&st, &t[i]);
	}
	return digest(t, pool->nparts, has_file);
}

uint64_t
stamp_look(const struct poolset_replica *rep)
{
	bool has_file = false;
	struct stat st;
	CLEANUP(freep) struct traits *t = calloc(rep->nparts, sizeof(*t));
	if (t == NULL || rep->nparts == 0)
		return 0;
	for (unsigned i = 0; i < rep->nparts; i++) {
		if (stat(rep->parts[i].path, &st) != 0)
			return 0;
		has_file |= take(&st, &t[i]);
	}
	return digest(t, rep->nparts, has_file);
}

/* 1: it cannot be set, since it is not our file */
static int
set_one(const struct pool_part *p)
{
	if (p->dax != 0)
		return 0;
	if (futimens(p->fd, NULL) != 0)
		return 1;
	if (FAULT("pool/stamp_sync"))
		return err_sys(-EIO, "pool part '%s': cannot sync it", p->path);
	if (fsync(p->fd) != 0)
		return err_sys(
			-errno, "pool part '%s': cannot sync it", p->path);
	return 0;
}

int
stamp_set(const struct pool *pool, uint64_t *stamp_out)
{
	*stamp_out = 0;
	for (unsigned i = 0; i < pool->nparts; i++) {
		int rc = set_one(&pool->parts[i]);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	*stamp_out = stamp_of(pool);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remove.c -- unlink or rename the parts of a pool
 *
 * All parts are locked before the first is removed: a pool in use is either
 * found in use or not touched.  After that every part is tried, and the
 * first failure is the answer, since half a pool helps nobody.  A device DAX
 * cannot be unlinked; its first 2 MiB are zeroed instead, so that no header
 * is found there.  (No device to try it on, see devdax.h.)
 */
#include "pool/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <libpmem.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "pool/devdax.h"
#include "pool/dirset.h"
#include "pool/hooked.h"
#include "pool/part.h"
#include "pool/pool_internal.h"

#define DAX_BLANK (2ULL * 1024 * 1024)

struct removal {
	int *fds; /* of the parts, locked; -1: not there or not to be had */
	unsigned nparts;
	int rc;
	char why[ERR_MAX]; /* the message of rc */
};

static void
removal_fini(struct removal *r)
{
	for (unsigned i = 0; r->fds != NULL && i < r->nparts; i++)
		closep(&r->fds[i]);
	freep(&r->fds);
}

/* the first failure counts */
static void
note(struct removal *r, int rc)
{
	if (r->rc != 0)
		return;
	r->rc = rc;
	memcpy(r->why, err_msg(), strlen(err_msg()) + 1);
}

/* is it something that can be a part? */
static int
check_type(int fd, const char *path)
{
	struct stat st;
	uint64_t size;
	if (fstat(fd, &st) != 0)
		return err_sys(-errno, "pool part '%s'", path);
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISCHR(st.st_mode) && devdax_size(st.st_rdev, &size) == 0)
		return 0;
	return err_set(-EINVAL,
		"pool part '%s': it is neither a file nor a device DAX; not "
		"removed",
		path);
}

static int
open_locked(const char *path, int *fd_out)
{
	/* a lock needs no right to write; a device must be written to */
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	CLEANUP(closep) int fd = open(path, O_RDWR | flags);
	if (fd < 0 && (errno == EACCES || errno == EISDIR || errno == EROFS))
		fd = open(path, O_RDONLY | flags);
	if (fd < 0)
		return err_sys(-errno, "pool part '%s': cannot open it", path);
	int rc = check_type(fd, path);
	if (rc == 0)
		rc = part_lock(fd, path);
	if (rc == 0)
		*fd_out = TAKE_FD(fd);
	return rc;
}

static int
lock_parts(struct removal *r, const struct poolset_replica *rep, unsigned flags)
{
	for (unsigned i = 0; i < r->nparts; i++) {
		int rc = open_locked(rep->parts[i].path, &r->fds[i]);
		if (rc == -EBUSY)
			return rc;
		if (rc == -ENOENT && (flags & POOL_REMOVE_F_FORCE))
			continue;
		if (rc != 0)
			note(r, rc);
	}
	return 0;
}

static int
blank_device(int fd, dev_t dev)
{
	uint64_t len = max_u64(DAX_BLANK, devdax_align(dev));
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	(void)pmem_memset_persist(map, 0, DAX_BLANK);
	(void)munmap(map, len);
	return 0;
}

static int
unlink_synced(const char *path)
{
	return unlink(path) == 0 ? part_sync_dir(path) : -errno;
}

/* Behind a symbolic link lies the data: it goes first, since nobody finds it
 * without the link.  The link goes, too: no pool can be created over it. */
static int
unlink_part(const char *path)
{
	char file[PATH_MAX];
	struct stat st;
	int rc = 0;
	if (lstat(path, &st) != 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		rc = realpath(path, file) != NULL ? unlink_synced(file)
						  : -errno;
	return rc == 0 ? unlink_synced(path) : rc;
}

static int
remove_one(int fd, const char *path)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_sys(-errno, "pool part '%s'", path);
	int rc = S_ISCHR(st.st_mode) ? blank_device(fd, st.st_rdev)
				     : unlink_part(path);
	if (rc != 0)
		return err_sys(rc, "pool part '%s': cannot remove it", path);
	return 0;
}

static int
remove_parts(struct removal *r, const struct poolset_replica *rep)
{
	/* the first part last: its header says whose pool it is, and files in
	 * directories stay without gaps */
	for (unsigned i = r->nparts; i-- > 0;) {
		if (r->fds[i] < 0)
			continue;
		int rc = remove_one(r->fds[i], rep->parts[i].path);
		if (FAULT("rm/die"))
			(void)raise(SIGKILL);
		if (rc != 0)
			note(r, rc);
	}
	return r->rc != 0 ? err_set(r->rc, "%s", r->why) : 0;
}

static int
removal_begin(
	struct removal *r, const struct poolset_replica *rep, unsigned flags)
{
	if (rep->nparts == 0)
		return flags & POOL_REMOVE_F_FORCE ? 0 : dirset_check(rep);
	r->fds = calloc(rep->nparts, sizeof(*r->fds));
	if (r->fds == NULL)
		return err_sys(-ENOMEM, "pool");
	for (unsigned i = 0; i < rep->nparts; i++)
		r->fds[i] = -1;
	return lock_parts(r, rep, flags);
}

/* what a pool_grow left that was cut off */
static void
remove_unfinished(const struct poolset_replica *rep)
{
	char path[PATH_MAX];
	for (unsigned i = 0; rep->ndirs != 0 && i <= rep->nparts; i++) {
		CLEANUP(freep)
		char *part = dirset_path(rep->dirs, rep->ndirs, i);
		int n = part == NULL ? -1
				     : snprintf(path, sizeof(path),
					       "%s" POOL_NEW_SUFFIX, part);
		if (n > 0 && (size_t)n < sizeof(path))
			(void)unlink(path);
	}
}

int
pool_remove_hooked(
	const struct poolset *set, unsigned flags, const struct pool_hook *hook)
{
	const struct poolset_replica *rep = &set->replicas[0];
	CLEANUP(removal_fini) struct removal r = {.nparts = rep->nparts};
	int rc = removal_begin(&r, rep, flags);
	if (rc == 0 && hook != NULL)
		rc = hook->fn(hook->arg);
	if (rc == 0)
		remove_unfinished(rep);
	return rc != 0 ? rc : remove_parts(&r, rep);
}

static int
rename_one(const char *path, const char *suffix)
{
	char to[PATH_MAX];
	int n = snprintf(to, sizeof(to), "%s%s", path, suffix);
	if (n < 0 || (size_t)n >= sizeof(to))
		return err_sys(-ENAMETOOLONG, "pool part '%s'", path);
	/* never over a file that is there: it may be another copy's part */
	if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
		return err_sys(-errno,
			"pool part '%s': cannot rename it to '%s'", path, to);
	if (FAULT("retire/die"))
		(void)raise(SIGKILL);
	return part_sync_dir(path);
}

/* nothing is renamed if something has no name to change */
static int
check_files(const struct removal *r, const struct poolset_replica *rep)
{
	for (unsigned i = 0; i < r->nparts; i++) {
		struct stat st;
		if (r->fds[i] >= 0 && fstat(r->fds[i], &st) == 0 &&
			!S_ISREG(st.st_mode))
			return err_set(-EINVAL,
				"pool part '%s' is a device: it cannot be set "
				"aside",
				rep->parts[i].path);
	}
	return 0;
}

int
pool_rename_hooked(const struct poolset *set, const char *suffix,
	const struct pool_hook *hook)
{
	const struct poolset_replica *rep = &set->replicas[0];
	CLEANUP(removal_fini) struct removal r = {.nparts = rep->nparts};
	int rc = removal_begin(&r, rep, POOL_REMOVE_F_FORCE);
	if (rc == 0)
		rc = check_files(&r, rep);
	if (rc == 0)
		rc = hook->fn(hook->arg);
	for (unsigned i = 0; rc == 0 && i < r.nparts; i++)
		if (r.fds[i] >= 0)
			rc = rename_one(rep->parts[i].path, suffix);
	return rc;
}

int
pool_hold_hooked(const struct poolset *set, const struct pool_hook *hook)
{
	const struct poolset_replica *rep = &set->replicas[0];
	CLEANUP(removal_fini) struct removal r = {.nparts = rep->nparts};
	int rc = removal_begin(&r, rep, POOL_REMOVE_F_FORCE);
	if (rc == 0)
		rc = check_files(&r, rep);
	return rc == 0 ? hook->fn(hook->arg) : rc;
}

int
pool_remove(const struct poolset *set, unsigned flags)
{
	return pool_remove_hooked(set, flags, NULL);
}

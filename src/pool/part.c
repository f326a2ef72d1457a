/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * part.c -- see part.h
 *
 * A part is locked before anything about it is believed, and stays locked
 * until its file descriptor is closed.  A file is created exclusively and
 * locked at once; whoever opens it in between finds it empty and refuses it.
 *
 * What a part is made of is decided by the kernel alone: MAP_SYNC succeeds
 * only on a DAX file system, where stores are durable once they left the
 * caches; a character device is a device DAX.  Everything else is the page
 * cache, or tmpfs, which no msync makes durable.  libpmem's own guess is not
 * asked, since an environment variable can turn it.
 */
#include "pool/part.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <libpmem.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/stdfds.h"
#include "pool/devdax.h"
#include "pool/guard.h"

/* neither blocks on a FIFO nor gets a terminal */
#define OPEN_FLAGS (O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define CREATE_FLAGS (O_CREAT | O_EXCL | O_NOFOLLOW)

static int
no_file(const char *path)
{
	return err_set(-EINVAL,
		"pool part '%s': it is neither a file nor a device DAX", path);
}

int
part_lock(int fd, const char *path)
{
	struct stat st;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(
				-errno, "pool part '%s': cannot lock it", path);
		return err_set(-EBUSY,
			"pool part '%s': it is locked; another process has it "
			"open, or the set names it twice",
			path);
	}
	/* its last holder may have removed it while we opened it */
	if (fstat(fd, &st) != 0 || st.st_nlink == 0)
		return err_sys(-ENOENT, "pool part '%s'", path);
	return 0;
}

int
part_sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	CLEANUP(freep) char *dir = len == 0 ? strdup(".") : strndup(path, len);
	if (dir == NULL)
		return -ENOMEM;
	CLEANUP(closep)
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return -errno;
	return 0;
}

/* what is the open file, and how large? */
static int
examine(struct pool_part *p, const struct poolset_part *want)
{
	struct stat st;
	if (fstat(p->fd, &st) != 0)
		return err_sys(-errno, "pool part '%s'", p->path);
	if (S_ISCHR(st.st_mode)) {
		int rc = devdax_size(st.st_rdev, &p->file_size);
		if (rc != 0)
			return no_file(p->path);
		p->dax = st.st_rdev;
	} else if (S_ISREG(st.st_mode)) {
		p->file_size = (uint64_t)st.st_size;
	} else {
		return no_file(p->path);
	}
	if (want->is_auto && p->dax == 0)
		return err_set(-EINVAL,
			"pool part '%s': it is a file; AUTO is for a device "
			"DAX only",
			p->path);
	if (!want->is_auto && p->file_size != want->size)
		return err_set(-EINVAL,
			"pool part '%s': it has %llu bytes, the set says %llu",
			p->path, (unsigned long long)p->file_size,
			(unsigned long long)want->size);
	return 0;
}

/*
 * MAP_SYNC is tried on a page of its own: a file system may refuse it only
 * after the kernel has removed what MAP_FIXED would replace, and somebody
 * else could get the hole.
 */
enum pool_media
part_classify(int fd, dev_t dax, int prot)
{
	struct statfs fs;
	if (dax != 0)
		return POOL_MEDIA_PMEM;
	void *probe = mmap(
		NULL, POOL_PAGE, prot, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	if (probe != MAP_FAILED) {
		(void)munmap(probe, POOL_PAGE);
		return POOL_MEDIA_PMEM;
	}
	if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return POOL_MEDIA_TMPFS;
	return POOL_MEDIA_PAGECACHE;
}

static enum pool_media
classify(const struct pool_part *p)
{
	return part_classify(p->fd, p->dax, PROT_READ | PROT_WRITE);
}

static int
begin(struct pool_part *p, const struct poolset_part *want)
{
	p->path = strdup(want->path);
	if (p->path == NULL)
		return err_sys(-ENOMEM, "pool part '%s'", want->path);
	return 0;
}

static int
open_existing(struct pool_part *p, const struct poolset_part *want)
{
	p->fd = stdfds_keep_off(open(p->path, OPEN_FLAGS));
	if (p->fd < 0 && errno == EISDIR)
		return err_set(-EINVAL,
			"pool part '%s': it is a directory; a target's parts "
			"are files",
			p->path);
	if (p->fd < 0)
		return err_sys(
			-errno, "pool part '%s': cannot open it", p->path);
	int rc = part_lock(p->fd, p->path);
	if (rc == 0)
		rc = examine(p, want);
	if (rc == 0)
		p->media = classify(p);
	return rc;
}

int
part_open(struct pool_part *p, const struct poolset_part *want)
{
	int rc = begin(p, want);
	return rc == 0 ? open_existing(p, want) : rc;
}

static int
allocate(const struct pool_part *p)
{
	int rc = posix_fallocate(p->fd, 0, (off_t)p->file_size);
	if (rc != 0)
		return err_sys(-rc,
			"pool part '%s': cannot allocate %llu bytes", p->path,
			(unsigned long long)p->file_size);
	return 0;
}

int
part_create(struct pool_part *p, const struct poolset_part *want)
{
	int rc = begin(p, want);
	if (rc != 0)
		return rc;
	if (want->is_auto)
		return open_existing(p, want);
	p->fd = stdfds_keep_off(open(p->path, OPEN_FLAGS | CREATE_FLAGS, 0600));
	if (p->fd < 0 && (errno == EEXIST || errno == EISDIR))
		return open_existing(p, want);
	if (p->fd < 0)
		return err_sys(
			-errno, "pool part '%s': cannot create it", p->path);
	p->created = true;
	p->file_size = want->size;
	rc = part_lock(p->fd, p->path);
	if (rc == 0)
		rc = allocate(p);
	if (rc == 0)
		p->media = classify(p);
	return rc;
}

static int
map_at(struct pool_part *p, uint8_t *at, uint64_t len, uint64_t file_off,
	uint8_t **map_out)
{
	int flags = p->media == POOL_MEDIA_PMEM && p->dax == 0
			    ? MAP_SHARED_VALIDATE | MAP_SYNC
			    : MAP_SHARED;
	if (at != NULL)
		flags |= MAP_FIXED;
	void *map = mmap(
		at, len, PROT_READ | PROT_WRITE, flags, p->fd, (off_t)file_off);
	if (map == MAP_FAILED)
		return err_sys(
			-errno, "pool part '%s': cannot map it", p->path);
	*map_out = map;
	return 0;
}

/* may a program with these limits write() to all of the file?  Beyond it gets
 * SIGXFSZ, which is not ours to take; a store has no limit.  `untouched` is
 * where pool_copy has not written to the file yet, or nowhere. */
static bool
may_write(const struct pool_part *p)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       limit.rlim_cur >= p->file_size;
}

int
part_map(struct pool_part *p, uint8_t *at)
{
	uint8_t *map;
	holes_init(&p->holes, p->fd);
	p->untouched = may_write(p) ? p->off : UINT64_MAX;
	int rc = map_at(p, at, p->len, p->skip, &map);
	if (rc == 0 && p->skip != 0)
		rc = map_at(p, NULL, p->skip, 0, &p->hdr);
	return rc;
}

int
part_fault(const struct pool_part *p, const char *what)
{
	struct statvfs fs;
	if (p->dax == 0 && fstatvfs(p->fd, &fs) == 0 && fs.f_bavail == 0)
		return err_set(-ENOSPC,
			"pool part '%s': cannot %s it: its file system is full",
			p->path, what);
	return err_set(-EIO,
		"pool part '%s': cannot %s it: the disk fails, or the file was "
		"cut short",
		p->path, what);
}

struct page_copy {
	uint8_t *to;
	const uint8_t *from;
};

static void
copy_page(void *arg)
{
	const struct page_copy *c = arg;
	memcpy(c->to, c->from, POOL_PAGE);
}

int
part_read_page(
	const struct pool_part *p, const uint8_t *page, uint8_t out[POOL_PAGE])
{
	struct page_copy c = {.to = out, .from = page};
	const void *fault;
	if (guard_call(page, POOL_PAGE, copy_page, &c, &fault) != 0)
		return part_fault(p, "read");
	return 0;
}

int
part_msync(const struct pool_part *p, const uint8_t *addr, uint64_t len)
{
	uintptr_t from = align_down((uintptr_t)addr, POOL_PAGE);
	uintptr_t to = align_up((uintptr_t)addr + len, POOL_PAGE);
	if (p->dax != 0) {
		/* has no msync, and needs none */
		pmem_persist(addr, len);
		return 0;
	}
	return msync((void *)from, to - from, MS_SYNC) != 0 ? -errno : 0;
}

int
part_write_page(
	const struct pool_part *p, uint8_t *page, const uint8_t in[POOL_PAGE])
{
	struct page_copy c = {.to = page, .from = in};
	const void *fault;
	if (guard_call(page, POOL_PAGE, copy_page, &c, &fault) != 0)
		return part_fault(p, "write");
	int rc = part_msync(p, page, POOL_PAGE);
	if (rc != 0)
		return err_sys(
			rc, "pool part '%s': cannot sync its header", p->path);
	return 0;
}

struct zeroing {
	uint8_t *at;
	uint64_t len;
};

static void
zero_range(void *arg)
{
	const struct zeroing *z = arg;
	memset(z->at, 0, z->len);
}

/* for what can make no holes: a device, an old file system */
static int
zero_by_hand(struct pool_part *p, uint8_t *at)
{
	struct zeroing body = {.at = at, .len = p->len};
	struct zeroing hdr = {.at = p->hdr, .len = p->skip};
	const void *fault;
	if (guard_call(at, p->len, zero_range, &body, &fault) != 0)
		return part_fault(p, "write");
	if (p->skip != 0 &&
		guard_call(p->hdr, p->skip, zero_range, &hdr, &fault) != 0)
		return part_fault(p, "write");
	int rc = part_msync(p, at, p->len);
	if (rc == 0 && p->skip != 0)
		rc = part_msync(p, p->hdr, p->skip);
	if (rc != 0)
		return err_sys(rc, "pool part '%s': cannot sync it", p->path);
	return 0;
}

int
part_zero(struct pool_part *p, uint8_t *at)
{
	if (p->dax != 0)
		return zero_by_hand(p, at);
	if (fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		    (off_t)p->file_size) == 0)
		return allocate(p);
	if (errno != EOPNOTSUPP)
		return err_sys(
			-errno, "pool part '%s': cannot zero it", p->path);
	return zero_by_hand(p, at);
}

int
part_sync_file(const struct pool_part *p)
{
	int rc = 0;
	if (p->dax != 0)
		return 0;
	if (fsync(p->fd) != 0)
		rc = -errno;
	if (rc == 0 && p->created)
		rc = part_sync_dir(p->path);
	if (rc != 0)
		return err_sys(rc, "pool part '%s': cannot sync it", p->path);
	return 0;
}

void
part_unlink(const struct pool_part *p)
{
	struct stat mine;
	struct stat named;
	if (fstat(p->fd, &mine) == 0 && lstat(p->path, &named) == 0 &&
		mine.st_dev == named.st_dev && mine.st_ino == named.st_ino)
		(void)unlink(p->path);
}

void
part_close(struct pool_part *p)
{
	if (p->hdr != NULL && p->skip != 0)
		(void)munmap(p->hdr, p->skip);
	p->hdr = NULL;
	closep(&p->fd);
	freep(&p->path);
}

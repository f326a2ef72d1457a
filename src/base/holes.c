/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * holes.c -- see holes.h
 *
 * SEEK_DATA and SEEK_HOLE tell where the next extent begins.  A page that was
 * allocated and never written counts as a hole, and reads as zeros.
 *
 * A page that is called a hole and holds a store that was made before the
 * question would be lost, so file systems are believed by name only.  tmpfs
 * looks into its page cache.  ext4 and xfs know a store into a mapped page
 * from its first fault on: the blocks are reserved, or the page is in the
 * cache, before the store is made.  A network or user-space file system may
 * ask somebody who has not heard of dirty pages, and btrfs is not looked up in
 * /proc/self/maps under the device that stat() names: all others are read.
 *
 * tmpfs walks over allocated pages one by one, 20 ms for a GiB: so answers are
 * kept to the end of their extent, and a file that has all its pages is not
 * asked about, as to read it takes none.
 */
#include "base/holes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/checked.h"

#define STAT_BLOCK 512u
/* of one request to read ahead the kernel takes so much at least */
#define AHEAD (128u * 1024)

void
extent_stored(struct extent *e, uint64_t off, uint64_t len)
{
	uint64_t to = off + len;
	if (!e->is_hole || off >= e->to || to <= e->from)
		return;
	uint64_t below = off > e->from ? off - e->from : 0;
	uint64_t above = to < e->to ? e->to - to : 0;
	if (below > above)
		e->to = off;
	else
		e->from = e->to - above;
}

void
holes_init(struct holes *h, int fd)
{
	struct statfs fs;
	struct stat st;
	*h = (struct holes){.fd = -1};
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		fstatfs(fd, &fs) != 0)
		return;
	h->dev = st.st_dev;
	h->ino = st.st_ino;
	h->is_tmpfs = fs.f_type == TMPFS_MAGIC;
	if (h->is_tmpfs || fs.f_type == EXT4_SUPER_MAGIC ||
		fs.f_type == XFS_SUPER_MAGIC)
		h->fd = fd;
}

void
holes_forget(struct holes *h)
{
	h->at = (struct extent){.from = 0};
}

/* fstat, if it still is that file */
static bool
facts(struct holes *h, struct stat *st)
{
	if (h->fd < 0)
		return false;
	if (fstat(h->fd, st) == 0 && st->st_dev == h->dev &&
		st->st_ino == h->ino)
		return true;
	*h = (struct holes){.fd = -1};
	return false;
}

bool
holes_has_file(struct holes *h)
{
	struct stat st;
	return facts(h, &st);
}

/* the extent at off of a file that is at least so long; false: the kernel
 * cannot say */
static bool
look(const struct holes *h, uint64_t off, const struct stat *st,
	struct extent *e_out)
{
	uint64_t size = (uint64_t)st->st_size;
	*e_out = (struct extent){.from = off, .to = size};
	if (h->is_tmpfs && (uint64_t)st->st_blocks * STAT_BLOCK >= size)
		return true;
	off_t data = lseek(h->fd, (off_t)off, SEEK_DATA);
	if (data < 0 && errno != ENXIO)
		return false;
	e_out->is_hole = data < 0 || (uint64_t)data > off;
	if (e_out->is_hole && data >= 0)
		e_out->to = min_u64((uint64_t)data, size);
	if (e_out->is_hole)
		return true;
	/* ENXIO: it was cut short this moment */
	off_t hole = lseek(h->fd, (off_t)off, SEEK_HOLE);
	if (hole > (off_t)off)
		e_out->to = min_u64((uint64_t)hole, size);
	return true;
}

bool
holes_run(struct holes *h, uint64_t off, uint64_t len, uint64_t *n_out)
{
	struct stat st;
	struct extent *e = &h->at;
	*n_out = len;
	bool is_kept = off >= e->from && off < e->to;
	/* data need no second look: to read them is always right */
	if (is_kept && !e->is_hole) {
		*n_out = min_u64(len, e->to - off);
		return false;
	}
	/* of a hole too: a file that was cut short holds no zeros */
	if (!facts(h, &st) || (uint64_t)st.st_size <= off)
		return false;
	if (!is_kept && !look(h, off, &st, e)) {
		holes_forget(h);
		return false;
	}
	uint64_t to = min_u64(e->to, (uint64_t)st.st_size);
	*n_out = min_u64(len, to - off);
	return e->is_hole;
}

void
holes_ahead(struct holes *h, uint64_t off, uint64_t len)
{
	uint64_t n = 0;
	for (; len != 0 && h->fd >= 0 && !h->is_tmpfs; off += n, len -= n) {
		if (holes_run(h, off, len, &n))
			continue;
		n = min_u64(n, AHEAD);
		if (h->fd >= 0) /* a hint: a failure changes nothing */
			(void)posix_fadvise(h->fd, (off_t)off, (off_t)n,
				POSIX_FADV_WILLNEED);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool.h -- the parts of a copy on this machine, as one mapping
 *
 * Logical offset 0 is the start of the first part, its header included; the
 * other parts follow without their headers, as libpmemobj maps a replica.
 * Files are locked (flock) from open to close.  One thread uses the pool at a
 * time (the session's).
 *
 * A store that the media refuses is -EIO or -ENOSPC, no SIGBUS: see guard.h.
 */
#ifndef RPMEM_POOL_POOL_H
#define RPMEM_POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/holes.h"
#include "pool/hdr.h"
#include "poolset/poolset.h"

#define POOL_MIN_SIZE 8192u
#define POOL_MIN_PART (2u * 1024 * 1024)
#define POOL_PAGE 4096u

enum pool_media { POOL_MEDIA_PMEM, POOL_MEDIA_PAGECACHE, POOL_MEDIA_TMPFS };
enum pool_durability { POOL_DURABLE_MEDIA, POOL_DURABLE_MEMORY };

struct pool_part {
	char *path;
	int fd; /* locked */
	uint64_t file_size;
	uint64_t off;  /* logical offset of its first byte in the pool */
	uint64_t len;  /* bytes of the pool in it, a multiple of the page */
	uint64_t skip; /* bytes of the file before them: 0 or a header page */
	uint8_t *hdr;  /* mapped header page; NULL if it has none */
	dev_t dax;     /* the device DAX it is; 0: a file */
	enum pool_media media;
	uint64_t dirty_from; /* logical; dirty_from == dirty_to: clean */
	uint64_t dirty_to;
	uint64_t dirty_bytes; /* in whole pages, since it was clean */
	uint64_t untouched;   /* logical; UINT64_MAX: see part_map */
	struct holes holes;   /* offsets of the file */
	bool created;	      /* by this process: pool_discard unlinks it */
};

struct pool {
	enum pool_durability durability;
	uint8_t *base; /* the mapping */
	uint64_t size;
	unsigned nparts;
	unsigned nhdrs; /* parts with a header: 0, 1 or nparts */
	struct pool_part *parts;
	uint64_t reserved; /* bytes of address space at base, >= size */
	unsigned ndirs;	   /* directories to grow in; 0: it cannot grow */
	char **dirs;
	bool nontemporal; /* PMEM_IS_PMEM_FORCE=1 with `memory` */
	bool made;	  /* pool_create passed the point of no return */
	int failed;	  /* sticky: negative errno of a failed msync */
};

/*
 * pool_create -- make or take the parts, write the headers
 *
 * A part that is not there is created with mode 0600 & ~umask and fully
 * allocated; one that is there must have the set's size and a zero first
 * page, and keeps its owner and mode.  Every byte of the pool is zero
 * afterwards (a part that was there is zeroed, unless it is a hole).  The
 * headers and sizes are durable on return.
 *
 *   set    passes poolset_check_target
 *   attr   all zero: a raw pool, which the set must say with NOHDRS
 *
 * Returns 0, or with a message, nothing left behind, no file that was there
 * changed where the error was found before zeroing:
 *   -EINVAL    options and attributes disagree, part or pool too small,
 *              AUTO for a file, directories without SINGLEHDR
 *   -EEXIST    a part has a header
 *   -EBUSY     a part is locked
 *   -ENOENT, -EACCES, -ENOSPC, ...   the file system's
 */
NODISCARD int pool_create(const struct poolset *set,
	const struct pool_attr *attr, enum pool_durability durability,
	struct pool **pool_out);

/*
 * pool_open -- lock, map and check the parts
 *
 *   attr_out   the attributes; zero for a raw pool
 *
 * Returns 0; -ENOENT; -EBUSY; -EINVAL: size or options differ from the set;
 * -EBADMSG: a header is wrong; ...; with a message
 */
NODISCARD int pool_open(const struct poolset *set,
	enum pool_durability durability, struct pool_attr *attr_out,
	struct pool **pool_out);

/*
 * pool_set_attr -- rewrite every header, keeping crtime and shutdown state
 *
 * The parts' own uuids stay, but the first one becomes attr->uuid.  Death in
 * the middle may leave a header that pool_open refuses; there is only one
 * place for it on media.
 *
 * Durability  on return 0 the new headers are on media.
 * Errors      -EINVAL: raw pool and non-zero attr, or the reverse, or the
 *             SINGLEHDR bit changes; -EIO
 */
NODISCARD int pool_set_attr(struct pool *pool, const struct pool_attr *attr);

/* the weakest medium of the parts */
enum pool_media pool_media(const struct pool *pool);

/*
 * pool_copy, pool_fill -- change a range
 *
 * The range is inside the pool (the caller's check).  On pmem non-temporal;
 * everywhere the range is remembered as dirty, but for zeros into a hole.
 *
 * Durability  none before pool_durable.
 * Ordering    in call order for this process; for the machine's death only
 *             pool_fence (pmem) or pool_durable orders.
 * Errors      -EIO, -ENOSPC (SIGBUS)
 */
NODISCARD int pool_copy(
	struct pool *pool, uint64_t off, const void *src, uint64_t len);
NODISCARD int pool_fill(
	struct pool *pool, uint64_t off, uint8_t byte, uint64_t len);

/* earlier changes reach the medium (pmem) before later ones */
void pool_fence(struct pool *pool);

/*
 * pool_durable -- everything changed so far is durable on return 0
 *
 * pmem: a fence.  Page cache or tmpfs with `media`: one msync from the first
 * to the last dirty byte of each dirty part.  `memory`: a fence.
 *
 * Errors  -EIO, ...: msync failed; sticky, since Linux reports it once and
 *         calls the pages clean afterwards: every later call fails too
 */
NODISCARD int pool_durable(struct pool *pool);

/* true: pool_durable writes to a disk, so it pays to call it seldom */
bool pool_writes_disk(const struct pool *pool);
/* bytes that pool_durable may have to write, in whole pages, summed over the
 * parts; 0 where a fence is enough */
uint64_t pool_dirty(const struct pool *pool);

/* deep flush of a range: beyond ADR; page cache: msync (also with `memory`) */
NODISCARD int pool_deep(struct pool *pool, uint64_t off, uint64_t len);
/*
 * pool_read, pool_digest -- bytes, or XXH3-64 of each block (> 0 bytes, the
 * last may be shorter), host order; holes are not read: see pool_look.c
 */
NODISCARD int pool_read(
	struct pool *pool, uint64_t off, void *dst, uint64_t len);
NODISCARD int pool_digest(struct pool *pool, uint64_t off, uint64_t len,
	uint64_t block, uint64_t *out);

/* everything changed so far is on media, with `memory` too; errors as those
 * of pool_durable */
NODISCARD int pool_sync(struct pool *pool);
/* the same of what programs have stored: after one was killed it may be in the
 * page cache only */
NODISCARD int pool_sync_files(struct pool *pool);

/*
 * pool_close -- sync every part to media, unmap, unlock, free
 *
 * Returns 0, or the first error of the sync (the pool is closed anyway).
 * NULL is fine.
 */
NODISCARD int pool_close(struct pool *pool);

/*
 * pool_discard -- undo pool_create
 *
 * Closes the pool, unlinks the parts that pool_create made and gives those
 * that were there a zero first page, so that they can be taken again.  A
 * pool from pool_open is only closed, without a sync.  NULL is fine.
 */
void pool_discard(struct pool *pool);

#define POOL_REMOVE_F_FORCE 1u
/*
 * pool_remove -- unlink the parts of a set
 *
 * Each part is locked first; if one is locked by somebody else nothing is
 * removed.  A missing part is an error without FORCE (the others are removed
 * all the same).
 *
 * Returns 0; -EBUSY; -ENOENT; ...; with a message
 */
NODISCARD int pool_remove(const struct poolset *set, unsigned flags);

#endif

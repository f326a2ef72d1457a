/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * alias.c -- see alias.h
 *
 * mremap with an old size of 0 makes a second mapping of the same pages of a
 * shared mapping.  It is read by process_vm_readv: a file that was cut short
 * is an error there, and a signal for a load.
 *
 * The kernel copies in an order of its own.  As in snapshot.c everything is
 * read twice: a word that is the same in both had that value between the end
 * of the first reading and the start of the second, and so had all of them
 * together.  Only what differs is read again, both times in one call; a line
 * that is never quiet is somebody's counter, and has its turn later.
 */
#include "librpmem/alias.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/err.h"
#include "librpmem/maps.h"

#define LINE 64u
#define PIECE_MAX (16u * 1024) /* read at a time */
#define TRIES 1000u

static int
add_piece(struct alias *a, const uint8_t *addr, uint64_t off, uint64_t len)
{
	struct alias_piece *more =
		realloc(a->pieces, (a->npieces + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(-ENOMEM, "no memory for a second mapping");
	a->pieces = more;
	void *old = (void *)(uintptr_t)(addr + off);
	void *at = mremap(old, 0, len, MREMAP_MAYMOVE);
	if (at == MAP_FAILED)
		return err_sys(-errno, "cannot map the pool a second time");
	(void)mprotect(at, len, PROT_READ);
	/* a child that is forked has no use for it */
	(void)madvise(at, len, MADV_DONTFORK);
	a->pieces[a->npieces++] = (struct alias_piece){off, len, at};
	return 0;
}

void
alias_init(struct alias *a)
{
	*a = (struct alias){.npieces = 0};
	mutex_init(&a->lock);
}

static int
add_all(struct alias *a, const uint8_t *addr, uint64_t off, uint64_t len)
{
	uint64_t end = off + len;
	while (off < end) {
		uint64_t n = 0;
		int rc = maps_shared_run(addr + off, &n);
		if (rc == 0 && n == 0)
			rc = err_set(-EINVAL,
				"the pool's memory is not a shared mapping");
		if (rc == 0)
			rc = add_piece(a, addr, off, min_u64(n, end - off));
		if (rc < 0)
			return rc;
		off += min_u64(n, end - off);
	}
	return 0;
}

int
alias_add(struct alias *a, const uint8_t *addr, uint64_t off, uint64_t len)
{
	mutex_lock(&a->lock);
	int rc = add_all(a, addr, off, len);
	mutex_unlock(&a->lock);
	return rc;
}

/* read twice, then again what differs */
static int
read_lines(const uint8_t *from, uint8_t *dst, uint64_t len)
{
	uint8_t again[PIECE_MAX];
	int rc = maps_read(from, dst, len);
	if (rc == 0)
		rc = maps_read(from, again, len);
	for (uint64_t at = 0; rc == 0 && at < len; at += LINE) {
		uint64_t n = min_u64(LINE, len - at);
		unsigned tries = 0;
		while (rc == 0 && memcmp(dst + at, again + at, n) != 0)
			rc = tries++ == TRIES
				     ? -EAGAIN
				     : maps_read_twice(from + at, dst + at,
					       again + at, n);
	}
	return rc;
}

static int
read_pieces(const struct alias *a, uint64_t off, void *dst, uint64_t len)
{
	uint8_t *to = dst;
	for (unsigned i = 0; i < a->npieces && len != 0; i++) {
		const struct alias_piece *p = &a->pieces[i];
		while (len != 0 && off >= p->off && off - p->off < p->len) {
			uint64_t n = min_u64(len, p->len - (off - p->off));
			n = min_u64(n, PIECE_MAX);
			int rc = read_lines(p->at + (off - p->off), to, n);
			if (rc < 0)
				return rc;
			off += n;
			to += n;
			len -= n;
		}
	}
	return len == 0 ? 0 : -EFAULT;
}

int
alias_read(struct alias *a, uint64_t off, void *dst, uint64_t len)
{
	mutex_lock(&a->lock);
	int rc = read_pieces(a, off, dst, len);
	mutex_unlock(&a->lock);
	return rc;
}

void
alias_fini(struct alias *a)
{
	for (unsigned i = 0; i < a->npieces; i++)
		(void)munmap(a->pieces[i].at, a->pieces[i].len);
	free(a->pieces);
	a->pieces = NULL;
	a->npieces = 0;
	mutex_fini(&a->lock);
}

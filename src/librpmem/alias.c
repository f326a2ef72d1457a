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
 *
 * Holes.  The program's file is opened once more, under the name that the
 * mapping has, to ask for its holes.  On tmpfs it is also read by that
 * descriptor: read() of a hole takes no page, and has the same page cache
 * behind it as the mapping.  Without a descriptor all is read as memory.
 */
#include "librpmem/alias.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fileio.h"
#include "librpmem/maps.h"

#define LINE 64u
#define PIECE_MAX (16u * 1024) /* read at a time */
#define TRIES 1000u
/* the program has a limit of descriptors, and a pool of directories may have
 * many parts: those behind are read as memory */
#define FILES_MAX 64u

static int
add_piece(struct alias *a, const uint8_t *addr, uint64_t off,
	const struct maps_run *run)
{
	uint64_t len = run->len;
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
	struct alias_piece *p = &a->pieces[a->npieces++];
	*p = (struct alias_piece){
		.off = off, .len = len, .at = at, .file_off = run->file_off};
	bool has_room = a->npieces <= FILES_MAX;
	int fd = has_room && run->path[0] != '\0' ? maps_open(run) : -1;
	holes_init(&p->holes, fd);
	if (p->holes.fd < 0)
		closep(&fd);
	else /* see holes_ahead */
		(void)madvise(at, len, MADV_RANDOM);
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
		struct maps_run run = {.len = 0};
		int rc = maps_shared_run(addr + off, &run);
		if (rc == 0 && run.len == 0)
			rc = err_set(-EINVAL,
				"the pool's memory is not a shared mapping");
		run.len = min_u64(run.len, end - off);
		if (rc == 0)
			rc = add_piece(a, addr, off, &run);
		if (rc < 0)
			return rc;
		off += run.len;
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

/* where a piece is read, and how */
struct source {
	const uint8_t *at;
	int fd; /* -1: by its address */
	uint64_t file_off;
};

static int
read_file(const struct source *from, uint64_t off, uint8_t *dst, uint64_t len)
{
	int rc = file_read_all(from->fd, dst, len, from->file_off + off);
	return rc < 0 ? -EFAULT : 0;
}

static int
read_once(const struct source *from, uint64_t off, uint8_t *dst, uint64_t len)
{
	return from->fd < 0 ? maps_read(from->at + off, dst, len)
			    : read_file(from, off, dst, len);
}

static int
read_twice(const struct source *from, uint64_t off, uint8_t *dst,
	uint8_t *again, uint64_t len)
{
	if (from->fd < 0)
		return maps_read_twice(from->at + off, dst, again, len);
	int rc = read_file(from, off, dst, len);
	return rc == 0 ? read_file(from, off, again, len) : rc;
}

/* read twice, then again what differs */
static int
read_lines(const struct source *from, uint8_t *dst, uint64_t len)
{
	uint8_t again[PIECE_MAX];
	int rc = read_once(from, 0, dst, len);
	if (rc == 0)
		rc = read_once(from, 0, again, len);
	for (uint64_t at = 0; rc == 0 && at < len; at += LINE) {
		uint64_t n = min_u64(LINE, len - at);
		unsigned tries = 0;
		while (rc == 0 && memcmp(dst + at, again + at, n) != 0)
			rc = tries++ == TRIES ? -EAGAIN
					      : read_twice(from, at, dst + at,
							again + at, n);
	}
	return rc;
}

static bool
is_in(const struct alias_piece *p, uint64_t off)
{
	return off >= p->off && off - p->off < p->len;
}

static int
read_pieces(struct alias *a, uint64_t off, void *dst, uint64_t len)
{
	uint8_t *to = dst;
	for (unsigned i = 0; i < a->npieces && len != 0; i++) {
		struct alias_piece *p = &a->pieces[i];
		bool by_file = p->holes.is_tmpfs && is_in(p, off) &&
			       holes_has_file(&p->holes);
		while (len != 0 && is_in(p, off)) {
			uint64_t n = min_u64(len, p->len - (off - p->off));
			n = min_u64(n, PIECE_MAX);
			struct source from = {.at = p->at + (off - p->off),
				.fd = by_file ? p->holes.fd : -1,
				.file_off = p->file_off + (off - p->off)};
			int rc = read_lines(&from, to, n);
			if (rc < 0)
				return rc;
			off += n;
			to += n;
			len -= n;
		}
	}
	return len == 0 ? 0 : -EFAULT;
}

static enum alias_kind
look_at_pieces(
	struct alias *a, uint64_t off, uint64_t len, const uint8_t **at_out)
{
	const uint64_t whole = len;
	bool is_any = false; /* a hole */
	bool is_all = true;
	bool is_tmpfs = false;
	for (unsigned i = 0; i < a->npieces; i++) {
		struct alias_piece *p = &a->pieces[i];
		/* all of it, not what earlier pieces have left */
		if (!is_in(p, off))
			continue;
		if (len == whole && len <= p->len - (off - p->off))
			*at_out = p->at + (off - p->off);
		while (len != 0 && is_in(p, off)) {
			uint64_t n = min_u64(len, p->len - (off - p->off));
			bool is_hole = holes_run(
				&p->holes, p->file_off + (off - p->off), n, &n);
			is_any |= is_hole;
			is_all &= is_hole;
			is_tmpfs |= is_hole && p->holes.is_tmpfs;
			off += n;
			len -= n;
		}
	}
	if (is_any && is_all && len == 0)
		return ALIAS_HOLE;
	return is_tmpfs ? ALIAS_PARTLY : ALIAS_DATA;
}

enum alias_kind
alias_look(struct alias *a, uint64_t off, uint64_t len, const uint8_t **at_out)
{
	*at_out = NULL;
	mutex_lock(&a->lock);
	enum alias_kind kind = look_at_pieces(a, off, len, at_out);
	mutex_unlock(&a->lock);
	return kind;
}

void
alias_ahead(struct alias *a, uint64_t off, uint64_t len)
{
	mutex_lock(&a->lock);
	for (unsigned i = 0; i < a->npieces; i++) {
		struct alias_piece *p = &a->pieces[i];
		if (len == 0 || !is_in(p, off))
			continue;
		uint64_t n = min_u64(len, p->len - (off - p->off));
		holes_ahead(&p->holes, p->file_off + (off - p->off), n);
		off += n;
		len -= n;
	}
	mutex_unlock(&a->lock);
}

void
alias_forget(struct alias *a)
{
	mutex_lock(&a->lock);
	for (unsigned i = 0; i < a->npieces; i++)
		holes_forget(&a->pieces[i].holes);
	mutex_unlock(&a->lock);
}

int
alias_read(struct alias *a, uint64_t off, void *dst, uint64_t len)
{
	mutex_lock(&a->lock);
	int rc = read_pieces(a, off, dst, len);
	mutex_unlock(&a->lock);
	return rc;
}

/* the piece that all of a range is in, with a file; NULL: none */
static struct alias_piece *
piece_with_file(struct alias *a, uint64_t off, uint64_t len)
{
	for (unsigned i = 0; i < a->npieces; i++) {
		struct alias_piece *p = &a->pieces[i];
		if (is_in(p, off) && len <= p->len - (off - p->off))
			return holes_has_file(&p->holes) ? p : NULL;
	}
	return NULL;
}

int
alias_read_file(struct alias *a, uint64_t off, void *dst, uint64_t len)
{
	int rc = -ENOTSUP;
	mutex_lock(&a->lock);
	struct alias_piece *p = piece_with_file(a, off, len);
	if (p != NULL) {
		struct source from = {.fd = p->holes.fd,
			.file_off = p->file_off + (off - p->off)};
		rc = read_file(&from, 0, dst, len);
	}
	mutex_unlock(&a->lock);
	return rc;
}

void
alias_fini(struct alias *a)
{
	for (unsigned i = 0; i < a->npieces; i++) {
		struct alias_piece *p = &a->pieces[i];
		(void)munmap(p->at, p->len);
		/* not a descriptor of the program's under the same number */
		if (holes_has_file(&p->holes))
			closep(&p->holes.fd);
	}
	free(a->pieces);
	a->pieces = NULL;
	a->npieces = 0;
	mutex_fini(&a->lock);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * marks.c -- see marks.h
 *
 * Why no mark is forgotten too early.  There are two maps of what was sent.
 * When the present one began, the newest record had the number `turned`; so
 * every record that the older map stands for has a number up to it.  Once
 * `turned` is acknowledged, all of them are durable at the copy: the older map
 * is cleared and becomes the present one.  A block that is sent again after
 * the turn is in the present map, too.
 */
#include "librpmem/marks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define BITS 64u

static uint64_t
words(uint64_t nblocks)
{
	return (nblocks + BITS - 1) / BITS;
}

static bool
resize(uint64_t **map, uint64_t from, uint64_t to)
{
	uint64_t *more = realloc(*map, words(to) * sizeof(*more));
	if (more == NULL)
		return false;
	for (uint64_t i = words(from); i < words(to); i++)
		more[i] = 0;
	*map = more;
	return true;
}

int
marks_grow(struct marks *m, uint64_t size)
{
	uint64_t n = size / MARKS_BLOCK + (size % MARKS_BLOCK != 0);
	if (n <= m->nblocks)
		return 0;
	if (!resize(&m->sent[0], m->nblocks, n) ||
		!resize(&m->sent[1], m->nblocks, n) ||
		!resize(&m->dirty, m->nblocks, n))
		return -ENOMEM;
	m->nblocks = n;
	return 0;
}

int
marks_init(struct marks *m, uint64_t size)
{
	*m = (struct marks){0};
	int rc = marks_grow(m, size);
	if (rc < 0)
		marks_fini(m);
	return rc;
}

void
marks_fini(struct marks *m)
{
	free(m->sent[0]);
	free(m->sent[1]);
	free(m->dirty);
	*m = (struct marks){0};
}

/* the blocks [*first, *last] of a range, cut to the pool; false: none */
static bool
blocks(const struct marks *m, uint64_t off, uint64_t len, uint64_t *first,
	uint64_t *last)
{
	if (len == 0 || off / MARKS_BLOCK >= m->nblocks)
		return false;
	uint64_t end = off + min_u64(len - 1, UINT64_MAX - off);
	*first = off / MARKS_BLOCK;
	*last = min_u64(end / MARKS_BLOCK, m->nblocks - 1);
	return true;
}

static uint64_t
bit_of(uint64_t block)
{
	return 1ULL << (block % BITS);
}

void
marks_note(struct marks *m, uint64_t off, uint64_t len)
{
	uint64_t *map = m->sent[m->now];
	uint64_t i;
	uint64_t last;
	if (!blocks(m, off, len, &i, &last))
		return;
	for (; i <= last; i++)
		map[i / BITS] |= bit_of(i);
}

void
marks_acked(struct marks *m, uint64_t acked, uint64_t last)
{
	/* clearing costs a word per record at most */
	if (acked < m->turned || last - m->turned < words(m->nblocks))
		return;
	m->now ^= 1;
	memset(m->sent[m->now], 0, words(m->nblocks) * sizeof(uint64_t));
	m->turned = last;
}

static void
count_dirty(struct marks *m)
{
	m->ndirty = 0;
	for (uint64_t i = 0; i < words(m->nblocks); i++)
		m->ndirty += (uint64_t)__builtin_popcountll(m->dirty[i]);
}

void
marks_lost(struct marks *m)
{
	for (uint64_t i = 0; i < words(m->nblocks); i++) {
		m->dirty[i] |= m->sent[0][i] | m->sent[1][i];
		m->sent[0][i] = 0;
		m->sent[1][i] = 0;
	}
	count_dirty(m);
}

void
marks_missed(struct marks *m, uint64_t off, uint64_t len)
{
	uint64_t i;
	uint64_t last;
	if (!blocks(m, off, len, &i, &last))
		return;
	for (; i <= last; i++) {
		m->ndirty += (m->dirty[i / BITS] & bit_of(i)) == 0;
		m->dirty[i / BITS] |= bit_of(i);
	}
}

bool
marks_take(struct marks *m, uint64_t *off_out)
{
	if (m->ndirty == 0)
		return false;
	uint64_t n = words(m->nblocks);
	uint64_t at = m->cursor % n;
	while (m->dirty[at] == 0)
		at = (at + 1) % n;
	m->cursor = at;
	uint64_t bit = (uint64_t)__builtin_ctzll(m->dirty[at]);
	m->dirty[at] &= ~(1ULL << bit);
	m->ndirty--;
	*off_out = (at * BITS + bit) * MARKS_BLOCK;
	return true;
}

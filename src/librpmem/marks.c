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
 *
 * A close.  Nothing is appended any more; all is acknowledged, and then nothing
 * is dirty (keeper_let_go): the copy has all, whatever follows.  The target
 * ends the connection as a part of the close, which makes dirty what was sent
 * since the last turn (marks_lost).  If it has answered that it is closed, that
 * was no loss, and no mark counts; else they stay, and the copy is behind.
 * What a verify sends meanwhile is owed to nobody.
 *
 * Maps in a file are read by the next program if this one is killed, at any
 * instruction.  So a mark that moves from one map to another is set in the new
 * one before it is cleared in the old one; the compiler may not turn that
 * round, hence the fences.  The page cache keeps the order of the stores, and
 * nobody believes the maps after the machine has gone down.
 */
#include "librpmem/marks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define BITS 64u

static uint64_t
words(uint64_t nblocks)
{
	return (nblocks + BITS - 1) / BITS;
}

static uint64_t
blocks_of(uint64_t size)
{
	return size / MARKS_BLOCK + (size % MARKS_BLOCK != 0);
}

/* words of the dirty map are looked at without the caller's lock, too */
static uint64_t
dirty_word(const struct marks *m, uint64_t at)
{
	return __atomic_load_n(&m->dirty[at], __ATOMIC_RELAXED);
}

static void
set_dirty_word(struct marks *m, uint64_t at, uint64_t word)
{
	__atomic_store_n(&m->dirty[at], word, __ATOMIC_RELAXED);
}

static void
set_then_clear(void)
{
	atomic_signal_fence(memory_order_seq_cst);
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

/* whatever lies behind the pool's blocks in adopted maps is not a mark */
static void
clear_words(struct marks *m, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		m->sent[0][i] = m->sent[1][i] = 0;
		set_dirty_word(m, i, 0);
	}
}

int
marks_grow(struct marks *m, uint64_t size)
{
	uint64_t n = blocks_of(size);
	if (n <= m->nblocks)
		return 0;
	if (m->is_adopted)
		clear_words(m, words(m->nblocks), words(n));
	else if (!resize(&m->sent[0], m->nblocks, n) ||
		 !resize(&m->sent[1], m->nblocks, n) ||
		 !resize(&m->dirty, m->nblocks, n))
		return -ENOMEM;
	__atomic_store_n(&m->nblocks, n, __ATOMIC_RELAXED);
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

static void
count_dirty(struct marks *m)
{
	m->ndirty = 0;
	for (uint64_t i = 0; i < words(m->nblocks); i++)
		m->ndirty += (uint64_t)__builtin_popcountll(dirty_word(m, i));
}

void
marks_adopt(struct marks *m, uint64_t *const maps[3], uint64_t size)
{
	*m = (struct marks){.nblocks = blocks_of(size),
		.sent = {maps[0], maps[1]},
		.dirty = maps[2],
		.is_adopted = true};
	uint64_t odd = m->nblocks % BITS;
	for (unsigned i = 0; odd != 0 && i < 3; i++)
		maps[i][m->nblocks / BITS] &= (1ULL << odd) - 1;
	count_dirty(m);
}

void
marks_fini(struct marks *m)
{
	if (!m->is_adopted) {
		free(m->sent[0]);
		free(m->sent[1]);
		free(m->dirty);
	}
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
	/* a block on its way into records stays in both maps until it is */
	if (m->taken != 0)
		m->sent[m->now][(m->taken - 1) / BITS] = bit_of(m->taken - 1);
	m->turned = last;
}

void
marks_closed(struct marks *m)
{
	clear_words(m, 0, words(m->nblocks));
	m->taken = m->ndirty = 0;
}

void
marks_lost(struct marks *m)
{
	for (uint64_t i = 0; i < words(m->nblocks); i++)
		set_dirty_word(
			m, i, dirty_word(m, i) | m->sent[0][i] | m->sent[1][i]);
	set_then_clear();
	for (uint64_t i = 0; i < words(m->nblocks); i++) {
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
		uint64_t word = dirty_word(m, i / BITS);
		m->ndirty += (word & bit_of(i)) == 0;
		set_dirty_word(m, i / BITS, word | bit_of(i));
	}
}

bool
marks_is_missed(const struct marks *m, uint64_t off, uint64_t len)
{
	uint64_t n = __atomic_load_n(&m->nblocks, __ATOMIC_RELAXED);
	/* others may move when they grow */
	if (!m->is_adopted || len == 0 || len > MARKS_BLOCK ||
		off / MARKS_BLOCK >= n)
		return false;
	uint64_t last = (off + len - 1) / MARKS_BLOCK;
	for (uint64_t i = off / MARKS_BLOCK; i <= last; i++)
		if (i >= n || (dirty_word(m, i / BITS) & bit_of(i)) == 0)
			return false;
	return true;
}

bool
marks_take(struct marks *m, uint64_t *off_out)
{
	m->taken = 0;
	if (m->ndirty == 0)
		return false;
	uint64_t n = words(m->nblocks);
	uint64_t at = m->cursor % n;
	while (dirty_word(m, at) == 0)
		at = (at + 1) % n;
	m->cursor = at;
	uint64_t word = dirty_word(m, at);
	uint64_t block = at * BITS + (uint64_t)__builtin_ctzll(word);
	m->taken = block + 1;
	m->sent[m->now][at] |= bit_of(block);
	set_then_clear();
	set_dirty_word(m, at, word & ~bit_of(block));
	m->ndirty--;
	*off_out = block * MARKS_BLOCK;
	return true;
}

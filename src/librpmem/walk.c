/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * walk.c -- see walk.h
 *
 * A program that writes is always between a store and its flush somewhere, so
 * a difference is looked at again, after 1, 2, 4, ... ms.  Each sector has to
 * be equal in one look only: one that was is known to have been the same on
 * both sides at one point of the stream, and what followed are records.  So
 * the threads of a busy program, each in a line of its own, make no block
 * different by being there in turns.
 */
#include "librpmem/walk.h"

#include <stddef.h>

#include "base/checked.h"
#include "base/deadline.h"

#define LOOKS_MAX 7u
/* of 1 ms each; a reader gives a line a thousand tries in each */
#define BUSY_MAX 1000u

void
walk_begin(struct walk *w, uint64_t from, uint64_t size, bool has_runtime,
	bool repairs)
{
	*w = (struct walk){.off = from,
		.from = from,
		.size = size,
		.has_runtime = has_runtime,
		.repairs = repairs};
}

uint64_t
walk_window(const struct walk *w, uint64_t off, uint64_t window, uint64_t end)
{
	uint64_t to = min_u64(align_down(off, window) + window, end);
	if (w->has_runtime && off < WALK_RUNTIME_FROM)
		to = min_u64(to, WALK_RUNTIME_FROM);
	/* blocks begin at multiples of their size from here on */
	if (off % WALK_BLOCK != 0)
		to = min_u64(to, align_up(off, WALK_BLOCK));
	return to;
}

uint64_t
walk_next(const struct walk *w, uint64_t off)
{
	bool is_there = w->has_runtime && off == WALK_RUNTIME_FROM;
	return is_there ? min_u64(WALK_RUNTIME_TO, w->size) : off;
}

void
walk_suspect(struct walk *w, uint64_t off, uint64_t len)
{
	for (uint64_t at = off; at < off + len; at += WALK_FINE) {
		/* the caller walks on when there is none */
		if (w->nsuspects == WALK_SUSPECTS)
			return;
		uint32_t n = (uint32_t)min_u64(WALK_FINE, off + len - at);
		unsigned sectors = (n + WALK_SECTOR - 1) / WALK_SECTOR;
		w->suspects[w->nsuspects++] = (struct walk_suspect){.off = at,
			.len = n,
			.sectors = (uint8_t)((1u << sectors) - 1)};
	}
}

struct walk_suspect *
walk_due(struct walk *w, uint64_t now)
{
	for (unsigned i = 0; i < w->nsuspects; i++)
		if (w->suspects[i].due <= now)
			return &w->suspects[i];
	return NULL;
}

uint64_t
walk_due_at(const struct walk *w)
{
	uint64_t at = UINT64_MAX;
	for (unsigned i = 0; i < w->nsuspects; i++)
		at = min_u64(at, w->suspects[i].due);
	return at;
}

static void
drop(struct walk *w, struct walk_suspect *s)
{
	*s = w->suspects[--w->nsuspects];
}

static void
note(struct walk *w, struct walk_suspect *s, enum walk_kind kind)
{
	w->different += kind == WALK_DIFFERENT;
	w->settled += kind == WALK_SETTLED;
	if (w->nranges < WALK_RANGES)
		w->ranges[w->nranges++] = (struct walk_range){s->off, kind};
	drop(w, s);
}

void
walk_looked(struct walk *w, struct walk_suspect *s, uint8_t equal, uint64_t now)
{
	s->sectors &= (uint8_t)~equal;
	if (s->sectors == 0 && s->is_sent) {
		note(w, s, WALK_SETTLED);
	} else if (s->sectors == 0) {
		drop(w, s);
	} else if (s->is_sent || (s->looks + 1 == LOOKS_MAX && !w->repairs)) {
		note(w, s, WALK_DIFFERENT);
	} else {
		s->due = now + ((1ULL << s->looks) * NS_PER_MS);
		s->looks++;
		s->is_sent = s->looks == LOOKS_MAX;
	}
}

void
walk_was_busy(struct walk *w, struct walk_suspect *s, uint64_t now)
{
	s->due = now + NS_PER_MS;
	if (++s->busy == BUSY_MAX)
		note(w, s, WALK_DIFFERENT);
}

bool
walk_is_done(const struct walk *w)
{
	return w->off >= w->size && w->nsuspects == 0;
}

static uint64_t
up_to(const struct walk *w, uint64_t off)
{
	bool is_behind = w->has_runtime && off >= WALK_RUNTIME_TO;
	return off - w->from -
	       (is_behind ? WALK_RUNTIME_TO - WALK_RUNTIME_FROM : 0);
}

uint64_t
walk_compared(const struct walk *w)
{
	return up_to(w, w->off);
}

uint64_t
walk_total(const struct walk *w)
{
	return up_to(w, w->size);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * walk.h -- how far the verifying of a copy is, and what it suspects (pure)
 *
 * The pool is walked in windows of blocks.  What differs in one is looked at
 * closely: as a suspect of 4 KiB whose sectors have each to be found equal
 * once, at any point of the stream.
 */
#ifndef RPMEM_LIBRPMEM_WALK_H
#define RPMEM_LIBRPMEM_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "pool/descriptor.h"

#define WALK_BLOCK (64ULL * 1024)
#define WALK_FINE 4096u
#define WALK_SECTOR 512u /* the smallest that a target takes a digest of */
#define WALK_SECTORS (WALK_FINE / WALK_SECTOR)
/* two windows of 1 MiB in which every byte differs */
#define WALK_SUSPECTS 512u
#define WALK_RANGES 64u /* that are told, the first ones */

/*
 * What libpmemobj keeps in its descriptor for the time of a run: changed
 * before its first flush, and no part of what it recovers from.
 */
#define WALK_RUNTIME_FROM OBJ_RUNTIME_OFF
#define WALK_RUNTIME_TO DESC_END
#define WALK_RUNTIME_NAME "run-time range of the PMEMOBJ descriptor"

enum walk_kind { WALK_DIFFERENT = 1, WALK_SETTLED = 2 };

struct walk_suspect {
	uint64_t off;
	uint64_t due; /* when it is looked at next */
	uint32_t len;
	uint16_t looks;
	uint16_t busy;	 /* looks in vain: it was stored to all the time */
	uint8_t sectors; /* not found equal yet */
	bool is_sent;	 /* is to be sent again with the next look */
};

struct walk_range {
	uint64_t off;
	enum walk_kind kind;
};

struct walk {
	uint64_t off;  /* up to here windows are compared */
	uint64_t from; /* where it began; multiples of 4096 */
	uint64_t size;
	bool has_runtime; /* the run-time range is left out */
	bool repairs;
	uint64_t different; /* blocks of 4 KiB */
	uint64_t settled;
	uint64_t sent; /* bytes, again */
	unsigned nranges;
	struct walk_range ranges[WALK_RANGES];
	unsigned nsuspects;
	struct walk_suspect suspects[WALK_SUSPECTS];
};

/*
 * walk_begin -- [from, size), from being 0 or behind a header page
 *
 * Of a pool with the run-time range (has_runtime) from is 4096.
 */
void walk_begin(struct walk *w, uint64_t from, uint64_t size, bool has_runtime,
	bool repairs);

/* the window of at most `window` bytes that begins at off, which is no byte of
 * the run-time range, ends here */
uint64_t walk_window(
	const struct walk *w, uint64_t off, uint64_t window, uint64_t end);

/* where a window that ends at off is followed by the next */
uint64_t walk_next(const struct walk *w, uint64_t off);

/* a block differs: its parts are suspects, due at once */
void walk_suspect(struct walk *w, uint64_t off, uint64_t len);

/* one that is due at `now`; NULL: none */
struct walk_suspect *walk_due(struct walk *w, uint64_t now);

/* when the next one is due; UINT64_MAX: there are none */
uint64_t walk_due_at(const struct walk *w);

/*
 * walk_looked -- a suspect was looked at
 *
 *   equal   bits of the sectors that were the same
 *
 * It goes when all of its sectors were, with an entry if it was sent for that;
 * it is different if they still are not after a number of looks, which take 63
 * ms, and in a walk that repairs only then if it was sent again.
 */
void walk_looked(
	struct walk *w, struct walk_suspect *s, uint8_t equal, uint64_t now);

/* it could not be read, since it is written to all the time */
void walk_was_busy(struct walk *w, struct walk_suspect *s, uint64_t now);

/* everything is compared, and nothing is suspected any more */
bool walk_is_done(const struct walk *w);

/* bytes that are compared, and that will be, without the run-time range */
uint64_t walk_compared(const struct walk *w);
uint64_t walk_total(const struct walk *w);

#endif

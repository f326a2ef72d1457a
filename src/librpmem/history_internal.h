/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history_internal.h -- what the files of a history share
 *
 * history_open.c finds it and lets it go, history.c is what happens to it.
 */
#ifndef RPMEM_LIBRPMEM_HISTORY_INTERNAL_H
#define RPMEM_LIBRPMEM_HISTORY_INTERNAL_H

#include "base/mutex.h"
#include "librpmem/history.h"
#include "librpmem/lineagefile.h"

#define HISTORY_RESERVE_BLOCK (1ULL << 20) /* numbers */

struct history {
	struct history *next;
	const void *addr;
	uint64_t size;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t primary_uuid[UUID16_LEN];
	unsigned fork_generation;
	unsigned users;
	struct mutex lock;
	struct cond changed;
	struct lineagefile file; /* fd -1: not kept */
	bool is_new;		 /* nothing was in it, not even damaged */
	bool is_known;		 /* file.record.lineage is of this pool */
	bool is_begun;
	bool in_order; /* so far */
	/* libpmemobj's count of runs, as the program has flushed it; 0: it has
	 * not, since there is none or none began here */
	atomic_uint_fast64_t ran;
	uint64_t run_at_begin;
	/* of history_adopt: the last one of the copy whose lineage we took */
	uint8_t adopted_generation[UUID16_LEN];
	uint64_t epoch;
	uint64_t wait_until;
	struct history_part *parts;
	struct sequencer *numbers; /* NULL before history_begin */
};

static inline bool
history_kept(const struct history *y)
{
	return y->file.fd >= 0; /* from its first handle to its last */
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * past.h -- what of a former open still holds (pure)
 *
 * A state file tells what the last program knew of its copy.  Believing it
 * where it is not true leaves bytes out of the copy for good; not believing it
 * costs a comparison.
 */
#ifndef RPMEM_LIBRPMEM_PAST_H
#define RPMEM_LIBRPMEM_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid16.h"
#include "wire/oob.h"

struct past_open {
	bool is_there;	   /* there was a state file */
	bool maps_count;   /* its marks are whole, see statefile_trusts */
	bool was_clean;	   /* closed in order */
	uint64_t identity; /* of the primary's files */
	uint64_t run_id;   /* of the pool, as last sent or marked */
	uint64_t safe_seq; /* durable at the copy, whatever the marks say */
	uint64_t open_counter;
	uint64_t
		reached_counter; /* of the last session that the target knows */
};

struct present {
	bool has_run_id; /* a pool of libpmemobj */
	bool has_begun;	 /* which has counted this run already */
	uint64_t identity;
	uint64_t run_id;
};

/*
 * past_holds -- do the marks of the last open say what the copy may lack?
 *
 * Only of a pool that was closed in order.  A program that was killed may have
 * stored what it had not flushed yet, which the next one finds and builds on;
 * such a pool is compared.  And only while the primary is what it was then:
 * the same files, and no libpmemobj has opened them since, which would have
 * counted its run.  It counts by 2, before it changes anything else: after it
 * has called rpmem_open, and before a hook on that very flush opens the copy
 * for it.  Of other pools nothing tells that.  A pool that was restored, and
 * has run as often as it had, is told by its lanes (equal.c).
 *
 *   why_out   in words, if not; for the log
 */
bool past_holds(const struct past_open *past, const struct present *now,
	const char **why_out);

/*
 * past_fits -- has the copy stayed what it was, as its owner knew it?
 *
 *   safe_seq, reached_counter   now, of this owner
 *
 * False: somebody else has changed it, or it has less than it acknowledged;
 * then all of it is compared.
 */
bool past_fits(const struct oob_copy *copy, const uint8_t owner_id[UUID16_LEN],
	uint64_t reached_counter, uint64_t safe_seq);

#endif

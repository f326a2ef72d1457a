/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * past.c -- see past.h
 *
 * Why safe_seq may be too low, and never too high: it is stored when an ack is
 * taken in, before the marks which that ack takes back are cleared.  A copy
 * that has less than it has lost a record that no mark stands for.  If the
 * store of it was not seen any more, neither was the clearing.
 */
#include "librpmem/past.h"

#include <stddef.h>

#define RUN_STEP 2u

static const char *
why_not(const struct past_open *p, const struct present *now)
{
	if (!p->is_there)
		return "nothing is known of it";
	if (!p->was_clean)
		return "the pool was not closed in order";
	if (!p->maps_count)
		return "the marks in its state file are damaged";
	if (!now->has_run_id)
		return "nothing tells whether the pool has changed since";
	if (p->identity != now->identity)
		return "the pool's files are not the ones it had";
	if (p->run_id + (now->has_begun ? RUN_STEP : 0) != now->run_id)
		return "the pool was open without it since";
	return NULL;
}

bool
past_holds(const struct past_open *past, const struct present *now,
	const char **why_out)
{
	*why_out = why_not(past, now);
	return *why_out == NULL;
}

bool
past_fits(const struct oob_copy *copy, const uint8_t owner_id[UUID16_LEN],
	uint64_t reached_counter, uint64_t safe_seq)
{
	/* one that is marked "equalising" by its own owner is no point, but
	 * what it lacks is marked here */
	const uint32_t unknown = OOB_COPY_F_LENT | OOB_COPY_F_SUSPECT;
	return (copy->flags & unknown) == 0 &&
	       uuid16_equal(copy->owner_id, owner_id) &&
	       copy->open_counter == reached_counter &&
	       copy->applied_seq >= safe_seq;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copyfacts.c -- see copyfacts.h
 */
#include "librpmem/copyfacts.h"

/*
 * The number of a copy that is being made equal is of whoever does that, and
 * says nothing of the copy.  One that was not closed in order may have more
 * than its record says.
 */
struct lineage_facts
copyfacts_of(const struct oob_lineage_reply *r, const struct lineage *ours,
	const struct lineage *theirs, bool is_lost)
{
	bool is_unfinished =
		(r->flags & (OOB_COPY_F_EQUALISING | OOB_COPY_F_CREATING)) != 0;
	bool is_low =
		(r->flags & OOB_COPY_F_CLEAN) == 0 || is_unfinished ||
		(r->flags & (OOB_COPY_F_SUSPECT | OOB_COPY_F_UNWRITTEN)) != 0;
	return (struct lineage_facts){.ours = ours,
		.theirs = theirs,
		.their_id = r->copy_id,
		.their_last = is_unfinished ? 0 : r->last_seq,
		.their_last_is_low = is_low,
		.theirs_is_lost = is_lost,
		.they_are_promoted = (r->flags & OOB_COPY_F_PROMOTED) != 0};
}

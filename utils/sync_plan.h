/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_plan.h -- what the parts of the plan of `rpmem sync` say to each other
 * (pure)
 *
 *   sync_plan.c  the whole        sync_source.c  where a lost pool comes from
 *   sync_member.c  one copy       sync_links.c   for whom it is made
 *   sync_obstacle.c  what is in the way of that
 */
#ifndef RPMEM_UTILS_SYNC_PLAN_H
#define RPMEM_UTILS_SYNC_PLAN_H

#include "sync.h"

/* what the copies are judged by */
struct sync_ours {
	const struct lineage *lineage;
	uint64_t last;
	const struct copy_past *source; /* it is this one's; NULL: the pool's */
	uint8_t primary[UUID16_LEN];	/* whose copies; zero: not known */
};

/* the part of one copy; in sync_member.c */
void sync_plan_member(
	const struct sync *s, struct sync_member *m, const struct sync_ours *o);
/* the rest of its record; see attach_decide */
bool sync_is_ours(const uint8_t primary[UUID16_LEN], const struct copy_past *c);

/* from which copy a lost primary is made, or why from none */
void sync_choose(struct sync *s);
/* of a rebuild: whom the pool's header names, and who says it */
void sync_plan_links(struct sync *s);
/* ---- sync_obstacle.c: NULL, n, or false if there is nothing ---- */

/* why no open goes on with it, or nothing can be read, whatever anybody says.
 * What is on record of such a copy counts all the same: it may be newer. */
const char *sync_no_source(const struct sync_member *m);
/* why nobody knows what is read from it: only somebody who says so gets it */
const char *sync_doubt(const struct sync_member *m);
/* why neither of two that are so related goes on from the other */
const char *sync_apart(enum lineage_relation relation);
/* why x is not certain to be right, as long as there is y */
const char *sync_obstacle(
	const struct sync_member *mx, const struct sync_member *my);
/* the first that is in x's way */
unsigned sync_find_obstacle(
	const struct sync *s, unsigned x, const char **why_out);
/* is there a copy of which only x knows?  Said as SYNC_ABSENT. */
bool sync_lacks_member(const struct sync *s, unsigned x);
#define SYNC_ABSENT                                                            \
	"another copy that followed with it is not among those that answer, "  \
	"and may be newer (if its file system, or that of its record, is "     \
	"only not mounted, mount it first)"
/* what a copy is to the lineage of another, or of the pool */
struct lineage_decision sync_judge(
	const struct lineage *ours, uint64_t last, const struct copy_past *c);

#endif

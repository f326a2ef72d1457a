/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_decide.h -- how the plan of `rpmem sync` is made (pure)
 *
 * Between sync_plan.c, sync_member.c, sync_source.c and sync_links.c.
 */
#ifndef RPMEM_UTILS_SYNC_DECIDE_H
#define RPMEM_UTILS_SYNC_DECIDE_H

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
/* what a copy is to the lineage of another, or of the pool */
struct lineage_decision sync_judge(
	const struct lineage *ours, uint64_t last, const struct copy_past *c);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fixture.h -- lineages in one line: generations are numbers, members too
 */
#ifndef RPMEM_TESTS_LINEAGE_FIXTURE_H
#define RPMEM_TESTS_LINEAGE_FIXTURE_H

#include "lineage/lineage.h"

#define OPEN LINEAGE_OPEN

/* an entry; members end with a 0 */
struct brief {
	uint8_t generation;
	uint8_t kind;
	uint64_t end;
	uint64_t members[LINEAGE_MEMBERS_MAX];
};

static inline struct lineage_entry
entry_of(const struct brief *b)
{
	struct lineage_entry e = {.kind = b->kind, .end = b->end};
	memset(e.generation, b->generation, UUID16_LEN);
	while (e.nmembers < LINEAGE_MEMBERS_MAX && b->members[e.nmembers] != 0)
		e.members[e.nmembers] = b->members[e.nmembers], e.nmembers++;
	return e;
}

/* of up to eight entries, the first without a generation ends it */
static inline struct lineage
lineage_of(const struct brief *b)
{
	struct lineage l = {0};
	for (unsigned i = 0; i < 8 && b[i].generation != 0; i++)
		l.entry[l.n++] = entry_of(&b[i]);
	return l;
}

#endif

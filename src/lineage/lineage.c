/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage.c -- how a lineage grows, and what of it may go
 *
 * Being listed in a generation and having it are two things: a primary's file
 * lists a copy before the copy's own lineage says so (join, and a restart with
 * the members of before), and a copy that dies in between shows its old open
 * generation.  So beginning and joining forget nothing but what there is no
 * room for; lineage_settle does, once nobody can come with an older one.
 */
#include "lineage/lineage.h"

#include <assert.h>
#include <string.h>

const struct lineage_entry *
lineage_last(const struct lineage *l)
{
	return l->n > 0 ? &l->entry[l->n - 1] : NULL;
}

static bool
entry_has(const struct lineage_entry *e, uint64_t id)
{
	for (unsigned i = 0; i < e->nmembers; i++)
		if (e->members[i] == id)
			return true;
	return false;
}

bool
lineage_has_member(const struct lineage *l, uint64_t id)
{
	const struct lineage_entry *last = lineage_last(l);
	return last != NULL && entry_has(last, id);
}

static void
drop(struct lineage *l, uint32_t at)
{
	l->n--;
	memmove(&l->entry[at], &l->entry[at + 1],
		(l->n - at) * sizeof(l->entry[0]));
	l->is_cut = true;
}

/* Ends never fall: a restart closes at the end of a reservation, and a copy
 * that is promoted after it may have no number of the new generation yet. */
static void
close_last(struct lineage *l, uint64_t end)
{
	struct lineage_entry *last = &l->entry[l->n - 1];
	if (l->n > 1)
		end = MAX_OF(end, l->entry[l->n - 2].end);
	last->end = MIN_OF(end, LINEAGE_OPEN - 1);
}

void
lineage_begin(struct lineage *l, uint64_t end, const struct lineage_entry *next)
{
	assert(next->nmembers >= 1 && next->nmembers <= LINEAGE_MEMBERS_MAX);
	if (l->n > 0)
		close_last(l, end);
	if (l->n == LINEAGE_MAX)
		drop(l, 0);
	struct lineage_entry *e = &l->entry[l->n++];
	*e = (struct lineage_entry){.end = LINEAGE_OPEN,
		.kind = next->kind,
		.nmembers = next->nmembers};
	memcpy(e->generation, next->generation, UUID16_LEN);
	memcpy(e->members, next->members, next->nmembers * sizeof(uint64_t));
}

bool
lineage_join(struct lineage *l, uint64_t id)
{
	if (l->n == 0)
		return false;
	struct lineage_entry *last = &l->entry[l->n - 1];
	if (entry_has(last, id))
		return true;
	if (last->nmembers == LINEAGE_MEMBERS_MAX)
		return false;
	last->members[last->nmembers++] = id;
	return true;
}

static bool
all_in_open_one(const struct lineage *l, const struct lineage_entry *e)
{
	for (unsigned i = 0; i < e->nmembers; i++)
		if (!lineage_has_member(l, e->members[i]))
			return false;
	return true;
}

/*
 * A promote is what fences those who stayed behind it: as long as an older
 * generation is kept for somebody, the promotes after it are kept too.
 */
void
lineage_settle(struct lineage *l)
{
	uint32_t i = 0;
	while (i + 1 < l->n) {
		const struct lineage_entry *e = &l->entry[i];
		if (all_in_open_one(l, e) &&
			(i == 0 || e->kind != LINEAGE_PROMOTE))
			drop(l, i);
		else
			i++;
	}
}

void
lineage_without(
	const struct lineage *l, uint64_t id, struct lineage_entry *next_out)
{
	const struct lineage_entry *last = lineage_last(l);
	*next_out = (struct lineage_entry){.end = LINEAGE_OPEN};
	for (unsigned i = 0; last != NULL && i < last->nmembers; i++)
		if (last->members[i] != id)
			next_out->members[next_out->nmembers++] =
				last->members[i];
}

static bool
entry_equal(const struct lineage_entry *a, const struct lineage_entry *b)
{
	return uuid16_equal(a->generation, b->generation) && a->end == b->end &&
	       a->kind == b->kind && a->nmembers == b->nmembers &&
	       memcmp(a->members, b->members, a->nmembers * sizeof(uint64_t)) ==
		       0;
}

bool
lineage_equal(const struct lineage *a, const struct lineage *b)
{
	if (a->n != b->n || a->is_cut != b->is_cut)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!entry_equal(&a->entry[i], &b->entry[i]))
			return false;
	return true;
}

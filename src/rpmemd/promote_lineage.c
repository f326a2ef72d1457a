/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_lineage.c -- the generation that a promotion begins
 *
 * Written once: a call that finds it has nothing to add, or a second one of the
 * same copy would look like a fork of the first.  Its only member is the copy,
 * by its own id, which it keeps as a writer.
 *
 * `end` is what the copy is known to have, never more: another copy that has
 * more of the old generation has forked, and is not overwritten.
 */
#include <string.h>

#include <uuid/uuid.h>

#include "lineage/lineage.h"
#include "rpmemd/promote_internal.h"

static void
one_member(struct lineage_entry *e, enum lineage_kind kind, uint64_t id)
{
	*e = (struct lineage_entry){
		.kind = (uint8_t)kind, .nmembers = 1, .members = {id}};
	uuid_generate(e->generation);
}

/* nothing is known of it: there was something, whatever it was */
static void
unknown_past(struct lineage *l, uint64_t id)
{
	struct lineage_entry first;
	one_member(&first, LINEAGE_FIRST, id);
	lineage_begin(l, 0, &first);
	l->is_cut = true;
}

bool
promote_began(const struct lineage *l, uint64_t id)
{
	const struct lineage_entry *last = lineage_last(l);
	return last != NULL && last->kind == LINEAGE_PROMOTE &&
	       last->members[0] == id;
}

void
promote_begin(struct lineage *l, uint64_t last, uint64_t id)
{
	struct lineage_entry next;
	if (promote_began(l, id))
		return;
	if (l->n == 0)
		unknown_past(l, id);
	one_member(&next, LINEAGE_PROMOTE, id);
	lineage_begin(l, last, &next);
}

int
promote_lineage(struct promotion *p)
{
	uint64_t id = p->state.state.copy_id;
	struct lineage l = p->state.lineage.lineage;
	bool is_there = promote_began(&l, id);
	promote_begin(&l, p->result->seq, id);
	int rc = is_there ? 0 : state_lineage_write(&p->state, &l);
	if (rc == 0)
		p->result->lineage = l;
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_links.c -- what the header of a rebuilt pool is to name (pure)
 *
 * libpmemobj alone wants the other replicas of the set there, rpmem run only
 * the pool itself; each refuses what the other one has.  A first part that is
 * left says it, and so does a copy of three and more.  Of two replicas the
 * copy's header names the primary in both cases: then it is what this machine
 * has on record of the pool, and without that a guess, which --stock turns.
 */
#include <errno.h>
#include <string.h>

#include "sync_decide.h"

void
sync_plan_links(struct sync *s)
{
	const struct sync_member *m = &s->members[s->source];
	s->is_stock = s->args->is_stock;
	if (!uuid16_is_zero(s->p.primary.uuid)) {
		s->links_by = SYNC_BY_PART;
		s->is_stock = !uuid16_equal(
			s->p.primary.attr.next_uuid, s->p.primary.uuid);
	} else if (s->set != NULL && s->set->nreplicas > 2 &&
		   !uuid16_is_zero(m->attr.uuid)) {
		s->links_by = SYNC_BY_COPY;
		s->is_stock =
			!uuid16_equal(m->attr.prev_uuid, m->attr.next_uuid);
	} else if (s->is_stock) {
		s->links_by = SYNC_BY_WORD;
	} else if (s->recorded != SYNC_LINKS_UNKNOWN) {
		s->links_by = SYNC_BY_RECORD;
		s->is_stock = s->recorded == SYNC_LINKS_RING;
	} else {
		s->links_by = SYNC_BY_GUESS;
	}
}

const char *
sync_links_text(const struct sync *s)
{
	static const char *const texts[][2] = {
		[SYNC_BY_PART] = {"under rpmem run, as the first part says",
			"without rpmem run, as the first part says"},
		[SYNC_BY_COPY] = {"under rpmem run, as the copy's header says",
			"without rpmem run, as the copy's header says"},
		[SYNC_BY_WORD] = {"", "without rpmem run (--stock)"},
		[SYNC_BY_RECORD] = {"under rpmem run, as it is on record here; "
				    "--stock: for programs without it",
			"without rpmem run, as it is on record here"},
		[SYNC_BY_GUESS] = {"under rpmem run, since nothing here says "
				   "how it was used; --stock: for programs "
				   "without it",
			""},
	};
	return texts[s->links_by][s->is_stock];
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * simulate_operator.c -- promotes, drills, backups, discards
 */
#include <string.h>

#include "simulate.h"

/* who went on from the generation that this copy is in? */
static void
note_promote(struct world *w, int c)
{
	const struct lineage_entry *last =
		lineage_last(&w->node[c].disk.lineage);
	unsigned g = generation_of(last);
	if (w->npromoted < ARRAY_LEN(w->promoted_from))
		w->promoted_from[w->npromoted++] = g;
	w->is_plain = false;
	for (int p = 0; p < NODES; p++) {
		struct node *n = &w->node[p];
		if (p == c || !n->disk.is_primary || n->is_old)
			continue;
		if ((n->with & 1u << c) != 0 && !n->is_tainted &&
			!w->node[c].is_tainted)
			n->must_fence |= 1u << c;
		if (generation_of(lineage_last(&n->disk.lineage)) != g)
			continue;
		n->rivals |= 1u << c;
		n->may_be_alone = false;
	}
}

static void
make_primary(struct world *w, int c)
{
	struct node *n = &w->node[c];
	struct lineage_entry e = new_entry(w, LINEAGE_PROMOTE);
	uint64_t end = n->reported;
	if (w->mutant == MUTANT_PROMOTE_ENDS_HIGH)
		end += 2 * BLOCK;
	sync_node(n);
	e.members[e.nmembers++] = n->disk.id;
	lineage_begin(&n->disk.lineage, end, &e);
	uint32_t last = n->disk.lineage.n - 1;
	if (last > 0)
		end = n->disk.lineage.entry[last - 1].end;
	n->disk.reserved = n->disk.last = n->last = end;
	n->disk.is_primary = n->disk.is_clean = true;
	n->acked = 0;
	n->may_be_alone = n->is_tainted = false;
	n->with = n->rivals = n->must_fence = 0;
	trace(w, "%c is promoted: %u, the last one ended at %llu", 'A' + c,
		generation_of(&e), (unsigned long long)end);
}

/*
 * All other copies are asked first, and each of them must be one that this one
 * could overwrite: then nothing that a copy was waited for is lost.
 */
static bool
is_guarded(struct world *w, int c)
{
	for (int i = 0; i < CLONE; i++) {
		if (i == c || w->node[i].disk.is_primary)
			continue;
		if (!reachable(w, c, i) ||
			look_at(w, c, i).verdict != LINEAGE_ATTACH)
			return false;
	}
	return true;
}

/* can a copy be promoted? */
static bool
is_point(const struct disk *d)
{
	return !d->is_primary && !d->is_unequal && d->untold == 0 &&
	       d->lineage.n > 0;
}

bool
step_promote(struct world *w, int c, bool guarded)
{
	struct node *n = &w->node[c];
	if (c == CLONE || !n->up || !is_point(&n->disk))
		return false;
	if (guarded && !is_guarded(w, c))
		return false;
	int writer = n->session;
	note_promote(w, c);
	/* a session is ended, and its initiator told, if that comes through */
	end_session(w, c);
	if (writer >= 0 && w->link[writer][c] && chance(w, 2))
		stop_program(w, writer);
	if (guarded && w->is_simple && (w->shared & ~n->have) != 0)
		violate(w,
			"f: %c is promoted after all copies were asked, and "
			"lacks an acknowledged record",
			'A' + c);
	w->is_simple = false;
	make_primary(w, c);
	return true;
}

/* a drill: what a copy is at this moment, promoted beside it */
bool
step_clone(struct world *w, int c)
{
	struct node *d = &w->node[CLONE];
	struct node *n = &w->node[c];
	if (c == CLONE || d->up || !is_point(&n->disk))
		return false;
	trace(w, "%c is cloned as %c", 'A' + c, 'A' + CLONE);
	d->disk = n->disk;
	d->have = d->disk.have;
	d->last = d->reported = d->disk.last;
	d->npending = 0;
	d->up = true;
	/* it is promoted from there, but nobody's copy was: no one is fenced
	 * by the copy itself, or superseded */
	if (w->npromoted < ARRAY_LEN(w->promoted_from))
		w->promoted_from[w->npromoted++] =
			generation_of(lineage_last(&n->disk.lineage));
	w->is_plain = w->is_simple = false;
	make_primary(w, CLONE);
	return true;
}

bool
step_backup(struct world *w, int i)
{
	struct node *n = &w->node[i];
	if (i == CLONE || n->disk.lineage.n == 0 || n->disk.is_unequal)
		return false;
	trace(w, "a backup of %c is made", 'A' + i);
	n->backup = n->disk;
	n->has_backup = true;
	return true;
}

/*
 * Data and what is known of it; of a primary that was not closed only the
 * latter: a pool that was restored in the middle of a run is one that crashed,
 * and looks like it.
 */
bool
step_restore(struct world *w, int i)
{
	struct node *n = &w->node[i];
	if (!n->has_backup || n->session >= 0 || n->program != DOWN ||
		n->backup.is_primary != n->disk.is_primary)
		return false;
	bool primary = n->disk.is_primary;
	bool all = !primary || (n->backup.is_clean && chance(w, 2));
	uint64_t have = all ? n->backup.have : n->have;
	trace(w, "the backup of %c is restored%s", 'A' + i,
		all ? "" : ", but for data");
	n->disk = n->backup;
	n->disk.have = n->have = have;
	n->last = n->reported = n->disk.last;
	n->npending = 0;
	n->is_tainted = true;
	n->is_old = primary;
	n->is_discarded = false;
	n->may_be_alone |= primary;
	n->acked &= have;
	forget_past(w, i);
	n->with = n->must_fence = 0;
	w->is_plain = w->is_simple = false;
	return true;
}

bool
step_delete_state(struct world *w, int c)
{
	struct node *n = &w->node[c];
	if (c == CLONE || n->disk.is_primary || n->session >= 0 ||
		n->disk.lineage.n == 0)
		return false;
	trace(w, "%c's state is deleted", 'A' + c);
	n->disk.lineage.n = 0;
	n->disk.lineage.is_cut = false;
	n->disk.is_lost = true;
	n->is_tainted = true;
	w->is_plain = w->is_simple = false;
	return true;
}

bool
step_discard(struct world *w, int p, int c)
{
	struct node *copy = &w->node[c];
	if (w->node[p].program < STARTING || !reachable(w, p, c) ||
		c == CLONE || p == CLONE || copy->session >= 0 ||
		copy->program != DOWN)
		return false;
	trace(w, "%c's operator discards %c", 'A' + p, 'A' + c);
	copy->disk.lineage.n = 0;
	copy->disk.lineage.is_cut = false;
	copy->disk.is_lost = copy->disk.is_primary = false;
	copy->disk.untold = 0;
	copy->disk.is_unequal = true;
	copy->is_discarded = true;
	forget_past(w, c);
	w->node[p].may_be_alone = true;
	w->is_plain = w->is_simple = false;
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * simulate_join.c -- between a primary and a copy: deciding, joining, acks
 *
 * The order of a join: decide; the primary's file lists the copy; the copy has
 * everything (by a journal that becomes current in one step, or directly, with
 * a flag that it is no point of anything meanwhile) and is told of the lineage;
 * its ack.  Both come at once: the journal becomes current with the lineage in
 * it, or the lineage comes before the flag goes.  Or one after the other, with
 * the generation as a word between them that the copy's data is newer than its
 * lineage: it counts as the lineage's last entry, and while it is there the
 * copy cannot be promoted.  A schedule has the one or the other (in_two).
 */
#include <string.h>

#include "simulate.h"

static uint64_t
last_of(const struct node *n)
{
	if (!n->disk.is_primary)
		return n->reported;
	return n->disk.is_clean ? n->disk.last : n->disk.reserved;
}

static uint64_t
our_last(const struct node *n)
{
	return n->program < STARTING ? last_of(n) : n->next - 1;
}

static bool
has_promote(const struct lineage *l)
{
	return l->n > 0 && l->entry[l->n - 1].kind == LINEAGE_PROMOTE;
}

static void
break_rules(const struct world *w, const struct lineage_facts *f,
	struct lineage_decision *d)
{
	if (w->mutant == MUTANT_END_IS_BEHIND &&
		d->relation == LINEAGE_ANCESTOR &&
		f->their_last == f->ours->entry[d->ours_at].end)
		d->verdict = LINEAGE_REFUSE;
	if (w->mutant == MUTANT_DESCENDANT_ATTACHES &&
		d->relation == LINEAGE_DESCENDANT)
		d->verdict = LINEAGE_ATTACH;
	if (w->mutant == MUTANT_LOST_ATTACHES && f->theirs_is_lost)
		d->verdict = LINEAGE_ATTACH;
	if (w->mutant == MUTANT_FORK_FENCES && d->relation == LINEAGE_FORKED &&
		has_promote(f->theirs))
		d->verdict = LINEAGE_FENCED;
	if (w->mutant == MUTANT_PREDECESSOR_FENCES &&
		d->relation == LINEAGE_ANCESTOR && has_promote(f->theirs))
		d->verdict = LINEAGE_FENCED;
	if (w->mutant == MUTANT_FENCE_IGNORED && d->verdict == LINEAGE_FENCED)
		d->verdict = LINEAGE_ATTACH;
}

/* what the copy says, with the generation that it was not told of yet */
static void
read_lineage(const struct disk *copy, struct lineage *l)
{
	lineage_copy(l, &copy->lineage);
	if (copy->untold == 0)
		return;
	struct lineage_entry e = {.nmembers = 1, .members = {copy->id}};
	name_entry(&e, copy->untold);
	lineage_begin(l, copy->last, &e);
}

/* the facts that the real thing has, and no others */
struct lineage_decision
look_at(struct world *w, int p, int c)
{
	const struct node *n = &w->node[p];
	const struct node *copy = &w->node[c];
	static struct lineage theirs;
	read_lineage(&copy->disk, &theirs);
	struct lineage_facts f = {
		.ours = &n->disk.lineage,
		.theirs = &theirs,
		.their_last = last_of(copy),
		.their_last_is_low = copy->is_low && !copy->disk.is_primary &&
				     w->mutant != MUTANT_LOW_IS_TRUE,
		.theirs_is_lost = copy->disk.is_lost,
		.their_id = copy->disk.id,
	};
	if (w->mutant == MUTANT_JOINER_UNKNOWN)
		f.their_id = 0;
	struct lineage_decision d = lineage_decide(&f, our_last(n));
	break_rules(w, &f, &d);
	/* what a pool's target knows of it is older than its data once a
	 * program has had it as its primary */
	if (copy->disk.is_primary && d.verdict == LINEAGE_ATTACH &&
		w->mutant != MUTANT_PRIMARY_ATTACHES)
		d.verdict = LINEAGE_IF_EQUAL;
	if (d.verdict == LINEAGE_IF_EQUAL)
		d.verdict =
			copy->have == n->have ? LINEAGE_ATTACH : LINEAGE_REFUSE;
	return d;
}

static bool
was_promoted_from(const struct world *w, unsigned generation)
{
	for (unsigned i = 0; i < w->npromoted; i++)
		if (w->promoted_from[i] == generation)
			return true;
	return false;
}

static void
check_decision(struct world *w, int p, int c, const struct lineage_decision *d)
{
	struct node *n = &w->node[p];
	unsigned ours = generation_of(lineage_last(&n->disk.lineage));
	if (w->is_plain && d->verdict != LINEAGE_ATTACH)
		violate(w, "c: %c does not attach %c, which is %s", 'A' + p,
			'A' + c, lineage_relation_name(d->relation));
	if (d->verdict == LINEAGE_FENCED && !n->is_tainted && !n->is_old &&
		!was_promoted_from(w, ours))
		violate(w,
			"b: %c is fenced by %c, and nobody was promoted "
			"from %u",
			'A' + p, 'A' + c, ours);
	if ((n->must_fence & 1u << c) != 0 && d->verdict != LINEAGE_FENCED)
		violate(w,
			"g: %c is not fenced by %c, which was promoted "
			"from %u",
			'A' + p, 'A' + c, ours);
}

static bool
may_connect(const struct world *w, int p, int c)
{
	const struct node *n = &w->node[p];
	const struct node *copy = &w->node[c];
	if (n->program == DOWN || !reachable(w, p, c) || copy->session >= 0 ||
		copy->program != DOWN || n->session >= 0)
		return false;
	if (n->peer[c].st >= PEER_CONNECTED)
		return false;
	/* one target has one connection; the clone is there by mistake */
	int real = node_with_id(w, copy->disk.id);
	return c != CLONE || (real != p && n->peer[real].st < PEER_CONNECTED);
}

bool
step_connect(struct world *w, int p, int c)
{
	if (!may_connect(w, p, c))
		return false;
	struct node *n = &w->node[p];
	struct lineage_decision d = look_at(w, p, c);
	static const char *const words[] = {
		"may be attached", "?", "fences", "is refused"};
	trace(w, "%c looks at %c (last %llu): %s, %s", 'A' + p, 'A' + c,
		(unsigned long long)last_of(&w->node[c]),
		lineage_relation_name(d.relation), words[d.verdict]);
	check_decision(w, p, c, &d);
	if (d.verdict == LINEAGE_FENCED) {
		stop_program(w, p);
		return true;
	}
	n->peer[c].asked = d.verdict == LINEAGE_ATTACH;
	if (d.verdict != LINEAGE_ATTACH || n->program == ASKING || c == CLONE)
		return true;
	n->peer[c].st = PEER_CONNECTED;
	n->peer[c].acked = 0;
	w->node[c].session = p;
	return true;
}

bool
step_list(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	if (n->peer[c].st != PEER_CONNECTED)
		return false;
	if (w->mutant != MUTANT_LISTED_LATE &&
		!lineage_join(&n->disk.lineage, w->node[c].disk.id))
		return false;
	if (w->mutant == MUTANT_CUT_BY_LISTING)
		lineage_settle(&n->disk.lineage);
	n->peer[c].st = PEER_LISTED;
	trace(w, "%c lists %c", 'A' + p, 'A' + c);
	return true;
}

/* what the copy had and the primary never had is gone from here on */
static void
overwrite(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	struct node *copy = &w->node[c];
	if ((copy->have & ~n->have & w->acked) != 0 && !copy->is_discarded)
		violate(w, "a: %c's acknowledged records are overwritten by %c",
			'A' + c, 'A' + p);
	forget_past(w, c);
	copy->disk.is_primary = copy->disk.is_clean = false;
	copy->have &= n->have;
	copy->disk.have &= n->have;
	/* some of ours is there, and nobody knows how much */
	copy->last = copy->reported = n->next - 1;
	copy->npending = 0;
}

/* the copy's lineage becomes ours; what it has may be ours only from then on */
static void
give_lineage(struct world *w, int p, int c)
{
	struct disk *copy = &w->node[c].disk;
	lineage_copy(&copy->lineage, &w->node[p].disk.lineage);
	(void)lineage_join(&copy->lineage, copy->id);
	copy->is_lost = false;
}

static void
told(struct world *w, int p, int c)
{
	struct peer *peer = &w->node[p].peer[c];
	peer->st = PEER_TOLD;
	peer->told = w->node[p].nlog;
	peer->counted = w->mutant != MUTANT_COUNTED_LATE;
}

static void
filled(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	struct node *copy = &w->node[c];
	copy->have = n->have;
	copy->last = copy->reported = n->next - 1;
	sync_node(copy);
	copy->disk.is_unequal = copy->is_discarded = copy->is_tainted = false;
	copy->is_low = false;
	copy->applied = copy->durable = n->nlog;
	n->peer[c].acked = 0;
	n->peer[c].st = PEER_FILLED;
	copy->acked = 0;
	copy->rivals = 0;
	copy->may_be_alone = false;
	trace(w, "%c has everything of %c's", 'A' + c, 'A' + p);
	if (w->in_two)
		return;
	give_lineage(w, p, c);
	told(w, p, c);
}

bool
step_fill(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	struct peer *peer = &n->peer[c];
	if (peer->st == PEER_FILLING) {
		filled(w, p, c);
		return true;
	}
	if (peer->st != PEER_LISTED)
		return false;
	overwrite(w, p, c);
	if (w->in_two && w->mutant != MUTANT_JOIN_IN_TWO)
		w->node[c].disk.untold =
			generation_of(lineage_last(&n->disk.lineage));
	if (chance(w, 2)) {
		w->node[c].disk.is_unequal = true;
		if (!w->in_two)
			give_lineage(w, p, c);
		peer->st = PEER_FILLING;
		trace(w, "%c is being made equal to %c", 'A' + c, 'A' + p);
		return true;
	}
	filled(w, p, c);
	return true;
}

/* whoever is in the stream gets the lineage that is put there, and from here
 * on calls wait for it */
void
tell_filled(struct world *w, int p, int joiner)
{
	for (int i = 0; i < NODES; i++)
		if (w->node[p].peer[i].st == PEER_FILLED &&
			(i == joiner || w->mutant != MUTANT_ONE_IS_COUNTED))
			told(w, p, i);
}

bool
step_tell(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	static struct lineage l;
	if (w->mutant == MUTANT_TOLD_EARLY && n->peer[c].st == PEER_LISTED) {
		give_lineage(w, p, c);
		return true;
	}
	if (n->peer[c].st != PEER_FILLED)
		return false;
	lineage_copy(&l, &n->disk.lineage);
	if (!lineage_join(&l, w->node[c].disk.id) || !put_lineage(w, p, &l))
		return false;
	tell_filled(w, p, c);
	trace(w, "%c tells %c of %u", 'A' + p, 'A' + c,
		generation_of(lineage_last(&l)));
	return true;
}

/* a copy takes what is next; of a lineage everything before it is durable
 * first, then the lineage */
bool
step_deliver(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	struct node *copy = &w->node[c];
	if (n->peer[c].st < PEER_FILLED || copy->applied == n->nlog)
		return false;
	const struct item *item = &n->log[copy->applied++];
	apply(copy, item->record, item->number);
	copy->reported = copy->last;
	if (item->record >= 0)
		return true;
	sync_node(copy);
	copy->durable = copy->applied;
	lineage_copy(&copy->disk.lineage, &w->snapshot[item->snapshot]);
	copy->disk.is_lost = false;
	copy->disk.untold = 0;
	trace(w, "%c is told of %u", 'A' + c,
		generation_of(lineage_last(&copy->disk.lineage)));
	if (!lineage_has_member(&copy->disk.lineage, copy->disk.id) &&
		w->mutant == MUTANT_NONE)
		violate(w, "%c is told of a generation without it", 'A' + c);
	return true;
}

bool
step_ack(struct world *w, int p, int c)
{
	struct node *n = &w->node[p];
	struct node *copy = &w->node[c];
	struct peer *peer = &n->peer[c];
	if (peer->st < PEER_FILLED)
		return false;
	if (copy->durable < copy->applied) {
		sync_node(copy);
		copy->durable = copy->applied;
		return true;
	}
	if (peer->acked == copy->durable && peer->st != PEER_TOLD)
		return false;
	peer->acked = copy->durable;
	trace(w, "%c acknowledges %u items to %c", 'A' + c, peer->acked,
		'A' + p);
	if (peer->st == PEER_TOLD && peer->acked >= peer->told) {
		peer->st = PEER_ATTACHED;
		peer->counted = true;
		if (w->mutant == MUTANT_LISTED_LATE)
			(void)lineage_join(&n->disk.lineage, copy->disk.id);
	}
	return true;
}

/* everybody has it: what nobody needs may go */
bool
step_settle(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program < STARTING || n->change_is_due)
		return false;
	for (int c = 0; c < CLONE; c++) {
		const struct peer *peer = &n->peer[c];
		if (c != p &&
			lineage_has_member(
				&n->disk.lineage, w->node[c].disk.id) &&
			(peer->st != PEER_ATTACHED || peer->acked < n->change))
			return false;
	}
	lineage_settle(&n->disk.lineage);
	return true;
}

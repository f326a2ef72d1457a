/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * decide.c -- what a copy is to our pool, and who may be overwritten
 *
 * The last generation that both have lived through is where they were last
 * one history.  Who has none after it stands at a point of the other's past,
 * as long as it has no number that the other's end of that generation leaves
 * out; who has, has gone on.  All else is a question of who went on.
 *
 * Nothing is overwritten that is not known to be a part of our own history:
 * each doubt is REFUSE, which touches nothing and stops nobody.  FENCED, which
 * stops a program, needs a proof: a promote from the very generation that we
 * are in.
 */
#include "lineage/lineage.h"

/* the last generation in common */
static bool
find_common(const struct lineage *ours, const struct lineage *theirs,
	struct lineage_decision *d)
{
	for (uint32_t i = ours->n; i-- > 0;)
		for (uint32_t k = theirs->n; k-- > 0;)
			if (uuid16_equal(ours->entry[i].generation,
				    theirs->entry[k].generation)) {
				d->ours_at = (int)i;
				d->theirs_at = (int)k;
				return true;
			}
	return false;
}

static bool
is_listed(const struct lineage_entry *e, uint64_t id)
{
	for (unsigned i = 0; i < e->nmembers; i++)
		if (e->members[i] == id)
			return true;
	return false;
}

/*
 * The generation of ours whose end bounds what a copy may have whose own
 * lineage ends in our generation `at`.  A member that dies before it is told
 * of a later one has numbers of that one: it is listed there before it gets
 * them.  Only the same writer's count: before we were promoted somebody else
 * may have written to it, whatever we list.
 */
static uint32_t
bound_of(const struct lineage_facts *f, uint32_t at)
{
	uint32_t bound = at;
	if (f->their_id == 0)
		return bound;
	for (uint32_t i = at + 1; i < f->ours->n; i++) {
		if (f->ours->entry[i].kind == LINEAGE_PROMOTE)
			break;
		if (is_listed(&f->ours->entry[i], f->their_id))
			bound = i;
	}
	return bound;
}

/*
 * A writer ends its generation at the last number that it gave out: nobody has
 * more.  A promoted copy ends it at what it has itself, and then a number that
 * may be too low says nothing.
 */
static bool
is_doubtful(const struct lineage_facts *f, uint32_t at)
{
	uint32_t next = bound_of(f, at) + 1;
	return f->their_last_is_low && next < f->ours->n &&
	       f->ours->entry[next].kind == LINEAGE_PROMOTE;
}

static bool
promoted_after(const struct lineage *l, uint32_t at)
{
	for (uint32_t i = at + 1; i < l->n; i++)
		if (l->entry[i].kind == LINEAGE_PROMOTE)
			return true;
	return false;
}

static enum lineage_relation
relation_at(const struct lineage_facts *f, uint32_t ours_at, uint32_t theirs_at,
	uint64_t our_last)
{
	bool we_ended = ours_at + 1 < f->ours->n;
	bool they_ended = theirs_at + 1 < f->theirs->n;
	if (we_ended && they_ended)
		return LINEAGE_FORKED;
	if (they_ended)
		return promoted_after(f->theirs, theirs_at)
			       ? LINEAGE_SUPERSEDED
			       : LINEAGE_DESCENDANT;
	if (we_ended)
		return f->their_last <= f->ours->entry[bound_of(f, ours_at)].end
			       ? LINEAGE_ANCESTOR
			       : LINEAGE_FORKED;
	/*
	 * The writer of a generation gives out each of its numbers.  Whoever
	 * has one that we did not give out has it from a later us: what we
	 * know of ourselves is older than that.
	 */
	return f->their_last <= our_last ? LINEAGE_SAME : LINEAGE_DESCENDANT;
}

static uint64_t
beyond(uint64_t last, uint64_t point)
{
	return last > point ? last - point : 0;
}

/* what each has behind the last point that is certain to be common */
static void
count(const struct lineage_facts *f, uint64_t our_last,
	struct lineage_decision *d)
{
	uint64_t ours_end = f->ours->entry[d->ours_at].end;
	uint64_t theirs_end = f->theirs->entry[d->theirs_at].end;
	if (d->relation == LINEAGE_ANCESTOR)
		ours_end = our_last;
	uint64_t point = MIN_OF(
		MIN_OF(ours_end, our_last), MIN_OF(theirs_end, f->their_last));
	d->theirs_alone = beyond(f->their_last, point);
	d->ours_alone = beyond(our_last, point);
}

static enum lineage_verdict
verdict_of(enum lineage_relation r)
{
	switch (r) {
	case LINEAGE_SAME:
	case LINEAGE_ANCESTOR:
		return LINEAGE_ATTACH;
	case LINEAGE_SUPERSEDED:
		return LINEAGE_FENCED;
	case LINEAGE_NONE_OURS:
	case LINEAGE_NONE_THEIRS:
		return LINEAGE_IF_EQUAL;
	case LINEAGE_DESCENDANT:
	case LINEAGE_FORKED:
	case LINEAGE_UNRELATED:
	case LINEAGE_UNKNOWN:
	case LINEAGE_RELATION_END:
		break;
	}
	return LINEAGE_REFUSE;
}

/* nothing is known of one of them */
static void
decide_without(const struct lineage_facts *f, uint64_t our_last,
	struct lineage_decision *d)
{
	d->relation = f->ours->n == 0 ? LINEAGE_NONE_OURS : LINEAGE_NONE_THEIRS;
	d->verdict = verdict_of(d->relation);
	/* a copy that never had one is nobody's */
	if (f->theirs->n != 0 || f->theirs_is_lost)
		return;
	d->verdict = LINEAGE_ATTACH;
	d->theirs_alone = 0;
	d->ours_alone = our_last;
}

struct lineage_decision
lineage_decide(const struct lineage_facts *f, uint64_t our_last)
{
	struct lineage_decision d = {
		.theirs_alone = UINT64_MAX,
		.ours_alone = UINT64_MAX,
		.ours_at = -1,
		.theirs_at = -1,
	};
	if (f->ours->n == 0 || f->theirs->n == 0) {
		decide_without(f, our_last, &d);
		return d;
	}
	if (find_common(f->ours, f->theirs, &d)) {
		d.relation = relation_at(f, (uint32_t)d.ours_at,
			(uint32_t)d.theirs_at, our_last);
		count(f, our_last, &d);
	} else {
		d.relation = f->ours->is_cut || f->theirs->is_cut
				     ? LINEAGE_UNKNOWN
				     : LINEAGE_UNRELATED;
	}
	d.verdict = verdict_of(d.relation);
	if (d.relation == LINEAGE_ANCESTOR &&
		is_doubtful(f, (uint32_t)d.ours_at)) {
		d.verdict = LINEAGE_IF_EQUAL;
		d.theirs_alone = UINT64_MAX;
	}
	if (f->they_are_promoted)
		d.theirs_alone = UINT64_MAX;
	return d;
}

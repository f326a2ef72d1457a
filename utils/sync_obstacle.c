/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_obstacle.c -- why a copy is not what a lost pool is to be made from
 * (pure)
 *
 * It cannot be read, nobody knows what is in it, or another one may be newer.
 */
#include "sync_plan.h"

#include <errno.h>

#include "librpmem/copyfacts.h"

struct lineage_decision
sync_judge(const struct lineage *ours, uint64_t last, const struct copy_past *c)
{
	struct lineage_facts f = copyfacts_of(
		&c->reply, ours, &c->lineage, c->past == PAST_LOST);
	f.their_id = c->id;
	return lineage_decide(&f, last);
}

/* never written to as a copy, or given up */
static bool
is_nothing(const struct sync_member *m)
{
	const struct copy_past *c = m->c;
	uint32_t flags = c->reply.flags;
	if (c->asked != 0)
		return c->asked == -ENOENT && !m->is_unrecorded;
	return ((flags & OOB_COPY_F_CREATING) &&
		       !(flags & OOB_COPY_F_RECORD)) ||
	       (c->past == PAST_NONE && (flags & OOB_COPY_F_EQUALISING));
}

/* why nothing can be read from it, whatever anybody says; NULL: it can */
static const char *
unreadable(const struct sync_member *m)
{
	const struct copy_past *c = m->c;
	uint32_t flags = c->reply.flags;
	if (m->is_unrecorded)
		return NULL;
	if (c->asked == -ENOENT)
		return "it is not there";
	if (c->asked == -EUCLEAN)
		return "its record is damaged";
	if (c->asked != 0)
		return "it does not answer";
	if (m->is_gone)
		return "its parts are not there";
	if (flags & OOB_COPY_F_PROMOTED)
		return "it was promoted, and is a primary of its own: open the "
		       "pool there, and make this one its replica";
	if (flags & OOB_LINEAGE_F_PROMOTING)
		return "it is being promoted, and that was cut short or goes "
		       "on: rpmem promote, at its target, finishes it, and "
		       "rpmem promote --undo takes it back";
	if (is_nothing(m))
		return "it was never finished";
	if (flags & OOB_COPY_F_EQUALISING)
		return "it was being made equal, and is no point of the pool";
	if (!(flags & OOB_COPY_F_UNWRITTEN) && (flags & OOB_COPY_F_CHANGED))
		return NULL; /* see doubt */
	if (flags & (OOB_COPY_F_SUSPECT | OOB_COPY_F_UNWRITTEN))
		return "it is suspect: its target's machine went down while it "
		       "was in use, or its medium refused a write; rpmem "
		       "promote --force, at its target, makes it a pool of its "
		       "own as it is";
	return NULL;
}

/* why nobody knows what is read from it, so that only somebody who says so
 * gets it; NULL: its record tells */
const char *
sync_doubt(const struct sync_member *m)
{
	if (m->c->asked != 0 || !(m->c->reply.flags & OOB_COPY_F_CHANGED))
		return NULL;
	return "its parts were written to by something else since its last "
	       "session ended (restored from a backup?), so it may be older "
	       "than its record says";
}

/* the same, and parts that no open there goes on with.  What is on record of
 * such a copy counts all the same: whether it may be newer. */
const char *
sync_no_source(const struct sync_member *m)
{
	const char *why = unreadable(m);
	return why == NULL && m->bad[0] != '\0' ? m->bad : why;
}

const char *
sync_apart(enum lineage_relation relation)
{
	if (relation == LINEAGE_FORKED)
		return "both have gone on, apart from each other";
	if (relation == LINEAGE_UNRELATED || relation == LINEAGE_UNKNOWN)
		return "they have no generation in common";
	return NULL;
}

static const char *
no_order(const struct lineage_decision *d)
{
	if (d->verdict == LINEAGE_ATTACH)
		return NULL;
	if (d->relation == LINEAGE_SUPERSEDED ||
		d->relation == LINEAGE_DESCENDANT)
		return "it is newer";
	const char *apart = sync_apart(d->relation);
	return apart != NULL ? apart
			     : "nothing is on record that says which one is "
			       "newer";
}

/*
 * Does x have all that y has of what a program was told to be durable?  In one
 * open generation of which both are members no call has returned without
 * either of them; what more the one has was promised to nobody.
 */
static bool
has_promises(const struct copy_past *x, const struct copy_past *y)
{
	const struct lineage_entry *a = lineage_last(&x->lineage);
	const struct lineage_entry *b = lineage_last(&y->lineage);
	return x->past == PAST_KNOWN && y->past == PAST_KNOWN && a != NULL &&
	       b != NULL && uuid16_equal(a->generation, b->generation) &&
	       x->id != 0 && lineage_has_member(&y->lineage, x->id);
}

/* why x is not certain to be right, as long as there is y; NULL: it is */
const char *
sync_obstacle(const struct sync_member *mx, const struct sync_member *my)
{
	const struct copy_past *x = mx->c;
	const struct copy_past *y = my->c;
	if (my->is_gone)
		return "its parts are not there (if its file system is only "
		       "not mounted, mount it first), and it may be newer";
	if (is_nothing(my))
		return NULL;
	if (my->is_unrecorded)
		return "nothing is on record of it, so it may be newer";
	const char *why = unreadable(my);
	if (why != NULL)
		return y->asked != 0 && y->asked != -EUCLEAN
			       ? "it does not answer, and may be newer"
			       : why;
	/* of two that can be read, the one with more is the better one; what is
	 * on record of one that cannot counts, whatever made its parts bad */
	if (my->bad[0] != '\0' && has_promises(x, y))
		return NULL;
	if (sync_doubt(my) != NULL)
		return sync_doubt(my);
	if (x->past == PAST_LOST || y->past == PAST_LOST)
		return "a lineage is lost, so nobody can tell which is newer";
	if (x->past == PAST_NONE && y->past == PAST_NONE)
		return "nothing is on record that says which one is newer";
	struct lineage_decision d =
		sync_judge(&x->lineage, x->reply.last_seq, y);
	return no_order(&d);
}

/* the first that is in x's way; n: none */
unsigned
sync_find_obstacle(const struct sync *s, unsigned x, const char **why_out)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (i == x)
			continue;
		*why_out = sync_obstacle(&s->members[x], &s->members[i]);
		if (*why_out != NULL)
			return i;
	}
	return s->n;
}

/*
 * Is there a copy of which only x knows?  Its target may answer, and say that
 * there is none: with the parts, the record may be away.  A program that went
 * on with that one alone has told x nothing of it; but it has it on record
 * where it ran.
 */
bool
sync_lacks_member(const struct sync *s, unsigned x)
{
	const struct sync_member *m = &s->members[x];
	const struct lineage_entry *last = lineage_last(&m->c->lineage);
	bool is_told = m->is_recorded && !m->is_behind;
	if (s->primary != SYNC_LOST || is_told || last == NULL)
		return false;
	/* the first one is the pool that is lost */
	for (unsigned k = 1; k < last->nmembers; k++) {
		bool answers = false;
		for (unsigned i = 0; i < s->n; i++)
			answers |= s->members[i].c->asked == 0 &&
				   s->members[i].c->id == last->members[k];
		if (!answers)
			return true;
	}
	return false;
}

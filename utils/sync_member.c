/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_member.c -- what is to be done with one copy (pure)
 *
 * A copy is overwritten from its own later history only, as an open decides
 * it, or when --discard names it.  Each thing that is not done has its reason,
 * and the command that goes on.
 */
#include "sync_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
refuse(struct sync_member *m, const char *why)
{
	m->act = SYNC_REFUSED;
	(void)snprintf(m->why, sizeof(m->why), "%s", why);
}

static void
both_ways(const struct sync *s, struct sync_member *m)
{
	(void)snprintf(m->next, sizeof(m->next),
		"if this pool is the right one: rpmem sync %.600s --discard "
		"%.700s; if the copy is: rpmem sync %.600s --from "
		"%.700s",
		s->word, m->word, s->word, m->word);
	if (m->c->reply.flags & OOB_COPY_F_PROMOTED)
		(void)snprintf(m->next, sizeof(m->next),
			"if this pool is the right one: rpmem sync %.600s "
			"--discard %.700s; if the copy is: open the "
			"pool there, and make this one its replica",
			s->word, m->word);
}

/* Headers that were made without rpmem run are a ring of all replicas: do they
 * know of as many as the set has?  Of two, both neighbours are the same one. */
static bool
is_in_ring(const struct sync *s)
{
	const struct pool_attr *a = &s->links;
	bool is_ring = !uuid16_equal(a->next_uuid, a->uuid);
	bool is_pair = uuid16_equal(a->next_uuid, a->prev_uuid);
	unsigned nreplicas = s->set != NULL ? s->set->nreplicas : s->n + 1;
	return uuid16_is_zero(a->uuid) || !is_ring ||
	       (s->nlocal < 3 && is_pair == (nreplicas == 2));
}

/* A pool is there without a record: an owner's open attaches it if every byte
 * is equal, and makes it a record. */
static void
plan_unrecorded(
	const struct sync *s, struct sync_member *m, const struct sync_ours *o)
{
	bool is_ours = s->primary == SYNC_WHOLE &&
		       uuid16_equal(m->attr.poolset_uuid,
			       s->p.primary.attr.poolset_uuid);
	if (is_ours || m->c == o->source) {
		m->act = SYNC_COMPARE;
		(void)snprintf(m->why, sizeof(m->why),
			"what is there has no record: it is a pool of its own "
			"(the former primary?), or a copy whose record was "
			"lost, and may have what this pool has not");
		if (m->c == o->source)
			return;
		m->loss = UINT64_MAX;
		if (m->may_discard)
			m->act = SYNC_DISCARD;
		else
			both_ways(s, m);
		return;
	}
	refuse(m, s->primary == SYNC_WHOLE
			  ? "another pool is there, and no record of it"
			  : "a pool is there, and no record of whose copy it "
			    "is");
	if (s->primary == SYNC_LOST)
		(void)snprintf(m->next, sizeof(m->next),
			"if it is the right one: rpmem sync %.600s --from "
			"%.700s",
			s->word, m->word);
	else
		(void)snprintf(m->next, sizeof(m->next),
			"if nobody needs it: rpmem rm --force %.600s %.700s, "
			"then rpmem sync %.600s",
			s->word, m->word, s->word);
}

static void
plan_missing(const struct sync *s, struct sync_member *m)
{
	m->act = SYNC_MAKE;
	if (m->c->has_former)
		(void)snprintf(m->why, sizeof(m->why),
			"a former copy is kept there, as %.500s.rpmem-old, "
			"until this one is consistent",
			m->c->set_name);
	if (!is_in_ring(s)) {
		refuse(m, "the headers of the pool name other replicas, and "
			  "do not say where this one belongs");
		(void)snprintf(m->next, sizeof(m->next),
			"of a pool that was made under rpmem run: rpmem run "
			"--make-copies makes it; of another: pmempool "
			"transform, from a set file without it to this one");
		return;
	}
	if (strstr(m->c->why, OOB_NO_SET_TEXT) == NULL)
		return;
	refuse(m, "there is no pool set file of its name at the target");
	(void)snprintf(m->next, sizeof(m->next),
		"write it at the target, below the pool set directory of its "
		"rpmemd (--poolset-dir), as '%.512s': a line PMEMPOOLSET, and "
		"a line SIZE /PATH/OF/A/PART, with as much room as the pool "
		"has",
		m->c->set_name);
}

static void
plan_away(struct sync_member *m)
{
	static const char *const next[] = {
		[WITHOUT_FAILS] =
			"see that its rpmemd runs and can be reached; the pool "
			"does not open without it before it was equal once",
		[WITHOUT_WAITS] =
			"see that its rpmemd runs and can be reached. It "
			"followed when the pool was last open, so it may have "
			"been promoted since: an open waits for it "
			"(RPMEM_OPEN_WAIT), and so does this. If it was not "
			"promoted: RPMEM_OPEN_ALONE=1 goes on without it",
		[WITHOUT_GOES_ON] =
			"nothing: it did not follow any more, and is caught up "
			"when it is back",
	};
	m->act = SYNC_AWAY;
	(void)snprintf(m->why, sizeof(m->why), "%s", m->c->why);
	(void)snprintf(m->next, sizeof(m->next), "%s", next[m->c->without]);
}

static const char *
why_refused(const struct copy_past *c, const struct lineage_decision *d)
{
	if (c->reply.flags & OOB_COPY_F_PROMOTED)
		return d->verdict == LINEAGE_FENCED
			       ? "it was promoted from the generation that "
				 "this pool is in: this pool is fenced"
			       : "it was promoted, and is a primary of its own";
	if (d->relation == LINEAGE_DESCENDANT ||
		d->relation == LINEAGE_SUPERSEDED)
		return "it has gone on from where this pool stands";
	const char *apart = sync_apart(d->relation);
	return apart != NULL ? apart : "its record is of another primary";
}

/* the rest of its record; see attach_decide */
bool
sync_is_ours(const uint8_t primary[UUID16_LEN], const struct copy_past *c)
{
	return (c->reply.flags & OOB_COPY_F_RECORD) == 0 ||
	       uuid16_is_zero(primary) ||
	       uuid16_equal(c->reply.primary_uuid, primary);
}

/* it goes on from the pool, or from nothing */
static void
plan_attached(struct sync_member *m, const struct lineage_decision *d)
{
	uint32_t flags = m->c->reply.flags;
	if (m->has_all) {
		m->act = SYNC_NOTHING;
		(void)snprintf(m->why, sizeof(m->why),
			"it has everything, by what is on record; the blocks "
			"are not compared: rpmem verify does that");
	} else if ((flags & OOB_COPY_F_LENT) != 0 ||
		   d->verdict == LINEAGE_IF_EQUAL) {
		m->act = SYNC_COMPARE;
		(void)snprintf(m->why, sizeof(m->why), "%s",
			flags & OOB_COPY_F_LENT
				? "a primary was being made from it"
				: "nothing is on record that says which of the "
				  "two is newer");
	} else {
		m->act = SYNC_FORWARD;
	}
}

#define NOT_MOUNTED                                                            \
	"its parts are gone; if its file system is only not mounted, mount "   \
	"it "                                                                  \
	"first"

/*
 * No part of it is there, but a record is.  It is made anew over its record
 * only if the pool has all that it had, and with consent, as the parts may be
 * somewhere else.  A pool that was just made from another copy says nothing of
 * what this one had.
 */
static void
plan_gone(
	const struct sync *s, struct sync_member *m, const struct sync_ours *o)
{
	const struct copy_past *c = m->c;
	struct lineage_decision d = sync_judge(o->lineage, o->last, c);
	bool is_promoted = (c->reply.flags & OOB_COPY_F_PROMOTED) != 0;
	bool is_past =
		d.verdict == LINEAGE_ATTACH &&
		(d.relation == LINEAGE_SAME || d.relation == LINEAGE_ANCESTOR);
	bool has_it = is_past && !is_promoted && o->source == NULL &&
		      sync_is_ours(o->primary, c);
	m->loss = has_it ? 0 : d.theirs_alone;
	m->fences = d.verdict == LINEAGE_FENCED;
	if (has_it || m->may_discard) {
		m->act = SYNC_MAKE;
		(void)snprintf(m->why, sizeof(m->why), "%s", NOT_MOUNTED);
		m->fences = false;
		m->drops_record = !has_it;
		return;
	}
	m->act = SYNC_REFUSED;
	(void)snprintf(m->why, sizeof(m->why), "%s%s", NOT_MOUNTED,
		is_promoted ? "; it was promoted, and is a primary of its own"
			    : "; nothing says that this pool has all that it "
			      "had");
	(void)snprintf(m->next, sizeof(m->next),
		"see that its parts are there at the target, and try again; if "
		"they are lost, and this pool is the right one: rpmem sync "
		"%.600s --discard %.700s",
		s->word, m->word);
}

/* no word of this side's ends what a promotion has begun */
static void
plan_promoting(struct sync_member *m)
{
	char how[ADVICE_MAX];
	copy_past_promoting(m->c, how);
	refuse(m, "it is being promoted, and that was cut short or goes on");
	(void)snprintf(m->next, sizeof(m->next), "%.2500s", how);
}

static void
plan_twin(const struct sync *s, struct sync_member *m)
{
	char how[ADVICE_MAX];
	const struct copy_past *twin = m->c->twin;
	refuse(m, "");
	(void)snprintf(m->why, sizeof(m->why),
		"it has the id of %.500s %.500s: it is that one by another "
		"name, or the files of one were copied from the other's",
		twin->target, twin->set_name);
	copy_past_twin(&s->p, m->c, how);
	(void)snprintf(m->next, sizeof(m->next), "%.2500s", how);
}

static void
plan_reached(
	const struct sync *s, struct sync_member *m, const struct sync_ours *o)
{
	const struct copy_past *c = m->c;
	struct lineage_decision d = sync_judge(o->lineage, o->last, c);
	uint32_t flags = c->reply.flags;
	/* this primary is, or becomes, what the copy is */
	if (c == o->source)
		d.verdict = LINEAGE_ATTACH;
	else if ((flags & OOB_COPY_F_PROMOTED) && d.verdict != LINEAGE_FENCED)
		d.verdict = LINEAGE_REFUSE;
	if (flags & OOB_LINEAGE_F_PROMOTING) {
		plan_promoting(m);
		return;
	}
	if (c->twin != NULL && !m->may_discard) {
		plan_twin(s, m);
		return;
	}
	bool attaches = (d.verdict == LINEAGE_ATTACH ||
				d.verdict == LINEAGE_IF_EQUAL) &&
			!(flags & OOB_COPY_F_PROMOTED) &&
			sync_is_ours(o->primary, c);
	m->loss = d.theirs_alone;
	m->fences = d.verdict == LINEAGE_FENCED;
	if (attaches)
		plan_attached(m, &d);
	else
		refuse(m, why_refused(c, &d));
	if (m->act != SYNC_REFUSED && m->act != SYNC_COMPARE && !m->may_discard)
		return;
	/* it will be equal, as this pool is made from it */
	if (c == o->source && s->rebuild == SYNC_REBUILD)
		return;
	if (!m->may_discard) {
		both_ways(s, m);
		return;
	}
	/* by its name: what is on record of it does not count */
	if (m->act != SYNC_REFUSED)
		m->loss = UINT64_MAX;
	m->act = SYNC_DISCARD;
}

/* Without a pool here, or a copy to make it from, nobody is told to give up
 * what may be all that is left. */
static bool
is_needed(const struct sync *s, struct sync_member *m)
{
	if (s->primary != SYNC_LOST || s->rebuild != SYNC_CANNOT)
		return false;
	(void)snprintf(m->next, sizeof(m->next),
		"keep it, and mend it at the target (rpmem check %.600s tells "
		"all): the pool here is lost, too, and there is no other copy "
		"that it can be made from now",
		s->word);
	return true;
}

/* what is wrong with the parts of a copy is not mended from here */
static void
plan_bad(const struct sync *s, struct sync_member *m)
{
	refuse(m, m->bad);
	if (is_needed(s, m))
		return;
	(void)snprintf(m->next, sizeof(m->next),
		"mend it at the target (rpmem check %.600s tells all), or give "
		"the copy up and make it anew: rpmem rm --force %.600s "
		"%.700s, then rpmem sync %.600s",
		s->word, s->word, m->word, s->word);
}

/* the target answers, but its record of the copy is damaged */
static void
plan_damaged(const struct sync *s, struct sync_member *m)
{
	refuse(m, m->c->why);
	if (is_needed(s, m))
		return;
	(void)snprintf(m->next, sizeof(m->next),
		"its record at the target is damaged: give the copy up, and "
		"make it anew: rpmem rm --force %.600s %.700s, then "
		"rpmem sync %.600s",
		s->word, m->word, s->word);
}

void
sync_plan_member(
	const struct sync *s, struct sync_member *m, const struct sync_ours *o)
{
	if (m->is_unrecorded && m->bad[0] == '\0')
		plan_unrecorded(s, m, o);
	else if (m->is_unrecorded)
		plan_bad(s, m);
	else if (m->c->asked == -ENOENT)
		plan_missing(s, m);
	else if (m->c->asked == -EUCLEAN)
		plan_damaged(s, m);
	else if (m->c->asked != 0)
		plan_away(m);
	else if (m->is_gone)
		plan_gone(s, m, o);
	else if (m->bad[0] != '\0')
		plan_bad(s, m);
	else
		plan_reached(s, m, o);
}

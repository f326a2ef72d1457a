/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_plan.c -- what is to be done with a pool, and when with no copy (pure)
 *
 * The part of each copy is in sync_member.c.
 */
#include "sync_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* a copy from which this very primary was made: its lineage is the pool's, as
 * an open finds it, too (descent.c) */
static const struct copy_past *
find_source(const struct sync *s)
{
	const struct copy_past *found = NULL;
	if (s->p.pool.lineage.n != 0)
		return NULL;
	for (unsigned i = 0; i < s->n; i++) {
		const struct copy_past *c = s->members[i].c;
		const uint32_t is = OOB_COPY_F_REBUILT | OOB_COPY_F_LENT;
		if (c->asked != 0 || (c->reply.flags & is) == 0 ||
			!sync_is_ours(s->p.primary.uuid, c))
			continue;
		/* one that is finished goes before one that may be */
		if (found == NULL || (c->reply.flags & OOB_COPY_F_REBUILT))
			found = c;
	}
	return found;
}

/* nothing can be said of it before there is a pool again */
static void
plan_waiting(const struct sync *s, struct sync_member *m)
{
	if (s->rebuild != SYNC_CANNOT || m->c->asked != 0 || m->is_gone ||
		m->bad[0] != '\0')
		return;
	(void)snprintf(m->why, sizeof(m->why),
		"it waits until the pool here is there again");
	(void)snprintf(m->next, sizeof(m->next), "see this pool, above");
}

static void
plan_copies(struct sync *s)
{
	struct sync_ours o = {
		.lineage = &s->p.pool.lineage, .last = s->p.pool.last};
	o.source = s->rebuild == SYNC_REBUILD ? s->members[s->source].c
					      : find_source(s);
	if (o.source != NULL) {
		o.lineage = &o.source->lineage;
		o.last = o.source->reply.last_seq;
	}
	/* a lost primary has none, and gets the one that is on record */
	memcpy(o.primary, s->p.primary.uuid, UUID16_LEN);
	if (uuid16_is_zero(o.primary) && o.source != NULL &&
		(o.source->reply.flags & OOB_COPY_F_RECORD))
		memcpy(o.primary, o.source->reply.primary_uuid, UUID16_LEN);
	for (unsigned i = 0; i < s->n; i++) {
		struct sync_member *m = &s->members[i];
		sync_plan_member(s, m, &o);
		if (s->primary == SYNC_LOST)
			plan_waiting(s, m);
		s->is_lossy = s->is_lossy || m->act == SYNC_DISCARD ||
			      (m->act == SYNC_MAKE && m->is_gone);
	}
}

/* a program has the pool: it brings its copies forward itself */
static void
plan_running(struct sync *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct sync_member *m = &s->members[i];
		m->act = m->is_equal_now ? SYNC_NOTHING : SYNC_PROGRAM;
		if (m->is_equal_now)
			continue;
		(void)snprintf(m->why, sizeof(m->why),
			"the program that runs has it as: %s", m->stands);
		(void)snprintf(m->next, sizeof(m->next), "%s",
			m->c->asked == -ENOENT
				? "restart the program with rpmem run "
				  "--make-copies, or end it and try again"
				: "the program catches it up by itself when it "
				  "can (rpmem status --watch); what it has "
				  "refused it tries again when it is "
				  "restarted");
	}
}

static void
cannot(struct sync *s, const char *why, const char *next)
{
	s->rebuild = SYNC_CANNOT;
	(void)snprintf(s->rebuild_why, SYNC_TEXT, "%s", why);
	(void)snprintf(s->rebuild_next, SYNC_TEXT, "%s", next);
}

/* is there nothing to rebuild: it is whole, and --from is not given, or what
 * this command has done before it was cut short? */
static bool
is_kept(const struct sync *s)
{
	const uint32_t is = OOB_COPY_F_LENT | OOB_COPY_F_REBUILT;
	if (s->primary != SYNC_WHOLE || s->from < 0)
		return s->primary == SYNC_WHOLE;
	const struct sync_member *m = &s->members[s->from];
	/* one that has a lineage of its own was opened, and changed, since */
	return s->is_just_made &&
	       (m->has_all || (s->p.pool.lineage.n == 0 &&
				      (m->c->reply.flags & is) != 0));
}

/* what knows of copies on this machine */
static void
leave_to_pmempool(struct sync *s)
{
	cannot(s, "the set has local copies, too", "");
	(void)snprintf(s->rebuild_next, SYNC_TEXT,
		"if one of them is good: rpmem run -- pmempool sync %.600s "
		"makes the pool from it (of a pool that was made without rpmem "
		"run: pmempool sync %.600s). If none is: take them out of the "
		"set, rpmem set remove-replica %.600s /PATH/OF/ITS/FIRST/PART, "
		"and rpmem sync %.600s makes it from a remote one",
		s->word, s->word, s->word, s->word);
}

static void
plan_primary(struct sync *s)
{
	s->rebuild = SYNC_KEEP;
	if (is_kept(s))
		return;
	if (s->has_local)
		leave_to_pmempool(s);
	else if (s->in_the_way[0] != '\0')
		cannot(s, s->in_the_way,
			"if nobody needs what it holds, remove it; then try "
			"again");
	else
		sync_choose(s);
	if (s->rebuild != SYNC_REBUILD)
		return;
	sync_plan_links(s);
	s->is_lossy = s->is_lossy || s->primary == SYNC_WHOLE;
}

/* has a copy followed a pool of which nothing is on record here? */
static void
plan_foreign(struct sync *s)
{
	bool is_here = s->p.pool.past != PAST_NONE;
	for (unsigned i = 0; i < s->n && s->rebuild != SYNC_CANNOT; i++) {
		const struct sync_member *m = &s->members[i];
		bool is_taken = m->act == SYNC_COMPARE ||
				(s->rebuild == SYNC_REBUILD && i == s->source);
		if (s->primary == SYNC_LOST)
			is_here = m->is_recorded;
		if (is_taken && !is_here && m->c->asked == 0 &&
			m->c->lineage.n != 0)
			s->is_foreign = true;
	}
	s->is_lossy = s->is_lossy || s->is_foreign;
}

/*
 * A pool whose parts have no names here may be there all the same: below a file
 * system that is not mounted, or on another machine, where its program is cut
 * off and goes on.  That no program has it here is known of what this state
 * directory has on record.  A copy that was closed in order says nothing else,
 * but that was closed on purpose.
 */
static void
plan_asks(struct sync *s)
{
	if (s->primary != SYNC_LOST || s->rebuild != SYNC_REBUILD)
		return;
	const struct sync_member *m = &s->members[s->source];
	const uint32_t is = OOB_COPY_F_RECORD | OOB_COPY_F_CLEAN;
	if (s->is_recorded && !s->has_parts)
		s->asks |= SYNC_ASKS_MOUNT;
	if (!m->is_recorded && (m->c->reply.flags & is) == OOB_COPY_F_RECORD)
		s->asks |= SYNC_ASKS_ALIVE;
	s->is_lossy = s->is_lossy || s->asks != 0;
}

static void
hold(struct sync *s, const char *why)
{
	s->is_held = true;
	(void)snprintf(s->hold, sizeof(s->hold), "%s", why);
}

/* as an open, which fails then */
static void
plan_holds(struct sync *s)
{
	s->is_held = false;
	if (s->primary == SYNC_RUNNING)
		hold(s, "a program has the pool open");
	else if (s->rebuild == SYNC_CANNOT)
		hold(s, "there is no primary to bring them forward from");
	for (unsigned i = 0; i < s->n && !s->is_held; i++) {
		const struct sync_member *m = &s->members[i];
		if (m->act == SYNC_REFUSED && m->fences)
			hold(s, "this pool is fenced: a copy was promoted, and "
				"is the primary now");
	}
}

void
sync_plan(struct sync *s)
{
	s->is_lossy = s->is_foreign = false;
	s->asks = 0;
	s->rebuild_why[0] = s->rebuild_next[0] = '\0';
	for (unsigned i = 0; i < s->n; i++) {
		struct sync_member *m = &s->members[i];
		m->why[0] = m->next[0] = '\0';
		m->fences = m->drops_record = false;
		m->loss = 0;
	}
	if (s->primary == SYNC_RUNNING) {
		s->rebuild = SYNC_KEEP;
		if (s->is_unlinked)
			cannot(s,
				"a program has the pool open whose parts are "
				"gone here: what it has is the newest",
				"see that its copies follow, end it in order, "
				"and try again");
		else if (s->from >= 0)
			cannot(s, "a program has the pool open",
				"end it in order, and try again");
		plan_running(s);
	} else {
		plan_primary(s);
		plan_copies(s);
		plan_foreign(s);
		plan_asks(s);
	}
	plan_holds(s);
}

bool
sync_has_work(const struct sync *s)
{
	bool has = s->rebuild != SYNC_KEEP;
	for (unsigned i = 0; i < s->n; i++)
		has = has || s->members[i].act != SYNC_NOTHING;
	return has;
}

bool
sync_is_good(const struct sync *s)
{
	if (s->rebuild != SYNC_KEEP && s->rebuilt != SYNC_DONE)
		return false;
	for (unsigned i = 0; i < s->n; i++)
		if (s->members[i].result == SYNC_FAILED ||
			(s->members[i].act != SYNC_NOTHING &&
				s->members[i].result != SYNC_DONE))
			return false;
	return true;
}

const char *
sync_act_name(enum sync_act act)
{
	static const char *const names[] = {
		[SYNC_NOTHING] = "nothing",
		[SYNC_MAKE] = "make",
		[SYNC_FORWARD] = "bring up to date",
		[SYNC_COMPARE] = "compare",
		[SYNC_DISCARD] = "discard and bring up to date",
		[SYNC_REFUSED] = "refused",
		[SYNC_AWAY] = "away",
		[SYNC_PROGRAM] = "left to the program",
	};
	return names[act];
}

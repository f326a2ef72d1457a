/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_source.c -- which copy a lost primary is made from (pure)
 *
 * The right one is that which all others may be overwritten from: each other's
 * lineage is the same as its own, or an ancestor of it.  A copy that does not
 * answer, whose parts are not there, or that is no point of any history, may
 * have been the newer one, so it is in the way; then only somebody who knows
 * can say which one is right.  One whose parts were written to behind its
 * target's back is read only when somebody names it.
 */
#include "sync_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(char *text, size_t *at, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void
say(char *text, size_t *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text + *at, SYNC_TEXT - *at, format, args);
	va_end(args);
	if (n > 0)
		*at = MIN_OF(*at + (size_t)n, (size_t)SYNC_TEXT - 1);
}

static void
say_copy(char *text, size_t *at, const struct sync_member *m)
{
	const struct copy_past *c = m->c;
	char line[256];
	lineage_describe(&c->lineage, line, sizeof(line));
	say(text, at, "\"%s %s\" (", c->target, c->set_name);
	if (m->is_unrecorded)
		say(text, at, "no record)");
	else if (c->asked != 0)
		say(text, at, "no answer)");
	else
		say(text, at, "%s, record %llu)",
			c->past == PAST_KNOWN ? line : past_name(c->past),
			(unsigned long long)c->reply.last_seq);
}

/* what is to be done where no copy can be chosen */
struct tally {
	unsigned usable;   /* but something is in the way */
	unsigned doubtful; /* of these: nobody knows what is in it */
	unsigned promoted;
	unsigned bad;
	const struct copy_past *former; /* NULL: none */
};

/* the last that there is of the pool, perhaps: a removal has kept it */
static void
say_former(struct sync *s, const struct copy_past *c)
{
	char name[SHELL_WORD_MAX];
	(void)snprintf(s->rebuild_next, SYNC_TEXT,
		"a former copy is kept at %.250s, as %.500s.rpmem-old: if "
		"nothing newer is left, make it a pool of its own, there: "
		"rpmem promote --poolset-dir DIR --old %.700s (DIR is the "
		"--poolset-dir of rpmemd); or bring a target back, and try "
		"again",
		c->target, c->set_name, shell_word(c->set_name, name));
}

static void
say_next(struct sync *s, const struct tally *n)
{
	if (n->usable != 0 && n->usable == n->doubtful)
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"if that backup is what the pool is to be from here "
			"on, say so: rpmem sync %.1000s --from \"TARGET "
			"NAME\"; or restore the parts of the pool from a newer "
			"one",
			s->word);
	else if (n->usable != 0)
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"bring back the copies that are away, and try again; "
			"or say which one is right: rpmem sync %.1000s --from "
			"\"TARGET NAME\"",
			s->word);
	else if (n->promoted != 0)
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"the copy that was promoted is the pool now: open it "
			"at its target, by its set file there. To have "
			"copies of it: rpmem set add-replica, on that set "
			"file, then rpmem sync, both there");
	else if (n->former != NULL)
		say_former(s, n->former);
	else if (n->bad != 0)
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"mend the parts of a copy at its target (rpmem check "
			"%.1000s tells what is wrong with each), from a backup "
			"if there is one, or bring another target back; then "
			"try again",
			s->word);
	else
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"bring a target back, and try again; or restore the "
			"parts from a backup, if there is one");
}

static void
say_why_not(struct sync *s, unsigned i, const char *why, size_t *at)
{
	char *text = s->rebuild_why;
	unsigned other = s->n;
	if (why == NULL && s->members[i].is_unrecorded)
		why = "a pool is there, and no record of whose copy it is, and "
		      "what it has";
	else if (why == NULL)
		other = sync_find_obstacle(s, i, &why);
	if (why == NULL && sync_lacks_member(s, i))
		why = SYNC_ABSENT;
	say(text, at, "%snot from ", i == 0 ? "" : "; ");
	say_copy(text, at, &s->members[i]);
	say(text, at, ": ");
	if (other < s->n) {
		say(text, at, "there is ");
		say_copy(text, at, &s->members[other]);
		say(text, at, ", and ");
	}
	say(text, at, "%s", why != NULL ? why : "?");
}

static void
cannot(struct sync *s)
{
	size_t at = 0;
	struct tally n = {0};
	s->rebuild = SYNC_CANNOT;
	for (unsigned i = 0; i < s->n; i++) {
		const struct sync_member *m = &s->members[i];
		const char *why = sync_no_source(m);
		n.usable += why == NULL;
		if (m->c->has_former && n.former == NULL)
			n.former = m->c;
		n.doubtful += why == NULL && sync_doubt(m) != NULL;
		n.bad += why == m->bad;
		n.promoted += m->c->asked == 0 &&
			      (m->c->reply.flags & OOB_COPY_F_PROMOTED) != 0;
		say_why_not(s, i, why != NULL ? why : sync_doubt(m), &at);
	}
	say_next(s, &n);
}

/* did the pool go on without it, by what is on record here or there? */
static bool
is_late(const struct sync_member *m)
{
	return m->is_behind || m->is_catching_up;
}

/* what is on record stands against it: somebody has to agree */
static void
rebuild_from(struct sync *s, unsigned x)
{
	size_t at = 0;
	s->rebuild = SYNC_REBUILD;
	s->source = x;
	const struct sync_member *m = &s->members[x];
	if (!is_late(m) && !m->is_unrecorded)
		return;
	const char *why =
		m->is_behind ? "by what is on record here, the pool went on "
			       "without it"
		: m->is_unrecorded ? "nothing is on record of it at its target"
				   : "the pool had gone on without it, and was "
				     "catching it up, when its session ended";
	s->is_lossy = true;
	say(s->rebuild_why, &at, "what the pool had and the copy has not: %s",
		why);
}

static void
say_losses(struct sync *s, unsigned x)
{
	size_t at = strlen(s->rebuild_why);
	if (sync_doubt(&s->members[x]) != NULL) {
		s->is_lossy = true;
		say(s->rebuild_why, &at,
			"%swhat the pool had and the copy has not any more: "
			"%s",
			at == 0 ? "" : "; ", sync_doubt(&s->members[x]));
	}
	for (unsigned i = 0; i < s->n; i++) {
		const char *why =
			i == x ? NULL
			       : sync_obstacle(&s->members[x], &s->members[i]);
		if (why == NULL)
			continue;
		s->is_lossy = true;
		say(s->rebuild_why, &at,
			"%sthe pool goes on without what only ",
			at == 0 ? "" : "; ");
		say_copy(s->rebuild_why, &at, &s->members[i]);
		say(s->rebuild_why, &at, " has: %s", why);
	}
	if (!sync_lacks_member(s, x))
		return;
	s->is_lossy = true;
	say(s->rebuild_why, &at, "%swhat the pool may have had beyond it: %s",
		at == 0 ? "" : "; ", SYNC_ABSENT);
}

/* by name: whatever stands against it is said, and somebody has to agree */
static void
choose_named(struct sync *s)
{
	unsigned x = (unsigned)s->from;
	const char *why = sync_no_source(&s->members[x]);
	size_t at = 0;
	if (why != NULL) {
		s->rebuild = SYNC_CANNOT;
		say(s->rebuild_why, &at, "not from ");
		say_copy(s->rebuild_why, &at, &s->members[x]);
		say(s->rebuild_why, &at, ": %s", why);
		(void)snprintf(s->rebuild_next, SYNC_TEXT,
			"name another copy, or none: then rpmem sync finds the "
			"right one, if there is one");
		return;
	}
	rebuild_from(s, x);
	say_losses(s, x);
}

/* of two that are equally right, the one that is not behind, was read from
 * before, or that has the higher number */
static bool
is_better(const struct sync_member *ma, const struct sync_member *mb)
{
	const struct copy_past *a = ma->c;
	const struct copy_past *b = mb->c;
	bool a_lent = (a->reply.flags & OOB_COPY_F_LENT) != 0;
	bool b_lent = (b->reply.flags & OOB_COPY_F_LENT) != 0;
	if (is_late(ma) != is_late(mb))
		return is_late(mb);
	if (a->reply.last_seq != b->reply.last_seq)
		return a->reply.last_seq > b->reply.last_seq;
	return a_lent && !b_lent;
}

void
sync_choose(struct sync *s)
{
	int best = -1;
	if (s->from >= 0) {
		choose_named(s);
		return;
	}
	for (unsigned i = 0; i < s->n; i++) {
		const char *why = NULL;
		/* nobody takes it for a copy of this pool but by its name */
		if (sync_no_source(&s->members[i]) != NULL ||
			sync_doubt(&s->members[i]) != NULL ||
			s->members[i].is_unrecorded ||
			sync_find_obstacle(s, i, &why) < s->n ||
			sync_lacks_member(s, i))
			continue;
		if (best < 0 || is_better(&s->members[i], &s->members[best]))
			best = (int)i;
	}
	if (best < 0)
		cannot(s);
	else
		rebuild_from(s, (unsigned)best);
}

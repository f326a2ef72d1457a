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

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
static const char *
doubt(const struct sync_member *m)
{
	if (m->c->asked != 0 || !(m->c->reply.flags & OOB_COPY_F_CHANGED))
		return NULL;
	return "its parts were written to by something else since its last "
	       "session ended (restored from a backup?), so it may be older "
	       "than its record says";
}

/* the same, and parts that no open there goes on with.  What is on record of
 * such a copy counts all the same: whether it may be newer. */
static const char *
no_source(const struct sync_member *m)
{
	const char *why = unreadable(m);
	return why == NULL && m->bad[0] != '\0' ? m->bad : why;
}

static const char *
no_order(const struct lineage_decision *d)
{
	if (d->verdict == LINEAGE_ATTACH)
		return NULL;
	switch (d->relation) {
	case LINEAGE_SUPERSEDED:
	case LINEAGE_DESCENDANT:
		return "it is newer";
	case LINEAGE_FORKED:
		return "both have gone on, apart from each other";
	case LINEAGE_UNRELATED:
	case LINEAGE_UNKNOWN:
		return "they have no generation in common";
	case LINEAGE_NONE_OURS:
	case LINEAGE_NONE_THEIRS:
	case LINEAGE_SAME:
	case LINEAGE_ANCESTOR:
	case LINEAGE_RELATION_END:
		break;
	}
	return "nothing is on record that says which one is newer";
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
static const char *
obstacle(const struct sync_member *mx, const struct sync_member *my)
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
	if (doubt(my) != NULL)
		return doubt(my);
	if (x->past == PAST_LOST || y->past == PAST_LOST)
		return "a lineage is lost, so nobody can tell which is newer";
	if (x->past == PAST_NONE && y->past == PAST_NONE)
		return "nothing is on record that says which one is newer";
	struct lineage_decision d =
		sync_judge(&x->lineage, x->reply.last_seq, y);
	return no_order(&d);
}

/* the first that is in x's way; n: none */
static unsigned
find_obstacle(const struct sync *s, unsigned x, const char **why_out)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (i == x)
			continue;
		*why_out = obstacle(&s->members[x], &s->members[i]);
		if (*why_out != NULL)
			return i;
	}
	return s->n;
}

#define ABSENT                                                                 \
	"another copy that followed with it is not among those that answer, "  \
	"and may be newer (if its file system, or that of its record, is "     \
	"only not mounted, mount it first)"

/*
 * Is there a copy of which only x knows?  Its target may answer, and say that
 * there is none: with the parts, the record may be away.  A program that went
 * on with that one alone has told x nothing of it; but it has it on record
 * where it ran.
 */
static bool
lacks_member(const struct sync *s, unsigned x)
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

static void say(char *text, size_t *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
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
		other = find_obstacle(s, i, &why);
	if (why == NULL && lacks_member(s, i))
		why = ABSENT;
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
		const char *why = no_source(m);
		n.usable += why == NULL;
		if (m->c->has_former && n.former == NULL)
			n.former = m->c;
		n.doubtful += why == NULL && doubt(m) != NULL;
		n.bad += why == m->bad;
		n.promoted += m->c->asked == 0 &&
			      (m->c->reply.flags & OOB_COPY_F_PROMOTED) != 0;
		say_why_not(s, i, why != NULL ? why : doubt(m), &at);
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
	if (doubt(&s->members[x]) != NULL) {
		s->is_lossy = true;
		say(s->rebuild_why, &at,
			"%swhat the pool had and the copy has not any more: "
			"%s",
			at == 0 ? "" : "; ", doubt(&s->members[x]));
	}
	for (unsigned i = 0; i < s->n; i++) {
		const char *why =
			i == x ? NULL
			       : obstacle(&s->members[x], &s->members[i]);
		if (why == NULL)
			continue;
		s->is_lossy = true;
		say(s->rebuild_why, &at,
			"%sthe pool goes on without what only ",
			at == 0 ? "" : "; ");
		say_copy(s->rebuild_why, &at, &s->members[i]);
		say(s->rebuild_why, &at, " has: %s", why);
	}
	if (!lacks_member(s, x))
		return;
	s->is_lossy = true;
	say(s->rebuild_why, &at, "%swhat the pool may have had beyond it: %s",
		at == 0 ? "" : "; ", ABSENT);
}

/* by name: whatever stands against it is said, and somebody has to agree */
static void
choose_named(struct sync *s)
{
	unsigned x = (unsigned)s->from;
	const char *why = no_source(&s->members[x]);
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
		if (no_source(&s->members[i]) != NULL ||
			doubt(&s->members[i]) != NULL ||
			s->members[i].is_unrecorded ||
			find_obstacle(s, i, &why) < s->n || lacks_member(s, i))
			continue;
		if (best < 0 || is_better(&s->members[i], &s->members[best]))
			best = (int)i;
	}
	if (best < 0)
		cannot(s);
	else
		rebuild_from(s, (unsigned)best);
}

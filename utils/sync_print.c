/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_print.c -- the plan, and what became of it, as text
 */
#include "sync.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "librpmem/statedir.h"
#include "tint.h"

static void
loss(uint64_t n, const char *who)
{
	if (n == UINT64_MAX)
		(void)printf(
			"    lost    everything that only %s has: how much "
			"that is, nobody knows\n",
			who);
	else
		(void)printf("    lost    the records that only %s has: "
			     "%" PRIu64 " at most\n",
			who, n);
}

static const char *
primary_text(const struct sync *s)
{
	switch (s->primary) {
	case SYNC_WHOLE:
		return "whole";
	case SYNC_RUNNING:
		return "whole, and a program has it open";
	case SYNC_LOST:
		break;
	}
	return s->primary_why;
}

static void
print_rebuild(const struct sync *s)
{
	if (s->rebuild == SYNC_REBUILD) {
		const struct copy_past *c = s->members[s->source].c;
		(void)printf("    plan    rebuild it from %s %s\n", c->target,
			c->set_name);
		(void)printf(
			"            for programs %s\n", sync_links_text(s));
		if (s->has_parts)
			(void)printf("            the parts that are there are "
				     "kept, as PART.rpmem-old\n");
		if (s->primary == SYNC_WHOLE)
			(void)printf("    lost    what only this pool has and "
				     "the copy has not, but for PART.rpmem-old"
				     "\n");
		if (s->rebuild_why[0] != '\0')
			(void)printf("    lost    %s\n", s->rebuild_why);
	} else if (s->rebuild == SYNC_CANNOT) {
		(void)printf("    plan    %scannot be rebuilt%s: %s\n",
			tint_on(TINT_BAD), tint_off(), s->rebuild_why);
		(void)printf("    next    %s\n", s->rebuild_next);
	} else {
		(void)printf("    plan    nothing\n");
	}
}

/* an answer of yes is for this, too */
static void
print_foreign(const struct sync *s)
{
	char dir[STATEDIR_PATH_MAX];
	if (!s->is_foreign)
		return;
	(void)printf("    %snote%s    its copies have followed it, and nothing "
		     "is on record of that in\n"
		     "            %s\n"
		     "            if its programs run as another user, or with "
		     "another RPMEM_STATE_DIR, do this\n"
		     "            as they do: what is on record there may say "
		     "more, and what is begun here\n"
		     "            would be another's to them; if that is lost, "
		     "go on\n",
		tint_on(TINT_BAD), tint_off(),
		statedir_path(dir) == 0 ? dir : "the state directory");
}

static void
print_asks(const struct sync *s)
{
	static const char *const asks[] = {
		"none of its parts is there: if their file system is only not\n"
		"            mounted, mount it first",
		"the copy was not closed in order: its primary may be alive on "
		"another machine, cut\n            off, and nothing here tells "
		"that it is not. See that it has ended, and does not\n"
		"            come back; else both go on, each without what the "
		"other has",
	};
	for (unsigned i = 0; i < ARRAY_LEN(asks); i++)
		if (s->asks & 1u << i)
			(void)printf("    %snote%s    %s\n", tint_on(TINT_BAD),
				tint_off(), asks[i]);
}

static enum tint
tint_of(enum sync_act act)
{
	if (act == SYNC_NOTHING)
		return TINT_GOOD;
	return act == SYNC_REFUSED || act == SYNC_AWAY ? TINT_BAD : TINT_NOTE;
}

static void
print_now(const struct sync_member *m)
{
	const struct copy_past *c = m->c;
	char flags[256];
	if (c->asked == -ENOENT) {
		(void)printf("    now     %s\n",
			m->is_unrecorded ? "a pool, and no record of it"
					 : "there is none");
		return;
	}
	if (c->asked == -EUCLEAN) {
		(void)printf("    now     its record cannot be read\n");
		return;
	}
	if (c->asked != 0) {
		(void)printf("    now     no answer\n");
		return;
	}
	copy_flags_text(c->reply.flags, flags, sizeof(flags));
	(void)printf("    now     %s%s; last record %" PRIu64 "\n",
		m->is_gone ? "no part of it is there; on record: " : "", flags,
		c->reply.last_seq);
}

static void
print_member(const struct sync_member *m)
{
	char who[ERR_MAX];
	(void)snprintf(who, sizeof(who), "%.500s %.500s", m->c->target,
		m->c->set_name);
	(void)printf("  %s\n", who);
	print_now(m);
	(void)printf("    plan    %s%s%s%s%s\n", tint_on(tint_of(m->act)),
		sync_act_name(m->act), tint_off(),
		m->why[0] != '\0' ? ": " : "", m->why);
	if (m->act == SYNC_DISCARD || m->drops_record)
		loss(m->loss, who);
	if (m->next[0] != '\0')
		(void)printf("    next    %s\n", m->next);
}

void
sync_print_plan(const struct sync *s)
{
	(void)printf("%s\n  this pool\n    now     %s\n", s->args->set,
		primary_text(s));
	print_rebuild(s);
	print_foreign(s);
	print_asks(s);
	for (unsigned i = 0; i < s->n; i++)
		print_member(&s->members[i]);
	if (s->has_local)
		(void)printf("  Copies on this machine are not looked at: "
			     "pmempool sync is for them, and rpmem run "
			     "-- pmempool sync of a pool that was made under "
			     "rpmem run.\n");
	if (s->is_held)
		(void)printf("  No copy is touched: %s.\n", s->hold);
}

static void
print_outcome(const struct sync_member *m)
{
	if (m->result == SYNC_DONE)
		(void)printf("  %s %s: it has everything; %" PRIu64
			     " KiB were sent\n",
			m->c->target, m->c->set_name, m->sent / 1024);
	else if (m->result == SYNC_FAILED)
		(void)printf("  %s %s: %sfailed%s: %s\n", m->c->target,
			m->c->set_name, tint_on(TINT_BAD), tint_off(),
			m->error);
	else if (m->act != SYNC_NOTHING)
		(void)printf("  %s %s: not done: %s\n", m->c->target,
			m->c->set_name, sync_act_name(m->act));
}

/* is there a copy that was taken for what is on record of it? */
static bool
is_believed(const struct sync *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->members[i].act == SYNC_NOTHING ||
			s->members[i].act == SYNC_FORWARD)
			return true;
	return false;
}

static void
print_rebuilt(const struct sync *s)
{
	if (s->rebuilt == SYNC_DONE)
		(void)printf("  this pool: rebuilt\n");
	else if (s->rebuilt == SYNC_FAILED)
		(void)printf("  this pool: %snot rebuilt%s: %s\n",
			tint_on(TINT_BAD), tint_off(), s->rebuild_error);
	if (s->aside[0] != '\0')
		(void)printf("  set aside: %s\n", s->aside);
}

void
sync_print_result(const struct sync *s)
{
	(void)printf("result\n");
	print_rebuilt(s);
	for (unsigned i = 0; i < s->n; i++)
		print_outcome(&s->members[i]);
	if (s->is_held)
		(void)printf("  No copy was touched: %s.\n", s->hold);
	if (s->rebuilt != SYNC_NOT_TRIED && s->rebuild_error[0] != '\0')
		(void)printf("  next: %s\n", s->rebuild_next);
	if (!sync_is_good(s))
		return;
	(void)printf("  Each copy has everything.\n");
	if (is_believed(s))
		(void)printf("  What was not sent was not compared: rpmem "
			     "verify %s does that.\n",
			s->word);
}

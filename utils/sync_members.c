/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_members.c -- what rpmem sync finds of each copy: at its target, and in
 * its state file here
 */
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy_find.h"
#include "librpmem/history_files.h"
#include "librpmem/inquiry.h"
#include "librpmem/standing.h"

/* more than that somebody began to make it */
static bool
has_state(const struct copy_past *c)
{
	return c->past != PAST_NONE ||
	       (c->reply.flags & (OOB_COPY_F_RECORD | OOB_COPY_F_PROMOTED)) !=
		       0;
}

/*
 * Its record outlives a copy, and parts may be there without one, those of a
 * former primary for example: what lies there is looked at.  Parts that are not
 * there may be on a file system that is not mounted, so what is on record of
 * them goes on to count.  A target that cannot tell is an old one, whose open
 * says it.
 */
static int
look_at_parts(struct copy_past *c, struct sync_member *m)
{
	CLEANUP(freep) struct inquiry_copy *t = malloc(sizeof(*t));
	if (t == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	if (inquiry_look(c->target, c->set_name, t) < 0 || t->looked != 0)
		return 0;
	attr_decode(t->look.attr, &m->attr);
	/* no record, and a header: somebody's pool */
	m->is_unrecorded = c->asked == -ENOENT && !attr_is_zero(&m->attr);
	if (c->asked == -ENOENT && !m->is_unrecorded)
		return 0;
	m->is_catching_up = (t->look.flags & OOB_LOOK_F_JOURNAL) != 0;
	if (t->look.nmissing == t->look.nparts) {
		if (c->asked != 0)
			return 0;
		m->is_gone = has_state(c);
		if (!m->is_gone)
			c->asked = -ENOENT;
		(void)snprintf(c->why, sizeof(c->why),
			"none of its %u parts is there", t->look.nparts);
		return 0;
	}
	if (t->look.nbad != 0) {
		(void)snprintf(m->bad, SYNC_TEXT, "%u of %u parts %s bad: %s",
			t->look.nbad, t->look.nparts,
			t->look.nbad == 1 ? "is" : "are",
			t->nbad != 0 ? t->bad[0].text : "");
	}
	return 0;
}

int
sync_still_gone(const struct sync_member *m)
{
	const struct copy_past *c = m->c;
	CLEANUP(freep) struct inquiry_copy *t = malloc(sizeof(*t));
	if (t == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	int rc = inquiry_look(c->target, c->set_name, t);
	if (rc < 0)
		return rc;
	if (t->told != 0)
		return err_set(t->told, "%s", t->told_why);
	if (t->looked != 0)
		return err_set(t->looked, "%s", t->looked_why);
	if (t->look.nmissing != t->look.nparts)
		return err_set(-ESTALE,
			"parts of '%s' at %s are there again since the plan "
			"was shown: it stays as it is; try again",
			c->set_name, c->target);
	return inquiry_is_same(&c->reply, &t->lineage, c->target, c->set_name);
}

static uint64_t
run_id(const struct sync *s)
{
	return s->pool == NULL ? 0
			       : history_run_id(s->pool->base, s->pool->size);
}

static struct statefile_view *
read_state(const struct sync *s, const struct copy_past *c)
{
	struct statefile_key key = {s->p.primary.poolset_uuid,
		s->p.primary.uuid, c->target, c->set_name};
	char dir[STATEDIR_PATH_MAX];
	char name[STATEDIR_NAME_MAX];
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX];
	CLEANUP(freep) struct statefile_view *view = malloc(sizeof(*view));
	if (view == NULL || statedir_path(dir) < 0)
		return NULL;
	statedir_name(&key, name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return statefile_read(path, view) == 0 ? TAKE_PTR(view) : NULL;
}

/*
 * Does the copy have everything?  Its state file says so, libpmemobj has not
 * opened the pool since, and the copy was closed in order by this pool.
 */
static bool
has_all(const struct sync *s, const struct copy_past *c,
	const struct statefile_view *v, const struct standing *st)
{
	uint64_t run = run_id(s);
	const uint32_t flags = c->reply.flags;
	const uint32_t bad = OOB_COPY_F_EQUALISING | OOB_COPY_F_SUSPECT |
			     OOB_COPY_F_UNWRITTEN | OOB_COPY_F_LENT |
			     OOB_COPY_F_UNKNOWN | OOB_COPY_F_CREATING;
	return v != NULL && st->is_good && !v->is_running && run != 0 &&
	       live_get(&v->live.run_id) == run && c->asked == 0 &&
	       c->attaches && c->decision.relation == LINEAGE_SAME &&
	       (flags & OOB_COPY_F_CLEAN) != 0 && (flags & bad) == 0 &&
	       v->record.acked_seq <= c->reply.last_seq;
}

static int
look_at_member(struct sync *s, unsigned i)
{
	struct sync_member *m = &s->members[i];
	char title[TARGET_TEXT_MAX + OOB_DESC_MAX + 2];
	m->c = &s->p.copies[i];
	(void)snprintf(
		title, sizeof(title), "%s %s", m->c->target, m->c->set_name);
	(void)shell_word(title, m->word);
	if (m->c->asked == 0 || m->c->asked == -ENOENT) {
		int rc = look_at_parts(&s->p.copies[i], m);
		if (rc < 0)
			return rc;
	}
	CLEANUP(freep) struct statefile_view *view = read_state(s, m->c);
	struct standing st = standing_of(view);
	m->stands = st.word;
	m->is_equal_now = view != NULL && view->is_running && st.is_good;
	m->has_all = !m->is_gone && has_all(s, m->c, view, &st);
	return 0;
}

/* which member a word of the command line means */
static int
find(const struct sync *s, const char *name, unsigned *at_out)
{
	unsigned at = 0;
	int rc = copy_find(s->set, s->args->set, name, &at);
	for (unsigned i = 0; rc == 0 && i < s->n; i++)
		if (s->members[i].c->at == at)
			*at_out = i;
	return rc;
}

static int
take_names(struct sync *s)
{
	unsigned at = 0;
	int rc = 0;
	s->from = -1;
	if (s->args->from != NULL) {
		rc = find(s, s->args->from, &at);
		s->from = (int)at;
	}
	for (unsigned i = 0; rc == 0 && i < s->args->ndiscards; i++) {
		rc = find(s, s->args->discard[i], &at);
		if (rc == 0)
			s->members[at].may_discard = true;
	}
	return rc;
}

int
sync_look_at_members(struct sync *s)
{
	s->n = s->p.ncopies;
	s->members = calloc(s->n, sizeof(*s->members));
	if (s->members == NULL)
		return err_set(-ENOMEM, "no memory for a plan");
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < s->n; i++)
		rc = look_at_member(s, i);
	if (rc == 0)
		sync_look_behind(s);
	return rc == 0 ? take_names(s) : rc;
}

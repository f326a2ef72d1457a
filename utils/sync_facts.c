/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_facts.c -- what rpmem sync finds: the primary's parts, and what each
 * target says of its copy
 *
 * A whole primary is opened as libpmemobj opens it, so its locks keep programs
 * out until the end.  Nothing is changed.
 */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy_find.h"
#include "follow.h"
#include "librpmem/history_files.h"
#include "librpmem/inquiry.h"
#include "librpmem/standing.h"
#include "pool/dirset.h"
#include "pool/inspect.h"
#include "sync_parts.h"

/* ---- the primary ---- */

static void
lost(struct sync *s, const char *why)
{
	s->primary = SYNC_LOST;
	(void)snprintf(s->primary_why, sizeof(s->primary_why), "%s", why);
}

/* does a program have one of those that are left? */
static bool
is_in_use(const struct poolset_replica *rep)
{
	for (unsigned i = 0; i < rep->nparts; i++) {
		CLEANUP(closep)
		int fd = open(rep->parts[i].path,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 &&
			errno == EWOULDBLOCK)
			return true;
	}
	return false;
}

/* what the names of the parts say; 1: they are all there */
static int
look_at_names(struct sync *s)
{
	const struct poolset_replica *rep = &s->set->replicas[0];
	if (dirset_check(rep) < 0) {
		lost(s, err_msg());
		return 0;
	}
	for (unsigned i = 0; i < rep->nparts; i++) {
		const char *path = rep->parts[i].path;
		struct stat st;
		if (stat(path, &st) != 0 && errno != ENOENT)
			return err_sys(-errno, "pool part '%s'", path);
		char text[SYNC_TEXT];
		if (stat(path, &st) != 0)
			(void)snprintf(text, sizeof(text),
				"pool part '%.2000s' is missing", path);
		else if ((st.st_mode & 0777) == 0)
			(void)snprintf(text, sizeof(text),
				"pool part '%.2000s' has mode 0000: its "
				"creation, or a pmempool sync, was cut short",
				path);
		else
			continue;
		lost(s, text);
		return 0;
	}
	return 1;
}

/* a pool that is whole is not lost by what somebody has typed: 0 or -EINVAL */
static int
check_set(const struct sync *s)
{
	char text[ERR_MAX];
	struct inspect in;
	unsigned i = 0;
	int rc = inspect_replica(s->set->options, &s->set->replicas[0], &in);
	if (rc < 0)
		return rc;
	bool is_wrong = inspect_blames_set(&in);
	while (i < in.nparts && in.parts[i].is == PART_GOOD)
		i++;
	if (is_wrong && i < in.nparts) {
		inspect_text(&in, i, text);
		rc = err_set(-EINVAL,
			"%.600s; the pool in it is whole, so it is the set "
			"file that is wrong: correct %.300s, then try again",
			text, s->word);
	} else if (is_wrong) {
		rc = err_set(-EINVAL,
			"the pool needs %llu bytes, and the parts that its set "
			"names have %llu: a line is missing in %.300s, add it, "
			"then try again",
			(unsigned long long)in.heap_end,
			(unsigned long long)in.size, s->word);
	}
	inspect_free(&in);
	return rc;
}

static int
open_primary(struct sync *s)
{
	struct pool_attr attr;
	int rc = pool_open(s->set, POOL_DURABLE_MEMORY, &attr, &s->pool);
	switch (rc) {
	case 0:
		s->primary = SYNC_WHOLE;
		return 0;
	case -EBUSY:
		s->primary = SYNC_RUNNING;
		return 0;
	case -EBADMSG:
	case -EINVAL:
		lost(s, err_msg());
		return 0;
	default:
		return rc;
	}
}

int
sync_look_lost(const struct sync *s)
{
	struct sync now = {.args = s->args, .set = s->set};
	int rc = dirset_resolve(s->set);
	if (rc == 0)
		rc = look_at_names(&now);
	if (rc == 1)
		rc = open_primary(&now);
	IGNORE(pool_close(now.pool));
	if (rc < 0 || now.primary == SYNC_LOST)
		return rc;
	return err_set(now.primary == SYNC_RUNNING ? -EBUSY : -ESTALE,
		"the pool here is whole again since the plan was made, and "
		"stays as it is; try again");
}

static int
look_at_primary(struct sync *s)
{
	const struct poolset_replica *rep = &s->set->replicas[0];
	for (unsigned i = 0; i < s->set->nreplicas; i++)
		s->nlocal += !poolset_replica_is_remote(&s->set->replicas[i]);
	s->has_local = s->nlocal > 1;
	int rc = look_at_names(s);
	int bad = rc == 1 ? check_set(s) : 0;
	if (bad < 0)
		return bad;
	if (rc == 1)
		rc = open_primary(s);
	bool is_whole = s->primary == SYNC_WHOLE;
	s->is_just_made = is_whole && parts_are_just_made(rep);
	for (unsigned i = 0; i < rep->nparts; i++)
		s->has_parts |= is_whole || parts_is_there(rep, i);
	parts_find_old(rep, is_whole, s->in_the_way, sizeof(s->in_the_way));
	if (rc == 0 && s->primary == SYNC_LOST && is_in_use(rep))
		s->primary = SYNC_RUNNING;
	return rc;
}

/* ---- the copies ---- */

static int
look_at_past(struct sync *s)
{
	if (s->primary != SYNC_LOST)
		return pasts_read(&s->p, s->args->set, s->set, NULL);
	s->p = (struct pasts){.set = s->args->set};
	/* a first part that is left says whose copies they are */
	struct primary known;
	if (status_read_primary(s->set, &known) == 0)
		s->p.primary = known;
	return pasts_ask(&s->p, s->set, NULL);
}

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

/* Under rpmem run the replicas on this machine are a ring of their own, of
 * which remote copies see the primary alone.  A pair is told by its links. */
static void
find_links(struct sync *s)
{
	struct pool_attr *a = &s->links;
	*a = s->p.primary.attr;
	if (s->nlocal != 2 || s->set->nreplicas == 2 ||
		!uuid16_equal(a->next_uuid, a->prev_uuid))
		return;
	memcpy(a->next_uuid, a->uuid, UUID16_LEN);
	memcpy(a->prev_uuid, a->uuid, UUID16_LEN);
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

static int
look_at_members(struct sync *s)
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

/* sets of which nobody can say whose copies they have, or no library opens */
static int
check_options(const struct sync *s)
{
	unsigned options = s->set->options;
	if ((options & POOLSET_F_NOHDRS) != 0)
		return err_set(-ENOTSUP,
			"pool set '%s' has OPTION NOHDRS: nothing says whose "
			"copies its replicas are; their program makes them "
			"equal",
			s->args->set);
	if (s->set->replicas[0].ndirs != 0 &&
		(options & POOLSET_F_SINGLEHDR) == 0)
		return err_set(-ENOTSUP,
			"pool set '%s' names a directory: it needs a line "
			"OPTION SINGLEHDR",
			s->args->set);
	return 0;
}

int
sync_look(struct sync *s, const struct sync_args *args)
{
	*s = (struct sync){.args = args, .from = -1};
	(void)shell_word(args->set, s->word);
	int rc = status_read_set(args->set, &s->set);
	if (rc == 0)
		rc = dirset_resolve(s->set);
	if (rc == 0)
		rc = follow_parts(&s->set->replicas[0]);
	if (rc == 0)
		rc = check_options(s);
	if (rc == 0)
		rc = look_at_primary(s);
	if (rc == 0)
		rc = look_at_past(s);
	find_links(s);
	return rc == 0 ? look_at_members(s) : rc;
}

void
sync_forget(struct sync *s)
{
	/* nothing was stored there: nothing is to be synced */
	IGNORE(pool_close(s->pool));
	s->pool = NULL;
	freep(&s->members);
	s->n = 0;
	pasts_free(&s->p);
	poolset_free(s->set);
	s->set = NULL;
}

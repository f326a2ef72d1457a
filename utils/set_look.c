/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_look.c -- see set_look.h
 *
 * A set whose pool is damaged or gone is looked at all the same: its copies
 * are what is left then.
 */
#include "set_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/dirset.h"

/* ---- this machine ---- */

static int
look_here(struct local_look *l, const struct poolset *set, unsigned at)
{
	const struct poolset_replica *rep = &set->replicas[at];
	l->at = at;
	int rc = leftovers_find(rep, &l->leftovers);
	if (rc < 0)
		return rc;
	l->nleft = leftovers_count(&l->leftovers, false, &l->left);
	l->nold = leftovers_count(&l->leftovers, true, &l->old);
	return inspect_replica(set->options, rep, &l->inspect);
}

static int
look_at_locals(struct set_look *l)
{
	int rc = dirset_resolve(l->set);
	l->locals = calloc(l->set->nreplicas, sizeof(*l->locals));
	if (rc == 0 && l->locals == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	for (unsigned i = 0; rc == 0 && i < l->set->nreplicas; i++)
		if (!poolset_replica_is_remote(&l->set->replicas[i]))
			rc = look_here(&l->locals[l->nlocals++], l->set, i);
	return rc;
}

static int
remember(struct memory *m, const struct set_look *l, const char *target,
	const char *name)
{
	struct statefile_key key = {l->pasts.primary.poolset_uuid,
		l->pasts.primary.uuid, target, name};
	char dir[STATEDIR_PATH_MAX];
	char file[STATEDIR_NAME_MAX];
	int rc = statedir_path(dir);
	CLEANUP(freep) struct statefile_view *view = malloc(sizeof(*view));
	if (rc < 0 || view == NULL)
		return rc < 0 ? rc : err_set(-ENOMEM, "no memory for a report");
	statedir_name(&key, file);
	(void)snprintf(m->path, sizeof(m->path), "%s/%s", dir, file);
	m->error = statefile_read(m->path, view);
	if (m->error < 0)
		(void)snprintf(m->why, sizeof(m->why), "%s", err_msg());
	m->is_running = m->error == 0 && view->is_running;
	m->standing =
		pool_past_standing(&l->pasts.pool, m->error == 0 ? view : NULL);
	return 0;
}

/* ---- the targets ---- */

static void
ask(struct remote_look *r)
{
	r->asked = inquiry_look(r->target, r->name, &r->told);
	if (r->asked < 0)
		(void)snprintf(r->why, sizeof(r->why), "%s", err_msg());
}

/* what is known of its past is the lineage's reader's to judge */
static int
add_past(struct set_look *l, struct remote_look *r)
{
	int rc = pasts_add(&l->pasts, l->set, r->at, &r->past);
	if (rc == 0)
		rc = remember(&r->memory, l, r->target, r->name);
	if (rc < 0)
		return rc;
	r->past->asked = r->asked;
	(void)snprintf(r->past->why, sizeof(r->past->why), "%s", r->why);
	if (r->asked == 0)
		pasts_told(r->past, &r->told);
	return 0;
}

static int
look_at_remotes(struct set_look *l, bool ask_them)
{
	int rc = 0;
	l->is_asked = ask_them;
	l->remotes = calloc(l->set->nreplicas, sizeof(*l->remotes));
	if (l->remotes == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	for (unsigned i = 0; rc == 0 && i < l->set->nreplicas; i++) {
		const struct poolset_replica *rep = &l->set->replicas[i];
		if (!poolset_replica_is_remote(rep))
			continue;
		struct remote_look *r = &l->remotes[l->nremotes++];
		*r = (struct remote_look){.at = i,
			.target = rep->node,
			.name = rep->desc,
			.asked = -ENOTCONN};
		if (ask_them)
			ask(r);
		if (l->knows_primary)
			rc = add_past(l, r);
	}
	return rc;
}

int
set_look_take(struct set_look *l, const char *path, struct poolset *set,
	bool ask_them)
{
	char dir[STATEDIR_PATH_MAX];
	*l = (struct set_look){.path = path, .set = set};
	(void)shell_word(path, l->word);
	if (!copy_set_told(path, l->of_copy))
		l->of_copy[0] = '\0';
	int rc = statedir_path(dir);
	if (rc == 0)
		rc = look_at_locals(l);
	if (rc < 0)
		return rc;
	rc = pasts_begin(&l->pasts, path, set);
	l->knows_primary = rc == 0;
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		(void)snprintf(
			l->no_primary, sizeof(l->no_primary), "%s", err_msg());
	rc = look_at_remotes(l, ask_them);
	if (rc == 0 && l->knows_primary)
		pasts_judge(&l->pasts);
	return rc;
}

void
set_look_free(struct set_look *l)
{
	for (unsigned i = 0; i < l->nlocals; i++) {
		inspect_free(&l->locals[i].inspect);
		leftovers_free(&l->locals[i].leftovers);
	}
	freep(&l->locals);
	freep(&l->remotes);
	pasts_free(&l->pasts);
	poolset_free(l->set);
	*l = (struct set_look){.path = NULL};
}

/* ---- what it means ---- */

bool
set_look_is_running(const struct set_look *l)
{
	bool is_running = l->knows_primary && l->pasts.pool.is_running;
	for (unsigned i = 0; i < l->nremotes; i++)
		is_running = is_running || l->remotes[i].memory.is_running;
	return is_running;
}

bool
set_look_is_whole(const struct set_look *l)
{
	const struct local_look *here = &l->locals[0];
	return here->inspect.nparts != 0 && here->inspect.nbad == 0 &&
	       !inspect_blames_set(&here->inspect);
}

void
remote_title(const struct remote_look *r, char out[COPY_TITLE_MAX])
{
	(void)snprintf(
		out, COPY_TITLE_MAX, "%.500s %.500s", r->target, r->name);
}

bool
remote_has_parts(const struct remote_look *r)
{
	return r->asked == 0 && r->told.looked == 0 &&
	       r->told.look.nmissing < r->told.look.nparts;
}

bool
remote_attr(const struct remote_look *r, struct pool_attr *attr_out)
{
	if (!remote_has_parts(r))
		return false;
	attr_decode(r->told.look.attr, attr_out);
	return !attr_is_zero(attr_out);
}

/* Of the record, which counts more than the header: after a promotion the
 * copies of the new primary and those of the old one are of one pool. */
static enum whose
whose_record(const struct set_look *l, const struct remote_look *r)
{
	const struct oob_lineage_reply *t = &r->told.lineage;
	if (r->asked != 0 || r->told.told != 0 || !l->knows_primary ||
		(t->flags & OOB_COPY_F_RECORD) == 0)
		return WHOSE_UNKNOWN;
	return uuid16_equal(t->primary_uuid, l->pasts.primary.uuid)
		       ? WHOSE_THIS
		       : WHOSE_ANOTHER;
}

enum whose
remote_whose(const struct set_look *l, const struct remote_look *r)
{
	struct pool_attr attr;
	bool is_told = r->asked == 0 && r->told.told == 0;
	bool is_empty = r->asked == 0 && r->told.told == -ENOENT;
	if (is_empty && (r->told.looked == -ENOENT ||
				(r->told.looked == 0 && !remote_has_parts(r))))
		return WHOSE_NOBODYS;
	if (is_told && (r->told.lineage.flags & OOB_COPY_F_PROMOTED) != 0)
		return WHOSE_PROMOTED;
	enum whose recorded = whose_record(l, r);
	if (recorded == WHOSE_ANOTHER || !remote_attr(r, &attr) ||
		!l->knows_primary)
		return recorded;
	return uuid16_equal(attr.poolset_uuid, l->pasts.primary.poolset_uuid)
		       ? WHOSE_THIS
		       : WHOSE_ANOTHER;
}

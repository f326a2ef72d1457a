/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_read.c -- the lineages of a pool's copies, from their targets
 *
 * What is decided here is what the next open decides, by the same function
 * and from the same facts; the files are looked at without a lock, so a
 * program that runs may be a step ahead.
 */
#include "lineage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "librpmem/copyfacts.h"
#include "librpmem/inquiry.h"

/* what this machine remembers of it: its id and how it stands, also if it does
 * not answer */
static int
read_memory(struct copy_past *c, const struct pasts *p)
{
	struct statefile_key key = {p->primary.poolset_uuid, p->primary.uuid,
		c->target, c->set_name};
	char dir[STATEDIR_PATH_MAX];
	char name[STATEDIR_NAME_MAX];
	char path[STATEDIR_PATH_MAX + STATEDIR_NAME_MAX];
	int rc = statedir_path(dir);
	CLEANUP(freep) struct statefile_view *view = malloc(sizeof(*view));
	if (rc < 0 || view == NULL)
		return rc < 0 ? rc : err_set(-ENOMEM, "no memory for a report");
	statedir_name(&key, name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	bool is_there = statefile_read(path, view) == 0;
	if (is_there)
		c->id = view->record.copy_id;
	c->without = pool_past_without(&p->pool, is_there ? view : NULL);
	c->standing = pool_past_standing(&p->pool, is_there ? view : NULL);
	return 0;
}

static void
take_reply(struct copy_past *c)
{
	const struct oob_lineage_reply *r = &c->reply;
	if (r->copy_id != 0)
		c->id = r->copy_id;
	c->past = PAST_NONE;
	if (r->is == OOB_LINEAGE_LOST || (r->flags & OOB_COPY_F_UNKNOWN) != 0)
		c->past = PAST_LOST;
	else if (r->is == OOB_LINEAGE_HAS &&
		 lineage_decode(
			 r->lineage.bytes, r->lineage.len, &c->lineage) == 0)
		c->past = PAST_KNOWN;
	else if (r->is == OOB_LINEAGE_HAS)
		c->past = PAST_LOST;
}

/* is the rest of the record as an open wants it?  See attach_decide. */
static bool
record_fits(const struct copy_past *c, const struct pasts *p)
{
	const struct oob_lineage_reply *r = &c->reply;
	if ((r->flags & (OOB_COPY_F_PROMOTED | OOB_COPY_F_LENT)) != 0)
		return false;
	return (r->flags & OOB_COPY_F_RECORD) == 0 ||
	       uuid16_equal(r->primary_uuid, p->primary.uuid);
}

static void
judge(struct copy_past *c, const struct pasts *p)
{
	struct lineage_facts f = copyfacts_of(
		&c->reply, &p->pool.lineage, &c->lineage, c->past == PAST_LOST);
	struct lineage_decision *d = &c->decision;
	f.their_id = c->id;
	*d = lineage_decide(&f, p->pool.last);
	/* what it did without its copies has no numbers */
	if (p->pool.has_run_since)
		d->ours_alone = UINT64_MAX;
	if (p->pool.lineage.n == 0 &&
		(c->reply.flags & OOB_COPY_F_REBUILT) != 0)
		d->verdict = LINEAGE_ATTACH; /* this pool was made from it */
	else if ((c->reply.flags & (OOB_COPY_F_PROMOTED |
					   OOB_LINEAGE_F_PROMOTING)) != 0 &&
		 d->verdict != LINEAGE_FENCED)
		d->verdict = LINEAGE_REFUSE;
	c->attaches = d->verdict == LINEAGE_ATTACH && record_fits(c, p) &&
		      (c->reply.flags & OOB_LINEAGE_F_PROMOTING) == 0;
	c->is_discarded = c->attaches && c->past == PAST_NONE &&
			  (c->reply.flags & OOB_COPY_F_EQUALISING) != 0;
}

int
pasts_add(struct pasts *p, const struct poolset *set, unsigned at,
	struct copy_past **c_out)
{
	struct copy_past *c = &p->copies[p->ncopies];
	const struct poolset_replica *rep = &set->replicas[at];
	c->at = at;
	c->target = rep->node;
	c->set_name = rep->desc;
	if (strlen(rep->node) >= TARGET_TEXT_MAX ||
		strlen(rep->desc) >= OOB_DESC_MAX)
		return err_set(-EINVAL, "pool set line %u: a name is too long",
			rep->line);
	int rc = read_memory(c, p);
	if (rc < 0)
		return rc;
	p->ncopies++;
	*c_out = c;
	return 0;
}

void
pasts_told(struct copy_past *c, const struct inquiry_copy *told)
{
	c->is_reached = true;
	c->asked = told->told;
	c->reply = told->lineage;
	(void)snprintf(c->why, sizeof(c->why), "%s", told->told_why);
	if (told->looked != 0)
		return;
	c->nparts = told->look.nparts;
	c->nbad = told->look.nbad;
	c->nmissing = told->look.nmissing;
	c->has_former = (told->look.flags & OOB_LOOK_F_OLD) != 0;
}

static int
ask(struct pasts *p, const struct poolset *set, unsigned at)
{
	struct copy_past *c = &p->copies[p->ncopies];
	int rc = pasts_add(p, set, at, &c);
	if (rc < 0)
		return rc;
	CLEANUP(freep) struct inquiry_copy *told = malloc(sizeof(*told));
	if (told == NULL)
		return err_set(-ENOMEM, "no memory for a report");
	c->asked = inquiry_look(c->target, c->set_name, told);
	if (c->asked == 0)
		pasts_told(c, told);
	else
		(void)snprintf(c->why, sizeof(c->why), "%s", err_msg());
	return 0;
}

/* members are told apart by their ids: see history_meet */
static void
find_twin(struct copy_past *c, const struct pasts *p)
{
	uint64_t id = c->reply.copy_id;
	for (const struct copy_past *x = p->copies; x != c && id != 0; x++)
		if (x->asked == 0 && x->reply.copy_id == id)
			c->twin = x;
	if (c->twin == NULL)
		return;
	c->attaches = false;
	if (c->decision.verdict == LINEAGE_ATTACH)
		c->decision.verdict = LINEAGE_REFUSE;
}

void
pasts_judge(struct pasts *p)
{
	p->is_good = p->pool.past != PAST_LOST && p->nbad_here == 0;
	for (unsigned i = 0; i < p->ncopies; i++) {
		struct copy_past *c = &p->copies[i];
		if (c->asked == 0) {
			take_reply(c);
			judge(c, p);
			find_twin(c, p);
		}
		/* no open gets to its past */
		if (c->nbad != 0 || p->nbad_here != 0)
			c->attaches = false;
		copy_past_advise(p, c, c->advice);
		p->is_good = p->is_good && c->attaches && c->standing.is_good;
	}
}

static int
make_room(struct pasts *p, const struct poolset *set)
{
	p->copies = calloc(set->nreplicas, sizeof(*p->copies));
	return p->copies != NULL ? 0
				 : err_set(-ENOMEM, "no memory for a report");
}

static int
read_pool(struct pasts *p, const char *path, struct poolset *set)
{
	struct parts here = {0};
	*p = (struct pasts){.set = path};
	int rc = status_read_primary(set, &p->primary);
	if (rc == 0)
		rc = parts_look(set, &here);
	p->nparts_here = here.n;
	p->nbad_here = here.nbad;
	return rc == 0 ? pool_past_read(&p->pool, set, &p->primary) : rc;
}

int
pasts_begin(struct pasts *p, const char *path, struct poolset *set)
{
	int rc = read_pool(p, path, set);
	return rc == 0 ? make_room(p, set) : rc;
}

int
pasts_ask(struct pasts *p, const struct poolset *set,
	const struct poolset_replica *only)
{
	int rc = make_room(p, set);
	for (unsigned i = 0; rc == 0 && i < set->nreplicas; i++)
		if (poolset_replica_is_remote(&set->replicas[i]) &&
			(only == NULL || only == &set->replicas[i]))
			rc = ask(p, set, i);
	if (rc == 0)
		pasts_judge(p);
	return rc;
}

int
pasts_read(struct pasts *p, const char *path, struct poolset *set,
	const struct poolset_replica *only)
{
	int rc = read_pool(p, path, set);
	if (rc < 0 && uuid16_is_zero(p->primary.uuid))
		rc = part_error(rc, path);
	return rc == 0 ? pasts_ask(p, set, only) : rc;
}

void
pasts_free(struct pasts *p)
{
	freep(&p->copies);
	p->ncopies = 0;
}

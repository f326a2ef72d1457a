/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_do.c -- remove a pool and its copies
 *
 * The order, all of it with the pool's parts locked: no program can open the
 * pool in between, and one that has it open keeps all of it.
 *
 *   former copies      before the copy, whose set file may go, too: without it
 *                      nobody finds them
 *   the copies         each target removes the record of its copy first, then
 *                      the parts: what is half removed is no copy any more
 *   local replicas
 *   what a rebuild has left beside the parts, or set aside
 *   the state files, and the lineage file
 *   the pool's parts, the last one first
 *
 * Whoever is killed in between runs the same command again: as long as the
 * first part is there its header says whose copies and whose state files they
 * are; when it is gone, nothing else is left that would have to be found.
 * The state files go before the parts, so that none is left behind; without
 * them an open compares, and loses nothing.
 */
#include "rm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "librpmem/removal.h"
#include "pool/hooked.h"

/* tests die here */
static void
step(void)
{
	if (FAULT("rm/die"))
		(void)raise(SIGKILL);
}

/* one that is gone already is no error */
static int
unlink_file(const char *path)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return err_sys(-errno, "cannot remove '%s'", path);
}

/* it may have become something else since it was shown */
static int
look_again(const struct rm_plan *p, const struct rm_item *c)
{
	struct remote_look now = *c->remote;
	int rc = inquiry_look(now.target, now.name, &now.told);
	if (rc < 0 || remote_whose(p->look, &now) == c->whose)
		return rc;
	return err_set(
		-ESTALE, "it has changed since it was looked at: try again");
}

static int
remove_copy(const struct rm_plan *p, const struct rm_item *c)
{
	unsigned flags = OOB_REMOVE_F_FORCE;
	if (c->is_former || (p->flags & RM_F_SET_FILES) != 0)
		flags |= OOB_REMOVE_F_POOL_SET;
	int rc = look_again(p, c);
	if (rc == 0)
		rc = removal_run(c->remote->target, c->remote->name, flags);
	step();
	return rc;
}

static int
forget_copy(const struct rm_item *c)
{
	const struct memory *m = &c->remote->memory;
	/* of a program that runs it is in use */
	return m->path[0] == '\0' || m->is_running ? 0 : unlink_file(m->path);
}

static void
remove_those(struct rm_plan *p, bool are_former)
{
	for (unsigned i = 0; i < p->ncopies; i++) {
		struct rm_item *c = &p->copies[i];
		if (c->outcome != RM_GO || c->is_former != are_former)
			continue;
		bool is_gone = remove_copy(p, c) == 0;
		c->outcome = is_gone ? RM_DONE : RM_LEFT;
		if (is_gone && forget_copy(c) == 0)
			continue;
		(void)snprintf(c->why, sizeof(c->why), "%s", err_msg());
	}
}

static void
remove_copies(struct rm_plan *p)
{
	remove_those(p, true);
	remove_those(p, false);
}

static int
lock_leftovers(struct rm_plan *p)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < p->look->nlocals; i++)
		rc = leftovers_lock(&p->look->locals[i].leftovers);
	return rc;
}

static int
remove_leftovers(struct rm_plan *p)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < p->look->nlocals; i++)
		rc = leftovers_remove(&p->look->locals[i].leftovers);
	step();
	return rc;
}

/* the replicas beside the primary */
static int
remove_replicas(const struct rm_plan *p)
{
	int rc = 0;
	for (unsigned i = 1; rc == 0 && i < p->look->nlocals; i++) {
		unsigned at = p->look->locals[i].at;
		const struct poolset one = {.options = p->look->set->options,
			.nreplicas = 1,
			.replicas = &p->look->set->replicas[at]};
		rc = pool_remove(&one, POOL_REMOVE_F_FORCE);
		step();
	}
	return rc;
}

static int
remove_memory(const struct rm_plan *p)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < p->look->nremotes; i++)
		if (p->look->remotes[i].memory.path[0] != '\0')
			rc = unlink_file(p->look->remotes[i].memory.path);
	step();
	if (rc == 0 && p->look->knows_primary)
		rc = unlink_file(p->look->pasts.pool.path);
	step();
	return rc;
}

/* the pool's parts are locked */
static int
before_parts(void *arg)
{
	struct rm_plan *p = arg;
	int rc = lock_leftovers(p);
	if (rc < 0)
		return rc;
	remove_copies(p);
	rc = remove_replicas(p);
	if (rc == 0)
		rc = remove_leftovers(p);
	return rc == 0 ? remove_memory(p) : rc;
}

int
rm_plan_do(struct rm_plan *p)
{
	struct pool_hook hook = {.fn = before_parts, .arg = p};
	if (p->here.outcome != RM_GO) {
		remove_copies(p);
		return 0;
	}
	p->here.outcome = RM_LEFT;
	int rc = pool_remove_hooked(p->look->set, POOL_REMOVE_F_FORCE, &hook);
	if (rc == -EBUSY)
		rc = err_wrap(rc, "end what has the pool open, and "
				  "run this again");
	if (rc == 0)
		p->here.outcome = RM_DONE;
	else
		(void)snprintf(
			p->here.why, sizeof(p->here.why), "%s", err_msg());
	return rc;
}

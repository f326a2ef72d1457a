/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_session.c -- getting a copy from the session that holds it
 *
 * The fence says to the session that it must end, and to every later one that
 * it must not begin (pool/state_hold.h).  It orders nothing: what counts is the
 * lock of the parts, which the session gives back when its worker has ended and
 * the pool is synced.  Nothing is applied or acknowledged behind that, and what
 * was acknowledged before is in what is found then.
 *
 * The fence is durable before anything else is done, so whatever ends this
 * process or this machine, no session brings the copy forward again; a primary
 * that had been told "promoted" is never followed once more by accident.
 */
#include <errno.h>
#include <time.h>

#include "base/deadline.h"
#include "base/err.h"
#include "pool/promote.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/promote_internal.h"
#include "wire/oob.h"

#define STEP_NS 5000000 /* between two looks at the lock */
#define LOCKED 3	/* wait, and try again */

int
promote_read_state(struct promotion *p)
{
	char path[OOB_DESC_MAX + 32];
	int rc = pooldir_state_path(p->args->name, path, sizeof(path));
	state_close(&p->state);
	return rc < 0 ? rc : state_open(&p->state, p->dirfd, path);
}

static int
try_lock(struct promotion *p)
{
	struct poolset *set = NULL;
	/* each time: a session may have made it larger */
	int rc = pooldir_load(p->dirfd, p->args->dir, p->args->name, &set);
	if (rc == 0)
		rc = pool_open_to_promote(set, POOL_DURABLE_MEDIA, &p->pool);
	poolset_free(set);
	return rc;
}

/* its record while somebody else has it: what it says of itself, not of boots
 * and pages, which the session has looked at */
static int
fence(struct promotion *p)
{
	struct state_holder holder;
	const struct state *s = &p->state.state;
	bool is_fenced = state_is_promoting(&p->state);
	p->result->seq = s->applied_seq;
	p->result->lineage = p->state.lineage.lineage;
	p->result->was_done = (s->flags & STATE_F_PROMOTED) && !is_fenced;
	if (p->result->was_done)
		return PROMOTE_DONE;
	if (!state_holder(&p->state, &holder))
		return LOCKED;
	p->result->ended = holder.pid;
	if (is_fenced)
		return LOCKED;
	int rc = promote_judge(p, s, false);
	if (rc < 0)
		return rc;
	if (p->args->flags & PROMOTE_F_DRY_RUN)
		return PROMOTE_HELD;
	rc = state_promote_begin(&p->state);
	return rc < 0 ? rc : LOCKED;
}

static int
give_up(const struct promotion *p)
{
	if (p->result->ended != 0)
		return err_set(-EBUSY,
			"'%s': rpmemd process %llu holds it, was told to end, "
			"and does not: it is stopped, or waits for its disk; "
			"continue or kill it, then run this again (no session "
			"gets the copy meanwhile)",
			p->args->name, (unsigned long long)p->result->ended);
	return err_set(-EBUSY,
		"'%s': its parts are locked by a process that is no session of "
		"rpmemd: a program, pmempool, or another rpmem promote; wait "
		"for it or end it, then run this again",
		p->args->name);
}

int
promote_lock(struct promotion *p)
{
	struct timespec pause = {.tv_nsec = STEP_NS};
	uint64_t until = deadline_in_ms(p->args->wait_ms);
	int rc;
	while ((rc = try_lock(p)) == -EBUSY) {
		/* without a record there is nobody to tell */
		rc = promote_read_state(p) < 0 ? LOCKED : fence(p);
		if (rc != LOCKED)
			return rc;
		if (deadline_passed(until))
			return give_up(p);
		(void)nanosleep(&pause, NULL);
	}
	return rc;
}

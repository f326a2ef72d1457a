/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * takeover.c -- see takeover.h
 *
 * An initiator whose machine is gone sends no reset: its session holds the
 * copy until the silence limit.  When its owner is back before that, there is
 * nobody whom that session could serve.  The newcomer says so in the mapped
 * page of the state file; the session looks there at each frame, before each
 * ack and at each tick, and ends as if its connection had died.
 *
 * The argument.  Who may say it: an owner's open with the id of the session's
 * owner, which is random and kept by that owner alone, and a later number; so
 * the session is of an earlier life of the very owner that asks.  Nobody else
 * may, a passive open never.
 *
 * The fence orders nothing and need not be seen at any particular time: the
 * lock of the parts does that.  The newcomer looks at the copy only when it
 * has the lock.  The session gives it back at its end, when the worker that
 * applies has been joined, the pool synced, and the mapping removed; a process
 * that is killed loses its mappings before its locks, too.  So no record is
 * applied by the old session once the newcomer has the lock, and what it has
 * acked up to then is in what the newcomer finds.
 *
 * A session that does not run (stopped, or in a write that does not end) sees
 * no fence.  It keeps the lock, and the newcomer gets EBUSY: to go on beside
 * it would be two writers once it continues.  The fence stays, so it ends when
 * it does.
 */
#include "rpmemd/takeover.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/log.h"
#include "rpmemd/pooldir.h"

#define STEP_NS 5000000 /* between two looks at the lock */

int
takeover_hold(struct copy *c)
{
	static const uint8_t nobody[UUID16_LEN];
	return state_hold(
		&c->state, c->is_owner ? c->owner_id : nobody, c->open_counter);
}

bool
takeover_may(const struct copy *c, const struct state_holder *holder)
{
	return c->is_owner && !uuid16_is_zero(c->owner_id) &&
	       uuid16_equal(c->owner_id, holder->owner_id) &&
	       c->open_counter > holder->open_counter;
}

/* look into the state file of a copy that somebody else has locked */
static bool
fence(struct copy *c, struct state_holder *holder_out)
{
	struct state_file f;
	char path[OOB_DESC_MAX + 32];
	if (pooldir_state_path(c->desc, path, sizeof(path)) < 0 ||
		state_open(&f, c->cfg->poolset_dirfd, path) < 0)
		return false;
	bool may = state_holder(&f, holder_out) && takeover_may(c, holder_out);
	/* again at each try: another newcomer may have written over it */
	if (may)
		state_fence(&f, holder_out->tag);
	state_close(&f);
	return may;
}

bool
takeover_wait(struct copy *c, uint64_t until)
{
	struct timespec pause = {.tv_nsec = STEP_NS};
	struct state_holder holder = {0};
	char text[ERR_MAX];
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	bool may = c->is_owner && !uuid16_is_zero(c->owner_id);
	bool is_there = may && fence(c, &holder);
	c->has_fenced = c->has_fenced || is_there;
	/* one that ends takes its name back before it unlocks the parts */
	bool has_gone = c->has_fenced && holder.tag == 0;
	if (!is_there && (!has_gone || deadline_passed(until))) {
		(void)err_set(0, "%s", text);
		return false;
	}
	if (deadline_passed(until)) {
		(void)err_set(0,
			"'%s': a session of an earlier open of the same owner "
			"holds it and does not end: rpmemd process %llu is "
			"stopped, or waits for its disk; continue or kill it",
			c->desc, (unsigned long long)holder.pid);
		return false;
	}
	(void)nanosleep(&pause, NULL);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * handle_close.c -- the end of a session, and what is told of it
 */
#include "librpmem/handle.h"

#include <errno.h>
#include <stdlib.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/fault.h"
#include "librpmem/descent.h"
#include "librpmem/keeper.h"
#include "librpmem/registry.h"
#include "librpmem/stats.h"

static const char *
media_name(uint8_t media)
{
	static const char *const names[] = {"pmem", "pagecache", "tmpfs"};
	return media < ARRAY_LEN(names) ? names[media] : "?";
}

static void
write_stats(struct rpmem_pool *h, int error)
{
	struct stats s;
	if (h->stats_path == NULL || h->stats_path[0] == '\0')
		return;
	struct stats_facts f = {.target = h->target.text,
		.pool_set = h->set_name,
		.provider = stream_provider(h->st),
		.media = media_name(h->copy.media),
		.durability = h->copy.durability == OOB_DURABLE_MEMORY
				      ? "memory"
				      : "media",
		.pool_size = h->copy.pool_size,
		.role = h->role == ROLE_OWNER ? "owner" : "passive",
		.error = -error};
	stream_stats(h->st, &s);
	stats_append(h->stats_path, &s, &f);
}

int
handle_close(struct rpmem_pool *h)
{
	registry_remove(h);
	if (h->fork_generation != registry_fork_generation()) {
		/* the parent's session: leave it alone */
		stream_abandon(h->st);
		chan_abandon(&h->ch);
		free(h->lane_seq);
		free(h);
		return err_set(-ECHILD,
			"this process was forked after the pool was opened");
	}
	struct oob_msg bye = {.type = OOB_CLOSE};
	keeper_settle(h);
	/* A copy that was closed in order knows the last generation, by which
	 * it is told from others when all that is on record here is lost.  One
	 * that cannot be told is at a point of the past of ours, as ever. */
	if (keeper_state(h) == STATE_ATTACHED)
		IGNORE(descent_tell(h));
	int rc = stream_wait(h->st, stream_last(h->st), STREAM_NO_DEADLINE);
	bool has_all = keeper_let_go(h);
	/* all acked, but dead since: do not ask a target that is not there */
	if (rc == 0)
		rc = stream_error(h->st);
	if (rc == 0)
		rc = handle_call(h, &bye, size_deadline(&h->knobs, h->size));
	if (FAULT("librpmem/slow-close")) {
		struct timespec pause = {.tv_sec = 1};
		(void)nanosleep(&pause, NULL);
	}
	has_all = has_all && rc == 0;
	rc = keeper_farewell(h, rc, has_all);
	stream_quiet(h->st);
	keeper_remember(h, has_all);
	history_leave(h->history, &h->part, stream_last(h->st), true);
	h->history = NULL;
	write_stats(h, rc);
	handle_free(h);
	return rc;
}

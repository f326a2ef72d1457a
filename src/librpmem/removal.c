/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * removal.c -- see removal.h
 *
 * Over the connection of a session in both cases: rpmemd's own --remove is
 * not used here, so that a removal that somebody asks for by rpmem_remove is
 * told from the one that libpmempool's sync launches.
 */
#include "librpmem/removal.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "librpmem/handle.h"

static int
ask(struct chan *ch, const struct target *t, const struct knobs *knobs,
	const struct oob_msg *msg)
{
	struct oob_msg reply;
	int rc = oob_greet(ch, t, knobs);
	if (rc == 0)
		rc = chan_call(ch, msg, OOB_REPLY, &reply,
			deadline_in_ms(knobs->disk_timeout_ms));
	if (rc < 0)
		return rc;
	return reply_error(
		t->text, "remove", reply.u.reply.status, reply.u.reply.text);
}

int
removal_run(const char *target, const char *pool_set, unsigned flags)
{
	struct target t;
	struct knobs knobs;
	struct chan ch = {0};
	struct oob_msg msg = {.type = OOB_REMOVE};
	struct oob_remove *r = &msg.u.remove;
	if (target == NULL || pool_set == NULL || pool_set[0] == '\0' ||
		strlen(pool_set) >= sizeof(r->desc))
		return err_set(-EINVAL, "target and pool set name are needed");
	memcpy(r->desc, pool_set, strlen(pool_set) + 1);
	r->flags = flags;
	int rc = target_parse(target, &t);
	if (rc == 0)
		rc = knobs_load(&knobs);
	if (rc == 0)
		rc = ask(&ch, &t, &knobs, &msg);
	chan_fini(&ch);
	return rc;
}

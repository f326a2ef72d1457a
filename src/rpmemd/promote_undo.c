/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_undo.c -- a promotion that has only begun is taken back
 *
 * Its fence is all that there is of it until the record says PROMOTED (see
 * promote.c).  Both are looked at with the parts locked, which a promotion
 * holds from before the fence to behind its last step: so none is under way
 * but one that still waits for a session, and that sets the fence once more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "pool/promote.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/promote_internal.h"
#include "wire/oob.h"

/* two copies that change places have a fence each, and no way back */
static int
check_list(const struct promotion *p)
{
	char list[OOB_DESC_MAX + 32];
	(void)snprintf(
		list, sizeof(list), "%s" PROMOTE_LIST_SUFFIX, p->args->name);
	if (faccessat(p->dirfd, list, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return err_set(-ESTALE,
		"'%s': a former copy was coming back (--old), and that was cut "
		"short: run rpmem promote without --undo, which finishes it",
		p->args->name);
}

static int
undo(struct promotion *p)
{
	bool is_promoting = state_is_promoting(&p->state);
	p->result->seq = p->state.state.applied_seq;
	p->result->lineage = p->state.lineage.lineage;
	p->result->is_raw = (p->state.state.flags & STATE_F_RAW) != 0;
	if ((p->state.state.flags & STATE_F_PROMOTED) != 0)
		return err_set(-ESTALE,
			"'%s' was promoted%s: there is no way back from here. "
			"Its old primary makes it a copy again with: rpmem "
			"discard SET \"TARGET NAME\"; what was done here since "
			"is lost then",
			p->args->name,
			is_promoting ? ", but for the last steps (rpmem "
				       "promote without --undo finishes it)"
				     : "");
	p->result->was_undone = is_promoting;
	if (!is_promoting || (p->args->flags & PROMOTE_F_DRY_RUN) != 0)
		return 0;
	return state_promote_end(&p->state);
}

static int
undo_locked(struct promotion *p)
{
	struct poolset *set = NULL;
	int rc = pooldir_load(p->dirfd, p->args->dir, p->args->name, &set);
	if (rc == 0)
		rc = pool_open_to_promote(set, POOL_DURABLE_MEDIA, &p->pool);
	poolset_free(set);
	if (rc == -EBUSY)
		return err_set(rc,
			"'%s': somebody has its parts: a session of rpmemd "
			"that does not end, a program, or a tool; end it, then "
			"run this again",
			p->args->name);
	if (rc < 0)
		return rc;
	p->result->size = p->pool->size;
	rc = promote_read_state(p);
	if (rc == 0)
		rc = undo(p);
	return promote_close_pool(p, rc);
}

int
promote_undo(const struct promote_args *args, struct promote_result *result_out)
{
	struct promotion p = {.args = args,
		.result = result_out,
		.state = {.fd = -1},
		.dirfd = pooldir_open(args->dir)};
	*result_out = (struct promote_result){0};
	if (p.dirfd < 0)
		return p.dirfd;
	int rc = check_list(&p);
	if (rc == 0)
		rc = undo_locked(&p);
	state_close(&p.state);
	closep(&p.dirfd);
	return rc;
}

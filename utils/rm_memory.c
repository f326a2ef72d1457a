/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rm_memory.c -- what names a copy that goes: this machine's state files, and
 * the pool set file
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "librpmem/statedir.h"
#include "rm.h"

/* is there a file in the state directory that goes, too? */
static bool
has_memory(const struct rm_plan *p)
{
	bool has = p->here.outcome == RM_GO && p->look->knows_primary &&
		   access(p->look->pasts.pool.path, F_OK) == 0;
	for (unsigned i = 0; i < p->ncopies; i++) {
		const struct rm_item *c = &p->copies[i];
		const struct memory *m = &c->remote->memory;
		bool goes = c->outcome == RM_GO || p->here.outcome == RM_GO;
		has = has || (goes && m->path[0] != '\0' &&
				     access(m->path, F_OK) == 0);
	}
	return has;
}

int
rm_check_memory(const struct rm_plan *p)
{
	char dir[STATEDIR_PATH_MAX];
	if (!has_memory(p))
		return 0;
	int rc = statedir_path(dir);
	if (rc == 0 && faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
		return err_sys(-errno,
			"nothing was removed: the state files in '%s' cannot "
			"be (give the right to, or run this as the user of the "
			"pool's programs, or with their RPMEM_STATE_DIR)",
			dir);
	return rc;
}

bool
rm_next(const struct rm_plan *p, const struct rm_item *c, char out[RM_NEXT_MAX])
{
	char title[COPY_TITLE_MAX];
	char word[SHELL_WORD_MAX];
	if (c->outcome != RM_DONE || c->is_former || p->here.outcome == RM_DONE)
		return false;
	remote_title(c->remote, title);
	(void)snprintf(out, RM_NEXT_MAX,
		"%s still names it, and an open of the pool fails without it: "
		"rpmem set remove-replica %s %s takes it out; rpmem sync %s "
		"makes it anew",
		p->look->path, p->look->word, shell_word(title, word),
		p->look->word);
	return true;
}

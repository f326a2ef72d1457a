/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info_copy.c -- see info_copy.h
 *
 * Whoever holds the copy is not disturbed.
 */
#include "info_copy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lineage_words.h"
#include "pool/state.h"
#include "rpmemd/pooldir.h"
#include "wire/oob.h"

static void
take_record(struct copy_look *c, const struct state_view *v)
{
	const struct lineage_entry *e = lineage_last(&v->lineage.lineage);
	c->has_record = true;
	c->flags = v->state.flags |
		   (v->is_promoting ? OOB_LINEAGE_F_PROMOTING : 0);
	c->id = v->state.copy_id;
	memcpy(c->primary_uuid, v->state.primary_uuid, UUID16_LEN);
	if (e != NULL)
		generation_text(e->generation, c->generation);
}

int
copy_look_take(struct copy_look *c, const char *dir, const char *name)
{
	char path[OOB_DESC_MAX + sizeof(STATE_SUFFIX)];
	struct state_view view;
	*c = (struct copy_look){.dir = dir, .name = name};
	if (strlen(name) >= OOB_DESC_MAX)
		return err_set(-EINVAL, "the name of a copy has 1 to %u bytes",
			OOB_DESC_MAX - 1);
	CLEANUP(closep) int dirfd = pooldir_open(dir);
	if (dirfd < 0)
		return err_sys(dirfd,
			"pool set directory '%s' (--copy DIR is the "
			"--poolset-dir of rpmemd, at the target)",
			dir);
	int rc = pooldir_load(dirfd, dir, name, &c->set);
	if (rc == 0)
		rc = inspect_replica(
			c->set->options, &c->set->replicas[0], &c->inspect);
	if (rc < 0)
		return rc;
	(void)snprintf(path, sizeof(path), "%s" STATE_SUFFIX, name);
	if (state_look(&view, dirfd, path) == 0)
		take_record(c, &view);
	else
		(void)snprintf(
			c->no_record, sizeof(c->no_record), "%s", err_msg());
	return 0;
}

void
copy_look_free(struct copy_look *c)
{
	inspect_free(&c->inspect);
	poolset_free(c->set);
	c->set = NULL;
}

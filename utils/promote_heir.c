/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_heir.c -- a promoted pool's lineage, where its next program looks
 *
 * A program that opens the pool with copies goes on in the lineage that its
 * lineage file has (librpmem/lineagefile.h): so the generation of the promotion
 * has to be there before anybody opens it.
 */
#include <string.h>

#include "base/err.h"
#include "librpmem/lineagefile.h"
#include "librpmem/statedir.h"
#include "promote.h"

int
promote_heir_check(void)
{
	char path[STATEDIR_PATH_MAX];
	int rc = statedir_path(path);
	if (rc == 0)
		rc = statedir_open(path);
	if (rc < 0)
		return err_wrap(rc,
			"the directory of the programs' state files (see "
			"--state-dir)");
	closep(&rc);
	return 0;
}

/* A program has had it already: what it has written since goes on from here.
 * (A promotion that was cut short at its very end.) */
static bool
knows(const struct lineage *l, const struct lineage_entry *e)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (uuid16_equal(l->entry[i].generation, e->generation))
			return true;
	return false;
}

int
promote_heir_write(void *arg, const struct promote_heir *heir)
{
	struct lineagefile f;
	bool *is_written_out = arg;
	int rc = lineagefile_open(&f, heir->poolset_uuid, heir->primary_uuid);
	if (rc < 0)
		return rc;
	/* long after, the generation may be forgotten where it was known */
	bool is_new = heir->is_late ? f.record.lineage.n == 0
				    : !knows(&f.record.lineage,
					      lineage_last(heir->lineage));
	if (is_new && heir->lineage->n != 0) {
		f.record.flags = LINEAGEFILE_F_CLEAN | LINEAGEFILE_F_PROMOTED;
		f.record.writer = heir->writer;
		/* of files and of a run that no program has had yet */
		f.record.identity = 0;
		f.record.run_id = 0;
		f.record.pool_size = heir->pool_size;
		f.record.last = heir->last;
		f.record.lineage = *heir->lineage;
		rc = lineagefile_write(&f);
		*is_written_out = rc == 0;
	}
	lineagefile_close(&f);
	return rc;
}

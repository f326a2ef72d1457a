/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote_rules.c -- which copy may become a primary (pure)
 */
#include <errno.h>

#include "base/err.h"
#include "rpmemd/copy.h"
#include "rpmemd/promote.h"

int
promote_may(const struct state *s, bool is_this_boot, bool in_page_cache)
{
	if (s == NULL)
		return err_set(-ESTALE,
			"there is no record of it: nobody can say whether it "
			"is complete");
	if (s->flags & STATE_F_CREATING)
		return err_set(-ESTALE,
			"it was never finished: its first session has not "
			"ended in order, and no later one made it equal");
	if (s->flags & STATE_F_EQUALISING)
		return err_set(-ESTALE,
			"it was being made equal when its session ended, or is "
			"now: it is no point of its primary's history");
	if (s->flags & STATE_F_CHANGED)
		return err_set(-ESTALE,
			"its parts were written to by something else since its "
			"last session ended (restored from a backup?): nobody "
			"can say what it holds");
	if (copy_is_suspect(s, is_this_boot, in_page_cache))
		return err_set(-ESTALE,
			"this machine went down while it was in use, or its "
			"medium refused a write, so pages may be missing in "
			"it: it is suspect");
	if (s->flags & STATE_F_UNKNOWN)
		return err_set(-ESTALE,
			"its record or its lineage was lost: nobody can say "
			"what it holds");
	return 0;
}

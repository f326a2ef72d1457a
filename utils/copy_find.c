/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_find.c -- see copy_find.h
 */
#include "copy_find.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

/* "TARGET NAME", or "TARGET" */
static bool
is_called(const struct poolset_replica *rep, const char *copy)
{
	size_t len = strcspn(copy, " \t");
	const char *name = copy + len + strspn(copy + len, " \t");
	return poolset_replica_is_remote(rep) && strlen(rep->node) == len &&
	       memcmp(rep->node, copy, len) == 0 &&
	       (name[0] == '\0' || strcmp(name, rep->desc) == 0);
}

int
copy_find(const struct poolset *set, const char *path, const char *copy,
	unsigned *at_out)
{
	*at_out = 0;
	for (unsigned i = 1; i < set->nreplicas; i++) {
		if (!is_called(&set->replicas[i], copy))
			continue;
		if (*at_out != 0)
			return err_set(-EINVAL,
				"pool set '%s' has several copies at %s: say "
				"which one, \"TARGET NAME\"",
				path, copy);
		*at_out = i;
	}
	return *at_out != 0
		       ? 0
		       : err_set(-ENOENT,
				 "pool set '%s' has no remote replica '%s': "
				 "\"TARGET NAME\", as in its REPLICA line",
				 path, copy);
}

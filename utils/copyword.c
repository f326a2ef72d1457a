/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copyword.c -- see copyword.h
 */
#include "copyword.h"

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
copyword_find(const struct poolset *set, const char *path, const char *copy,
	const struct poolset_replica **rep_out)
{
	*rep_out = NULL;
	for (unsigned i = 0; i < set->nreplicas; i++) {
		if (!is_called(&set->replicas[i], copy))
			continue;
		if (*rep_out != NULL)
			return err_set(-EINVAL,
				"pool set '%s' has several copies at %s: say "
				"which one, \"TARGET NAME\"",
				path, copy);
		*rep_out = &set->replicas[i];
	}
	return *rep_out != NULL
		       ? 0
		       : err_set(-ENOENT,
				 "pool set '%s' has no remote replica '%s': "
				 "\"TARGET NAME\", as in its REPLICA line",
				 path, copy);
}

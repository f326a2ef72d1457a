/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_find.c -- see copy_find.h
 */
#include "copy_find.h"

#include <errno.h>
#include <stdio.h>
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

/* those that it has, as words of COPY */
static int
no_such(const struct poolset *set, const char *path, const char *copy)
{
	char list[ERR_MAX / 2] = "";
	size_t at = 0;
	for (unsigned i = 1; i < set->nreplicas; i++) {
		const struct poolset_replica *rep = &set->replicas[i];
		if (!poolset_replica_is_remote(rep) || at >= sizeof(list))
			continue;
		int n = snprintf(list + at, sizeof(list) - at, "%s\"%s %s\"",
			at == 0 ? "" : ", ", rep->node, rep->desc);
		at += n > 0 ? (size_t)n : 0;
	}
	return err_set(-ENOENT,
		"pool set '%.200s' has no remote replica '%.200s': say which "
		"one, \"TARGET NAME\" as in its REPLICA line; it has %s",
		path, copy, list);
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
	return *at_out != 0 ? 0 : no_such(set, path, copy);
}

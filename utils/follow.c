/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * follow.c -- see follow.h
 *
 * What replaces a part belongs on the file system that the link leads to, and
 * has to be renamed there.  Links in the way to the last component need no
 * look: two names in one directory are in one directory by any path.
 */
#include "follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define LINKS_MAX 40u /* as many as the kernel follows */

/* out becomes what its last component, a link to `to`, leads to */
static int
step(char out[PATH_MAX], const char *to)
{
	char next[PATH_MAX];
	const char *slash = strrchr(out, '/');
	int dir = to[0] == '/' || slash == NULL ? 0 : (int)(slash - out) + 1;
	int n = snprintf(next, sizeof(next), "%.*s%s", dir, out, to);
	if (n < 0 || n >= PATH_MAX)
		return err_sys(-ENAMETOOLONG, "symbolic link '%s'", out);
	memcpy(out, next, (size_t)n + 1);
	return 0;
}

int
follow_path(const char *path, char out[PATH_MAX])
{
	char to[PATH_MAX];
	int n = snprintf(out, PATH_MAX, "%s", path);
	if (n < 0 || n >= PATH_MAX)
		return err_sys(-ENAMETOOLONG, "pool part '%s'", path);
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		ssize_t len = readlink(out, to, sizeof(to) - 1);
		/* no link, or nothing at all: who opens it says what is wrong
		 */
		if (len < 0)
			return 0;
		to[len] = '\0';
		int rc = step(out, to);
		if (rc < 0)
			return rc;
	}
	return err_sys(-ELOOP, "pool part '%s'", path);
}

int
follow_parts(struct poolset_replica *rep)
{
	char path[PATH_MAX];
	if (rep->ndirs != 0)
		return 0;
	for (unsigned i = 0; i < rep->nparts; i++) {
		int rc = follow_path(rep->parts[i].path, path);
		if (rc < 0)
			return rc;
		char *copy = strdup(path);
		if (copy == NULL)
			return err_set(-ENOMEM, "no memory for a pool set");
		free(rep->parts[i].path);
		rep->parts[i].path = copy;
	}
	return 0;
}

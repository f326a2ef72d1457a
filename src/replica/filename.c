/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * filename.c -- see filename.h
 */
#include "replica/filename.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define LINKS_MAX 40

static int
join(const char *dir, const char *name, char out[PATH_MAX])
{
	const char *slash = dir[0] == '/' && dir[1] == '\0' ? "" : "/";
	int n = snprintf(out, PATH_MAX, "%s%s%s", dir, slash, name);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* resolve the directory, keep the last component */
static int
resolve_parent(const char *path, char out[PATH_MAX])
{
	char dir[PATH_MAX];
	char real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	if (name[0] == '\0')
		return -ENOENT;
	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
			(int)(slash - path + 1), path);
	return realpath(dir, real) == NULL ? -errno : join(real, name, out);
}

/* path is a link that leads nowhere: to where it leads; else -ENOENT */
static int
follow(char path[PATH_MAX])
{
	char to[PATH_MAX];
	char next[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to) - 1);
	if (n <= 0)
		return -ENOENT;
	to[n] = '\0';
	if (to[0] == '/') {
		memcpy(path, to, (size_t)n + 1);
		return 0;
	}
	*strrchr(path, '/') = '\0';
	int rc = join(path[0] != '\0' ? path : "/", to, next);
	if (rc == 0)
		memcpy(path, next, strlen(next) + 1);
	return rc;
}

static int
resolve(const char *path, char out[PATH_MAX])
{
	char at[PATH_MAX];
	char parent[PATH_MAX];
	if (realpath(path, out) != NULL)
		return 0;
	if (errno != ENOENT || strlen(path) >= sizeof(at))
		return errno == ENOENT ? -ENAMETOOLONG : -errno;
	memcpy(at, path, strlen(path) + 1);
	for (int i = 0; i < LINKS_MAX; i++) {
		int rc = resolve_parent(at, parent);
		if (rc < 0)
			return rc;
		memcpy(at, parent, sizeof(at));
		rc = follow(at);
		if (rc < 0) {
			memcpy(out, parent, sizeof(parent));
			return rc == -ENOENT ? 0 : rc;
		}
	}
	return -ELOOP;
}

int
filename_resolve(const char *path, char out[PATH_MAX])
{
	int rc = resolve(path, out);
	return rc < 0 ? err_sys(rc, "'%s'", path) : 0;
}

bool
filename_same(const char *a, const char *b)
{
	struct stat sa;
	struct stat sb;
	char ra[PATH_MAX];
	char rb[PATH_MAX];
	bool has_a = stat(a, &sa) == 0;
	bool has_b = stat(b, &sb) == 0;
	if (has_a && has_b)
		return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
	return !has_a && !has_b && resolve(a, ra) == 0 && resolve(b, rb) == 0 &&
	       strcmp(ra, rb) == 0;
}

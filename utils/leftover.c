/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * leftover.c -- see leftover.h
 *
 * They are found by name, and removed only as the files that were found: what
 * took such a name meanwhile was not shown to anybody.
 */
#include "leftover.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "follow.h"
#include "sync_parts.h"

/* ---- finding ---- */

static int
add(struct leftovers *l, const char *path, bool is_old)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return 0;
	struct leftover *more = realloc(l->list, (l->n + 1) * sizeof(*l->list));
	if (more == NULL)
		return err_set(-ENOMEM, "no memory for a list of files");
	l->list = more;
	l->list[l->n] = (struct leftover){.path = strdup(path),
		.is_old = is_old,
		.is_file = S_ISREG(st.st_mode),
		.size = (uint64_t)st.st_size,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.fd = -1};
	if (l->list[l->n].path == NULL)
		return err_set(-ENOMEM, "no memory for a list of files");
	l->n++;
	return 0;
}

static int
add_beside(struct leftovers *l, const char *part)
{
	char path[PATH_MAX];
	int rc = 0;
	for (unsigned is_old = 0; rc == 0 && is_old < 2; is_old++) {
		int n = snprintf(path, sizeof(path), "%s%s", part,
			is_old ? PARTS_OLD : PARTS_NEW);
		if (n > 0 && n < PATH_MAX)
			rc = add(l, path, is_old);
	}
	return rc;
}

static int
find_files(const struct poolset_replica *rep, struct leftovers *l)
{
	char file[PATH_MAX];
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < rep->nparts; i++) {
		const char *path = rep->parts[i].path;
		rc = add_beside(l, path);
		/* links in a ring: there is no file */
		if (rc == 0 && follow_path(path, file) == 0 &&
			strcmp(path, file) != 0)
			rc = add_beside(l, file);
	}
	return rc;
}

/* 000000.pmem and one of the suffixes; 1: the one of what was set aside */
static int
kind_of(const char *name)
{
	static const char ext[] = ".pmem";
	size_t digits = 0;
	while (isdigit((unsigned char)name[digits]))
		digits++;
	const char *rest = name + digits;
	if (digits != 6 || strncmp(rest, ext, strlen(ext)) != 0)
		return -1;
	rest += strlen(ext);
	if (strcmp(rest, PARTS_NEW) == 0)
		return 0;
	return strcmp(rest, PARTS_OLD) == 0 ? 1 : -1;
}

static int
find_in(const char *dir, struct leftovers *l)
{
	char path[PATH_MAX];
	int rc = 0;
	DIR *d = opendir(dir);
	if (d == NULL)
		return err_sys(-errno, "directory '%s'", dir);
	for (struct dirent *e = readdir(d); rc == 0 && e != NULL;
		e = readdir(d)) {
		int is_old = kind_of(e->d_name);
		int n = snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (is_old >= 0 && n > 0 && n < PATH_MAX)
			rc = add(l, path, is_old != 0);
	}
	(void)closedir(d);
	return rc;
}

static int
by_path(const void *a, const void *b)
{
	const struct leftover *x = a;
	const struct leftover *y = b;
	return strcmp(x->path, y->path);
}

/* second names of parts, which are locked with them */
static void
mark_parts(const struct poolset_replica *rep, struct leftovers *l)
{
	struct stat st;
	for (unsigned i = 0; i < rep->nparts; i++) {
		if (stat(rep->parts[i].path, &st) != 0)
			continue;
		for (unsigned k = 0; k < l->n; k++)
			l->list[k].is_part =
				l->list[k].is_part ||
				(l->list[k].dev == st.st_dev &&
					l->list[k].ino == st.st_ino);
	}
}

int
leftovers_find(const struct poolset_replica *rep, struct leftovers *out)
{
	*out = (struct leftovers){.n = 0};
	int rc = rep->ndirs == 0 ? find_files(rep, out) : 0;
	for (unsigned i = 0; rc == 0 && i < rep->ndirs; i++)
		rc = find_in(rep->dirs[i], out);
	mark_parts(rep, out);
	if (out->n > 1)
		qsort(out->list, out->n, sizeof(*out->list), by_path);
	return rc;
}

unsigned
leftovers_count(const struct leftovers *l, bool is_old, const char **first_out)
{
	unsigned n = 0;
	*first_out = "";
	for (unsigned i = 0; i < l->n; i++) {
		if (l->list[i].is_old != is_old)
			continue;
		if (n++ == 0)
			*first_out = l->list[i].path;
	}
	return n;
}

/* ---- removing ---- */

/* 1: it is still the file that was found; 0: it is gone */
static int
is_found(const struct leftover *f)
{
	struct stat st;
	if (lstat(f->path, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(-errno, "'%s'", f->path);
	if (st.st_dev == f->dev && st.st_ino == f->ino)
		return 1;
	return err_set(-ESTALE,
		"'%s' is not the file any more that it was: try again",
		f->path);
}

static int
lock_one(struct leftover *f)
{
	int rc = is_found(f);
	if (rc <= 0 || f->is_part || !f->is_file)
		return rc < 0 ? rc : 0;
	f->fd = open(f->path,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	/* what cannot be opened, by its mode, nobody uses */
	if (f->fd < 0 || flock(f->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return err_set(-EBUSY,
		"'%s' is in use: an rpmem sync makes it, or a program has it "
		"open",
		f->path);
}

int
leftovers_lock(struct leftovers *l)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < l->n; i++)
		rc = lock_one(&l->list[i]);
	return rc;
}

int
leftovers_remove(struct leftovers *l)
{
	int first = 0;
	for (unsigned i = 0; i < l->n; i++) {
		int rc = is_found(&l->list[i]);
		if (rc == 1)
			rc = unlink(l->list[i].path) == 0
				     ? 0
				     : err_sys(-errno, "cannot remove '%s'",
					       l->list[i].path);
		first = first == 0 ? rc : first;
	}
	return first;
}

void
leftovers_free(struct leftovers *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		closep(&l->list[i].fd);
		free(l->list[i].path);
	}
	freep(&l->list);
	l->n = 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * dirset.c -- see dirset.h
 *
 * Only names of six digits and ".pmem" are parts; libpmemobj ignores every
 * other file, and so can a part be prepared beside the others under another
 * name.
 */
#include "pool/dirset.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "pool/hdr.h"
#include "pool/heap_end.h"

#define DIGITS 6u
#define EXT ".pmem"

char *
dirset_path(char *const *dirs, unsigned ndirs, unsigned idx)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%0*u" EXT, dirs[idx % ndirs], (int)DIGITS,
		    idx) < 0)
		return NULL;
	return path;
}

/* -1: it is no part's name */
static long
number_of(const char *name)
{
	if (strlen(name) != DIGITS + strlen(EXT) ||
		strcmp(name + DIGITS, EXT) != 0)
		return -1;
	for (unsigned i = 0; i < DIGITS; i++)
		if (!isdigit((unsigned char)name[i]))
			return -1;
	return strtol(name, NULL, 10);
}

static int
add_part(struct poolset_replica *rep, unsigned idx, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_sys(-errno, "pool part '%s'", path);
	struct poolset_part *more =
		realloc(rep->parts, (rep->nparts + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	rep->parts = more;
	struct poolset_part *p = &rep->parts[rep->nparts];
	*p = (struct poolset_part){.size = (uint64_t)st.st_size,
		.path = strdup(path),
		.line = idx};
	if (p->path == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	rep->nparts++;
	return 0;
}

static int
scan(struct poolset_replica *rep, const char *dir)
{
	int rc = 0;
	DIR *d = opendir(dir);
	if (d == NULL)
		return err_sys(-errno, "directory '%s'", dir);
	for (struct dirent *e = readdir(d); rc == 0 && e != NULL;
		e = readdir(d)) {
		CLEANUP(freep) char *path = NULL;
		long idx = number_of(e->d_name);
		if (idx < 0)
			continue;
		rc = asprintf(&path, "%s/%s", dir, e->d_name) < 0
			     ? err_set(-ENOMEM, "no memory for a pool set")
			     : add_part(rep, (unsigned)idx, path);
	}
	(void)closedir(d);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct poolset_part *x = a;
	const struct poolset_part *y = b;
	return (x->line > y->line) - (x->line < y->line);
}

static void
forget_parts(struct poolset_replica *rep)
{
	for (unsigned i = 0; i < rep->nparts; i++)
		free(rep->parts[i].path);
	free(rep->parts);
	rep->parts = NULL;
	rep->nparts = 0;
}

/* the parts that were read are directories: they become rep->dirs */
static int
take_dirs(struct poolset_replica *rep)
{
	rep->dirs = calloc(rep->nparts, sizeof(*rep->dirs));
	if (rep->dirs == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	for (unsigned i = 0; i < rep->nparts; i++) {
		if (!add_u64(rep->reserved, rep->parts[i].size,
			    &rep->reserved) ||
			rep->reserved > INT64_MAX)
			return err_set(-EINVAL,
				"directory '%s': the sizes together are too "
				"large",
				rep->parts[i].path);
		rep->dirs[rep->ndirs++] = TAKE_PTR(rep->parts[i].path);
	}
	forget_parts(rep);
	return 0;
}

/* how many of the parts are directories? */
static unsigned
count_dirs(const struct poolset_replica *rep)
{
	unsigned n = 0;
	struct stat st;
	for (unsigned i = 0; i < rep->nparts; i++)
		n += stat(rep->parts[i].path, &st) == 0 && S_ISDIR(st.st_mode);
	return n;
}

static int
resolve(struct poolset_replica *rep)
{
	int rc = 0;
	if (rep->ndirs == 0) {
		unsigned n = count_dirs(rep);
		if (n == 0)
			return 0;
		if (n != rep->nparts)
			return err_set(-EINVAL,
				"pool part '%s': directories and files cannot "
				"be parts of one set",
				rep->parts[0].path);
		rc = take_dirs(rep);
	}
	forget_parts(rep);
	for (unsigned i = 0; rc == 0 && i < rep->ndirs; i++)
		rc = scan(rep, rep->dirs[i]);
	if (rc == 0 && rep->nparts > 1)
		qsort(rep->parts, rep->nparts, sizeof(*rep->parts), by_number);
	return rc;
}

int
dirset_resolve(struct poolset *set)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < set->nreplicas; i++)
		if (!poolset_replica_is_remote(&set->replicas[i]))
			rc = resolve(&set->replicas[i]);
	return rc;
}

/* bytes of the pool in the parts that are there */
static uint64_t
len_of_parts(const struct poolset_replica *rep)
{
	uint64_t len = 0;
	for (unsigned i = 0; i < rep->nparts; i++)
		len += align_down(rep->parts[i].size, HDR_SIZE);
	return len;
}

/*
 * No name tells that the last parts are missing, so what libpmemobj has in the
 * pool does: its heap ends in the last part.  It grows only when the part for
 * that is there, and in the stream the part comes before all that is in it; so
 * at any instant, also of a copy that stands at an older point, a pool that is
 * whole is as large as its own descriptor says.  What a descriptor does not
 * reach yet, nothing refers to.
 */
static int
check_heap(const struct poolset_replica *rep, unsigned *idx_out)
{
	struct stat st;
	uint64_t end = heap_end(rep->parts[0].path);
	uint64_t len = len_of_parts(rep);
	*idx_out = rep->nparts;
	if (end <= len || FAULT("dirset/no-heap"))
		return 0;
	CLEANUP(freep)
	char *want = dirset_path(rep->dirs, rep->ndirs, rep->nparts);
	if (want == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	/* it has grown since the directories were read */
	if (stat(want, &st) == 0)
		return 0;
	(void)err_set(-EBADMSG,
		"pool part '%.380s' is missing, or '%.380s' was cut short: "
		"the pool needs %llu bytes, and the parts that are there have "
		"%llu",
		want, rep->parts[rep->nparts - 1].path, (unsigned long long)end,
		(unsigned long long)len);
	return 1;
}

int
dirset_find_missing(const struct poolset_replica *rep, unsigned *idx_out)
{
	if (rep->ndirs == 0 || rep->nparts == 0)
		return 0;
	for (unsigned i = 0; i < rep->nparts; i++) {
		CLEANUP(freep)
		char *want = dirset_path(rep->dirs, rep->ndirs, i);
		if (want == NULL)
			return err_set(-ENOMEM, "no memory for a pool set");
		if (strcmp(want, rep->parts[i].path) == 0)
			continue;
		*idx_out = i;
		(void)err_set(-EBADMSG,
			"pool part '%.380s' is missing, but there is "
			"'%.380s'",
			want, rep->parts[i].path);
		return 1;
	}
	return check_heap(rep, idx_out);
}

int
dirset_check(const struct poolset_replica *rep)
{
	unsigned idx = 0;
	if (rep->ndirs != 0 && rep->nparts == 0)
		return err_set(
			-ENOENT, "there is no pool part in '%s'", rep->dirs[0]);
	int rc = dirset_find_missing(rep, &idx);
	return rc > 0 ? -EBADMSG : rc;
}

int
dirset_begin(struct poolset_replica *rep, uint64_t size)
{
	if (rep->ndirs == 0)
		return 0;
	if (rep->nparts != 0)
		return err_set(-EEXIST,
			"pool part '%s': there is a pool in the directory; "
			"remove it if what it holds is not needed",
			rep->parts[0].path);
	rep->parts = calloc(1, sizeof(*rep->parts));
	char *path = dirset_path(rep->dirs, rep->ndirs, 0);
	if (rep->parts == NULL || path == NULL) {
		free(path);
		return err_set(-ENOMEM, "no memory for a pool set");
	}
	rep->parts[0] = (struct poolset_part){.size = size, .path = path};
	rep->nparts = 1;
	return 0;
}

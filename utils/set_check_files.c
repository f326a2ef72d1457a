/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_check_files.c -- the parts of a pool set on this machine
 *
 * Looks at names, kinds and sizes; opens no part, since others may have them.
 */
#include "setfile.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define WHO_MAX 512

struct look {
	struct findings *f;
	const struct poolset *set;
	enum level level;
	unsigned ndirs;
	unsigned nfiles;
};

static void
name_part(const struct poolset_part *part, char who[WHO_MAX])
{
	(void)snprintf(who, WHO_MAX, "line %u, %s", part->line, part->path);
}

/* there is no such file: can it be made? */
static void
look_at_parent(struct look *l, const struct poolset_part *part)
{
	char who[WHO_MAX];
	char word[SHELL_WORD_MAX];
	char path[PATH_MAX];
	struct statvfs vfs;
	name_part(part, who);
	(void)snprintf(path, sizeof(path), "%s", part->path);
	const char *dir = dirname(path);
	if (statvfs(dir, &vfs) != 0) {
		findings_add(l->f, l->level, "no-directory", who,
			"its directory cannot be used: %s", strerror(errno));
		findings_fix(l->f, "mkdir -p %s", shell_word(dir, word));
	} else if (access(dir, W_OK) != 0) {
		findings_add(l->f, l->level, "not-writable", who,
			"this user may not make it there: %s", strerror(errno));
		findings_fix(l->f,
			"run as the user of the pool, or name a part in a "
			"directory that this user owns");
	} else if ((uint64_t)vfs.f_bavail * vfs.f_frsize < part->size) {
		findings_add(l->f, l->level, "no-space", who,
			"%" PRIu64 " MiB are free there, the part takes "
			"%" PRIu64,
			((uint64_t)vfs.f_bavail * vfs.f_frsize) >> 20,
			part->size >> 20);
		findings_fix(l->f, "make room, or take another file system");
	}
}

static void
look_at_file(
	struct look *l, const struct poolset_part *part, const struct stat *st)
{
	char who[WHO_MAX];
	name_part(part, who);
	if (S_ISCHR(st->st_mode) || S_ISDIR(st->st_mode))
		return;
	if (!S_ISREG(st->st_mode)) {
		findings_add(l->f, LEVEL_PROBLEM, "part-kind", who,
			"it is no file, directory or device DAX");
		findings_fix(l->f, "name another path");
	} else if (part->is_auto) {
		findings_add(l->f, LEVEL_PROBLEM, "auto", who,
			"AUTO is for a device DAX, and this is a file");
		findings_fix(l->f, "write its size: %" PRIu64,
			(uint64_t)st->st_size);
	} else if ((uint64_t)st->st_size != part->size) {
		findings_add(l->f, LEVEL_PROBLEM, "part-size", who,
			"the file has %" PRIu64 " bytes, the line says %" PRIu64
			": a part that is there has exactly its size",
			(uint64_t)st->st_size, part->size);
		findings_fix(l->f,
			"write its size, or remove the file if there is no "
			"pool in it");
	}
}

/* two names of one file: hard or symbolic links */
static void
look_for_doubles(
	struct look *l, const struct poolset_part *part, const struct stat *st)
{
	char who[WHO_MAX];
	struct stat other;
	for (unsigned i = 0; i < l->set->nreplicas; i++)
		for (unsigned k = 0; k < l->set->replicas[i].nparts; k++) {
			const struct poolset_part *p =
				&l->set->replicas[i].parts[k];
			if (p == part)
				return;
			if (strcmp(p->path, part->path) == 0 ||
				stat(p->path, &other) != 0 ||
				other.st_dev != st->st_dev ||
				other.st_ino != st->st_ino)
				continue;
			name_part(part, who);
			findings_add(l->f, LEVEL_PROBLEM, "part-shared", who,
				"it is the same file as that of line %u",
				p->line);
			findings_fix(l->f, "give it a file of its own");
		}
}

static void
look_at_part(struct look *l, const struct poolset_part *part)
{
	struct stat st;
	if (stat(part->path, &st) != 0) {
		l->nfiles++;
		look_at_parent(l, part);
		return;
	}
	if (S_ISDIR(st.st_mode))
		l->ndirs++;
	else
		l->nfiles++;
	look_at_file(l, part, &st);
	look_for_doubles(l, part, &st);
}

static void
look_at_dirs(struct look *l)
{
	if (l->ndirs == 0)
		return;
	if (l->nfiles > 0) {
		findings_add(l->f, LEVEL_PROBLEM, "mixed", "the set",
			"it names directories and files, or directories that "
			"are not there: libpmemobj refuses that");
		findings_fix(l->f, "name directories only (mkdir those that "
				   "are missing), or files only");
	}
	if ((l->set->options & POOLSET_F_SINGLEHDR) == 0) {
		findings_add(l->f, LEVEL_PROBLEM, "singlehdr", "the set",
			"a set of directories needs OPTION SINGLEHDR");
		findings_fix(l->f, "add the line OPTION SINGLEHDR, here and "
				   "in the sets of its copies");
	}
	if (poolset_has_remote(l->set)) {
		findings_add(l->f, LEVEL_NOTE, "only-run", "the set",
			"directories beside a remote replica: libpmemobj "
			"itself refuses that");
		findings_fix(l->f, "start each program as: rpmem run -- "
				   "PROGRAM");
	}
}

void
set_check_files(struct findings *f, const struct poolset *set, enum level level)
{
	struct look l = {.f = f, .set = set, .level = level};
	for (unsigned i = 0; i < set->nreplicas; i++)
		for (unsigned k = 0; k < set->replicas[i].nparts; k++)
			look_at_part(&l, &set->replicas[i].parts[k]);
	look_at_dirs(&l);
}

/* with its directory's links followed; the file itself may not be there yet */
static bool
resolve(const char *path, char out[PATH_MAX])
{
	char dir[PATH_MAX];
	char base[PATH_MAX];
	char real[PATH_MAX];
	if (realpath(path, out) != NULL)
		return true;
	(void)snprintf(dir, sizeof(dir), "%s", path);
	(void)snprintf(base, sizeof(base), "%s", path);
	if (realpath(dirname(dir), real) == NULL)
		return false;
	int n = snprintf(out, PATH_MAX, "%s/%s", real, basename(base));
	return n > 0 && n < PATH_MAX;
}

static void
look_for_the_set(
	struct findings *f, const char *own, const struct poolset_part *part)
{
	char who[WHO_MAX];
	char path[PATH_MAX];
	if (!resolve(part->path, path) || strcmp(path, own) != 0)
		return;
	name_part(part, who);
	findings_add(f, LEVEL_PROBLEM, "part-is-set", who,
		"it is the pool set file itself: one would overwrite the "
		"other");
	findings_fix(f, "give the part a file of its own");
}

void
set_check_itself(
	struct findings *f, const char *path, const struct poolset *set)
{
	char own[PATH_MAX];
	if (!resolve(path, own))
		return;
	for (unsigned i = 0; i < set->nreplicas; i++)
		for (unsigned k = 0; k < set->replicas[i].nparts; k++)
			look_for_the_set(f, own, &set->replicas[i].parts[k]);
}

void
set_check_mode(struct findings *f, const char *path)
{
	struct stat st;
	char word[SHELL_WORD_MAX];
	if (stat(path, &st) != 0 || (st.st_mode & S_IWOTH) == 0)
		return;
	findings_add(f, LEVEL_PROBLEM, "mode", path,
		"everybody may write it (mode %03o), and say where the pool's "
		"data go",
		(unsigned)st.st_mode & 0777);
	findings_fix(f, "chmod o-w %s", shell_word(path, word));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_parts.c -- see sync_parts.h
 *
 * A new part gets its name as a second link to the file, the first part last.
 * As long as that one is PART.rpmem-new only, there is no pool, so what has two
 * names is what an interrupted try has left, and nobody's data.  From then on
 * it is a part as any other, which somebody may use for years: it is set aside,
 * and never unlinked, whatever other names it has.  The second names go at
 * once, but for that of the first part: it tells a pool that is all but
 * finished from one that somebody wants to have replaced.
 */
#include "sync_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fault.h"
#include "pool/dirset.h"

/* where a test kills the process */
static void
step(void)
{
	if (FAULT("sync/die-installing"))
		(void)raise(SIGKILL);
}

static int
name(char out[PATH_MAX], const char *path, const char *suffix)
{
	int n = snprintf(out, PATH_MAX, "%s%s", path, suffix);
	return n > 0 && n < PATH_MAX
		       ? 0
		       : err_sys(-ENAMETOOLONG, "pool part '%s'", path);
}

static bool
is_one_file(const char *a, const char *b)
{
	struct stat x;
	struct stat y;
	return lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* ---- the parts that are made: of directories only the first one ---- */

static unsigned
count_made(const struct poolset_replica *rep)
{
	return rep->ndirs != 0 ? 1 : rep->nparts;
}

/* the path of part i of them */
static int
made_path(const struct poolset_replica *rep, unsigned i, char out[PATH_MAX])
{
	if (rep->ndirs == 0)
		return name(out, rep->parts[i].path, "");
	CLEANUP(freep) char *path = dirset_path(rep->dirs, rep->ndirs, i);
	return path != NULL ? name(out, path, "")
			    : err_set(-ENOMEM, "no memory for a path");
}

/* were names being given: is the first part there only as PART.rpmem-new? */
static bool
is_unfinished(const struct poolset_replica *rep)
{
	char path[PATH_MAX];
	char new[PATH_MAX];
	struct stat st;
	return count_made(rep) != 0 && made_path(rep, 0, path) == 0 &&
	       name(new, path, PARTS_NEW) == 0 && lstat(path, &st) != 0 &&
	       errno == ENOENT && lstat(new, &st) == 0;
}

bool
parts_is_there(const struct poolset_replica *rep, unsigned i)
{
	char new[PATH_MAX];
	struct stat st;
	const char *path = rep->parts[i].path;
	return lstat(path, &st) == 0 &&
	       (name(new, path, PARTS_NEW) < 0 || !is_unfinished(rep) ||
		       !is_one_file(path, new));
}

void
parts_find_old(const struct poolset_replica *rep, bool is_whole, char *out,
	size_t size)
{
	char old[PATH_MAX];
	struct stat st;
	out[0] = '\0';
	for (unsigned i = 0; i < rep->nparts; i++) {
		const char *path = rep->parts[i].path;
		if ((!is_whole && !parts_is_there(rep, i)) ||
			name(old, path, PARTS_OLD) < 0 || lstat(old, &st) != 0)
			continue;
		(void)snprintf(out, size,
			"'%s' would become '%s', which is there from an "
			"earlier time",
			path, old);
		return;
	}
}

struct poolset *
parts_new_set(const struct poolset *set, uint64_t size)
{
	char first[PATH_MAX];
	struct poolset *copy = NULL;
	const struct poolset_replica *rep = &set->replicas[0];
	struct poolset_part one = {.size = size, .path = first};
	struct poolset_replica made = {.nparts = 1, .parts = &one};
	struct poolset local = {.options = set->options,
		.nreplicas = 1,
		.replicas = rep->ndirs != 0 ? &made : set->replicas};
	CLEANUP(freep) char *text = NULL;
	if (rep->ndirs != 0 && made_path(rep, 0, first) < 0)
		return NULL;
	if (poolset_format(&local, &text) < 0 ||
		poolset_parse(text, strlen(text), "the new parts", &copy) < 0)
		return NULL;
	for (unsigned i = 0; i < copy->replicas[0].nparts; i++) {
		struct poolset_part *p = &copy->replicas[0].parts[i];
		char *path = NULL;
		if (asprintf(&path, "%s" PARTS_NEW, p->path) < 0) {
			poolset_free(copy);
			(void)err_set(-ENOMEM, "no memory for a pool set");
			return NULL;
		}
		free(p->path);
		p->path = path;
	}
	return copy;
}

/* unlink it, unless somebody is writing to it; path: also under that name */
static int
clear(const char *new, const char *path)
{
	CLEANUP(closep)
	int fd = open(new, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : err_sys(-errno, "pool part '%s'", new);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(-EBUSY,
			"pool part '%s' is being made, or a program has it: "
			"let it end, then try again",
			new);
	/* that name first: with the other one gone it would be a part */
	if (path != NULL && unlink(path) != 0)
		return err_sys(-errno, "pool part '%s'", path);
	return unlink(new) == 0 ? 0 : err_sys(-errno, "pool part '%s'", new);
}

int
parts_clear_new(const struct poolset_replica *rep)
{
	char path[PATH_MAX];
	char new[PATH_MAX];
	bool is_left = is_unfinished(rep);
	int rc = 0;
	/* the first part last: until then it is told what the others are */
	for (unsigned i = count_made(rep); rc == 0 && i-- > 0;) {
		rc = made_path(rep, i, path);
		if (rc == 0)
			rc = name(new, path, PARTS_NEW);
		if (rc == 0)
			rc = clear(new, is_left && is_one_file(path, new)
						? path
						: NULL);
	}
	return rc;
}

/* its name is on media */
static int
sync_dir(const char *path)
{
	char dir[PATH_MAX];
	int rc = name(dir, path, "");
	if (rc < 0)
		return rc;
	char *slash = strrchr(dir, '/');
	if (slash == dir)
		slash++;
	*slash = '\0'; /* paths of parts are absolute */
	CLEANUP(closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_sys(-errno, "directory '%s'", dir);
	return 0;
}

static int
set_aside(
	const struct poolset_replica *rep, unsigned i, char *aside, size_t size)
{
	char old[PATH_MAX];
	const char *path = rep->parts[i].path;
	int rc = name(old, path, PARTS_OLD);
	if (rc < 0 || !parts_is_there(rep, i))
		return rc;
	step();
	if (renameat2(AT_FDCWD, path, AT_FDCWD, old, RENAME_NOREPLACE) != 0)
		return err_sys(-errno, "pool part '%s' as '%s'", path, old);
	size_t at = strlen(aside);
	(void)snprintf(aside + at, size - at, "%s%s", at == 0 ? "" : " ", old);
	return sync_dir(path);
}

/* with the rights that the old one has */
static void
take_rights(const char *path, const char *new)
{
	char old[PATH_MAX];
	struct stat st;
	if (name(old, path, PARTS_OLD) < 0 || stat(old, &st) != 0 ||
		(st.st_mode & 0777) == 0)
		return;
	/* who may not give it away keeps it */
	if (chown(new, st.st_uid, st.st_gid) == 0)
		(void)chmod(new, st.st_mode & 0777);
}

static int
give_name(const struct poolset_replica *rep, unsigned i)
{
	char path[PATH_MAX];
	char new[PATH_MAX];
	int rc = made_path(rep, i, path);
	if (rc == 0)
		rc = name(new, path, PARTS_NEW);
	if (rc < 0)
		return rc;
	take_rights(path, new);
	step();
	if (link(new, path) != 0 &&
		(errno == EEXIST || renameat2(AT_FDCWD, new, AT_FDCWD, path,
					    RENAME_NOREPLACE) != 0))
		return err_sys(-errno, "pool part '%s' as '%s'", new, path);
	return sync_dir(path);
}

/* a second name; no harm if it stays: the next run tries again */
static void
drop_new(const struct poolset_replica *rep, unsigned i)
{
	char path[PATH_MAX];
	char new[PATH_MAX];
	step();
	if (made_path(rep, i, path) == 0 && name(new, path, PARTS_NEW) == 0 &&
		is_one_file(path, new))
		(void)unlink(new);
}

/* the parts that are there: nobody has them, and nobody opens them now */
static int
lock(const struct poolset_replica *rep, int *fds)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < rep->nparts; i++) {
		const char *path = rep->parts[i].path;
		/* what cannot be opened, by its mode, nobody uses */
		fds[i] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fds[i] >= 0 && flock(fds[i], LOCK_EX | LOCK_NB) != 0)
			rc = err_set(-EBUSY,
				"pool part '%s' is in use, and stays: end the "
				"program, and try again",
				path);
	}
	return rc;
}

static int
exchange(const struct poolset_replica *rep, char *aside_out, size_t size)
{
	int rc = 0;
	/* the first part first: what is left is no pool */
	for (unsigned i = 0; rc == 0 && i < rep->nparts; i++)
		rc = set_aside(rep, i, aside_out, size);
	for (unsigned i = count_made(rep); rc == 0 && i-- > 0;)
		rc = give_name(rep, i);
	for (unsigned i = 1; rc == 0 && i < count_made(rep); i++)
		drop_new(rep, i);
	step();
	return rc;
}

int
parts_install(const struct poolset_replica *rep, bool needs_lock,
	char *aside_out, size_t size)
{
	int rc = 0;
	aside_out[0] = '\0';
	CLEANUP(freep) int *fds = malloc(rep->nparts * sizeof(*fds));
	if (fds == NULL)
		return err_set(-ENOMEM, "no memory for locks");
	for (unsigned i = 0; i < rep->nparts; i++)
		fds[i] = -1;
	if (needs_lock)
		rc = lock(rep, fds);
	if (rc == 0)
		rc = exchange(rep, aside_out, size);
	for (unsigned i = 0; i < rep->nparts; i++)
		closep(&fds[i]);
	return rc;
}

bool
parts_are_just_made(const struct poolset_replica *rep)
{
	char path[PATH_MAX];
	char new[PATH_MAX];
	return count_made(rep) != 0 && made_path(rep, 0, path) == 0 &&
	       name(new, path, PARTS_NEW) == 0 && is_one_file(path, new);
}

void
parts_finish(const struct poolset_replica *rep)
{
	for (unsigned i = count_made(rep); i-- > 0;)
		drop_new(rep, i);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_room.c -- see copy_room.h
 *
 * Records, and what a copy has missed, are files beside its set file; its parts
 * are where the set file says.  Both are asked of the kernel, for this
 * process's account (faccessat with AT_EACCESS, statvfs), and nothing is tried
 * out: so a quota is not seen.  Parts are allocated when they are made, so a
 * part that is there needs no room; parts in directories are made as the pool
 * grows, and are not counted.
 */
#include "rpmemd/copy_room.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/session.h"

/* a file system on which parts are to be made */
struct place {
	dev_t dev;
	uint64_t wanted;
	uint64_t found;
};

static uint64_t
free_bytes(const struct statvfs *fs)
{
	uint64_t blocks = geteuid() == 0 ? fs->f_bfree : fs->f_bavail;
	return blocks * fs->f_frsize;
}

/* what stands in the way, of which the first is told */
static void
say(struct oob_room_reply *out, const char *what, const char *path, int error)
{
	if (out->text[0] != '\0')
		return;
	(void)err_sys(-error, "%s '%.600s', as user %u", what, path,
		(unsigned)geteuid());
	(void)snprintf(out->text, sizeof(out->text), "%.1023s", err_msg());
}

/* can files be made in it? */
static bool
can_make(int dirfd, const char *dir)
{
	return faccessat(dirfd, dir, W_OK | X_OK, AT_EACCESS) == 0;
}

static void
parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t len =
		slash == NULL || slash == path ? 1 : (size_t)(slash - path);
	(void)snprintf(
		out, PATH_MAX, "%.*s", (int)len, slash == NULL ? "." : path);
}

static void
add_place(struct place *places, unsigned *n, const struct place *p)
{
	unsigned i = 0;
	while (i < *n && places[i].dev != p->dev)
		i++;
	if (i == *n)
		places[(*n)++] = *p;
	else
		places[i].wanted += p->wanted;
}

/* false: it cannot be made, or written to */
static bool
look_at_part(const struct poolset_part *part, struct place *places, unsigned *n,
	struct oob_room_reply *out)
{
	struct stat st;
	struct statvfs fs;
	char dir[PATH_MAX];
	if (faccessat(AT_FDCWD, part->path, R_OK | W_OK, AT_EACCESS) == 0)
		return true;
	if (errno != ENOENT) {
		say(out, "cannot write to", part->path, errno);
		return false;
	}
	parent_of(part->path, dir);
	if (!can_make(AT_FDCWD, dir)) {
		say(out, "cannot make a part in", dir, errno);
		return false;
	}
	if (stat(dir, &st) == 0 && statvfs(dir, &fs) == 0) {
		struct place p = {st.st_dev, part->size, free_bytes(&fs)};
		add_place(places, n, &p);
	}
	return true;
}

/* misses more bytes, or has fewer left */
static bool
is_shorter(const struct place *a, const struct place *b)
{
	bool a_misses = a->wanted > a->found;
	bool b_misses = b->wanted > b->found;
	if (a_misses && b_misses)
		return a->wanted - a->found > b->wanted - b->found;
	if (a_misses || b_misses)
		return a_misses;
	return a->found - a->wanted < b->found - b->wanted;
}

static void
tell_shortest(
	const struct place *places, unsigned n, struct oob_room_reply *out)
{
	const struct place *p = places;
	for (unsigned i = 1; i < n; i++)
		if (is_shorter(&places[i], p))
			p = &places[i];
	if (n == 0)
		return;
	out->wanted = p->wanted;
	out->found = p->found;
}

static int
look_at_parts(const struct poolset_replica *rep, struct oob_room_reply *out)
{
	unsigned n = 0;
	bool can = true;
	CLEANUP(freep)
	struct place *places = calloc(rep->nparts, sizeof(*places));
	if (places == NULL)
		return err_set(-ENOMEM, "no memory");
	for (unsigned i = 0; i < rep->nparts; i++) {
		const struct poolset_part *part = &rep->parts[i];
		struct stat st;
		bool is_dir = stat(part->path, &st) == 0 && S_ISDIR(st.st_mode);
		if (is_dir && !can_make(AT_FDCWD, part->path)) {
			say(out, "cannot make a part in", part->path, errno);
			can = false;
		} else if (!is_dir) {
			can = look_at_part(part, places, &n, out) && can;
		}
	}
	if (can)
		out->flags |= OOB_ROOM_F_PARTS;
	tell_shortest(places, n, out);
	return 0;
}

int
copy_room(const struct rpmemd_cfg *cfg, const char *desc,
	struct oob_room_reply *out)
{
	const char *base = NULL;
	struct poolset *set = NULL;
	struct statvfs fs;
	*out = (struct oob_room_reply){.status = OOB_SUCCESS};
	CLEANUP(closep)
	int dir = pooldir_parent(cfg->poolset_dirfd, desc, &base);
	if (dir < 0)
		return dir;
	if (fstatvfs(dir, &fs) != 0)
		return err_sys(-errno, "'%.600s'", cfg->poolset_dir);
	out->free = free_bytes(&fs);
	if (can_make(dir, "."))
		out->flags |= OOB_ROOM_F_WRITABLE;
	else
		say(out, "cannot make files in", cfg->poolset_dir, errno);
	int rc = pooldir_load(cfg->poolset_dirfd, cfg->poolset_dir, desc, &set);
	/* what is wrong with a set file is LOOK's */
	if (rc < 0)
		return rc == -ENOMEM ? rc : 0;
	out->flags |= OOB_ROOM_F_SET;
	rc = look_at_parts(&set->replicas[0], out);
	poolset_free(set);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pooldir.c -- see pooldir.h
 *
 * A descriptor comes from the network.  The kernel resolves it below the
 * directory (openat2 with RESOLVE_BENEATH), so there is no check here that
 * could be raced; what is refused by its form is refused for the sake of the
 * message.  Names that rpmemd itself makes beside a pool (".rpmem-" in the
 * last component) are no descriptors: a removal of such a "pool" would take
 * away another pool's state.
 *
 * Messages go to the log and to the peer, so a descriptor is shown with its
 * control characters replaced and cut to a sensible length.  The parts' paths
 * in a set file are the administrator's word and are not confined.
 */
#include "rpmemd/pooldir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "base/fileio.h"
#include "pool/dirset.h"
#include "pool/state.h"

#define SHOWN_MAX 200 /* of a descriptor in a message, NUL included */
#define OWN_NAMES ".rpmem-"
#define RENAME_RETRIES 8

static void
freesetp(struct poolset **set)
{
	poolset_free(*set);
	*set = NULL;
}

/* the descriptor as messages show it */
struct shown {
	char s[SHOWN_MAX];
};

static struct shown
show(const char *desc)
{
	struct shown t;
	size_t i = 0;
	for (; desc[i] != '\0' && i < sizeof(t.s) - 1; i++)
		t.s[i] = isprint((unsigned char)desc[i]) ? desc[i] : '?';
	t.s[i] = '\0';
	return t;
}

int
pooldir_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(-errno,
			"cannot open pool set directory '%.600s'", path);
	return fd;
}

static int
open_beneath(int dirfd, const char *path, uint64_t flags)
{
	const struct open_how how = {.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = -1;
	/* EAGAIN: a rename elsewhere made a ".." undecidable */
	for (unsigned i = 0; i < RENAME_RETRIES; i++) {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd >= 0 ? (int)fd : -errno;
}

static const char *
base_of(const char *desc)
{
	const char *slash = strrchr(desc, '/');
	return slash != NULL ? slash + 1 : desc;
}

static int
check_desc(const char *desc)
{
	const char *base = base_of(desc);
	if (desc[0] == '\0')
		return err_set(-EINVAL, "rpmemd: empty pool set descriptor");
	if (desc[0] == '/')
		return err_set(-EINVAL,
			"rpmemd: pool set descriptor '%s' is absolute: it "
			"names a file below rpmemd's pool set directory",
			show(desc).s);
	if (base[0] == '\0' || strcmp(base, ".") == 0 ||
		strcmp(base, "..") == 0)
		return err_set(-EINVAL,
			"rpmemd: pool set descriptor '%s' names a directory",
			show(desc).s);
	const char *own = strstr(base, OWN_NAMES);
	/* a copy that was set aside is a pool as any other */
	if (own != NULL && strcmp(own, POOLDIR_OLD_SUFFIX) != 0)
		return err_set(-EINVAL,
			"rpmemd: '%s' is no pool set: rpmemd keeps names with "
			"'" OWN_NAMES "' for itself",
			show(desc).s);
	return 0;
}

static int
open_failed(int rc, const char *dir, const char *desc)
{
	struct shown t = show(desc);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return err_set(-ENOENT,
			"rpmemd: no pool set '%s' below %.300s (looked for "
			"%.300s/%s); create it with, for example, these lines: "
			"PMEMPOOLSET\\n SIZE /path/to/part\\n",
			t.s, dir, dir, t.s);
	if (rc == -EXDEV || rc == -ELOOP)
		return err_set(rc,
			"rpmemd: pool set '%s' leads out of %.300s, which is "
			"not allowed",
			t.s, dir);
	return err_sys(rc, "rpmemd: cannot open pool set %.300s/%s", dir, t.s);
}

/* open the file; regular ones only (a FIFO would block, a device is none) */
static int
open_set(int dirfd, const char *dir, const char *desc, struct stat *st_out)
{
	int rc = check_desc(desc);
	if (rc < 0)
		return rc;
	CLEANUP(closep)
	int fd = open_beneath(dirfd, desc, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_failed(fd, dir, desc);
	if (fstat(fd, st_out) != 0)
		return open_failed(-errno, dir, desc);
	if (!S_ISREG(st_out->st_mode))
		return err_set(-EINVAL,
			"rpmemd: pool set %.300s/%s is not a regular file", dir,
			show(desc).s);
	return TAKE_FD(fd);
}

static int
parse_file(int fd, const struct stat *st, const char *name,
	struct poolset **set_out)
{
	if (st->st_size > (off_t)POOLSET_TEXT_MAX)
		return err_set(-EINVAL, "pool set '%s': larger than %u bytes",
			name, POOLSET_TEXT_MAX);
	size_t size = (size_t)st->st_size;
	CLEANUP(freep) char *text = malloc(size);
	if (text == NULL)
		return err_set(-ENOMEM, "no memory for pool set '%s'", name);
	ssize_t len = file_read_some(fd, text, size, 0);
	if (len < 0)
		return err_sys((int)len, "cannot read pool set '%s'", name);

	CLEANUP(freesetp) struct poolset *set = NULL;
	int rc = poolset_parse(text, (size_t)len, name, &set);
	if (rc < 0)
		return rc;
	rc = poolset_check_target(set);
	if (rc == 0)
		rc = dirset_resolve(set);
	if (rc < 0)
		return err_wrap(rc, "pool set '%s'", name);
	*set_out = TAKE_PTR(set);
	return 0;
}

/* the set that a plain file stands for: itself, as the only part */
static int
set_of_file(uint64_t size, const char *dir, const char *desc,
	struct poolset **set_out)
{
	CLEANUP(freesetp) struct poolset *set = calloc(1, sizeof(*set));
	if (set == NULL)
		return -ENOMEM;
	set->replicas = calloc(1, sizeof(*set->replicas));
	if (set->replicas == NULL)
		return -ENOMEM;
	set->nreplicas = 1;
	set->replicas->line = 1;
	set->replicas->parts = calloc(1, sizeof(*set->replicas->parts));
	if (set->replicas->parts == NULL)
		return -ENOMEM;
	set->replicas->nparts = 1;

	struct poolset_part *part = set->replicas->parts;
	part->size = size;
	part->line = 1;
	if (asprintf(&part->path, "%s/%s", dir, desc) < 0) {
		part->path = NULL;
		return -ENOMEM;
	}
	*set_out = TAKE_PTR(set);
	return 0;
}

int
pooldir_load(
	int dirfd, const char *dir, const char *desc, struct poolset **set_out)
{
	char head[POOLSET_SIG_LEN];
	char name[2 * SHOWN_MAX + 2];
	struct shown t = show(desc);
	struct stat st;

	*set_out = NULL;
	CLEANUP(closep) int fd = open_set(dirfd, dir, desc, &st);
	if (fd < 0)
		return fd;
	(void)snprintf(name, sizeof(name), "%.200s/%s", dir, t.s);
	ssize_t len = file_read_some(fd, head, sizeof(head), 0);
	if (len < 0)
		return err_sys((int)len, "cannot read pool set '%s'", name);
	if (poolset_is_set(head, (size_t)len))
		return parse_file(fd, &st, name, set_out);
	if (st.st_size == 0)
		return err_set(-EINVAL,
			"pool set '%s' is empty: expected " POOLSET_SIG
			" in its first line",
			name);
	int rc = set_of_file((uint64_t)st.st_size, dir, desc, set_out);
	if (rc < 0)
		return err_set(rc, "no memory for pool set '%s'", name);
	return 0;
}

int
pooldir_state_path(const char *desc, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s" STATE_SUFFIX, desc);
	if (n < 0 || (size_t)n >= size)
		return err_set(-ENAMETOOLONG,
			"rpmemd: pool set descriptor '%s...' is too long",
			show(desc).s);
	return 0;
}

int
pooldir_parent(int dirfd, const char *desc, const char **base_out)
{
	int rc = check_desc(desc);
	if (rc < 0)
		return rc;
	const char *base = base_of(desc);
	size_t len = (size_t)(base - desc);
	char parent[PATH_MAX];
	if (len >= sizeof(parent))
		return err_sys(-ENAMETOOLONG, "rpmemd: directory of '%s'",
			show(desc).s);
	memcpy(parent, desc, len);
	parent[len] = '\0';

	int fd = open_beneath(
		dirfd, len == 0 ? "." : parent, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return err_sys(fd, "rpmemd: cannot open the directory of '%s'",
			show(desc).s);
	*base_out = base;
	return fd;
}

int
pooldir_unlink_state(int dirfd, const char *desc)
{
	const char *base = NULL;
	char name[PATH_MAX];
	CLEANUP(closep) int dir = pooldir_parent(dirfd, desc, &base);
	if (dir < 0)
		return dir;
	int rc = pooldir_state_path(base, name, sizeof(name));
	if (rc == 0 && unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		rc = err_sys(-errno, "cannot remove the state file of '%s'",
			show(desc).s);
	return rc;
}

int
pooldir_unlink_set(int dirfd, const char *desc)
{
	const char *base = NULL;
	CLEANUP(closep) int fd = pooldir_parent(dirfd, desc, &base);
	if (fd < 0)
		return fd;
	if (unlinkat(fd, base, 0) != 0)
		return err_sys(-errno, "rpmemd: cannot remove pool set '%s'",
			show(desc).s);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * swap.c -- see swap.h
 *
 * An exchange of two names is one step for the file system
 * (RENAME_EXCHANGE), and a rename to a name that is free is, too.
 */
#include "rpmemd/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "rpmemd/textfile.h"

#define HEAD "rpmem-swap 1"
#define TAIL "end"

static int
append(struct swap *s, const struct swap_file *f)
{
	if (s->n == s->room) {
		unsigned room = s->room * 2 + 8;
		void *more = realloc(s->files, room * sizeof(*s->files));
		if (more == NULL)
			return err_set(-ENOMEM, "no memory");
		s->files = more;
		s->room = room;
	}
	struct swap_file copy = *f;
	copy.to = strdup(f->to);
	copy.from = strdup(f->from);
	s->files[s->n++] = copy;
	return copy.to == NULL || copy.from == NULL
		       ? err_set(-ENOMEM, "no memory")
		       : 0;
}

int
swap_add(struct swap *s, const char *from, const char *to)
{
	struct stat st;
	struct swap_file f = {.to = (char *)to, .from = (char *)from};
	if (strchr(from, '\n') != NULL || strchr(to, '\n') != NULL)
		return err_set(-EINVAL, "'%s': a line feed in a name", from);
	if (fstatat(s->dirfd, from, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(-errno, "'%s'", from);
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	return append(s, &f);
}

static char *
format(const struct swap *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (f == NULL)
		return NULL;
	(void)fprintf(f, HEAD "\n");
	for (unsigned i = 0; i < s->n; i++)
		(void)fprintf(f, "%llu %llu\n%s\n%s\n",
			(unsigned long long)s->files[i].dev,
			(unsigned long long)s->files[i].ino, s->files[i].to,
			s->files[i].from);
	(void)fprintf(f, TAIL "\n");
	if (fclose(f) != 0)
		freep(&text);
	return text;
}

static int
publish(const struct swap *s, const char *name, const char *text)
{
	char tmp[PATH_MAX];
	int n = snprintf(tmp, sizeof(tmp), "%s~", name);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return -ENAMETOOLONG;
	CLEANUP(closep)
	int fd = openat(
		s->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int rc = file_write_all(fd, text, strlen(text), 0);
	if (rc == 0 && (fsync(fd) != 0 ||
			       renameat(s->dirfd, tmp, s->dirfd, name) != 0))
		rc = -errno;
	return rc < 0 ? rc : file_sync_parent(s->dirfd, name);
}

int
swap_write(const struct swap *s, const char *name)
{
	CLEANUP(freep) char *text = format(s);
	if (text == NULL)
		return err_set(-ENOMEM, "no memory");
	int rc = publish(s, name, text);
	return rc < 0 ? err_sys(rc, "cannot write '%s'", name) : 0;
}

/* 1: another one; 0: the end; -EBADMSG */
static int
parse_one(struct swap *s, char *line, char **rest)
{
	unsigned long long dev = 0;
	unsigned long long ino = 0;
	char more;
	if (line == NULL)
		return -EBADMSG;
	if (strcmp(line, TAIL) == 0)
		return 0;
	struct swap_file f = {0};
	f.to = textfile_line(NULL, rest);
	f.from = textfile_line(NULL, rest);
	if (sscanf(line, "%llu %llu%c", &dev, &ino, &more) != 2 ||
		f.to == NULL || f.from == NULL)
		return -EBADMSG;
	f.dev = dev;
	f.ino = ino;
	int rc = append(s, &f);
	return rc < 0 ? rc : 1;
}

int
swap_read(struct swap *s, const char *dir, const char *name)
{
	char path[PATH_MAX];
	char *rest = NULL;
	CLEANUP(freep) char *text = NULL;
	int rc = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (rc < 0 || (size_t)rc >= sizeof(path))
		return err_sys(-ENAMETOOLONG, "'%s'", name);
	rc = textfile_read(path, &text, NULL);
	if (rc < 0)
		return rc;
	char *line = textfile_line(text, &rest);
	rc = line != NULL && strcmp(line, HEAD) == 0 ? 1 : -EBADMSG;
	while (rc == 1)
		rc = parse_one(s, textfile_line(NULL, &rest), &rest);
	if (rc == 0 && s->n == 0)
		rc = -EBADMSG;
	return rc == -EBADMSG ? err_set(rc, "'%s': not a list of files", path)
			      : rc;
}

static bool
is_at(const struct swap *s, const struct swap_file *f, const char *path)
{
	struct stat st;
	return fstatat(s->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == f->dev && st.st_ino == f->ino;
}

bool
swap_has_begun(const struct swap *s)
{
	return s->n != 0 && is_at(s, &s->files[0], s->files[0].to);
}

static int
swap_one(const struct swap *s, const struct swap_file *f)
{
	if (is_at(s, f, f->to))
		return 0;
	if (!is_at(s, f, f->from))
		return err_set(-ENOENT,
			"'%s' is neither there nor at '%s': somebody has moved "
			"it",
			f->from, f->to);
	bool is_free =
		faccessat(s->dirfd, f->to, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
	int rc = renameat2(s->dirfd, f->from, s->dirfd, f->to,
		is_free ? RENAME_NOREPLACE : RENAME_EXCHANGE);
	if (rc != 0)
		return err_sys(
			-errno, "cannot rename '%s' to '%s'", f->from, f->to);
	rc = file_sync_parent(s->dirfd, f->to);
	if (FAULT("promote/step"))
		(void)raise(SIGKILL);
	return rc < 0 ? err_sys(rc, "directory of '%s'", f->to) : 0;
}

int
swap_run(const struct swap *s)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < s->n; i++)
		rc = swap_one(s, &s->files[i]);
	return rc;
}

int
swap_forget(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) != 0)
		return errno == ENOENT
			       ? 0
			       : err_sys(-errno, "cannot remove '%s'", name);
	int rc = file_sync_parent(dirfd, name);
	return rc < 0 ? err_sys(rc, "directory of '%s'", name) : 0;
}

void
swap_fini(struct swap *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		free(s->files[i].to);
		free(s->files[i].from);
	}
	freep(&s->files);
	s->n = s->room = 0;
}

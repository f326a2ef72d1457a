/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * plan.c -- see plan.h
 */
#include "replica/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "pool/dirset.h"

#define PAGE 4096u

static int
read_text(int fd, char **text_out, size_t *len_out)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		st.st_size < (off_t)POOLSET_SIG_LEN ||
		st.st_size > (off_t)POOLSET_TEXT_MAX)
		return PLAN_NONE;
	size_t size = (size_t)st.st_size;
	CLEANUP(freep) char *text = malloc(size);
	if (text == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	/* a pool file is read no further than its first bytes */
	if (pread(fd, text, POOLSET_SIG_LEN, 0) != (ssize_t)POOLSET_SIG_LEN ||
		!poolset_is_set(text, POOLSET_SIG_LEN) ||
		pread(fd, text, size, 0) != (ssize_t)size)
		return PLAN_NONE;
	*len_out = size;
	*text_out = TAKE_PTR(text);
	return 0;
}

static int
read_set(const char *path, struct poolset **set_out)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	/* not open(): that is hooked in pmempool */
	CLEANUP(closep)
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return PLAN_NONE;
	int rc = read_text(fd, &text, &len);
	/* a set that cannot be parsed is libpmemobj's to refuse, unless it
	 * may have remote replicas */
	if (rc != 0)
		return rc;
	rc = poolset_parse(text, len, path, set_out);
	if (rc == 0 && !poolset_has_remote(*set_out)) {
		poolset_free(*set_out);
		*set_out = NULL;
		return PLAN_NONE;
	}
	return rc;
}

/*
 * libpmemobj refuses to open a set beside which such files lie, and names
 * them after the set's path, which is another one for it now.
 */
static int
check_recovery(const char *path)
{
	char pattern[4096];
	glob_t found;
	int n = snprintf(
		pattern, sizeof(pattern), "%s_r*_p*_badblocks.txt", path);
	if (n < 0 || (size_t)n >= sizeof(pattern))
		return 0;
	int rc = glob(pattern, GLOB_NOSORT, NULL, &found) == 0
			 ? err_set(-EIO,
				   "a recovery of bad blocks of '%s' was begun "
				   "('%s'): finish it with pmempool sync -b",
				   path, found.gl_pathv[0])
			 : 0;
	globfree(&found);
	return rc;
}

/* only what is local */
static int
local_text(const struct poolset *set, char **text_out)
{
	struct poolset local = *set;
	local.nreplicas = 0;
	local.replicas = calloc(set->nreplicas, sizeof(*local.replicas));
	if (local.replicas == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	for (unsigned i = 0; i < set->nreplicas; i++)
		if (!poolset_replica_is_remote(&set->replicas[i]))
			local.replicas[local.nreplicas++] = set->replicas[i];
	int rc = poolset_format(&local, text_out);
	free(local.replicas);
	return rc;
}

static int
make_file(struct plan *p)
{
	CLEANUP(freep) char *text = NULL;
	int rc = local_text(p->set, &text);
	if (rc < 0)
		return rc;
	p->fd = memfd_create("poolset", MFD_CLOEXEC);
	if (p->fd < 0 ||
		write(p->fd, text, strlen(text)) != (ssize_t)strlen(text))
		return err_sys(-errno, "cannot make a file in memory");
	(void)snprintf(p->path, sizeof(p->path), "/proc/self/fd/%d", p->fd);
	return 0;
}

static int
list_replica(struct plan *p, const struct poolset_replica *rep)
{
	bool single = (p->set->options & POOLSET_F_SINGLEHDR) != 0;
	struct stat st;
	for (unsigned i = 0; i < rep->nparts; i++) {
		struct plan_part *part = &p->parts[p->nparts];
		part->path = strdup(rep->parts[i].path);
		if (part->path == NULL)
			return err_set(-ENOMEM, "no memory for a pool set");
		p->nparts++;
		part->has_header = i == 0 || !single;
		part->was_there = stat(part->path, &st) == 0;
		if (part->was_there && !S_ISREG(st.st_mode))
			return err_set(-ENOTSUP,
				"'%s' is a device: it cannot be replicated in "
				"ordered mode yet",
				part->path);
	}
	return 0;
}

static int
list_parts(struct plan *p)
{
	unsigned n = 0;
	int rc = 0;
	for (unsigned i = 0; i < p->set->nreplicas; i++)
		n += p->set->replicas[i].nparts;
	p->can_grow = p->set->replicas[0].ndirs != 0;
	p->parts = calloc(n + 1, sizeof(*p->parts));
	if (p->parts == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	for (unsigned i = 0; rc == 0 && i < p->set->nreplicas; i++)
		rc = list_replica(p, &p->set->replicas[i]);
	return rc;
}

int
plan_make(const char *path, struct plan *p_out)
{
	*p_out = (struct plan){.fd = -1};
	if (path == NULL)
		return PLAN_NONE;
	int rc = read_set(path, &p_out->set);
	if (rc != 0)
		return rc;
	rc = poolset_check_local(p_out->set);
	if (rc < 0)
		rc = err_wrap(rc, "pool set '%s'", path);
	if (rc == 0)
		rc = check_recovery(path);
	if (rc == 0)
		rc = make_file(p_out);
	if (rc == 0)
		rc = dirset_resolve(p_out->set);
	if (rc == 0)
		rc = list_parts(p_out);
	if (rc < 0)
		plan_free(p_out);
	return rc;
}

int
plan_look(struct plan *p, uint64_t *size_out)
{
	const struct poolset_replica *rep = &p->set->replicas[0];
	bool single = (p->set->options & POOLSET_F_SINGLEHDR) != 0;
	uint64_t size = 0;
	int rc = dirset_resolve(p->set);
	if (rc == 0)
		rc = dirset_check(rep);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < rep->nparts; i++) {
		struct stat st;
		if (stat(rep->parts[i].path, &st) != 0)
			return err_sys(
				-errno, "pool part '%s'", rep->parts[i].path);
		if (i == 0) {
			p->dev = st.st_dev;
			p->ino = st.st_ino;
		}
		size += (uint64_t)st.st_size / PAGE * PAGE;
		/* the first header is a part of the pool's first page */
		if (i > 0 && !single)
			size -= PAGE;
	}
	*size_out = size;
	return 0;
}

static void
blank_header(const char *path)
{
	static const char zeros[PAGE];
	CLEANUP(closep) int fd = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		IGNORE(pwrite(fd, zeros, sizeof(zeros), 0));
}

static bool
is_listed(const struct plan *p, const char *path)
{
	for (unsigned i = 0; i < p->nparts; i++)
		if (strcmp(p->parts[i].path, path) == 0)
			return true;
	return false;
}

/* parts in directories have no names before they are made */
static void
remove_new(const struct plan *p)
{
	if (!p->can_grow || dirset_resolve(p->set) < 0)
		return;
	for (unsigned i = 0; i < p->set->nreplicas; i++) {
		const struct poolset_replica *rep = &p->set->replicas[i];
		for (unsigned k = 0; k < rep->nparts; k++)
			if (!is_listed(p, rep->parts[k].path))
				(void)unlink(rep->parts[k].path);
	}
}

void
plan_undo(const struct plan *p)
{
	remove_new(p);
	for (unsigned i = 0; i < p->nparts; i++) {
		if (!p->parts[i].was_there)
			(void)unlink(p->parts[i].path);
		else if (p->parts[i].has_header)
			blank_header(p->parts[i].path);
	}
}

void
plan_free(struct plan *p)
{
	poolset_free(p->set);
	for (unsigned i = 0; i < p->nparts; i++)
		free(p->parts[i].path);
	free(p->parts);
	closep(&p->fd);
	*p = (struct plan){.fd = -1};
}

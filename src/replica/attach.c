/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * attach.c -- see attach.h
 *
 * The header is read from the file, not through the program's mapping, which
 * debug builds of libpmemobj protect.
 */
#include "replica/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "replica/ranges.h"
#include "replica/remote.h"

static int
read_header(const struct plan *p, uint8_t header[CHAIN_HEADER])
{
	const char *path = p->set->replicas[0].parts[0].path;
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 ||
		pread(fd, header, CHAIN_HEADER, 0) != (ssize_t)CHAIN_HEADER)
		return err_sys(
			errno != 0 ? -errno : -EIO, "pool part '%s'", path);
	return 0;
}

/* the mapping of the first part's start that holds addr: where the pool is */
static uint8_t *
find_base(const struct plan *p, const void *addr, uint64_t size)
{
	CLEANUP(freep) char *line = NULL;
	uint8_t *base = NULL;
	size_t room = 0;
	FILE *f = fopen("/proc/self/maps", "re");
	while (f != NULL && base == NULL && getline(&line, &room, f) > 0) {
		unsigned long from;
		unsigned long to;
		unsigned long off;
		unsigned major;
		unsigned minor;
		unsigned long ino;
		char perms[5];
		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu", &from, &to, perms,
			    &off, &major, &minor, &ino) != 7)
			continue;
		/* a header page that is mapped apart is not the pool */
		if (ino == p->ino && makedev(major, minor) == p->dev &&
			off == 0 && perms[3] == 's' &&
			to - from > CHAIN_HEADER && (uintptr_t)addr >= from &&
			(uintptr_t)addr - from < size)
			base = (uint8_t *)(uintptr_t)from;
	}
	if (f != NULL)
		(void)fclose(f);
	return base;
}

/* a copy that was lost for good is made anew only if somebody says so */
static bool
may_make(void)
{
	uint64_t yes = 0;
	IGNORE(env_u64("RPMEM_MAKE_COPIES", 0, 1, &yes));
	return yes != 0;
}

int
attach_missing(const char *target, const char *desc, int rc)
{
	if (may_make())
		return 0;
	return err_set(rc,
		"replica %s %s is not there (%s); if it is lost and the "
		"primary is right, make it anew: rpmem run --make-copies -- "
		"PROGRAM",
		target, desc, err_msg());
}

static int
open_one(struct remote_args *a, struct replica **r_out)
{
	int rc = remote_open(a, r_out);
	if (a->create || rc != -ENOENT)
		return rc;
	rc = attach_missing(a->target, a->desc, rc);
	if (rc < 0)
		return rc;
	a->create = true;
	rc = remote_open(a, r_out);
	a->create = false;
	return rc;
}

int
attach_equalise(struct chain *c)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < c->nreplicas; i++)
		rc = remote_equalise(c->replicas[i]);
	return rc;
}

static int
add_remotes(struct chain *c, const struct plan *p, struct remote_args *a)
{
	for (unsigned i = 1; i < p->set->nreplicas; i++) {
		const struct poolset_replica *rep = &p->set->replicas[i];
		struct replica *r = NULL;
		if (!poolset_replica_is_remote(rep))
			continue;
		a->target = rep->node;
		a->desc = rep->desc;
		int rc = open_one(a, &r);
		if (rc < 0)
			return rc;
		rc = chain_add(c, r);
		if (rc < 0) {
			IGNORE(r->ops->close(r));
			return rc;
		}
	}
	return attach_equalise(c);
}

void
attach_discard(struct chain *c, bool created)
{
	if (created)
		for (unsigned i = 0; i < c->nreplicas; i++)
			remote_discard(c->replicas[i]);
	else
		IGNORE(chain_close(c));
	free(c);
}

/* every copy or none */
static int
attach(const struct plan *p, uint8_t *base, uint64_t size, bool create,
	struct chain **chain_out)
{
	uint8_t header[CHAIN_HEADER];
	struct remote_args a = {.addr = base,
		.size = size,
		.primary_header = header,
		.create = create};
	struct chain *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return err_set(-ENOMEM, "no memory for a pool");
	c->size = size;
	c->can_grow = p->can_grow;
	int rc = read_header(p, header);
	if (rc == 0)
		rc = add_remotes(c, p, &a);
	if (rc == 0)
		rc = ranges_add(base, size, c);
	if (rc < 0) {
		char why[ERR_MAX];
		(void)snprintf(why, sizeof(why), "%s", err_msg());
		attach_discard(c, create);
		return err_set(rc, "%s", why);
	}
	LOG_INFO(
		"pool at %p: %u replicas attached", (void *)base, c->nreplicas);
	*chain_out = c;
	return 0;
}

void
attach_at(struct attach *a, struct plan *p, const void *addr)
{
	NO_CANCEL;
	uint64_t size = 0;
	int rc = plan_look(p, &size);
	uint8_t *base = rc == 0 ? find_base(p, addr, size) : NULL;
	if (rc == 0 && base == NULL)
		return;
	/* its header is not the copies' business, and comes before the run is
	 * counted (librpmem/past.h) */
	if (rc == 0 && (const uint8_t *)addr < base + CHAIN_HEADER)
		return;
	a->is_tried = true;
	if (rc == 0)
		rc = attach(p, base, size, false, &a->chain);
	a->rc = rc;
	if (rc < 0)
		(void)snprintf(a->why, sizeof(a->why), "%s", err_msg());
}

int
attach_result(const struct attach *a)
{
	return a->rc == 0 ? 0 : err_set(a->rc, "%s", a->why);
}

void
attach_undo(struct attach *a)
{
	if (a->chain != NULL)
		attach_close(a->chain);
	a->chain = NULL;
}

int
attach_now(struct plan *p, void *base, bool create)
{
	NO_CANCEL;
	struct chain *c = NULL;
	uint64_t size = 0;
	int rc = plan_look(p, &size);
	return rc < 0 ? rc : attach(p, base, size, create, &c);
}

void
attach_close(struct chain *c)
{
	NO_CANCEL;
	ranges_forget(c);
	/* errors were said by librpmem and by the chain */
	IGNORE(chain_close(c));
	free(c);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remote.c -- see remote.h
 */
#include "replica/remote.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/err.h"
#include "base/log.h"
#include "pool/hdr.h"
#include "replica/librpmem_fns.h"

struct remote {
	struct replica base; /* first: the two are one object */
	RPMEMpool *pool;
	char *target;
	char *desc;
	bool is_new;	     /* created here, and not equal yet */
	atomic_bool is_said; /* that a wait has failed */
};

static struct remote *
of(struct replica *r)
{
	return (struct remote *)(void *)r;
}

static int
result(int rc)
{
	if (rc == 0)
		return 0;
	return errno > 0 ? -errno : -EIO;
}

static int
failed(void)
{
	int rc = errno > 0 ? -errno : -EIO;
	return err_set(rc, "%s", rpmem.errormsg());
}

static int
remote_copy(struct replica *r, uint64_t off, uint64_t len)
{
	return result(rpmem.append(of(r)->pool, off, len, NULL));
}

static int
remote_fill(struct replica *r, uint64_t off, uint64_t len, uint8_t byte)
{
	return result(rpmem.fill(of(r)->pool, off, len, byte, NULL));
}

static int
remote_deep(struct replica *r, uint64_t off, uint64_t len)
{
	return result(rpmem.deep(of(r)->pool, off, len, NULL));
}

static int
remote_grow(struct replica *r, uint64_t size)
{
	return result(rpmem.grow(of(r)->pool, size, NULL));
}

static int
remote_barrier(struct replica *r)
{
	return result(rpmem.barrier(of(r)->pool));
}

static int
remote_submit(struct replica *r)
{
	return result(rpmem.submit(of(r)->pool));
}

/*
 * With RPMEM_ON_LOSS=block:MS:fail a wait fails, and the handle lives: what
 * changes is still told to it, or it would bring the copy back without that.
 * No handle but such a one has a barrier that succeeds then.
 */
static int
remote_wait(struct replica *r)
{
	int rc = result(rpmem.wait(of(r)->pool, RPMEM_ALL, -1));
	if (rc == 0 || rc == -ESTALE || rc == -ECHILD)
		return rc;
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", rpmem.errormsg());
	if (rpmem.barrier(of(r)->pool) != 0)
		return rc;
	if (!atomic_exchange(&of(r)->is_said, true))
		LOG_ERR("replica %s: %s; the program goes on, and the copy "
			"catches up when it is back",
			r->name, why);
	return 0;
}

static void
remote_free(struct remote *m)
{
	free(m->target);
	free(m->desc);
	free(m);
}

static int
remote_close(struct replica *r)
{
	if (of(r)->is_new) {
		remote_discard(r);
		return 0;
	}
	int rc = rpmem.close(of(r)->pool) == 0 ? 0 : failed();
	remote_free(of(r));
	return rc;
}

/* one that is lost, or catches up, is librpmem's to bring back */
static bool
remote_is_attached(const struct replica *r)
{
	struct rpmem_status s;
	remote_status(r, &s);
	return s.is_equal != 0;
}

static const struct replica_ops remote_ops = {
	.copy = remote_copy,
	.fill = remote_fill,
	.deep = remote_deep,
	.grow = remote_grow,
	.barrier = remote_barrier,
	.submit = remote_submit,
	.wait = remote_wait,
	.is_attached = remote_is_attached,
	.close = remote_close,
};

static int
make_attr(const uint8_t *header, struct rpmem_pool_attr *attr_out)
{
	struct hdr h;
	struct pool_attr a;
	int rc = hdr_decode(header, &h);
	if (rc == HDR_EMPTY)
		rc = err_set(-EBADMSG, "the local pool has no header");
	if (rc < 0)
		return rc;
	hdr_attr(&h, &a);
	memcpy(a.next_uuid, a.uuid, sizeof(a.uuid));
	memcpy(a.prev_uuid, a.uuid, sizeof(a.uuid));
	uuid_generate(a.uuid);
	attr_encode(&a, (uint8_t *)attr_out);
	return 0;
}

static int
open_owner(struct remote *m, const struct remote_args *a)
{
	struct rpmem_pool_attr attr;
	int rc = 0;
	if (a->is_raw) {
		m->pool = rpmem.open_owner_raw(a->target, a->desc, a->addr,
			a->size, a->identity, a->create ? RPMEM_RAW_CREATE : 0);
		return m->pool != NULL ? 0 : failed();
	}
	if (a->create)
		rc = make_attr(a->primary_header, &attr);
	if (rc < 0)
		return rc;
	m->pool = rpmem.open_owner(
		a->target, a->desc, a->addr, a->size, a->create ? &attr : NULL);
	return m->pool != NULL ? 0 : failed();
}

static int
open_pool(struct remote *m, const struct remote_args *a)
{
	int rc = librpmem_load();
	if (rc == 0)
		rc = open_owner(m, a);
	m->is_new = rc == 0 && a->create;
	return rc;
}

int
remote_equalise(struct replica *r)
{
	struct remote *m = of(r);
	if (rpmem.equalise(m->pool) != 0)
		return failed();
	m->is_new = false;
	return 0;
}

int
remote_open(const struct remote_args *a, struct replica **r_out)
{
	struct remote *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return err_set(-ENOMEM, "no memory for a replica");
	m->base.ops = &remote_ops;
	(void)snprintf(m->base.name, sizeof(m->base.name), "%s %s", a->target,
		a->desc);
	m->target = strdup(a->target);
	m->desc = strdup(a->desc);
	int rc = m->target != NULL && m->desc != NULL
			 ? open_pool(m, a)
			 : err_set(-ENOMEM, "no memory for a replica");
	if (rc < 0) {
		remote_free(m);
		return rc;
	}
	*r_out = &m->base;
	return 0;
}

int
remote_identity(const struct replica *r, uint8_t out[16])
{
	struct rpmem_status s;
	const struct remote *m = (const struct remote *)(const void *)r;
	if (rpmem.status(m->pool, &s, sizeof(s)) != 0)
		return failed();
	memcpy(out, s.primary, sizeof(s.primary));
	return 0;
}

void
remote_status(const struct replica *r, struct rpmem_status *status_out)
{
	const struct remote *m = (const struct remote *)(const void *)r;
	*status_out = (struct rpmem_status){0};
	/* it fails only for a handle that is not one */
	IGNORE(rpmem.status(m->pool, status_out, sizeof(*status_out)));
}

void
remote_discard(struct replica *r)
{
	struct remote *m = of(r);
	(void)rpmem.close(m->pool);
	(void)rpmem.remove(m->target, m->desc, RPMEM_REMOVE_FORCE);
	remote_free(m);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapping.c -- see mapping.h
 *
 * The primary comes first: what the others are compared with and made equal
 * to, and what a create that was killed leaves, so that an open can tell which
 * copies are missing.  In the chain local copies stand before remote ones: a
 * wait sends to all of them first, then calls msync while those answer.
 */
#include "replica/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/err.h"
#include "base/log.h"
#include "pool/pool.h"
#include "replica/local.h"
#include "replica/mapset.h"
#include "replica/remote.h"

#define MAJOR 1u
#define KNOWN_INCOMPAT (HDR_INCOMPAT_SINGLEHDR | HDR_INCOMPAT_CKSUM_2K)

static const uint8_t signature[8] = "PMEMREP";

static atomic_uint fork_generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
after_fork_child(void)
{
	/* relaxed: the child has one thread */
	atomic_fetch_add_explicit(&fork_generation, 1, memory_order_relaxed);
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, after_fork_child);
}

static unsigned
generation(void)
{
	return atomic_load_explicit(&fork_generation, memory_order_relaxed);
}

bool
mapping_is_ours(const struct pmemreplica *m)
{
	return m->fork_generation == generation();
}

static int
create_primary(struct pmemreplica *m, struct pool_attr *attr_out)
{
	struct poolset one = mapset_one(m->set, 0);
	*attr_out = (struct pool_attr){.major = MAJOR,
		.incompat = one.options & POOLSET_F_SINGLEHDR
				    ? HDR_INCOMPAT_SINGLEHDR
				    : 0};
	memcpy(attr_out->signature, signature, sizeof(signature));
	uuid_generate(attr_out->poolset_uuid);
	uuid_generate(attr_out->uuid);
	/* to itself; the copies link to it */
	memcpy(attr_out->next_uuid, attr_out->uuid, UUID16_LEN);
	memcpy(attr_out->prev_uuid, attr_out->uuid, UUID16_LEN);
	return pool_create(&one, attr_out, POOL_DURABLE_MEDIA, &m->pool);
}

static int
check_primary(const struct pmemreplica *m, const struct pool_attr *a)
{
	const char *path = m->pool->parts[0].path;
	if (memcmp(a->signature, signature, sizeof(signature)) != 0)
		return err_set(-EINVAL,
			"pool part '%s': its header's signature is '%.8s', "
			"that of libpmemreplica is '%s': another library's "
			"pool",
			path, (const char *)a->signature,
			(const char *)signature);
	if (a->major != MAJOR ||
		(a->incompat & ~(KNOWN_INCOMPAT | HDR_INCOMPAT_UNEQUAL)) != 0)
		return err_set(-EINVAL,
			"pool part '%s': made by a newer library (version %u, "
			"features 0x%x)",
			path, a->major, a->incompat);
	if (a->incompat & HDR_INCOMPAT_UNEQUAL)
		return err_set(-ESTALE,
			"pool part '%s': a copy that was being made equal when "
			"its process ended: it is no point of its primary's "
			"history",
			path);
	if (!uuid16_equal(a->next_uuid, a->uuid) ||
		!uuid16_equal(a->prev_uuid, a->uuid))
		return err_set(-ESTALE,
			"pool part '%s': a copy of another primary; if that "
			"one is lost, 'rpmem promote' makes this one a pool of "
			"its own",
			path);
	return 0;
}

static int
open_primary(struct pmemreplica *m, struct pool_attr *attr_out)
{
	struct poolset one = mapset_one(m->set, 0);
	int rc = pool_open(&one, POOL_DURABLE_MEDIA, attr_out, &m->pool);
	return rc == 0 ? check_primary(m, attr_out) : rc;
}

enum how { CREATE, OPEN, OPEN_OR_MAKE };

/* a replica's opening, of one kind or the other */
struct opening {
	struct local_args local;
	struct remote_args remote;
	bool is_remote;
};

static int
open_as(struct opening *o, bool create, struct replica **r_out)
{
	o->local.create = create;
	o->remote.create = create;
	return o->is_remote ? remote_open(&o->remote, r_out)
			    : local_open(&o->local, r_out);
}

/* a copy that was lost for good is made anew only if somebody says so */
static int
open_replica(struct opening *o, enum how how, struct replica **r_out)
{
	int rc = open_as(o, how == CREATE, r_out);
	if (rc == -EBADMSG && !o->is_remote)
		return err_set(rc,
			"%s; if the primary is right, delete this replica's "
			"parts and make it anew: pmemreplica_open with "
			"PMEMREPLICA_MAKE_COPIES",
			err_msg());
	if (rc != -ENOENT || how == CREATE)
		return rc;
	if (how == OPEN_OR_MAKE)
		return open_as(o, true, r_out);
	return err_set(rc,
		"%s; if this replica is lost and the primary is right, make it "
		"anew: pmemreplica_open with PMEMREPLICA_MAKE_COPIES",
		err_msg());
}

static int
add_one(struct pmemreplica *m, unsigned idx, struct opening *o, enum how how)
{
	const struct poolset_replica *rep = &m->set->replicas[idx];
	struct poolset one = mapset_one(m->set, idx);
	o->local.set = &one;
	o->remote.target = rep->node;
	o->remote.desc = rep->desc;
	int rc = open_replica(o, how, &m->by_idx[idx]);
	/* it fits: the set was checked */
	return rc == 0 ? chain_add(&m->chain, m->by_idx[idx])
		       : err_wrap(rc, "replica %u", idx);
}

static int
add_all(struct pmemreplica *m, const struct pool_attr *attr, enum how how)
{
	struct pool *pool = m->pool;
	struct opening o = {
		.local = {.addr = pool->base,
			.size = pool->size,
			.primary = attr},
		.remote = {.addr = pool->base,
			.size = pool->size,
			.primary_header = pool->base},
	};
	int rc = 0;
	for (unsigned i = 1; rc == 0 && i < m->set->nreplicas; i++)
		if (!poolset_replica_is_remote(&m->set->replicas[i]))
			rc = add_one(m, i, &o, how);
	o.is_remote = true;
	for (unsigned i = 1; rc == 0 && i < m->set->nreplicas; i++)
		if (poolset_replica_is_remote(&m->set->replicas[i]))
			rc = add_one(m, i, &o, how);
	for (unsigned i = 1; rc == 0 && i < m->set->nreplicas; i++)
		if (poolset_replica_is_remote(&m->set->replicas[i]))
			rc = remote_equalise(m->by_idx[i]);
	return rc;
}

static int
build(struct pmemreplica *m, const char *path, enum how how)
{
	struct pool_attr attr;
	int rc = mapset_read(path, &m->set);
	if (rc == 0)
		rc = how == CREATE ? create_primary(m, &attr)
				   : open_primary(m, &attr);
	if (rc < 0)
		return rc;
	m->chain.size = m->pool->size;
	primary_init(&m->primary, m->pool);
	/* what a killed process has left in the page cache was not durable */
	if (how != CREATE)
		rc = primary_sync(&m->primary);
	return rc == 0 ? add_all(m, &attr, how) : rc;
}

static void
free_mapping(struct pmemreplica *m)
{
	primary_fini(&m->primary);
	poolset_free(m->set);
	free(m);
}

/* a create leaves nothing, an open every copy as it is; keeps the message */
static void
undo(struct pmemreplica *m, enum how how)
{
	char why[ERR_MAX];
	memcpy(why, err_msg(), strlen(err_msg()) + 1);
	for (unsigned i = 1; how == CREATE && i <= CHAIN_MAX; i++) {
		if (m->by_idx[i] == NULL)
			continue;
		if (poolset_replica_is_remote(&m->set->replicas[i]))
			remote_discard(m->by_idx[i]);
		else
			local_discard(m->by_idx[i]);
	}
	if (how != CREATE)
		IGNORE(chain_close(&m->chain));
	pool_discard(m->pool);
	free_mapping(m);
	(void)err_set(0, "%s", why);
}

static int
make(const char *path, enum how how, struct pmemreplica **m_out)
{
	struct pmemreplica *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return err_set(-ENOMEM, "no memory for a pool");
	(void)pthread_once(&once, watch_forks);
	m->fork_generation = generation();
	int rc = build(m, path, how);
	if (rc < 0) {
		undo(m, how);
		return rc;
	}
	LOG_INFO("'%s': %llu bytes, %u replicas beside the primary", path,
		(unsigned long long)m->pool->size, m->chain.nreplicas);
	*m_out = m;
	return 0;
}

int
mapping_create(const char *path, struct pmemreplica **m_out)
{
	return make(path, CREATE, m_out);
}

int
mapping_open(const char *path, bool make_copies, struct pmemreplica **m_out)
{
	return make(path, make_copies ? OPEN_OR_MAKE : OPEN, m_out);
}

int
mapping_close(struct pmemreplica *m)
{
	/* the copies first: that is also their last wait */
	int rc = chain_close(&m->chain);
	/* in a child a lock may be held for ever by a thread of its parent */
	int rc_primary = mapping_is_ours(m) ? primary_sync(&m->primary) : 0;
	int rc_pool = pool_close(m->pool);
	free_mapping(m);
	if (rc_primary < 0)
		return rc_primary;
	return rc_pool < 0 ? rc_pool : rc;
}

_Static_assert(
	(int)POOL_MEDIA_PMEM == PMEMREPLICA_MEDIA_PMEM &&
		(int)POOL_MEDIA_PAGECACHE == PMEMREPLICA_MEDIA_PAGECACHE &&
		(int)POOL_MEDIA_TMPFS == PMEMREPLICA_MEDIA_TMPFS,
	"the public numbers are ours");

static void
describe_primary(
	const struct pmemreplica *m, struct pmemreplica_replica_status *st)
{
	st->kind = PMEMREPLICA_PRIMARY;
	st->media = pool_media(m->pool);
	st->error = primary_error(&m->primary);
	st->is_lost = st->error != 0;
	st->bytes = atomic_load_explicit(&m->bytes, memory_order_relaxed);
	(void)snprintf(
		st->name, sizeof(st->name), "%s", m->pool->parts[0].path);
}

static void
describe_local(struct replica *r, struct pmemreplica_replica_status *st)
{
	struct local_numbers n;
	local_numbers(r, &n);
	st->kind = PMEMREPLICA_LOCAL;
	st->media = n.media;
	st->bytes = n.bytes;
	st->waits = n.waits;
}

static void
describe_remote(struct replica *r, struct pmemreplica_replica_status *st)
{
	struct rpmem_status s;
	remote_status(r, &s);
	st->kind = PMEMREPLICA_REMOTE;
	st->media = PMEMREPLICA_MEDIA_UNKNOWN;
	st->bytes = s.bytes;
	st->waits = s.waits;
	st->frames = s.frames;
	st->appended_seq = s.appended_seq;
	st->acked_seq = s.acked_seq;
	st->rtt_p50_ns = s.rtt_p50_ns;
	st->rtt_p99_ns = s.rtt_p99_ns;
	st->error = s.error;
}

void
mapping_replica(struct pmemreplica *m, unsigned idx,
	struct pmemreplica_replica_status *st_out)
{
	struct replica *r = m->by_idx[idx];
	*st_out = (struct pmemreplica_replica_status){.size = sizeof(*st_out)};
	if (r == NULL) {
		describe_primary(m, st_out);
		return;
	}
	if (poolset_replica_is_remote(&m->set->replicas[idx]))
		describe_remote(r, st_out);
	else
		describe_local(r, st_out);
	memcpy(st_out->name, r->name, sizeof(st_out->name));
	st_out->is_lost = !chain_follows(r);
	if (st_out->error == 0)
		st_out->error = atomic_load(&r->error);
	/* one that catches up */
	if (st_out->is_lost && st_out->error == 0)
		st_out->error = ENOTCONN;
}

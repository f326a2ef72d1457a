/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * links.c -- see links.h
 *
 * Under rpmem run the primary's header names itself, and each copy's the
 * primary.  Without it, libpmemobj's headers are a ring of all replicas in the
 * order of the set, of which the primary's header knows both neighbours.
 * Local replicas are a ring without the copies if rpmem run made the set.
 */
#include "links.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/uuid16.h"
#include "pool/inspect.h"

/* uuid of a replica in the ring; zero: the primary's header does not say it */
static void
ring_uuid(const struct pool_attr *primary, unsigned nreplicas, unsigned at,
	uint8_t out[UUID16_LEN])
{
	memset(out, 0, UUID16_LEN);
	if (at % nreplicas == 0)
		memcpy(out, primary->uuid, UUID16_LEN);
	else if (at == 1)
		memcpy(out, primary->next_uuid, UUID16_LEN);
	else if (at == nreplicas - 1)
		memcpy(out, primary->prev_uuid, UUID16_LEN);
}

/* a copy names the primary alone */
static void
star(const struct pool_attr *primary, struct pool_attr *out)
{
	*out = *primary;
	memset(out->uuid, 0, UUID16_LEN);
	memcpy(out->prev_uuid, primary->uuid, UUID16_LEN);
	memcpy(out->next_uuid, primary->uuid, UUID16_LEN);
}

int
links_of(const struct pool_attr *primary, unsigned nreplicas, unsigned at,
	struct pool_attr *out)
{
	star(primary, out);
	if (uuid16_equal(primary->next_uuid, primary->uuid))
		return 0;
	ring_uuid(primary, nreplicas, at, out->uuid);
	ring_uuid(primary, nreplicas, at - 1, out->prev_uuid);
	ring_uuid(primary, nreplicas, at + 1, out->next_uuid);
	if (uuid16_is_zero(out->prev_uuid) || uuid16_is_zero(out->next_uuid))
		return err_set(-ENOTSUP,
			"a copy of a set with %u replicas that was made "
			"without rpmem run cannot be discarded: remove it at "
			"its target (rpmemd --remove), and make it anew "
			"(pmempool sync)",
			nreplicas);
	return 0;
}

/* the header of a local replica; false: it has none that can be believed */
static bool
read_local(const struct poolset *set, unsigned at, struct pool_attr *out)
{
	struct inspect in;
	const struct hdr *h = NULL;
	if (inspect_replica(set->options, &set->replicas[at], &in) == 0)
		h = inspect_hdr(&in);
	if (h != NULL)
		hdr_attr(h, out);
	inspect_free(&in);
	return h != NULL;
}

/* does each local replica name the next one, and the last one the primary? */
static bool
are_locals_a_ring(const struct poolset *set, const struct pool_attr *primary)
{
	struct pool_attr last = *primary;
	struct pool_attr next;
	for (unsigned i = 1; i < set->nreplicas; i++) {
		if (poolset_replica_is_remote(&set->replicas[i]))
			continue;
		if (!read_local(set, i, &next) ||
			!uuid16_equal(last.next_uuid, next.uuid))
			return false;
		last = next;
	}
	return uuid16_equal(last.next_uuid, primary->uuid);
}

int
links_in_set(const struct pool_attr *primary, const struct poolset *set,
	unsigned at, struct pool_attr *out)
{
	if (!are_locals_a_ring(set, primary))
		return links_of(primary, set->nreplicas, at, out);
	star(primary, out);
	return 0;
}

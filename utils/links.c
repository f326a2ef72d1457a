/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * links.c -- see links.h
 *
 * Under rpmem run the primary's header names itself, and each copy's the
 * primary.  Without it, libpmemobj's headers are a ring of all replicas in the
 * order of the set, of which the primary's header knows both neighbours.
 */
#include "links.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/uuid16.h"

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

int
links_of(const struct pool_attr *primary, unsigned nreplicas, unsigned at,
	struct pool_attr *out)
{
	*out = *primary;
	memset(out->uuid, 0, UUID16_LEN);
	if (uuid16_equal(primary->next_uuid, primary->uuid)) {
		memcpy(out->prev_uuid, primary->uuid, UUID16_LEN);
		memcpy(out->next_uuid, primary->uuid, UUID16_LEN);
		return 0;
	}
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

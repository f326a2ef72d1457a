/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_header.c -- see sync_header.h
 */
#include "sync_header.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void
primary_uuid(const struct header_facts *f, uint8_t out[UUID16_LEN])
{
	const struct pool_attr *c = f->copy;
	if (f->recorded != NULL)
		memcpy(out, f->recorded, UUID16_LEN);
	else /* the first copy's previous one is the primary, in both kinds */
		memcpy(out, f->at == 1 ? c->prev_uuid : c->next_uuid,
			UUID16_LEN);
}

/* the neighbours in a ring of two or three */
static int
ring(const struct header_facts *f, struct pool_attr *out)
{
	const struct pool_attr *c = f->copy;
	if (f->nreplicas > 3)
		return err_set(-ENOTSUP,
			"a set with %u replicas that was made without rpmem "
			"run: its headers name each other, and one copy does "
			"not know them all; pmempool sync makes the primary",
			f->nreplicas);
	memcpy(out->next_uuid, f->at == 1 ? c->uuid : c->prev_uuid, UUID16_LEN);
	memcpy(out->prev_uuid,
		f->at == f->nreplicas - 1 ? c->uuid : c->next_uuid, UUID16_LEN);
	return 0;
}

static bool
is_ring(const struct header_facts *f)
{
	if (!uuid16_equal(f->copy->prev_uuid, f->copy->next_uuid))
		return true;
	return f->nreplicas == 2 && f->is_stock;
}

int
header_of_primary(const struct header_facts *f, struct pool_attr *out)
{
	uint8_t uuid[UUID16_LEN];
	*out = *f->copy;
	primary_uuid(f, uuid);
	memcpy(out->uuid, uuid, UUID16_LEN);
	if (f->left != NULL) {
		if (!uuid16_equal(f->left->uuid, uuid) ||
			!uuid16_equal(f->left->poolset_uuid, out->poolset_uuid))
			return err_set(-ESTALE,
				"the copy is of another primary than the first "
				"part that is left here; if that part is not "
				"needed, move it away");
		memcpy(out->prev_uuid, f->left->prev_uuid, UUID16_LEN);
		memcpy(out->next_uuid, f->left->next_uuid, UUID16_LEN);
		return 0;
	}
	if (is_ring(f))
		return ring(f, out);
	memcpy(out->prev_uuid, uuid, UUID16_LEN);
	memcpy(out->next_uuid, uuid, UUID16_LEN);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * attach.c -- finding out what an open is, and whether it may attach
 *
 * Gathers the facts (memory map, page 0, what the target said) for the
 * decisions in role.c.  Only reads, here and at the target.
 */
#include "librpmem/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "librpmem/descent.h"
#include "librpmem/equal.h"
#include "librpmem/maps.h"

/* uuid of the primary from page 0 of the program's memory */
int
attach_read_primary(struct rpmem_pool *h)
{
	uint8_t page[64];
	if (maps_read(h->addr, page, sizeof(page)) < 0 ||
		memcmp(page, h->copy.attr, HDR_SIG_LEN) != 0 ||
		!uuid16_equal(page + HDR_POOLSET_UUID,
			h->copy.attr + HDR_POOLSET_UUID))
		return err_set(-ESTALE,
			"'%s' at %s is not a copy of this pool: signature or "
			"pool set uuid differ",
			h->set_name, h->target.text);
	memcpy(h->primary_uuid, page + HDR_UUID, UUID16_LEN);
	return 0;
}

void
attach_peek_primary(struct rpmem_pool *h)
{
	uint8_t page[64];
	if (maps_read(h->addr, page, sizeof(page)) == 0)
		memcpy(h->primary_uuid, page + HDR_UUID, UUID16_LEN);
}

/* one that was lost is the copy's, if the two turn out to be equal */
static void
take_identity(struct rpmem_pool *h)
{
	if (uuid16_is_zero(h->primary_uuid))
		memcpy(h->primary_uuid, h->copy.primary_uuid, UUID16_LEN);
}

static int
compare(struct rpmem_pool *h, bool by_lineage)
{
	int rc = equal_compare(h);
	if (rc < 0)
		return rc;
	bool is_equal = rc == EQUAL_SAME;
	if (!is_equal && !by_lineage)
		return attach_refuse(&h->copy, h->target.text);
	return descent_compared(h, is_equal);
}

/* may this owner attach?  Only reads, here and at the target. */
int
attach_negotiate(struct rpmem_pool *h)
{
	if (h->role != ROLE_OWNER) {
		atomic_store(&h->is_equal, true);
		return 0;
	}
	h->attach = ATTACH_RECORD;
	/* at a create the local header is written after this call */
	if (h->was_created)
		return 0;
	int rc = h->is_raw ? 0 : attach_read_primary(h);
	if (rc == 0)
		rc = attach_decide(
			&h->copy, h->primary_uuid, h->target.text, &h->attach);
	if (rc == 0 && h->is_raw && h->attach == ATTACH_COMPARE)
		take_identity(h);
	if (rc == 0)
		rc = descent_enter(h); /* of a raw pool it may be known now */
	if (rc < 0)
		return rc;
	bool by_lineage = h->if_equal && h->attach != ATTACH_COMPARE;
	if (by_lineage)
		h->attach = ATTACH_COMPARE;
	return h->attach == ATTACH_COMPARE ? compare(h, by_lineage) : 0;
}

int
attach_role(const struct handle_args *a, struct rpmem_pool *h)
{
	struct maps_facts maps;
	uint8_t sig[8] = {0};
	int rc = maps_look(h->addr, h->size, &maps);
	if (rc < 0)
		return rc;
	if (a->create_attr != NULL)
		memcpy(sig, a->create_attr, sizeof(sig));
	else
		IGNORE(maps_read(h->addr, sig, sizeof(sig)));
	struct role_facts f = {.override = getenv("RPMEM_OWNER"),
		.from_libpmemobj = a->from_libpmemobj,
		.is_explicit = a->is_owner,
		.is_create = a->create_attr != NULL,
		.is_shared = maps.is_shared,
		.has_mode_zero = maps.has_mode_zero,
		.mode_zero_path = maps.mode_zero,
		.has_pool_header = memcmp(sig, "PMEMOBJ", 8) == 0,
		.nlanes = a->nlanes};
	h->parts_identity = maps.identity;
	return role_decide(&f, &h->role);
}

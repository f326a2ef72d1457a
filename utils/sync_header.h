/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sync_header.h -- the header of a primary that is made from a copy (pure)
 */
#ifndef RPMEM_UTILS_SYNC_HEADER_H
#define RPMEM_UTILS_SYNC_HEADER_H

#include <stdbool.h>

#include "base/compiler.h"
#include "pool/hdr.h"

struct header_facts {
	const struct pool_attr *copy; /* what the copy's header says */
	const uint8_t *recorded;      /* uuid of the copy's primary; NULL */
	const struct pool_attr *left; /* of a first part that is left; NULL */
	unsigned nreplicas;	      /* of the set */
	unsigned at;		      /* the copy in the set, from 1 */
	bool is_stock;		      /* somebody says: without rpmem run */
};

/*
 * header_of_primary -- what its header said, as far as copies know
 *
 * Under rpmem run a primary's header names itself, without it its neighbours in
 * the ring of the set.  A copy's header names the primary in both cases, if the
 * set has two replicas; then is_stock decides.
 *
 * Returns 0; -ENOTSUP: a ring of more than three; -ESTALE: the copy is of
 * another primary than the part that is left; with a message
 */
NODISCARD int header_of_primary(
	const struct header_facts *f, struct pool_attr *out);

#endif

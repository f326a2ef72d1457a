/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * links.h -- what the header of a copy says of its place in a set
 */
#ifndef RPMEM_UTILS_LINKS_H
#define RPMEM_UTILS_LINKS_H

#include "base/compiler.h"
#include "pool/hdr.h"
#include "poolset/poolset.h"

/*
 * links_of -- attributes of the replica `at` of `nreplicas`, from its primary's
 * (pure)
 *
 *   out   uuid: zero if the primary's header does not say it
 *
 * Returns 0, or -ENOTSUP with a message: a set of four and more that was made
 * without rpmem run, whose headers name each other
 */
NODISCARD int links_of(const struct pool_attr *primary, unsigned nreplicas,
	unsigned at, struct pool_attr *out);

/* the same, with a look at the headers of the local replicas: are they a ring
 * of their own?  The set is resolved (pool/dirset.h). */
NODISCARD int links_in_set(const struct pool_attr *primary,
	const struct poolset *set, unsigned at, struct pool_attr *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remote.h -- a replica at another node, by way of librpmem's stream
 */
#ifndef RPMEM_REPLICA_REMOTE_H
#define RPMEM_REPLICA_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "include/librpmem.h"
#include "replica/chain.h"

struct remote_args {
	const char *target; /* as in a REPLICA line */
	const char *desc;
	uint8_t *addr; /* the pool's memory, a shared mapping */
	uint64_t size;
	const uint8_t *primary_header; /* 4096 bytes of the first part */
	bool is_raw;		       /* no header, but an identity */
	const uint8_t *identity;       /* 16 bytes; NULL: lost */
	bool create;
};

/*
 * remote_open -- open, or create, the copy; nothing that was there is changed
 *
 * A copy that is created has the primary's pool set uuid, features and
 * signature, a uuid of its own, and links to the primary, so that nobody
 * opens it by mistake before it is promoted.
 *
 * Returns 0; -EEXIST (create), -ENOENT, -ESTALE, ...: those of
 * rpmem_open_owner(3) and rpmem_open_owner_raw(3), with a message
 */
NODISCARD int remote_open(const struct remote_args *a, struct replica **r_out);

/*
 * remote_equalise -- make it equal; see rpmem_equalise(3)
 *
 * Behind the opens of all copies: whether the pool may go on at all is known
 * only when each of them was asked.  One that was promoted must be found
 * before another is brought forward.
 *
 * Until then, closing one that was created removes it.
 */
NODISCARD int remote_equalise(struct replica *r);

/* the identity of a raw copy's primary, which may have been lost before */
NODISCARD int remote_identity(const struct replica *r, uint8_t out[16]);

/* numbers and counters of its stream; all zero if there are none */
void remote_status(const struct replica *r, struct rpmem_status *status_out);

/* remove the copy that remote_open has just created */
void remote_discard(struct replica *r);

#endif

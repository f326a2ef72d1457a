/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_lineage.h -- what a copy has lived through: taken in, and told
 */
#ifndef RPMEM_RPMEMD_COPY_LINEAGE_H
#define RPMEM_RPMEMD_COPY_LINEAGE_H

#include <stdint.h>

#include "base/compiler.h"
#include "lineage/lineage.h"
#include "wire/oob.h"

struct copy;
struct inband;
struct record;
struct rpmemd_cfg;

/*
 * copy_check_lineage -- may this become the copy's lineage?
 *
 * Returns 0 or -EPROTO with a message: not from this session, no lineage, or
 * one that does not have the copy as a member
 */
NODISCARD int copy_check_lineage(
	struct copy *c, const uint8_t *in, uint32_t len, struct lineage *l_out);

/* it does: durable on return 0 */
NODISCARD int copy_take_lineage(struct copy *c, const struct lineage *l);

/* it will, in the instant in which the journal of this id is complete; that it
 * will is durable on return 0 */
NODISCARD int copy_expect_lineage(
	struct copy *c, const struct lineage *l, uint64_t journal);

/* that journal is complete, or in the pool: what waited for it does not need
 * it any more, durably */
NODISCARD int copy_settle_lineage(struct copy *c, uint64_t journal);

/*
 * apply_lineage -- LINEAGE in the stream; the worker's
 *
 * Returns 0, also when the medium has failed (media_error); -EPROTO: what
 * ends the session
 */
NODISCARD int apply_lineage(struct inband *ib, const struct record *rec);

/*
 * copy_tell_lineage -- the answer to LINEAGE, from what is on record
 *
 * Locks nothing: somebody else may hold the copy.
 *
 * Returns 0; -ENOENT: no such copy, or no record of it; -EUCLEAN: it is
 * damaged; -errno; with a message
 */
NODISCARD int copy_tell_lineage(const struct rpmemd_cfg *cfg, const char *desc,
	struct oob_lineage_reply *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_internal.h -- what the files of copy.h share
 */
#ifndef RPMEM_RPMEMD_COPY_INTERNAL_H
#define RPMEM_RPMEMD_COPY_INTERNAL_H

#include "rpmemd/copy.h"

/* the record becomes what the caller made of it, if that is anything new;
 * durable on return 0 */
NODISCARD int copy_save(struct copy *c) REQUIRES(&c->state_lock);

/* set and clear flags of the record, and save it */
NODISCARD int copy_change_flags(struct copy *c, uint32_t set, uint32_t clear)
	REQUIRES(&c->state_lock);

/* with the next write: whose session it is that changes the copy */
void copy_claim(struct copy *c) REQUIRES(&c->state_lock);

/* a session's view of a copy begins, without parts and record */
void copy_start(struct copy *c, const struct rpmemd_cfg *cfg,
	const struct oob_pool_req *req);

/* nothing was changed: close both; the error that led here stays */
void copy_stop(struct copy *c);

/* the record of the name that was asked for; -errno as of state_open */
NODISCARD int copy_open_record(struct copy *c, const struct rpmemd_cfg *cfg);

/* a first record, durably */
NODISCARD int copy_make_record(
	struct copy *c, const struct rpmemd_cfg *cfg, uint32_t flags);

/* is it as large as the initiator's pool, or may become so? 0, -EFBIG */
NODISCARD int copy_check_size(
	const struct copy *c, const struct oob_pool_req *req);

/* what a promotion has begun, only a promotion ends: 0, -ESTALE */
NODISCARD int copy_check_promoting(const struct copy *c);

#endif

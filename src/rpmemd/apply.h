/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * apply.h -- from frames to pool memory and acks; the worker's alone
 */
#ifndef RPMEM_RPMEMD_APPLY_H
#define RPMEM_RPMEMD_APPLY_H

#include "base/compiler.h"
#include "pool/pool.h"
#include "wire/frame.h"

struct inband;

/* apply one frame, opened before; 0 or what ends the session */
NODISCARD int apply_frame(struct inband *ib, struct frame_reader *rd);

/* make everything taken in durable, answer the ack requests that are due */
NODISCARD int apply_ack(struct inband *ib);

/* a change into the pool, or into the journal; media_error tells */
void apply_take(struct inband *ib, const struct record *rec);

/*
 * apply_make_durable -- all that was taken in is
 *
 * Returns 0 or the session's media_error
 */
NODISCARD int apply_make_durable(struct inband *ib);

/* a change of the pool, growth excepted; -errno with a message */
NODISCARD int apply_store(struct pool *pool, const struct record *rec);

/* the same in a session, growth included: the first change is told to the
 * record, a failure is media_error */
void apply_change(struct inband *ib, const struct record *rec);

/* what was stored is on the medium, or media_error is set */
NODISCARD int apply_durable(struct inband *ib);

/* everything up to this number is in the pool */
void apply_reached(struct inband *ib, uint64_t seq);

/* the medium refused something: nothing more is applied; the first error
 * stays */
void apply_failed(struct inband *ib, int rc, const char *what);

#endif

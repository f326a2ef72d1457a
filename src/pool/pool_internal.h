/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_internal.h -- what the files of pool.h share (inside src/pool only)
 */
#ifndef RPMEM_POOL_POOL_INTERNAL_H
#define RPMEM_POOL_POOL_INTERNAL_H

#include "base/compiler.h"
#include "pool/pool.h"

/* of a part that is being made, see grow.c */
#define POOL_NEW_SUFFIX ".rpmem-new"

/* a pool without open parts; NULL: no memory */
struct pool *pool_new(unsigned nparts, enum pool_durability durability);

/* unmap, unlock, free, without any sync; NULL and half-built are fine */
void pool_free(struct pool *pool);

/*
 * pool_map -- lay the opened parts out and map them
 *
 *   options   POOLSET_F_*
 *
 * Returns 0; -EINVAL: parts that cannot be together, or too small;
 * -ENOMEM, ...; with a message
 */
NODISCARD int pool_map(struct pool *pool, unsigned options);

/* minimum sizes, and all files of directories, before any file is touched;
 * -EINVAL, -ENOENT, -EBADMSG with a message */
NODISCARD int pool_check_sizes(const struct poolset *set);

/* remember where the pool can grow; -ENOMEM with a message */
NODISCARD int pool_take_dirs(
	struct pool *pool, const struct poolset_replica *rep);

/* headers for a new pool, with new uuids; durable on return 0 */
NODISCARD int pool_write_hdrs(struct pool *pool, const struct pool_attr *attr);

/* read and check all headers; zero attributes when there are none */
NODISCARD int pool_check_hdrs(
	const struct pool *pool, unsigned options, struct pool_attr *attr_out);

/* all headers of the pool, each whole by itself; to be freed */
NODISCARD int pool_read_hdrs(const struct pool *pool, struct hdr **hdrs_out);

/* one header, durably */
NODISCARD int pool_write_hdr(const struct pool_part *p, const struct hdr *h);

/* the part of an offset, and the bytes of [off, off + len) that it holds */
struct pool_part *pool_part_at(
	const struct pool *pool, uint64_t off, uint64_t len, uint64_t *n_out);

/*
 * pool_is_hole -- does the pool read as zeros at off?
 *
 *   n_out   bytes from off on that the answer is for, 1 .. len, in one part
 */
bool pool_is_hole(
	struct pool *pool, uint64_t off, uint64_t len, uint64_t *n_out);

/* pool_open without looking at the headers */
NODISCARD int pool_open_unchecked(const struct poolset *set,
	enum pool_durability durability, struct pool **pool_out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * part.h -- one file or device of a pool (inside src/pool only)
 */
#ifndef RPMEM_POOL_PART_H
#define RPMEM_POOL_PART_H

#include <stdint.h>

#include "base/compiler.h"
#include "pool/pool.h"
#include "poolset/poolset.h"

/*
 * part_create, part_open -- open, lock and classify; create allocates a file
 * that is not there
 *
 * fd, file_size, dax, media, created are set.  On failure part_close() or
 * part_unlink() + part_close() is the caller's.
 *
 * Returns 0 or -errno with a message, see pool_create and pool_open
 */
NODISCARD int part_create(struct pool_part *p, const struct poolset_part *want);
NODISCARD int part_open(struct pool_part *p, const struct poolset_part *want);

/*
 * part_map -- map len bytes at `at`, and the header page if it is skipped
 *
 *   at   inside a reservation, which the mapping replaces
 */
NODISCARD int part_map(struct pool_part *p, uint8_t *at);

/* what a part lies on; dax: the device DAX it is, or 0; prot: PROT_* that the
 * file is open for */
enum pool_media part_classify(int fd, dev_t dax, int prot);

/* the message and status for a guarded access that faulted */
NODISCARD int part_fault(const struct pool_part *p, const char *what);

/* a page of the mapping, guarded */
NODISCARD int part_read_page(
	const struct pool_part *p, const uint8_t *page, uint8_t out[POOL_PAGE]);

/* change a page of the mapping; durable on return 0, whatever the mode */
NODISCARD int part_write_page(
	const struct pool_part *p, uint8_t *page, const uint8_t in[POOL_PAGE]);

/* zero a part that was there; at: its mapping.  Durable with part_sync_file */
NODISCARD int part_zero(struct pool_part *p, uint8_t *at);

/* msync whole pages around a range of the mapping; -errno, no message */
NODISCARD int part_msync(
	const struct pool_part *p, const uint8_t *addr, uint64_t len);

/* size, allocation and (created) name are durable on return 0 */
NODISCARD int part_sync_file(const struct pool_part *p);

/* remove the name if it still is this file's */
void part_unlink(const struct pool_part *p);

/* unmap the header page, unlock, free; may be called twice */
void part_close(struct pool_part *p);

/*
 * part_lock -- flock an open part
 *
 * Returns 0; -EBUSY; -ENOENT: unlinked meanwhile; with a message
 */
NODISCARD int part_lock(int fd, const char *path);

/* fsync the directory that holds path; -errno, no message */
NODISCARD int part_sync_dir(const char *path);

#endif

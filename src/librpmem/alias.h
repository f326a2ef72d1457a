/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * alias.h -- a second mapping of a pool's memory, for background reads
 *
 * The program unmaps its pool before it closes the handle, and what it maps
 * next gets the same addresses.  So a thread of ours reads through a mapping
 * of its own.  Safe from any thread.
 */
#ifndef RPMEM_LIBRPMEM_ALIAS_H
#define RPMEM_LIBRPMEM_ALIAS_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/holes.h"
#include "base/mutex.h"

struct alias_piece {
	uint64_t off; /* in the pool */
	uint64_t len;
	uint8_t *at;
	uint64_t file_off;  /* of its first byte */
	struct holes holes; /* of its file, whose descriptor is the piece's */
};

struct alias {
	struct mutex lock; /* around the rest */
	unsigned npieces;
	struct alias_piece *pieces; /* in the order of their offsets */
};

void alias_init(struct alias *a);

/*
 * alias_add -- map the pool's bytes [off, off + len) again
 *
 *   addr   where the program has offset 0; shared mappings
 *
 * Returns 0; -EINVAL: not all of it is mapped, and shared; -ENOMEM, ...;
 * with a message
 */
NODISCARD int alias_add(
	struct alias *a, const uint8_t *addr, uint64_t off, uint64_t len);

/*
 * alias_look -- what is a range, as it was at some instant since
 * alias_forget()?
 *
 *   ALIAS_DATA   it has to be read; also if nothing is known of its file
 *   ALIAS_HOLE   zeros, and nothing was ever stored there
 *   ALIAS_PARTLY has to be read with alias_read(): through a mapping, its
 *                holes would be filled
 *   at_out       DATA: where it can be read as the memory of the program can;
 *                NULL: with alias_read() only
 */
enum alias_kind { ALIAS_DATA, ALIAS_HOLE, ALIAS_PARTLY };
enum alias_kind alias_look(
	struct alias *a, uint64_t off, uint64_t len, const uint8_t **at_out);

/* have what is no hole read from the disk, see holes_ahead */
void alias_ahead(struct alias *a, uint64_t off, uint64_t len);

/* what follows is looked up anew */
void alias_forget(struct alias *a);

/*
 * alias_read -- whole lines, each in a state that it really had
 *
 *   off, len   multiples of 8
 *
 * Returns 0; -EFAULT: not mapped, or the file has been cut short; -EAGAIN: a
 * line is written to all the time, try again later
 */
NODISCARD int alias_read(
	struct alias *a, uint64_t off, void *dst, uint64_t len);

/*
 * alias_read_file -- the same of memory that nobody stores to, by its file
 *
 * One pass, and no page is mapped.  Only where mapping and file are known to be
 * the same page cache.
 *
 * Returns 0; -ENOTSUP: there is no such file; -EFAULT: it has been cut short
 */
NODISCARD int alias_read_file(
	struct alias *a, uint64_t off, void *dst, uint64_t len);

void alias_fini(struct alias *a);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inquiry.h -- what a tool says to a target about a copy, without a program
 */
#ifndef RPMEM_LIBRPMEM_INQUIRY_H
#define RPMEM_LIBRPMEM_INQUIRY_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "wire/oob.h"

/*
 * inquiry_lineage -- what the target has on record of a copy
 *
 * Nothing is opened, locked or changed there; also while a program has the
 * copy.
 *
 * Returns 0; -EINVAL: a bad target or name; what connecting returns; what the
 * target says (-ENOENT: no such copy); with a message
 */
NODISCARD int inquiry_lineage(const char *target, const char *set_name,
	struct oob_lineage_reply *r_out);

/* whose copy it is to be from now on */
struct inquiry_discard {
	const char *target;
	const char *set_name;
	const uint8_t *primary_uuid;
	uint64_t pool_size; /* of the primary */
};

/*
 * inquiry_discard -- tell the target that nothing in the copy is worth keeping
 *
 * Durability  on return 0 the target has it on record: the primary's next open
 *             makes the copy equal, whatever it holds.
 *
 * Returns 0; -EBUSY: a program has it open there; else as inquiry_lineage
 */
NODISCARD int inquiry_discard(const struct inquiry_discard *d);

#endif

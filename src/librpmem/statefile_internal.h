/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_internal.h -- shared by the files of a state file
 */
#ifndef RPMEM_LIBRPMEM_STATEFILE_INTERNAL_H
#define RPMEM_LIBRPMEM_STATEFILE_INTERNAL_H

#include "librpmem/statefile.h"

/* where the record with this generation lies */
uint64_t statefile_slot_off(uint64_t generation);

static inline uint64_t
statefile_map_off(unsigned which)
{
	return STATEFILE_MAPS_OFF + which * STATEFILE_MAP_ROOM;
}

/* the valid slot with the higher generation; -EBADMSG: there is none; -errno;
 * without a message */
NODISCARD int statefile_slots_read(int fd, struct statefile_record *r_out);

/* "cannot WHAT: ..." as the message; returns rc */
int statefile_failed(const struct statefile *f, int rc, const char *what);

/* the live page and room for the maps; 0 or -errno with a message */
NODISCARD int statefile_map_live(struct statefile *f);

/* as much of each map as the pool needs; a failure leaves what is in use as
 * it is, and a later call begins again */
NODISCARD int statefile_map_more(struct statefile *f, uint64_t pool_size);

#endif

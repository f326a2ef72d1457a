/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_read.h -- a state file as tools look at it
 */
#ifndef RPMEM_LIBRPMEM_STATEFILE_READ_H
#define RPMEM_LIBRPMEM_STATEFILE_READ_H

#include "librpmem/statefile.h"

struct statefile_view {
	struct statefile_record record;
	bool is_running; /* a program has it open */
	bool has_live;	 /* else live is all zeros */
	bool maps_count; /* as statefile_trusts has it, in this boot */
	uint64_t sent_blocks;
	uint64_t dirty_blocks;
	uint64_t marked_blocks; /* either of the two */
	/* state may be any number; said ends, and is printable */
	struct statefile_live live;
};

/*
 * statefile_read -- look at a file, without being in anybody's way
 *
 * Nothing is written, no lock is taken, and nothing in the file is believed:
 * it may be anybody's, and change or shrink meanwhile.
 *
 * Returns 0; -ENOENT; -EBADMSG: no state file, or no valid record in it;
 * -errno; with a message
 */
NODISCARD int statefile_read(const char *path, struct statefile_view *view_out);

#endif

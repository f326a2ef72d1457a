/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * plan.h -- what a pool set file asks for, before anything is opened
 *
 * The set is split: libpmemobj gets the local part of it, in a file of its
 * own that exists only in memory, the chain gets the REPLICA lines.
 */
#ifndef RPMEM_REPLICA_PLAN_H
#define RPMEM_REPLICA_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "poolset/poolset.h"

/* a part before libpmemobj has done anything */
struct plan_part {
	char *path;
	bool was_there;
	bool has_header;
};

struct plan {
	struct poolset *set; /* as it was read, directories resolved */
	struct plan_part
		*parts;	 /* of the local replicas, one after the other */
	unsigned nparts; /* of all of them */
	bool can_grow;	 /* its parts are in directories */
	dev_t dev;	 /* of replica 0's first part, see plan_look */
	ino_t ino;
	int fd;	       /* the local part of the set; -1: none */
	char path[64]; /* to hand to libpmemobj */
};

#define PLAN_NONE 1

/*
 * plan_make -- read a pool set file, if it is one with remote replicas
 *
 * Returns 0; PLAN_NONE: nothing of ours (also a file that cannot be read,
 * which libpmemobj will tell); -EINVAL: the set is wrong; -EIO: a recovery
 * of bad blocks was begun and must be finished first; -ENOTSUP: a device as
 * part; with a message
 */
NODISCARD int plan_make(const char *path, struct plan *p_out);

/*
 * plan_look -- find the parts of replica 0, which are there now
 *
 *   size_out   bytes of the pool in them
 */
NODISCARD int plan_look(struct plan *p, uint64_t *size_out);

/*
 * plan_undo -- undo libpmemobj's create
 *
 * Deletes the parts of every local replica that plan_make did not find, and
 * takes the headers out of those that it did.
 */
void plan_undo(const struct plan *p);

void plan_free(struct plan *p);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapset.h -- the pool set file of a replicated mapping
 */
#ifndef RPMEM_REPLICA_MAPSET_H
#define RPMEM_REPLICA_MAPSET_H

#include "base/compiler.h"
#include "poolset/poolset.h"

/*
 * mapset_read -- read and check a set
 *
 * Returns 0, or with a message: -ENOENT, ...: the file cannot be read;
 * -EINVAL: it is no pool set, or a wrong one; -ENOTSUP: a directory as part;
 * -E2BIG: more replicas than a chain has room for
 */
NODISCARD int mapset_read(const char *path, struct poolset **set_out);

/* replica idx as a set by itself, borrowed from `set` */
struct poolset mapset_one(const struct poolset *set, unsigned idx);

#endif

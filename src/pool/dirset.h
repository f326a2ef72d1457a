/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * dirset.h -- pool sets that name directories
 *
 * A line of a set may name a directory: its size is then what the pool may
 * grow to, and the parts are the files 000000.pmem, 000001.pmem, ... in the
 * directories, in turns, as libpmemobj names them.
 */
#ifndef RPMEM_POOL_DIRSET_H
#define RPMEM_POOL_DIRSET_H

#include <stdint.h>

#include "base/compiler.h"
#include "poolset/poolset.h"

/*
 * dirset_resolve -- put the files that are there in the place of directories
 *
 * For each local replica that names directories: rep->dirs and rep->reserved
 * are what its lines said, rep->parts the files, in the order of their
 * numbers.  A set without directories stays as it is; a set that was resolved
 * before is looked at again.
 *
 * Returns 0; -EINVAL: files and directories in one set; -ENOMEM, ...; with a
 * message
 */
NODISCARD int dirset_resolve(struct poolset *set);

/* are the parts of a resolved replica all there?  0; -ENOENT: there is none;
 * -EBADMSG: one is missing; with a message */
NODISCARD int dirset_check(const struct poolset_replica *rep);

/*
 * dirset_find_missing -- the first part that a resolved replica lacks
 *
 * By its name, if there are later ones; the part behind the last one, if
 * libpmemobj's pool does not end in those that are there (or the last one was
 * cut short).  A replica without directories or parts lacks none.
 *
 * Returns 0; 1: one is missing, with a message that says which; -ENOMEM
 */
NODISCARD int dirset_find_missing(
	const struct poolset_replica *rep, unsigned *idx_out);

/* the one part that a new pool of a resolved replica begins with; -EEXIST:
 * there are parts already, with a message */
NODISCARD int dirset_begin(struct poolset_replica *rep, uint64_t size);

/* path of a part, to be freed; NULL: no memory */
char *dirset_path(char *const *dirs, unsigned ndirs, unsigned idx);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * follow.h -- the file of a pool part whose name is a symbolic link
 */
#ifndef RPMEM_UTILS_FOLLOW_H
#define RPMEM_UTILS_FOLLOW_H

#include <limits.h>

#include "base/compiler.h"
#include "poolset/poolset.h"

/*
 * follow_path -- where the last component of a path leads
 *
 * Also if nothing is there: the file behind a link may be lost.
 *
 * Returns 0; -ELOOP, -ENAMETOOLONG, -errno; with a message
 */
NODISCARD int follow_path(const char *path, char out[PATH_MAX]);

/* each part of a replica gets the path of its file, but those in directories,
 * whose names say which ones they are; 0 or as follow_path, or -ENOMEM, with a
 * message */
NODISCARD int follow_parts(struct poolset_replica *rep);

#endif

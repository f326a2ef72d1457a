/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * filename.h -- do two names mean the same file, which may not be there yet?
 */
#ifndef RPMEM_REPLICA_FILENAME_H
#define RPMEM_REPLICA_FILENAME_H

#include <limits.h>
#include <stdbool.h>

#include "base/compiler.h"

/*
 * filename_resolve -- the name without links that an open would come to
 *
 * Its last component need not be there.
 *
 * Returns 0 or a negative errno, with a message
 */
NODISCARD int filename_resolve(const char *path, char out[PATH_MAX]);

/* by device and inode if both are there, else by name */
bool filename_same(const char *a, const char *b);

#endif

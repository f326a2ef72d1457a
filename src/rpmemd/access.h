/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * access.h -- which key may do what, and below which directory
 *
 * A file of lines "IDENTITY RIGHTS [DIRECTORY]", blanks between, '#' for
 * comments.  RIGHTS is a comma list of read, write (which includes read) and
 * remove.  IDENTITY "*" stands for every identity that has no line.  A
 * relative DIRECTORY is below the pool set directory, which is the default.
 */
#ifndef RPMEM_RPMEMD_ACCESS_H
#define RPMEM_RPMEMD_ACCESS_H

#include <limits.h>

#include "base/compiler.h"

#define ACCESS_READ 1u
#define ACCESS_WRITE 2u
#define ACCESS_REMOVE 4u
#define ACCESS_ALL 7u

struct access {
	unsigned rights;
	char dir[PATH_MAX]; /* "": the pool set directory */
};

/*
 * access_parse -- what a file says of an identity (pure)
 *
 * The whole text is checked, whichever line counts.
 *
 *   text       is cut into words
 *   identity   NULL: only check
 *
 * Returns 0: found; -EINVAL: a bad line; -EACCES: no line for the identity;
 * with a message that names file and line
 */
NODISCARD int access_parse(char *text, const char *file, const char *identity,
	struct access *access_out);

/*
 * access_load -- the same for a file, which only its owner may write
 *
 * Returns also -errno of reading it, -EPERM: others may write it
 */
NODISCARD int access_load(
	const char *file, const char *identity, struct access *access_out);

/* "read", "write" or "remove" */
const char *access_name(unsigned right);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * textfile.h -- a small configuration file as lines
 */
#ifndef RPMEM_RPMEMD_TEXTFILE_H
#define RPMEM_RPMEMD_TEXTFILE_H

#include <sys/types.h>

#include "base/compiler.h"

#define TEXTFILE_MAX (1024u * 1024)

/*
 * textfile_read -- the whole of a file, NUL-terminated
 *
 *   text_out   to be freed
 *   mode_out   its mode; NULL: not of interest
 *
 * Returns 0; -EINVAL: a NUL in it, not a file, or larger than TEXTFILE_MAX;
 * -errno; with a message that names it
 */
NODISCARD int textfile_read(
	const char *path, char **text_out, mode_t *mode_out);

/* the next line, without its end; NULL: there is none.  As strtok_r, but
 * empty lines count. */
char *textfile_line(char *text, char **rest);

#endif

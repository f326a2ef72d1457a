/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_set.h -- a pool set file that rpmemd serves
 */
#ifndef RPMEM_UTILS_COPY_SET_H
#define RPMEM_UTILS_COPY_SET_H

#include <stdbool.h>

#include "setfile.h"

#define COPY_SET_TEXT_MAX (3u * SHELL_WORD_MAX)

/*
 * copy_set_told -- is this the set file of a copy, and which command is meant?
 *
 * A record beside it says so, unless the copy was promoted: then it is a
 * primary, as any other.
 */
bool copy_set_told(const char *path, char out[COPY_SET_TEXT_MAX]);

#endif

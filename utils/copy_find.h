/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_find.h -- a copy by the name that people give it (pure)
 */
#ifndef RPMEM_UTILS_COPY_FIND_H
#define RPMEM_UTILS_COPY_FIND_H

#include "base/compiler.h"
#include "poolset/poolset.h"

/*
 * copy_find -- which remote replica of a set is called so
 *
 *   path    of the set, for messages
 *   copy    "TARGET NAME" as in its REPLICA line, in one word; TARGET alone if
 *           the set has no other copy there
 *   at_out  its number in the set, from 1
 *
 * Returns 0; -ENOENT: there is none; -EINVAL: there are several; with a
 * message
 */
NODISCARD int copy_find(const struct poolset *set, const char *path,
	const char *copy, unsigned *at_out);

#endif

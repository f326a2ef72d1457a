/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copyword.h -- the word COPY of a command line (pure)
 */
#ifndef RPMEM_UTILS_COPYWORD_H
#define RPMEM_UTILS_COPYWORD_H

#include "base/compiler.h"
#include "poolset/poolset.h"

/*
 * copyword_find -- the remote replica that is meant: "TARGET NAME", or "TARGET"
 *
 *   path   of the set, for messages
 *
 * Returns 0; -ENOENT: none; -EINVAL: several; with a message
 */
NODISCARD int copyword_find(const struct poolset *set, const char *path,
	const char *copy, const struct poolset_replica **rep_out);

#endif

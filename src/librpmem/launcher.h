/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * launcher.h -- a word to those who use pmempool without rpmem-ssh
 *
 * libpmempool removes a replica that it cannot open before it makes a new
 * one, by running RPMEM_SSH itself, which ssh cannot do for a tcp:// target.
 */
#ifndef RPMEM_LIBRPMEM_LAUNCHER_H
#define RPMEM_LIBRPMEM_LAUNCHER_H

#include "base/compiler.h"
#include "librpmem/handle.h"

/* rc of an open that failed; the message says what would have helped */
NODISCARD int launcher_hint(
	const struct handle_args *a, const struct rpmem_pool *h, int rc);

/* said while it still works, rather than on the day when it does not */
void launcher_warn(const struct handle_args *a, const struct rpmem_pool *h);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_inspect.h -- what the parts of a copy are like, for whoever asks
 */
#ifndef RPMEM_RPMEMD_COPY_INSPECT_H
#define RPMEM_RPMEMD_COPY_INSPECT_H

#include "base/compiler.h"
#include "wire/oob.h"

struct rpmemd_cfg;

/*
 * copy_inspect -- the answer to LOOK
 *
 * Locks nothing: somebody else may hold the copy.
 *
 * Returns 0, whatever the parts are like; -ENOENT: no such set file; -EINVAL:
 * it is no target's; -errno; with a message
 */
NODISCARD int copy_inspect(const struct rpmemd_cfg *cfg,
	const struct oob_look *req, struct oob_look_reply *out);

#endif

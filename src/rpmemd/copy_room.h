/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_room.h -- could a copy be made, or kept, under a name?
 */
#ifndef RPMEM_RPMEMD_COPY_ROOM_H
#define RPMEM_RPMEMD_COPY_ROOM_H

#include "base/compiler.h"
#include "wire/oob.h"

struct rpmemd_cfg;

/*
 * copy_room -- the answer to ROOM
 *
 * Returns 0; -ENOENT: there is no directory of that name; -EINVAL; -EXDEV;
 * -errno; with a message
 */
NODISCARD int copy_room(const struct rpmemd_cfg *cfg, const char *desc,
	struct oob_room_reply *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * target.h -- the string that names a target (pure)
 */
#ifndef RPMEM_LIBRPMEM_TARGET_H
#define RPMEM_LIBRPMEM_TARGET_H

#include <stdint.h>

#include "base/compiler.h"

#define TARGET_NODE_MAX 256
#define TARGET_IDENTITY_MAX 256
#define TARGET_TEXT_MAX 640

struct target {
	char identity[TARGET_IDENTITY_MAX]; /* "": the key file's first */
	char node[TARGET_NODE_MAX];	    /* without brackets */
	uint16_t port;
	char text[TARGET_TEXT_MAX]; /* as it was given, for messages */
};

/*
 * target_parse -- tcp://[identity@]node[:port] or tcp://[identity@][v6][:port]
 *
 * The identity may itself hold an '@' (USER@HOST): the last one counts.
 *
 * Returns 0; -EINVAL: empty node, '[' without ']', port empty, not a number
 * or outside 1 .. 65535, too long; -ENOTSUP: another form, such as the ssh
 * form [user@]node, which this version does not speak; with a message
 */
NODISCARD int target_parse(const char *text, struct target *target_out);

#endif

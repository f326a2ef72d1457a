/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * target.h -- the string that names a target (pure)
 */
#ifndef RPMEM_LIBRPMEM_TARGET_H
#define RPMEM_LIBRPMEM_TARGET_H

#include <stdint.h>

#include "base/compiler.h"

#define TARGET_USER_MAX 33 /* the historical limit and NUL */
#define TARGET_NODE_MAX 256
#define TARGET_IDENTITY_MAX 256
#define TARGET_TEXT_MAX 640

enum target_kind {
	TARGET_SSH, /* rpmemd is started by ssh */
	TARGET_TCP, /* rpmemd listens */
};

struct target {
	enum target_kind kind;
	char user[TARGET_USER_MAX];	    /* SSH; "": ssh's choice */
	char identity[TARGET_IDENTITY_MAX]; /* TCP; "": the key file's first */
	char node[TARGET_NODE_MAX];	    /* without brackets */
	uint16_t port;			    /* SSH: 0 is ssh's choice */
	char text[TARGET_TEXT_MAX];	    /* as it was given, for messages */
};

/*
 * target_parse -- [user@]node[:port], [user@][v6][:port], or the same behind
 * tcp:// with an identity in place of the user
 *
 * An identity may itself hold an '@' (USER@HOST): the last one counts.  A
 * user ends at the first.  Two colons and more without brackets are an IPv6
 * address without a port.
 *
 * Returns 0; -EINVAL: empty node, a node or user that begins with '-', '['
 * without ']', port empty, not a number or outside 1 .. 65535, too long;
 * -ENOTSUP: another scheme; with a message
 */
NODISCARD int target_parse(const char *text, struct target *target_out);

#endif

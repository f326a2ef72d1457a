/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * command.h -- what a target's login shell is asked to run (pure)
 */
#ifndef RPMEM_OOB_COMMAND_H
#define RPMEM_OOB_COMMAND_H

#include <stddef.h>

#include "base/compiler.h"

#define COMMAND_MAX 8192
#define COMMAND_DEFAULT "rpmemd"

/*
 * command_pick -- one of the commands of RPMEM_CMD
 *
 *   list   command lines for the remote shell, '|' between them, passed on
 *          as they are; NULL or "" is COMMAND_DEFAULT
 *   turn   which; they are used in turn
 *
 * Returns 0; -EINVAL: an empty one between two '|', or one that is too long,
 * with a message
 */
NODISCARD int command_pick(
	const char *list, unsigned turn, char *out, size_t size);

/*
 * command_word -- append a blank and one word, quoted so that a POSIX shell
 * takes it for exactly this word
 *
 * Returns 0 or -EINVAL: no room
 */
NODISCARD int command_word(char *command, size_t size, const char *word);

#endif

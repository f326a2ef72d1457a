/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_lock.h -- one at a time
 */
#ifndef RPMEM_UTILS_SET_LOCK_H
#define RPMEM_UTILS_SET_LOCK_H

#include "base/compiler.h"

/*
 * set_lock -- lock a pool set file, as long as a command works on its pool
 *
 *   fd_out   the lock, the caller's to close; -1: none, since the file cannot
 *            be opened, and who reads it says why
 *
 * It is on the file that has the name now.
 *
 * Two commands that change a pool at once would each undo what the other has
 * done, and with its parts gone there is nothing else that both could lock.
 *
 * Returns 0; -EBUSY: another one is at work; with a message
 */
NODISCARD int set_lock(const char *path, int *fd_out);

#endif

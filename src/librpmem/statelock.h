/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statelock.h -- finding or making a file of the state directory, locked
 *
 * The lock is one of the open file description: it ends with the process,
 * like flock, but a tool can ask whether it is held without taking it, and so
 * without being in the way of a program that starts at that moment.
 */
#ifndef RPMEM_LIBRPMEM_STATELOCK_H
#define RPMEM_LIBRPMEM_STATELOCK_H

#include <stdint.h>

#include "base/compiler.h"

/*
 * statelock_open -- open name in dirfd, which is made empty if it is not there
 *
 *   path      the same in full, for messages
 *   fd_out    locked; -1 on failure
 *   size_out  bytes; 0: it is new, or whoever made it did not get far
 *
 * Returns 0; STATELOCK_BUSY (no message): another process holds the lock;
 * -EACCES: it is not ours alone; -errno; with a message
 */
#define STATELOCK_BUSY 1
NODISCARD int statelock_open(int dirfd, const char *name, const char *path,
	int *fd_out, uint64_t *size_out);

/* give the lock back, also where a forked child has the file as well, and close
 * it; -1 and a second call are fine */
void statelock_close(int *fd);

#endif

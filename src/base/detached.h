/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * detached.h -- start a process that the program around us does not see
 *
 * What a library starts must be no child of the program: no SIGCHLD, nothing
 * that its waitpid(-1) finds.
 */
#ifndef RPMEM_BASE_DETACHED_H
#define RPMEM_BASE_DETACHED_H

#include "base/compiler.h"

/*
 * detached_run -- call fn in a process between, wait until it returns
 *
 * What fn starts is an orphan when this returns.  fn shares memory and
 * descriptors with the program, whose other threads run on: it may spawn, and
 * make system calls, and no more.  All signals are blocked in it.
 *
 *   fn         returns 0 or an errno; what it leaves in *value_out (0 before)
 *              comes back
 *   value_out  NULL: not wanted
 *
 * Returns 0; -errno, of fn or because there is no process, without a message
 */
NODISCARD int detached_run(
	int (*fn)(void *arg, int *value_out), void *arg, int *value_out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * guard.h -- a SIGBUS in a mapped range becomes a return value
 *
 * Stores into a mapped file arrive as SIGBUS when the file system is full or
 * the disk fails, loads when the disk fails or the file was cut short.
 */
#ifndef RPMEM_POOL_GUARD_H
#define RPMEM_POOL_GUARD_H

#include <stdint.h>

#include "base/compiler.h"

/*
 * guard_install -- take SIGBUS for this process
 *
 * For rpmemd only: a library has no business with its host's signals.  In a
 * process where it was not called guard_call() calls and does not guard.  A
 * SIGBUS outside a guarded range still ends the process.  Inherited over
 * fork; may be called again.
 *
 * Threads  before the first guard_call() of any thread.
 * Returns  0 or -errno with a message
 */
NODISCARD int guard_install(void);

#define GUARD_FAULT 1

/*
 * guard_call -- call fn(arg), which touches the mapping at [addr, addr + len)
 *
 * When a page in the range cannot be had, fn is left where it stands (it may
 * own nothing that needs an end, and take no lock) and what it has stored so
 * far stays.
 *
 *   fault_out  the address that failed, with GUARD_FAULT
 *
 * Threads  each has its own guard.
 * Returns  0, or GUARD_FAULT without a message
 */
NODISCARD int guard_call(const void *addr, uint64_t len, void (*fn)(void *),
	void *arg, const void **fault_out);

#endif

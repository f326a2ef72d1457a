/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cancel.h -- no pthread_cancel in the middle of our work
 *
 * We wait in cancellation points with locks held and numbers half changed; a
 * program's thread that is cancelled there would leave them so.  The
 * cancellation happens at the thread's next point after ours.
 */
#ifndef RPMEM_BASE_CANCEL_H
#define RPMEM_BASE_CANCEL_H

#include <pthread.h>

#include "base/compiler.h"

static inline int
cancel_disable(void)
{
	int old = PTHREAD_CANCEL_ENABLE;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	return old;
}

static inline void
cancel_restore(int *old)
{
	(void)pthread_setcancelstate(*old, NULL);
}

/* to the end of the block */
#define NO_CANCEL                                                              \
	UNUSED CLEANUP(cancel_restore)                                         \
	int cancel_state_ = cancel_disable()

#endif

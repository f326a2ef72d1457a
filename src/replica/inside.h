/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inside.h -- is this drain a barrier, or must it wait?
 *
 * A drain that libpmemobj's own code reaches inside one of its calls only
 * orders: the call's end waits, if it promises durability.  Every other drain
 * waits.  What is not known for sure waits: slow, never wrong.
 *
 * libpmemobj leaves calls by longjmp and programs switch stacks, so nothing
 * is counted: "inside" is the frame of the outermost wrapped call, and holds
 * only for frames below it on the same stack.
 */
#ifndef RPMEM_REPLICA_INSIDE_H
#define RPMEM_REPLICA_INSIDE_H

#include <stdbool.h>

#include "base/compiler.h"

enum promise {
	PROMISE_NOTHING, /* a worker: its caller has more to do */
	PROMISE_DRAINED, /* durable if it came to a drain that nobody has
			  * waited for */
	PROMISE_ALWAYS,	 /* durable, whatever it did */
};

/* a wrapped call; on its stack */
struct inside {
	bool is_outermost;
	unsigned long drains;
	unsigned long waits;
};

/* frame: the wrapper's own */
void inside_enter(struct inside *in, const void *frame);

/* returns true if the call has to wait now */
bool inside_leave(const struct inside *in, enum promise promise);

/*
 * inside_drain -- a drain has been reached
 *
 *   frame         the hook's own
 *   is_internal   libpmemobj's code called, not the program's
 *
 * Returns true: wait now; false: a barrier does
 */
bool inside_drain(const void *frame, bool is_internal);

/* how many drains this thread has come to */
unsigned long inside_drains(void);

/* this thread waits now for everything: what it drained before is covered */
void inside_waited(void);

/* from now on PROMISE_DRAINED counts as PROMISE_ALWAYS: a pool is in use
 * whose drains cannot be seen */
void inside_drains_are_hidden(void);

#endif

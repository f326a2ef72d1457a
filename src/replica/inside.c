/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inside.c -- see inside.h
 *
 * The stack grows down on every machine that libpmem runs on: what a call
 * calls lies below it.  An entry whose frame is below the one that looks was
 * left by longjmp; one too far above is on another stack.  Either is as good
 * as none.
 */
#include "replica/inside.h"

#include <stdatomic.h>
#include <stdint.h>

/* deeper than libpmemobj ever is below its entry; less than a thread's stack */
#define DEPTH_MAX (256u * 1024)

static _Thread_local uintptr_t outermost; /* 0: none */
static _Thread_local unsigned long drains;
static _Thread_local unsigned long waits;
static _Thread_local unsigned long waited; /* drains at the last of them */
static atomic_bool drains_are_hidden;

static bool
is_inside(uintptr_t frame)
{
	return outermost > frame && outermost - frame < DEPTH_MAX;
}

void
inside_enter(struct inside *in, const void *frame)
{
	in->is_outermost = !is_inside((uintptr_t)frame);
	in->drains = drains;
	in->waits = waits;
	if (in->is_outermost)
		outermost = (uintptr_t)frame;
}

bool
inside_leave(const struct inside *in, enum promise promise)
{
	if (in->is_outermost)
		outermost = 0;
	switch (promise) {
	case PROMISE_NOTHING:
		return false;
	case PROMISE_DRAINED:
		/* a call inside this one has waited, and nothing came after */
		if (waits != in->waits && drains == waited)
			return false;
		return drains != in->drains ||
		       atomic_load_explicit(
			       &drains_are_hidden, memory_order_relaxed);
	case PROMISE_ALWAYS:
		return true;
	}
	return true;
}

bool
inside_drain(const void *frame, bool is_internal)
{
	drains++;
	return !is_internal || !is_inside((uintptr_t)frame);
}

unsigned long
inside_drains(void)
{
	return drains;
}

void
inside_waited(void)
{
	waits++;
	waited = drains;
}

void
inside_drains_are_hidden(void)
{
	atomic_store(&drains_are_hidden, true);
}

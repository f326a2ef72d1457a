/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * tx_begin.c -- the beginning of a transaction, and its callback
 *
 * libpmemobj runs the program's ONCOMMIT callback inside pmemobj_tx_commit,
 * before the wrapper around it could wait; a program may answer its client
 * there.  So the callback goes through one of ours that waits first.
 *
 * A nested begin must pass the same callback as the outer one, which
 * libpmemobj checks: a thread has one pair at a time, and the same pair
 * becomes the same pair of ours.
 */
#include <libpmemobj.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/fault.h"
#include "replica/inside.h"
#include "replica/real.h"
#include "replica/window.h"

/* parameters of one begin: a kind and one or two values each */
#define SLOTS 48u

static _Thread_local struct {
	pmemobj_tx_callback fn;
	void *arg;
} callback;

static void
trampoline(PMEMobjpool *pop, enum pobj_tx_stage stage, void *arg)
{
	(void)arg;
	bool late = FAULT("replica/answer-before-wait");
	if (stage == TX_STAGE_ONCOMMIT && !late)
		wait_for_all();
	unsigned long before = inside_drains();
	callback.fn(pop, stage, callback.arg);
	/* its last call may be a jump to libpmem, which then seems to be
	 * called by us: it is the program's, and waits */
	if (inside_drains() != before)
		wait_for_all();
	if (late)
		(void)usleep(3000);
}

static void
take_callback(pmemobj_tx_callback *fn, void **arg)
{
	if (callback.fn == NULL && *fn != NULL) {
		callback.fn = *fn;
		callback.arg = *arg;
	}
	/* another pair than the outer one's stays: libpmemobj refuses it */
	if (*fn == callback.fn && *arg == callback.arg && *fn != NULL) {
		*fn = trampoline;
		*arg = &callback;
	}
}

/* the parameters as they are to be passed on; -1: too many */
static int
take_params(va_list ap, uintptr_t slots[SLOTS])
{
	unsigned n = 0;
	for (;;) {
		enum pobj_tx_param kind = va_arg(ap, enum pobj_tx_param);
		if (n + 4 > SLOTS)
			return -1;
		slots[n++] = (uintptr_t)kind;
		if (kind == TX_PARAM_NONE)
			return 0;
		if (kind == TX_PARAM_CB) {
			pmemobj_tx_callback fn =
				va_arg(ap, pmemobj_tx_callback);
			void *arg = va_arg(ap, void *);
			take_callback(&fn, &arg);
			slots[n++] = (uintptr_t)fn;
			slots[n++] = (uintptr_t)arg;
		} else {
			slots[n++] = (uintptr_t)va_arg(ap, void *);
		}
	}
}

/*
 * A kind (an int) and a pointer are passed in the same places as an
 * uintptr_t on every 64-bit machine that libpmem runs on, and what stands
 * behind TX_PARAM_NONE is not looked at.
 */
_Static_assert(sizeof(uintptr_t) == 8, "variable arguments are 8 bytes");

#define S4(s, i) (s)[i], (s)[(i) + 1], (s)[(i) + 2], (s)[(i) + 3]
#define S16(s, i) S4(s, i), S4(s, (i) + 4), S4(s, (i) + 8), S4(s, (i) + 12)

__attribute__((visibility("default"), noinline)) int
pmemobj_tx_begin(PMEMobjpool *pop, jmp_buf env, ...)
{
	static void *_Atomic cache;
	static void *_Atomic stage_cache;
	int (*real)(PMEMobjpool *, void *, ...) = (int (*)(PMEMobjpool *,
		void *, ...))real_obj(&cache, "pmemobj_tx_begin");
	uintptr_t s[SLOTS] = {TX_PARAM_NONE};
	struct inside in;
	va_list ap;
	enum pobj_tx_stage (*stage)(void) = (enum pobj_tx_stage(*)(
		void))real_obj(&stage_cache, "pmemobj_tx_stage");
	if (stage() == TX_STAGE_NONE)
		callback.fn = NULL;
	va_start(ap, env);
	int rc = take_params(ap, s);
	va_end(ap);
	if (rc < 0) {
		(void)fprintf(stderr,
			"rpmem: a transaction with more than %u parameters\n",
			SLOTS);
		errno = EINVAL;
		return EINVAL;
	}
	inside_enter(&in, __builtin_frame_address(0));
	rc = real(pop, env, S16(s, 0), S16(s, 16), S16(s, 32));
	(void)inside_leave(&in, PROMISE_NOTHING);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_live.c -- see statefile_live.h
 */
#include "librpmem/statefile_live.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t
now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
statefile_live_begin(struct statefile_live *live)
{
	memset((void *)live, 0, sizeof(*live));
	live_set(&live->version, STATEFILE_LIVE_VERSION);
	live_set(&live->pid, (uint64_t)getpid());
	live_set(&live->verify.speaks, VERIFY_SPEAKS);
	live_set(&live->updated_at_ms, now_ms());
	live_set(&live->magic, STATEFILE_LIVE_MAGIC);
}

void
statefile_live_enter(struct statefile_live *live, enum state state)
{
	uint64_t ms = now_ms();
	live_set(&live->state, (uint64_t)state);
	live_set(&live->state_since_s, ms / 1000);
	if ((unsigned)state < STATEFILE_LIVE_STATES)
		live_add(&live->changes[state], 1);
	live_set(&live->updated_at_ms, ms);
}

void
statefile_live_touch(struct statefile_live *live)
{
	live_set(&live->updated_at_ms, now_ms());
}

/*
 * The turn is odd before the first byte changes and even again after the
 * last: the fence keeps the bytes behind the first store, the release before
 * the second.  A reader that found the same even turn before and after has
 * the whole text.
 */
void
statefile_live_say(struct statefile_live *live, const char *text)
{
	uint64_t turn = live_get(&live->said_turn);
	live_set(&live->said_turn, turn | 1);
	atomic_thread_fence(memory_order_release);
	(void)snprintf(live->said, sizeof(live->said), "%s", text);
	atomic_store_explicit(
		&live->said_turn, (turn | 1) + 1, memory_order_release);
	live_set(&live->updated_at_ms, now_ms());
}

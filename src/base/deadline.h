/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * deadline.h -- points of monotonic time, in nanoseconds
 */
#ifndef RPMEM_BASE_DEADLINE_H
#define RPMEM_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_SEC 1000000000ULL
#define DEADLINE_NEVER UINT64_MAX

static inline uint64_t
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static inline uint64_t
deadline_in_ms(uint64_t ms)
{
	return now_ns() + ms * NS_PER_MS;
}

static inline bool
deadline_passed(uint64_t deadline)
{
	return deadline != DEADLINE_NEVER && now_ns() >= deadline;
}

/* what is left, rounded up, for poll(2): 0 .. one hour; -1 for never */
static inline int
deadline_poll_ms(uint64_t deadline)
{
	if (deadline == DEADLINE_NEVER)
		return -1;
	uint64_t now = now_ns();
	if (now >= deadline)
		return 0;
	uint64_t ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > 3600000 ? 3600000 : (int)ms;
}

static inline struct timespec
deadline_timespec(uint64_t deadline)
{
	return (struct timespec){.tv_sec = (time_t)(deadline / NS_PER_SEC),
		.tv_nsec = (long)(deadline % NS_PER_SEC)};
}

#endif

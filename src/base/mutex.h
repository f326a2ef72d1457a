/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mutex.h -- pthread mutex and condition with clang's capability annotations
 *
 * Under gcc the annotations are empty.  The condition waits on the monotonic
 * clock.
 */
#ifndef RPMEM_BASE_MUTEX_H
#define RPMEM_BASE_MUTEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

#if defined(__clang__)
#define CAPABILITY __attribute__((capability("mutex")))
#define REQUIRES(l) __attribute__((requires_capability(l)))
#define ACQUIRE(l) __attribute__((acquire_capability(l)))
#define RELEASE(l) __attribute__((release_capability(l)))
#define EXCLUDES(l) __attribute__((locks_excluded(l)))
#define NO_LOCK_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY
#define REQUIRES(l)
#define ACQUIRE(l)
#define RELEASE(l)
#define EXCLUDES(l)
#define NO_LOCK_ANALYSIS
#endif

struct CAPABILITY mutex {
	pthread_mutex_t m;
};

struct cond {
	pthread_cond_t c;
};

static inline void
mutex_init(struct mutex *l)
{
	(void)pthread_mutex_init(&l->m, NULL);
}

static inline void
mutex_fini(struct mutex *l)
{
	(void)pthread_mutex_destroy(&l->m);
}

static inline void
mutex_lock(struct mutex *l) ACQUIRE(l) NO_LOCK_ANALYSIS
{
	(void)pthread_mutex_lock(&l->m);
}

static inline bool
mutex_trylock(struct mutex *l) NO_LOCK_ANALYSIS
{
	return pthread_mutex_trylock(&l->m) == 0;
}

static inline void
mutex_unlock(struct mutex *l) RELEASE(l) NO_LOCK_ANALYSIS
{
	(void)pthread_mutex_unlock(&l->m);
}

static inline void
cond_init(struct cond *c)
{
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->c, &attr);
	(void)pthread_condattr_destroy(&attr);
}

static inline void
cond_fini(struct cond *c)
{
	(void)pthread_cond_destroy(&c->c);
}

static inline void
cond_wake_all(struct cond *c)
{
	(void)pthread_cond_broadcast(&c->c);
}

static inline void
cond_wake_one(struct cond *c)
{
	(void)pthread_cond_signal(&c->c);
}

/* wait until woken (spurious wake-ups included) or the deadline passes */
static inline void
cond_wait(struct cond *c, struct mutex *l, uint64_t deadline)
	REQUIRES(l) NO_LOCK_ANALYSIS
{
	if (deadline == DEADLINE_NEVER) {
		(void)pthread_cond_wait(&c->c, &l->m);
		return;
	}
	struct timespec ts = deadline_timespec(deadline);
	(void)pthread_cond_timedwait(&c->c, &l->m, &ts);
}

#endif

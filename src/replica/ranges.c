/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * ranges.c -- see ranges.h
 *
 * A slot is active while its size is not 0, and free again when its chain is
 * forgotten.  Writers hold the lock.
 *
 * ranges_find: its caller uses the pool, so nobody may be closing it; but
 * other slots may change under its eyes, so it reads each between two looks
 * at its version.
 * ranges_each: waits for pools that others may be closing.  It counts itself
 * as a user of the slot, then looks whether it is active; who forgets makes
 * it inactive, then waits for the users.  Both in the order of one total
 * order (seq_cst), so one of the two sees the other.
 */
#include "replica/ranges.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/err.h"
#include "base/mutex.h"

struct slot {
	atomic_uintptr_t base;
	_Atomic(struct chain *) chain;
	atomic_uint_fast64_t size;
	atomic_uint users;   /* in ranges_each */
	atomic_uint version; /* odd while the slot changes */
};

static struct mutex lock = {PTHREAD_MUTEX_INITIALIZER};
static struct slot slots[RANGES_MAX];
static atomic_uint nslots; /* slots from here on were never used */
static atomic_uint nactive;

int
ranges_add(const void *base, uint64_t size, struct chain *chain)
{
	unsigned i = 0;
	mutex_lock(&lock);
	while (i < RANGES_MAX && atomic_load(&slots[i].chain) != NULL)
		i++;
	if (i < RANGES_MAX) {
		atomic_fetch_add(&slots[i].version, 1);
		atomic_store(&slots[i].base, (uintptr_t)base);
		atomic_store(&slots[i].chain, chain);
		atomic_store(&slots[i].size, size);
		atomic_fetch_add(&slots[i].version, 1);
		if (i >= atomic_load(&nslots))
			atomic_store(&nslots, i + 1);
		atomic_fetch_add(&nactive, 1);
	}
	mutex_unlock(&lock);
	return i < RANGES_MAX ? 0
			      : err_set(-E2BIG, "more than %u replicated pools",
					RANGES_MAX);
}

void
ranges_grow(const struct chain *chain, uint64_t size)
{
	mutex_lock(&lock);
	for (unsigned i = 0; i < RANGES_MAX; i++) {
		if (atomic_load(&slots[i].chain) != chain ||
			atomic_load(&slots[i].size) == 0)
			continue;
		atomic_fetch_add(&slots[i].version, 1);
		atomic_store(&slots[i].size, size);
		atomic_fetch_add(&slots[i].version, 1);
	}
	mutex_unlock(&lock);
}

/* false: the slot changed meanwhile, look again */
static bool
try_slot(struct slot *s, const void *addr, uint64_t *off_out,
	struct chain **chain_out)
{
	unsigned before =
		atomic_load_explicit(&s->version, memory_order_acquire);
	uint64_t size = atomic_load_explicit(&s->size, memory_order_relaxed);
	uintptr_t base = atomic_load_explicit(&s->base, memory_order_relaxed);
	struct chain *c = atomic_load_explicit(&s->chain, memory_order_relaxed);
	/* the loads above stay above the second look at the version */
	atomic_thread_fence(memory_order_acquire);
	if (before % 2 != 0 || before != atomic_load_explicit(&s->version,
						 memory_order_relaxed))
		return false;
	*off_out = (uintptr_t)addr - base;
	*chain_out = *off_out < size ? c : NULL;
	return true;
}

struct chain *
ranges_find(const void *addr, uint64_t *off_out)
{
	struct chain *c = NULL;
	unsigned n = atomic_load_explicit(&nslots, memory_order_acquire);
	for (unsigned i = 0; i < n && c == NULL; i++)
		while (!try_slot(&slots[i], addr, off_out, &c))
			;
	return c;
}

bool
ranges_any(void)
{
	/* relaxed: whoever uses a pool knows that it was opened */
	return atomic_load_explicit(&nactive, memory_order_relaxed) != 0;
}

void
ranges_drop(const void *addr, uint64_t len)
{
	if (!ranges_any() || len == 0)
		return;
	uintptr_t from = (uintptr_t)addr;
	mutex_lock(&lock);
	for (unsigned i = 0; i < RANGES_MAX; i++) {
		uint64_t size = atomic_load(&slots[i].size);
		uintptr_t base = atomic_load(&slots[i].base);
		if (size == 0 || base >= from + len || from >= base + size)
			continue;
		atomic_store(&slots[i].size, 0);
		atomic_fetch_sub(&nactive, 1);
	}
	mutex_unlock(&lock);
}

static struct slot *
deactivate(const struct chain *chain)
{
	struct slot *found = NULL;
	mutex_lock(&lock);
	for (unsigned i = 0; i < RANGES_MAX; i++) {
		if (atomic_load(&slots[i].chain) != chain)
			continue;
		found = &slots[i];
		if (atomic_exchange(&found->size, 0) != 0)
			atomic_fetch_sub(&nactive, 1);
	}
	mutex_unlock(&lock);
	return found;
}

void
ranges_forget(const struct chain *chain)
{
	const struct timespec pause = {.tv_nsec = 100000};
	struct slot *s = deactivate(chain);
	if (s == NULL)
		return;
	/* a wait for a network, which its limits end */
	while (atomic_load(&s->users) != 0)
		(void)nanosleep(&pause, NULL);
	atomic_store(&s->chain, NULL);
}

void
ranges_each(void (*fn)(struct chain *chain))
{
	unsigned n = atomic_load_explicit(&nslots, memory_order_acquire);
	for (unsigned i = 0; i < n; i++) {
		struct slot *s = &slots[i];
		if (atomic_load_explicit(&s->size, memory_order_relaxed) == 0)
			continue;
		atomic_fetch_add(&s->users, 1);
		if (atomic_load(&s->size) != 0)
			fn(atomic_load(&s->chain));
		atomic_fetch_sub(&s->users, 1);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * ranges.c -- see ranges.h
 *
 * A slot is free while its size is 0.  Writers hold the lock; a reader that
 * sees a size (acquire) sees the base and the chain that were stored before
 * it (release).  A slot's end races only with a program that uses a pool
 * while another thread closes it.
 */
#include "replica/ranges.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/err.h"
#include "base/mutex.h"

struct slot {
	atomic_uintptr_t base;
	_Atomic(struct chain *) chain;
	atomic_uint_fast64_t size;
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
	while (i < RANGES_MAX && atomic_load(&slots[i].size) != 0)
		i++;
	if (i < RANGES_MAX) {
		atomic_store(&slots[i].base, (uintptr_t)base);
		atomic_store(&slots[i].chain, chain);
		atomic_store(&slots[i].size, size);
		if (i >= atomic_load(&nslots))
			atomic_store(&nslots, i + 1);
		atomic_fetch_add(&nactive, 1);
	}
	mutex_unlock(&lock);
	return i < RANGES_MAX ? 0
			      : err_set(-E2BIG, "more than %u replicated pools",
					RANGES_MAX);
}

struct chain *
ranges_find(const void *addr, uint64_t *off_out)
{
	unsigned n = atomic_load_explicit(&nslots, memory_order_acquire);
	for (unsigned i = 0; i < n; i++) {
		uint64_t size = atomic_load_explicit(
			&slots[i].size, memory_order_acquire);
		uint64_t off =
			(uintptr_t)addr - atomic_load_explicit(&slots[i].base,
						  memory_order_relaxed);
		if (off < size) {
			*off_out = off;
			return atomic_load_explicit(
				&slots[i].chain, memory_order_relaxed);
		}
	}
	return NULL;
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
	if (!ranges_any())
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

void
ranges_each(void (*fn)(struct chain *chain))
{
	unsigned n = atomic_load_explicit(&nslots, memory_order_acquire);
	for (unsigned i = 0; i < n; i++)
		if (atomic_load_explicit(
			    &slots[i].size, memory_order_acquire) != 0)
			fn(atomic_load_explicit(
				&slots[i].chain, memory_order_relaxed));
}

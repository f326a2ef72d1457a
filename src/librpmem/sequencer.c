/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * sequencer.c -- see sequencer.h
 *
 * A table of the counters in use, with one lock; the counters themselves
 * need none.
 */
#include "librpmem/sequencer.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutex.h"

struct sequencer {
	struct sequencer *next;
	const void *addr;
	uint8_t uuid[UUID16_LEN];
	unsigned users;
	atomic_uint_fast64_t last;
	atomic_uint_fast64_t limit;
	/* written before the first number is asked for, and never again */
	sequencer_more *_Atomic more;
	void *more_arg;
};

static struct mutex table_lock = {PTHREAD_MUTEX_INITIALIZER};
static struct sequencer *table;

static struct sequencer *
find(const void *addr, const uint8_t uuid[UUID16_LEN])
{
	for (struct sequencer *s = table; s != NULL; s = s->next)
		if (addr != NULL && s->addr == addr &&
			uuid16_equal(s->uuid, uuid))
			return s;
	return NULL;
}

void
sequencer_raise(struct sequencer *s, uint64_t used)
{
	uint64_t last = atomic_load_explicit(&s->last, memory_order_relaxed);
	while (last < used &&
		!atomic_compare_exchange_weak_explicit(&s->last, &last, used,
			memory_order_relaxed, memory_order_relaxed))
		;
}

struct sequencer *
sequencer_join(const void *addr, const uint8_t uuid[UUID16_LEN], uint64_t used)
{
	mutex_lock(&table_lock);
	struct sequencer *s = find(addr, uuid);
	if (s == NULL)
		s = calloc(1, sizeof(*s));
	if (s != NULL && s->users == 0) {
		atomic_init(&s->limit, UINT64_MAX);
		s->addr = addr;
		memcpy(s->uuid, uuid, UUID16_LEN);
		s->next = table;
		table = s;
	}
	if (s != NULL) {
		s->users++;
		sequencer_raise(s, used);
	}
	mutex_unlock(&table_lock);
	return s;
}

void
sequencer_hold(struct sequencer *s)
{
	mutex_lock(&table_lock);
	s->users++;
	mutex_unlock(&table_lock);
}

void
sequencer_limit(
	struct sequencer *s, uint64_t limit, sequencer_more *more, void *arg)
{
	if (arg != NULL)
		s->more_arg = arg;
	/* release: whoever sees the function sees its argument */
	atomic_store_explicit(&s->more, more, memory_order_release);
	atomic_store_explicit(&s->limit, limit, memory_order_release);
}

uint64_t
sequencer_last(struct sequencer *s)
{
	return atomic_load_explicit(&s->last, memory_order_relaxed);
}

uint64_t
sequencer_next(struct sequencer *s)
{
	/* relaxed: a stream takes it under its own lock, and only the numbers
	 * of one stream have to rise in the order of its records */
	uint64_t number =
		atomic_fetch_add_explicit(&s->last, 1, memory_order_relaxed) +
		1;
	if (number > atomic_load_explicit(&s->limit, memory_order_acquire)) {
		sequencer_more *more =
			atomic_load_explicit(&s->more, memory_order_acquire);
		if (more != NULL)
			more(s->more_arg, number);
	}
	return number;
}

void
sequencer_leave(struct sequencer *s)
{
	if (s == NULL)
		return;
	mutex_lock(&table_lock);
	if (--s->users == 0) {
		struct sequencer **at = &table;
		while (*at != s)
			at = &(*at)->next;
		*at = s->next;
		free(s);
	}
	mutex_unlock(&table_lock);
}

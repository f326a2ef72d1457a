/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * registry.c -- one table, with one lock, of the pools open in this process
 *
 * Two things need it.  At exit the pulse threads must stop before
 * libfabric's and GnuTLS's destructors run; nothing is freed then, and a
 * pool that was not closed ends uncleanly, which is safe.  And a forked
 * child shares sockets with its parent but has none of its threads: the fork
 * generation tells a handle that it is in the wrong process.
 */
#include "librpmem/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mutex.h"
#include "librpmem/history.h"
#include "librpmem/keeper.h"
#include "librpmem/stream.h"

#define PARK_MS 100u

static struct mutex table_lock = {PTHREAD_MUTEX_INITIALIZER};
static struct rpmem_pool *table;
static atomic_uint fork_generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
park_all(void)
{
	history_park();
	mutex_lock(&table_lock);
	for (struct rpmem_pool *h = table; h != NULL; h = h->next)
		stream_park(h->st, PARK_MS);
	mutex_unlock(&table_lock);
}

static void
before_fork(void)
{
	mutex_lock(&table_lock);
}

static void
after_fork_parent(void)
{
	mutex_unlock(&table_lock);
}

static void
after_fork_child(void)
{
	/* relaxed: the child has one thread */
	atomic_fetch_add_explicit(&fork_generation, 1, memory_order_relaxed);
	table = NULL;
	mutex_unlock(&table_lock);
}

/*
 * Registered at the first open, after libfabric was loaded: exit handlers
 * run last in, first out, and all of them before the destructors of loaded
 * libraries.
 */
static void
hook(void)
{
	(void)pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	(void)atexit(park_all);
}

void
registry_add(struct rpmem_pool *h)
{
	(void)pthread_once(&once, hook);
	h->fork_generation = registry_fork_generation();
	mutex_lock(&table_lock);
	h->next = table;
	table = h;
	mutex_unlock(&table_lock);
}

void
registry_remove(struct rpmem_pool *h)
{
	mutex_lock(&table_lock);
	for (struct rpmem_pool **at = &table; *at != NULL; at = &(*at)->next)
		if (*at == h) {
			*at = h->next;
			break;
		}
	mutex_unlock(&table_lock);
}

unsigned
registry_attached(const void *addr)
{
	unsigned n = 0;
	mutex_lock(&table_lock);
	for (struct rpmem_pool *h = table; h != NULL; h = h->next)
		n += h->addr == addr && h->role == ROLE_OWNER &&
		     stream_error(h->st) == 0 && keeper_is_attached(h);
	mutex_unlock(&table_lock);
	return n;
}

unsigned
registry_fork_generation(void)
{
	return atomic_load_explicit(&fork_generation, memory_order_relaxed);
}

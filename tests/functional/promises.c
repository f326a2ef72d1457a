/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promises.c -- each durable call of stock libpmemobj, wherever it is made
 *
 *   promises SET COPY KIND N   N rounds of it; 1 at a promise that is broken
 *   promises SET COPY pools N SET2 COPY2
 *                              the same for two pools at a time
 *   promises list              the kinds, without pools
 *
 * See promises.h for how it is seen.
 */
#include <libpmem.h>
#include <libpmemobj.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "promises.h"

#define LAYOUT "txprog"
#define LINE 8 /* words */

struct entry;
TOID_DECLARE(struct entry, 7);
struct entry {
	POBJ_LIST_ENTRY(struct entry) list;
	uint64_t load[4];
};
POBJ_LIST_HEAD(entries, struct entry);

struct root {
	uint64_t room[LINE * 33]; /* 32 lines, wherever the object begins */
	PMEMoid oid;
	struct entries head;
	struct entries other;
	PMEMmutex lock;
};

static PMEMobjpool *pop;
static struct root *root;

/* the first word of a line of its own */
static uint64_t *
line(unsigned i)
{
	uintptr_t at = ((uintptr_t)root->room + 63) & ~(uintptr_t)63;
	return (uint64_t *)at + (size_t)i * LINE;
}

static void *
in_thread(void *(*fn)(void *))
{
	pthread_t t;
	void *rc = NULL;
	if (pthread_create(&t, NULL, fn, NULL) != 0)
		abort();
	pthread_join(t, &rc);
	return rc;
}

/* ---- calls that promise, one by one; used everywhere below ---- */

static void
by_persist(void)
{
	++*line(0);
	pmemobj_persist(pop, line(0), 8);
	there(line(0), 8, "pmemobj_persist");
	++*line(1);
	if (pmemobj_xpersist(pop, line(1), 8, 0) != 0)
		abort();
	there(line(1), 8, "pmemobj_xpersist");
	++*line(2);
	pmem_persist(line(2), 8);
	there(line(2), 8, "pmem_persist");
	++*line(3);
	if (pmem_msync(line(3), 8) != 0)
		abort();
	there(line(3), 8, "pmem_msync");
}

static void
by_drain(void)
{
	++*line(4);
	++*line(5);
	pmemobj_flush(pop, line(4), 8);
	pmemobj_flush(pop, line(5), 8);
	pmemobj_drain(pop);
	there(line(4), 16 * LINE, "pmemobj_flush, pmemobj_drain");
	++*line(6);
	pmem_flush(line(6), 8);
	pmem_drain();
	there(line(6), 8, "pmem_flush, pmem_drain");
	++*line(7);
	pmemobj_flush(pop, line(7), 8);
	/* no bytes, but a drain; libpmemobj itself relies on it */
	pmemobj_persist(pop, line(7), 0);
	there(line(7), 8, "a length of 0");
	++*line(7);
	pmem_flush(line(7), 8);
	pmem_persist(line(7), 0);
	there(line(7), 8, "a length of 0 of libpmem");
	++*line(7);
	if (pmem_deep_persist(line(7), 8) != 0)
		abort();
	there(line(7), 8, "pmem_deep_persist");
	++*line(7);
	pmem_deep_flush(line(7), 8);
	if (pmem_deep_drain(line(7), 8) != 0)
		abort();
	there(line(7), 8, "pmem_deep_flush, pmem_deep_drain");
}

static void
by_mem(void)
{
	uint64_t v[LINE] = {*line(8) + 1};
	pmemobj_memcpy_persist(pop, line(8), v, sizeof(v));
	there(line(8), sizeof(v), "pmemobj_memcpy_persist");
	pmemobj_memmove(pop, line(9), v, sizeof(v), 0);
	there(line(9), sizeof(v), "pmemobj_memmove");
	pmemobj_memset_persist(pop, line(10), (int)v[0], 100);
	there(line(10), 100, "pmemobj_memset_persist");
	pmem_memcpy_persist(line(12), v, sizeof(v));
	there(line(12), sizeof(v), "pmem_memcpy_persist");
	pmemobj_memcpy(pop, line(13), v, sizeof(v), PMEMOBJ_F_MEM_NODRAIN);
	pmemobj_drain(pop);
	there(line(13), sizeof(v), "NODRAIN, pmemobj_drain");
	pmem_memset_nodrain(line(14), (int)v[0], 64);
	pmem_drain();
	there(line(14), 64, "pmem_memset_nodrain, pmem_drain");
}

static void
by_all(void)
{
	by_persist();
	by_drain();
	by_mem();
}

/* pages, so whatever else is in them, too: not for everywhere */
static void
by_msync(void)
{
	uintptr_t page = (uintptr_t)line(3) & ~(uintptr_t)4095;
	++*line(3);
	if (msync((void *)page, 4096, MS_SYNC) != 0)
		abort();
	there(line(3), 8, "msync");
}

/* ---- where they are made ---- */

static void
add_and_raise(unsigned i)
{
	pmemobj_tx_add_range_direct(line(i), 8);
	++*line(i);
}

static void
do_commit(void)
{
	jmp_buf env;
	if (setjmp(env) != 0 || pmemobj_tx_begin(pop, env, TX_PARAM_NONE) != 0)
		abort();
	add_and_raise(16);
	add_and_raise(17);
	pmemobj_tx_commit();
	there(line(16), 16 * LINE, "pmemobj_tx_commit");
	(void)pmemobj_tx_end();
	/* pmemobj_tx_process commits, which may not show */
	TX_BEGIN(pop)
	{
		add_and_raise(16);
		add_and_raise(18);
	}
	TX_ONCOMMIT
	{
		there(line(16), 24 * LINE, "pmemobj_tx_process");
	}
	TX_END
}

static void
do_body(void)
{
	TX_BEGIN(pop)
	{
		add_and_raise(16);
		by_all();
		TX_BEGIN(pop)
		{
			add_and_raise(17);
			by_all();
		}
		TX_END
		by_all();
		PMEMoid oid = pmemobj_tx_zalloc(100, 1);
		by_all();
		pmemobj_tx_free(oid);
	}
	TX_END
	there(line(16), 16 * LINE, "a commit");
}

static void
on_stage(PMEMobjpool *p, enum pobj_tx_stage stage, void *arg)
{
	(void)p;
	(void)arg;
	if (stage == TX_STAGE_ONCOMMIT)
		there(line(16), 8, "a commit, in its callback");
	if (stage != TX_STAGE_NONE)
		by_all();
}

static void
do_callback(void)
{
	TX_BEGIN_PARAM(pop, TX_PARAM_CB, on_stage, NULL, TX_PARAM_NONE)
	{
		add_and_raise(16);
	}
	TX_END
	TX_BEGIN_PARAM(pop, TX_PARAM_CB, on_stage, NULL, TX_PARAM_NONE)
	{
		add_and_raise(16);
		pmemobj_tx_abort(1);
	}
	TX_END
}

static int
construct(PMEMobjpool *p, void *ptr, void *arg)
{
	(void)arg;
	memset(ptr, (int)*line(0), 100);
	pmemobj_flush(p, ptr, 100);
	pmemobj_drain(p);
	there(ptr, 100, "flush, drain in a constructor");
	by_all();
	return 0;
}

static void
do_construct(void)
{
	if (pmemobj_alloc(pop, &root->oid, 100, 1, construct, NULL) != 0)
		abort();
	there(&root->oid, sizeof(root->oid), "pmemobj_alloc");
	pmemobj_free(&root->oid);
	there(&root->oid, sizeof(root->oid), "pmemobj_free");
	PMEMoid oid = POBJ_LIST_INSERT_NEW_HEAD(
		pop, &root->head, list, sizeof(struct entry) + 100, NULL, NULL);
	TOID(struct entry) e;
	TOID_ASSIGN(e, oid);
	/* (the lock in a head is never flushed) */
	there(&root->head.pe_first, sizeof(oid), "a list insert");
	if (POBJ_LIST_MOVE_ELEMENT_HEAD(
		    pop, &root->head, &root->other, e, list, list) != 0)
		abort();
	there(&root->head.pe_first, sizeof(oid), "a list move");
	there(&root->other.pe_first, sizeof(oid), "a list move");
	if (POBJ_LIST_REMOVE_FREE(pop, &root->other, e, list) != 0)
		abort();
	there(&root->other.pe_first, sizeof(oid), "a list remove");
}

static void
do_alloc(void)
{
	size_t n = sizeof(root->oid);
	if (pmemobj_zalloc(pop, &root->oid, 200, 1) != 0)
		abort();
	there(&root->oid, n, "pmemobj_zalloc");
	there(pmemobj_direct(root->oid), 200, "what it zeroed");
	if (pmemobj_realloc(pop, &root->oid, 20000, 1) != 0)
		abort();
	there(&root->oid, n, "pmemobj_realloc");
	pmemobj_free(&root->oid);
	if (pmemobj_strdup(pop, &root->oid, "a string", 1) != 0)
		abort();
	there(&root->oid, n, "pmemobj_strdup");
	there(pmemobj_direct(root->oid), 9, "the string");
	pmemobj_free(&root->oid);
}

static void *
flush_other(void *arg)
{
	++*line(16);
	pmemobj_flush(pop, line(16), 8);
	return arg;
}

/* nothing is left to be flushed by the commit itself */
static void
do_noflush(void)
{
	TX_BEGIN(pop)
	{
		pmemobj_tx_xadd_range_direct(line(16), 8,
			POBJ_XADD_NO_SNAPSHOT | POBJ_XADD_NO_FLUSH);
		++*line(16);
		pmemobj_flush(pop, line(16), 8);
	}
	TX_END
	there(line(16), 8, "a commit of a range that was flushed before");
	TX_BEGIN(pop)
	{
		pmemobj_tx_xadd_range_direct(line(16), 8,
			POBJ_XADD_NO_SNAPSHOT | POBJ_XADD_NO_FLUSH);
		(void)in_thread(flush_other);
	}
	TX_END
	there(line(16), 8, "a commit of what another thread flushed");
}

static void *
drain_other(void *arg)
{
	pmemobj_drain(pop);
	there(line(16), 8, "a drain of what another thread flushed");
	return arg;
}

static struct pobj_action act[2];

static void *
reserve_other(void *arg)
{
	(void)arg;
	PMEMoid oid = pmemobj_reserve(pop, &act[0], 400, 1);
	void *p = pmemobj_direct(oid);
	memset(p, (int)*line(16), 400);
	pmemobj_flush(pop, p, 400);
	return p;
}

static void
do_threads(void)
{
	(void)in_thread(flush_other);
	pmemobj_drain(pop);
	there(line(16), 8, "a drain of what another thread flushed");
	(void)flush_other(NULL);
	(void)in_thread(drain_other);
	void *p = in_thread(reserve_other);
	pmemobj_set_value(pop, &act[1], line(17), *line(17) + 1);
	if (pmemobj_publish(pop, act, 2) != 0)
		abort();
	there(line(17), 8, "pmemobj_publish");
	there(p, 400, "what another thread reserved");
	PMEMoid oid = pmemobj_oid(p);
	pmemobj_free(&oid);
}

/* leaves a call by longjmp, `depth` frames further down */
__attribute__((noinline)) static void
abort_at(int depth)
{
	volatile char frame[400];
	frame[0] = (char)depth;
	if (depth > 0) {
		abort_at(depth - 1);
		frame[1] = frame[0];
		return;
	}
	TX_BEGIN(pop)
	{
		add_and_raise(16);
		pmemobj_tx_alloc(1UL << 40, 1);
	}
	TX_END
}

__attribute__((noinline)) static void
all_at(int depth)
{
	volatile char frame[400];
	frame[0] = (char)depth;
	if (depth > 0) {
		all_at(depth - 1);
		frame[1] = frame[0];
		return;
	}
	by_all();
	do_commit();
	do_alloc();
}

static void
do_storm(void)
{
	for (int i = 0; i < 12; i++) {
		abort_at(i);
		all_at(12 - i);
	}
	/* out of a transaction that is nested, in one go */
	TX_BEGIN(pop)
	{
		add_and_raise(17);
		abort_at(3);
	}
	TX_END
	all_at(5);
}

static ucontext_t here;
static ucontext_t there_context;
static void (*coroutine_does)(void);

static void
coroutine(void)
{
	coroutine_does();
	swapcontext(&there_context, &here);
}

/* on a stack of its own; the one that was left is suspended */
static void
switch_to(void (*fn)(void))
{
	static char stack[256 * 1024];
	coroutine_does = fn;
	getcontext(&there_context);
	there_context.uc_stack.ss_sp = stack;
	there_context.uc_stack.ss_size = sizeof(stack);
	makecontext(&there_context, coroutine, 0);
	swapcontext(&here, &there_context);
}

static void
nested_and_all(void)
{
	by_all();
	TX_BEGIN(pop)
	{
		add_and_raise(18);
		by_all();
	}
	TX_END
	by_all();
}

static int
construct_elsewhere(PMEMobjpool *p, void *ptr, void *arg)
{
	(void)p;
	(void)ptr;
	(void)arg;
	switch_to(by_all);
	by_all();
	return 0;
}

static void
do_switch(void)
{
	TX_BEGIN(pop)
	{
		add_and_raise(16);
		switch_to(nested_and_all);
		by_all();
		add_and_raise(17);
	}
	TX_END
	there(line(16), 24 * LINE, "a commit");
	if (pmemobj_alloc(pop, &root->oid, 100, 1, construct_elsewhere, NULL) !=
		0)
		abort();
	there(&root->oid, sizeof(root->oid), "pmemobj_alloc");
	pmemobj_free(&root->oid);
	switch_to(do_commit);
	switch_to(do_alloc);
}

/* a drain is for every pool of the process, as a fence is */
static void
pools(const char *set, const char *copy_path, unsigned long n)
{
	PMEMobjpool *other = pmemobj_open(set, LAYOUT);
	if (other == NULL)
		errx(2, "%s", pmemobj_errormsg());
	uint64_t *word = (uint64_t *)pmemobj_direct(pmemobj_root(other, 4096));
	const uint8_t *first = copy;
	map_copy(copy_path, other);
	const uint8_t *second = copy;
	for (unsigned long i = 0; i < n; i++) {
		++*word;
		pmemobj_flush(other, word, 8);
		copy = first;
		pool_base = (const uint8_t *)pop;
		do_commit();
		++*line(0);
		pmemobj_flush(pop, line(0), 8);
		copy = second;
		pool_base = (const uint8_t *)other;
		there(word, 8, "a flush, and a commit in another pool");
		++*word;
		pmemobj_persist(other, word, 8);
		there(word, 8, "pmemobj_persist in the second pool");
		copy = first;
		pool_base = (const uint8_t *)pop;
		there(line(0), 8, "a flush, and a persist in another pool");
	}
	pmemobj_close(other);
}

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {
	{"all", by_all},
	{"msync", by_msync},
	{"commit", do_commit},
	{"body", do_body},
	{"callback", do_callback},
	{"construct", do_construct},
	{"alloc", do_alloc},
	{"noflush", do_noflush},
	{"threads", do_threads},
	{"storm", do_storm},
	{"switch", do_switch},
};

int
main(int argc, char **argv)
{
	size_t nkinds = sizeof(kinds) / sizeof(kinds[0]);
	for (size_t i = 0; argc == 2 && i < nkinds; i++)
		printf("%s\n", kinds[i].name);
	if (argc != 5 && argc != 7)
		return argc == 2 ? 0 : 2;
	pop = pmemobj_open(argv[1], LAYOUT);
	if (pop == NULL)
		errx(2, "%s", pmemobj_errormsg());
	root = (struct root *)pmemobj_direct(
		pmemobj_root(pop, sizeof(struct root)));
	map_copy(argv[2], pop);
	unsigned long n = strtoul(argv[4], NULL, 10);
	for (size_t i = 0; i < nkinds; i++)
		for (unsigned long k = 0;
			strcmp(kinds[i].name, argv[3]) == 0 && k < n; k++)
			kinds[i].fn();
	if (argc == 7)
		pools(argv[5], argv[6], n);
	pmemobj_close(pop);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * counts.c -- one kind of durable call of stock libpmemobj, N times
 *
 *   counts SET KIND N
 *
 * With N and with 2 N calls, the difference of what librpmem counted is N
 * calls'.  It knows nothing of replicas.
 */
#include <libpmem.h>
#include <libpmemobj.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT "txprog"

struct entry;
TOID_DECLARE(struct entry, 7);
struct entry {
	POBJ_LIST_ENTRY(struct entry) list;
	uint64_t load[4];
};
POBJ_LIST_HEAD(entries, struct entry);

struct root {
	uint64_t words[8 * 16]; /* every 16th: a line of its own */
	PMEMoid oid;
	struct entries head;
	PMEMmutex lock;
};

static PMEMobjpool *pop;
static struct root *root;
static PMEMoid root_oid;
static uint64_t committed;

static void
transaction(int nranges)
{
	TX_BEGIN(pop)
	{
		for (int i = 0; i < nranges; i++) {
			pmemobj_tx_add_range_direct(
				&root->words[16 * i], sizeof(uint64_t));
			root->words[16 * i]++;
		}
	}
	TX_ONABORT
	{
		abort();
	}
	TX_END
}

static void
do_tx1(void)
{
	transaction(1);
}

static void
do_tx8(void)
{
	transaction(8);
}

static void
do_nested(void)
{
	TX_BEGIN(pop)
	{
		transaction(1);
		transaction(8);
	}
	TX_END
}

static void
do_locked(void)
{
	TX_BEGIN_PARAM(pop, TX_PARAM_MUTEX, &root->lock, TX_PARAM_NONE)
	{
		pmemobj_tx_add_range_direct(root->words, 8);
		root->words[0]++;
	}
	TX_END
}

static void
on_stage(PMEMobjpool *p, enum pobj_tx_stage stage, void *arg)
{
	(void)p;
	if (stage == TX_STAGE_ONCOMMIT)
		(*(uint64_t *)arg)++;
}

static void
do_callback(void)
{
	TX_BEGIN_PARAM(pop, TX_PARAM_CB, on_stage, &committed, TX_PARAM_NONE)
	{
		pmemobj_tx_add_range_direct(root->words, 8);
		root->words[0]++;
		TX_BEGIN_PARAM(
			pop, TX_PARAM_CB, on_stage, &committed, TX_PARAM_NONE)
		{
			pmemobj_tx_add_range_direct(root->words + 16, 8);
			root->words[16]++;
		}
		TX_END
	}
	TX_ONABORT
	{
		abort();
	}
	TX_END
}

/* built so that the last call is a jump: it seems to come from whoever
 * called the callback */
__attribute__((optimize("O2"))) static void
jump_at_end(PMEMobjpool *p, enum pobj_tx_stage stage, void *arg)
{
	(void)p;
	(void)arg;
	if (stage != TX_STAGE_NONE)
		return;
	root->words[32]++;
	pmem_persist(&root->words[32], 8);
}

static void
do_jump(void)
{
	TX_BEGIN_PARAM(pop, TX_PARAM_CB, jump_at_end, NULL, TX_PARAM_NONE)
	{
		pmemobj_tx_add_range_direct(root->words, 8);
		root->words[0]++;
	}
	TX_END
}

static void
do_persist(void)
{
	root->words[0]++;
	pmemobj_persist(pop, &root->words[0], sizeof(uint64_t));
}

static void
do_flush_drain(void)
{
	for (int i = 0; i < 8; i++) {
		root->words[16 * i]++;
		pmemobj_flush(pop, &root->words[16 * i], sizeof(uint64_t));
	}
	pmemobj_drain(pop);
}

static void
do_memcpy(void)
{
	uint64_t v[8] = {root->words[0] + 1};
	pmemobj_memcpy_persist(pop, root->words, v, sizeof(v));
}

/* leaves one object; the next one frees it: two waits */
static void
do_alloc_free(void)
{
	if (pmemobj_zalloc(pop, &root->oid, 200, 5) != 0)
		abort();
	pmemobj_free(&root->oid);
}

static void
do_list(void)
{
	PMEMoid oid = POBJ_LIST_INSERT_NEW_HEAD(
		pop, &root->head, list, sizeof(struct entry), NULL, NULL);
	if (OID_IS_NULL(oid))
		abort();
	TOID(struct entry) e;
	TOID_ASSIGN(e, oid);
	if (POBJ_LIST_REMOVE_FREE(pop, &root->head, e, list) != 0)
		abort();
}

/* nothing is appended by the commit itself */
static void
do_noflush(void)
{
	TX_BEGIN(pop)
	{
		pmemobj_tx_xadd_range_direct(root->words, 8,
			POBJ_XADD_NO_SNAPSHOT | POBJ_XADD_NO_FLUSH);
		root->words[0]++;
		pmemobj_flush(pop, root->words, 8);
	}
	TX_END
}

static int
construct(PMEMobjpool *p, void *ptr, void *arg)
{
	(void)arg;
	memset(ptr, 1, 200);
	pmemobj_flush(p, ptr, 200);
	pmemobj_drain(p);
	return 0;
}

/* the constructor's drain waits, and so does the alloc: 2, and 1 to free */
static void
do_construct(void)
{
	if (pmemobj_alloc(pop, &root->oid, 200, 5, construct, NULL) != 0)
		abort();
	pmemobj_free(&root->oid);
}

static void
do_abort(void)
{
	TX_BEGIN(pop)
	{
		pmemobj_tx_add_range_direct(root->words, 8);
		root->words[0]++;
		pmemobj_tx_abort(1);
	}
	TX_END
	/* an abort promises nothing; this does */
	pmemobj_persist(pop, root->words, 8);
}

static void
do_publish(void)
{
	struct pobj_action act[2];
	PMEMoid oid = pmemobj_reserve(pop, &act[0], 200, 5);
	if (OID_IS_NULL(oid))
		abort();
	pmemobj_set_value(pop, &act[1], &root->words[0], root->words[0] + 1);
	if (pmemobj_publish(pop, act, 2) != 0)
		abort();
	pmemobj_free(&oid);
}

static const struct {
	const char *name;
	void (*fn)(void);
} kinds[] = {
	{"tx1", do_tx1},
	{"tx8", do_tx8},
	{"nested", do_nested},
	{"locked", do_locked},
	{"callback", do_callback},
	{"jump", do_jump},
	{"persist", do_persist},
	{"flush_drain", do_flush_drain},
	{"memcpy", do_memcpy},
	{"alloc_free", do_alloc_free},
	{"list", do_list},
	{"noflush", do_noflush},
	{"construct", do_construct},
	{"abort", do_abort},
	{"publish", do_publish},
};

int
main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	pop = pmemobj_open(argv[1], LAYOUT);
	if (pop == NULL) {
		fprintf(stderr, "counts: %s\n", pmemobj_errormsg());
		return 1;
	}
	root_oid = pmemobj_root(pop, sizeof(struct root));
	root = pmemobj_direct(root_oid);
	unsigned long n = strtoul(argv[3], NULL, 10);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (unsigned long k = 0;
			strcmp(kinds[i].name, argv[2]) == 0 && k < n; k++)
			kinds[i].fn();
	if (strcmp(argv[2], "callback") == 0 && committed != 2 * n &&
		committed != n) {
		fprintf(stderr, "counts: %lu callbacks\n",
			(unsigned long)committed);
		return 1;
	}
	pmemobj_close(pop);
	return 0;
}

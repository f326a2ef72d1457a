/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * crashprog.c -- kinds of work on stock libpmemobj, each with an invariant
 *
 *   crashprog run SET KIND N   N rounds of it
 *   crashprog create SET KIND  a new pool
 *   crashprog check POOL KIND  open, recover, look; 1 and a word if it is wrong
 *
 * It knows nothing of replicas.
 */
#include <libpmemobj.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT "txprog"
#define THREADS 4
#define SLOTS 8
#define WORDS 8192 /* 64 KiB: more than one undo log holds */

struct element;
TOID_DECLARE(struct element, 21);
struct element {
	POBJ_LIST_ENTRY(struct element) list;
	uint64_t number;
	uint64_t inverse;
	uint8_t load[100];
};
POBJ_LIST_HEAD(elements, struct element);

#define TYPE_ATOMIC 22
#define TYPE_PUBLISHED 23
#define TYPE_BLOCK 24
#define BLOCK_WORDS (128 * 1024) /* 1 MiB: eight fill a part of the set */

struct root {
	/* list */
	PMEMmutex lock;
	struct elements head;
	uint64_t next_number;
	/* atomic, publish: [thread][slot] */
	PMEMoid slots[THREADS][SLOTS];
	PMEMoid published[SLOTS];
	uint64_t npublished;
	/* abort */
	uint64_t pairs[THREADS][2 * 16];
	/* overflow */
	uint64_t words[WORDS];
	/* words: of each thread a line, w[0] is never behind w[1] */
	uint64_t lines[THREADS + 1][8];
	/* grow */
	PMEMoid newest;
	uint64_t nblocks;
};

struct block {
	PMEMoid older;
	uint64_t number;
	uint64_t load[BLOCK_WORDS];
};

static PMEMobjpool *pop;
static struct root *root;
static unsigned long rounds;

static void
wrong(const char *what, uint64_t a, uint64_t b)
{
	fprintf(stderr, "crashprog: %s: %llu, %llu\n", what,
		(unsigned long long)a, (unsigned long long)b);
	exit(1);
}

static size_t
count_type(uint64_t type)
{
	size_t n = 0;
	for (PMEMoid o = pmemobj_first(pop); !OID_IS_NULL(o);
		o = pmemobj_next(o))
		n += pmemobj_type_num(o) == type;
	return n;
}

/* ---- a list under a lock ---- */

static int
make_element(PMEMobjpool *p, void *ptr, void *arg)
{
	struct element *e = ptr;
	uint64_t number = *(uint64_t *)arg;
	memset(e->load, (int)number, sizeof(e->load));
	e->number = number;
	e->inverse = ~number;
	pmemobj_persist(p, e, sizeof(*e));
	return 0;
}

static void
do_list(unsigned t)
{
	(void)t;
	pmemobj_mutex_lock(pop, &root->lock);
	uint64_t number = root->next_number + 1;
	root->next_number = number;
	pmemobj_persist(pop, &root->next_number, sizeof(number));
	POBJ_LIST_INSERT_NEW_HEAD(pop, &root->head, list,
		sizeof(struct element), make_element, &number);
	if (number % 3 == 0) {
		TOID(struct element) last = POBJ_LIST_LAST(&root->head, list);
		POBJ_LIST_REMOVE_FREE(pop, &root->head, last, list);
	}
	pmemobj_mutex_unlock(pop, &root->lock);
}

static void
check_list(void)
{
	size_t n = 0;
	TOID(struct element) e;
	POBJ_LIST_FOREACH(e, &root->head, list)
	{
		const struct element *p = D_RO(e);
		if (p->inverse != ~p->number ||
			p->load[99] != (uint8_t)p->number)
			wrong("an element", p->number, p->inverse);
		if (p->number > root->next_number)
			wrong("ahead of the counter", p->number,
				root->next_number);
		n++;
	}
	size_t back = 0;
	POBJ_LIST_FOREACH_REVERSE(e, &root->head, list)
	back++;
	if (n != back || n != count_type(21))
		wrong("list, objects", n, count_type(21));
}

/* ---- atomic allocations ---- */

static int
fill_object(PMEMobjpool *p, void *ptr, void *arg)
{
	pmemobj_memset_persist(p, ptr, *(int *)arg, 300);
	return 0;
}

static void
do_atomic(unsigned t)
{
	static _Thread_local unsigned turn;
	PMEMoid *slot = &root->slots[t][turn++ % SLOTS];
	int byte = (int)(turn % 250 + 1);
	if (!OID_IS_NULL(*slot))
		pmemobj_free(slot);
	else if (turn % 2)
		pmemobj_alloc(pop, slot, 300, TYPE_ATOMIC, fill_object, &byte);
	else
		pmemobj_zalloc(pop, slot, 300, TYPE_ATOMIC);
}

static void
check_atomic(void)
{
	size_t n = 0;
	for (unsigned i = 0; i < THREADS * SLOTS; i++) {
		PMEMoid oid = root->slots[i / SLOTS][i % SLOTS];
		if (OID_IS_NULL(oid))
			continue;
		const uint8_t *p = pmemobj_direct(oid);
		n++;
		for (unsigned k = 1; k < 300; k++)
			if (p[k] != p[0])
				wrong("an object", p[k], p[0]);
	}
	if (n != count_type(TYPE_ATOMIC))
		wrong("a leak: slots, objects", n, count_type(TYPE_ATOMIC));
}

/* ---- aborts, by call and by error ---- */

static void
do_abort(unsigned t)
{
	static _Thread_local unsigned turn;
	uint64_t *pair = root->pairs[t];
	int bad = turn++ % 3 == 0;
	TX_BEGIN(pop)
	{
		pmemobj_tx_add_range_direct(&pair[0], 8);
		pair[0]++;
		pmemobj_tx_add_range_direct(&pair[16], 8);
		if (bad)
			pmemobj_tx_alloc(1UL << 40, 1); /* longjmp */
		pair[16]++;
		if (turn % 5 == 0)
			pmemobj_tx_abort(1);
	}
	TX_END
}

static void
check_abort(void)
{
	for (unsigned t = 0; t < THREADS; t++)
		if (root->pairs[t][0] != root->pairs[t][16])
			wrong("a pair", root->pairs[t][0], root->pairs[t][16]);
}

/* ---- an undo log that overflows ---- */

static void
do_overflow(unsigned t)
{
	if (t != 0)
		return;
	TX_BEGIN(pop)
	{
		pmemobj_tx_add_range_direct(root->words, sizeof(root->words));
		for (unsigned i = 0; i < WORDS; i++)
			root->words[i]++;
	}
	TX_ONABORT
	{
		abort();
	}
	TX_END
}

static void
check_overflow(void)
{
	for (unsigned i = 1; i < WORDS; i++)
		if (root->words[i] != root->words[0])
			wrong("a word", root->words[i], root->words[0]);
}

/* ---- reserved by one thread, published by another ---- */

struct hand {
	struct pobj_action act;
	PMEMoid oid;
};

static void *
reserve(void *arg)
{
	struct hand *h = arg;
	h->oid = pmemobj_reserve(pop, &h->act, 400, TYPE_PUBLISHED);
	memset(pmemobj_direct(h->oid), 0x33, 400);
	pmemobj_flush(pop, pmemobj_direct(h->oid), 400);
	return NULL;
}

static void
do_publish(unsigned t)
{
	struct hand h;
	pthread_t other;
	if (t != 0)
		return;
	pthread_create(&other, NULL, reserve, &h);
	pthread_join(other, NULL);
	PMEMoid *slot = &root->published[root->npublished % SLOTS];
	/* the one that stood there goes in the same step */
	struct pobj_action act[5];
	unsigned n = 0;
	act[n++] = h.act;
	if (!OID_IS_NULL(*slot))
		pmemobj_defer_free(pop, *slot, &act[n++]);
	pmemobj_set_value(pop, &act[n++], &slot->off, h.oid.off);
	pmemobj_set_value(
		pop, &act[n++], &slot->pool_uuid_lo, h.oid.pool_uuid_lo);
	pmemobj_set_value(
		pop, &act[n++], &root->npublished, root->npublished + 1);
	/* the flush of the other thread, too, is drained here */
	if (pmemobj_publish(pop, act, n) != 0)
		abort();
}

static void
check_publish(void)
{
	size_t n = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (OID_IS_NULL(root->published[i]))
			continue;
		const uint8_t *p = pmemobj_direct(root->published[i]);
		n++;
		for (unsigned k = 0; k < 400; k++)
			if (p[k] != 0x33)
				wrong("a published object", p[k], k);
	}
	uint64_t want = root->npublished < SLOTS ? root->npublished : SLOTS;
	if (n != want || n != count_type(TYPE_PUBLISHED))
		wrong("published, objects", want, count_type(TYPE_PUBLISHED));
}

/* ---- two words of one line, of which only the second is ever flushed ---- */

static uint64_t *
line_of(unsigned t)
{
	uintptr_t first = ((uintptr_t)root->lines + 63) & ~(uintptr_t)63;
	return (uint64_t *)first + 8UL * t;
}

static void
do_words(unsigned t)
{
	volatile uint64_t *w = line_of(t);
	w[0] = w[0] + 1;
	w[1] = w[0];
	pmemobj_persist(pop, (const void *)&w[1], sizeof(w[1]));
}

static void
check_words(void)
{
	for (unsigned t = 0; t < THREADS; t++)
		if (line_of(t)[0] < line_of(t)[1])
			wrong("words", line_of(t)[0], line_of(t)[1]);
}

/* ---- blocks until the pool has to grow, again and again ---- */

static void
do_grow(unsigned t)
{
	if (t != 0)
		return;
	TX_BEGIN(pop)
	{
		PMEMoid oid =
			pmemobj_tx_alloc(sizeof(struct block), TYPE_BLOCK);
		struct block *b = pmemobj_direct(oid);
		TX_ADD_DIRECT(&root->newest);
		TX_ADD_DIRECT(&root->nblocks);
		b->older = root->newest;
		b->number = ++root->nblocks;
		for (unsigned i = 0; i < BLOCK_WORDS; i += 512)
			b->load[i] = b->number;
		root->newest = oid;
	}
	TX_ONABORT
	{
		fprintf(stderr, "crashprog: %s\n", pmemobj_errormsg());
		exit(1);
	}
	TX_END
	printf("%llu\n", (unsigned long long)root->nblocks);
	fflush(stdout);
}

static void
check_grow(void)
{
	uint64_t want = root->nblocks;
	for (PMEMoid o = root->newest; !OID_IS_NULL(o);) {
		const struct block *b = pmemobj_direct(o);
		for (unsigned i = 0; i < BLOCK_WORDS; i += 512)
			if (b->number != want || b->load[i] != want)
				wrong("a block", b->number, b->load[i]);
		o = b->older;
		want--;
	}
	if (want != 0 || root->nblocks != count_type(TYPE_BLOCK))
		wrong("blocks, objects", root->nblocks, count_type(TYPE_BLOCK));
	if (getenv("AT_LEAST") != NULL &&
		root->nblocks < strtoul(getenv("AT_LEAST"), NULL, 10))
		wrong("blocks are lost, there are", root->nblocks, 0);
}

static const struct kind {
	const char *name;
	void (*round)(unsigned thread);
	void (*check)(void);
} kinds[] = {
	{"list", do_list, check_list},
	{"atomic", do_atomic, check_atomic},
	{"abort", do_abort, check_abort},
	{"overflow", do_overflow, check_overflow},
	{"publish", do_publish, check_publish},
	{"words", do_words, check_words},
	{"grow", do_grow, check_grow},
};
static const struct kind *kind;

static void *
run_thread(void *arg)
{
	for (unsigned long i = 0; i < rounds; i++)
		kind->round((unsigned)(uintptr_t)arg);
	return NULL;
}

static void
run(void)
{
	pthread_t t[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, run_thread, (void *)i);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

int
main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[3]) == 0)
			kind = &kinds[i];
	pop = strcmp(argv[1], "create") == 0
		      ? pmemobj_create(argv[2], LAYOUT, 0, 0600)
		      : pmemobj_open(argv[2], LAYOUT);
	if (kind == NULL || pop == NULL) {
		fprintf(stderr, "crashprog: %s\n", pmemobj_errormsg());
		return 1;
	}
	root = pmemobj_direct(pmemobj_root(pop, sizeof(struct root)));
	if (strcmp(argv[1], "run") == 0) {
		rounds = strtoul(argv[4], NULL, 10);
		run();
	}
	kind->check();
	pmemobj_close(pop);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * told.c -- a program on stock libpmemobj that does what it is told, and waits
 *
 *   told SET         a command per line of the standard input:
 *
 *     store K V      word K is V, and never flushed
 *     persist K V    word K is V, durably
 *     lock           a mutex of the pool is taken and given back; libpmemobj
 *                    stores into it, and never flushes that
 *     work N         N transactions, each raises both numbers of the pair and
 *                    replaces the object
 *     die K V        word K is V; killed before its flush
 *     close          the pool is closed
 *
 *                    each is answered with the offset in the pool of the word,
 *                    the mutex, the pair; the last two are not.
 *   told check POOL  the numbers of the pair are equal, the object is theirs
 *
 * Words are more than 64 KiB apart.  It knows nothing of replicas.
 */
#include <libpmemobj.h>

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT "txprog"
#define WORDS 64
#define APART (64UL * 1024 + 64)

struct object {
	uint64_t number;
	uint8_t load[1000];
};

struct root {
	uint64_t a;
	uint8_t room[120];
	uint64_t b;
	PMEMoid object;
	uint8_t more[128]; /* the mutex has lines of its own */
	PMEMmutex mutex;
	uint8_t rest[128];
};

static PMEMobjpool *pop;
static struct root *root;

static void
die(const char *what)
{
	fprintf(stderr, "told: %s: %s\n", what, pmemobj_errormsg());
	exit(1);
}

static uint64_t *
word(unsigned long k)
{
	if (k >= WORDS)
		die("no such word");
	uintptr_t first = ((uintptr_t)(root + 1) + 63) & ~(uintptr_t)63;
	return (uint64_t *)(first + k * APART);
}

static void
work(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		TX_BEGIN(pop)
		{
			TX_ADD_DIRECT(&root->a);
			TX_ADD_DIRECT(&root->b);
			TX_ADD_DIRECT(&root->object);
			root->a++;
			PMEMoid oid =
				pmemobj_tx_alloc(sizeof(struct object), 1);
			struct object *o = pmemobj_direct(oid);
			o->number = root->a;
			memset(o->load, (int)root->a, sizeof(o->load));
			if (!OID_IS_NULL(root->object))
				pmemobj_tx_free(root->object);
			root->object = oid;
			root->b++;
		}
		TX_ONABORT
		{
			die("a transaction");
		}
		TX_END
	}
}

/* one command; where it wrote */
static const void *
obey(const char *cmd, unsigned long k, unsigned long v)
{
	if (strcmp(cmd, "lock") == 0) {
		if (pmemobj_mutex_lock(pop, &root->mutex) != 0 ||
			pmemobj_mutex_unlock(pop, &root->mutex) != 0)
			die(cmd);
		return &root->mutex;
	}
	if (strcmp(cmd, "work") == 0) {
		work(k);
		return root;
	}
	volatile uint64_t *w = word(k);
	*w = v;
	if (strcmp(cmd, "die") == 0)
		raise(SIGKILL);
	if (strcmp(cmd, "persist") == 0)
		pmemobj_persist(pop, (const void *)w, sizeof(*w));
	else if (strcmp(cmd, "store") != 0)
		die(cmd);
	return (const void *)w;
}

static void
listen(void)
{
	char line[64];
	char cmd[16];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned long k = 0;
		unsigned long v = 0;
		if (sscanf(line, "%15s %lu %lu", cmd, &k, &v) < 1)
			continue;
		if (strcmp(cmd, "close") == 0)
			break;
		const char *at = obey(cmd, k, v);
		printf("%td\n", at - (const char *)pop);
		fflush(stdout);
	}
}

static void
check(void)
{
	const struct object *o =
		OID_IS_NULL(root->object) ? NULL : pmemobj_direct(root->object);
	if (root->a != root->b || (o != NULL && o->number != root->a) ||
		(o == NULL && root->a != 0)) {
		fprintf(stderr, "told: the pair is %llu and %llu\n",
			(unsigned long long)root->a,
			(unsigned long long)root->b);
		exit(1);
	}
	for (size_t i = 0; o != NULL && i < sizeof(o->load); i++)
		if (o->load[i] != (uint8_t)o->number)
			die("the object is broken");
}

int
main(int argc, char **argv)
{
	int is_check = argc == 3 && strcmp(argv[1], "check") == 0;
	if (argc != 2 && !is_check)
		return 2;
	pop = pmemobj_open(argv[argc - 1], LAYOUT);
	if (pop == NULL)
		die("open");
	size_t size = sizeof(*root) + 64 + WORDS * APART;
	root = pmemobj_direct(pmemobj_root(pop, size));
	if (root == NULL)
		die("root");
	if (is_check)
		check();
	else
		listen();
	pmemobj_close(pop);
	return 0;
}

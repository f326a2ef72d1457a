/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * txprog.c -- a program on stock libpmemobj with an invariant
 *
 *   txprog create SET          make the pool
 *   txprog run SET THREADS N [STOP]  until the file STOP is there, if given;
 *                              N transactions per thread (0: for ever); each
 *                              raises both counters of the thread's pair and
 *                              puts a new object of that number in its list;
 *                              prints "T K" when transaction K of thread T
 *                              has returned; with STOP in the end, to the
 *                              standard error, how long the longest one took
 *   txprog count SET           raises one counter with pmemobj_persist, for
 *                              ever; prints "16 K" when it is durable
 *   txprog answer SET THREADS N   as run, but says it in the ONCOMMIT callback
 *   txprog line SET            the same, but a neighbour in the counter's line
 *                              is raised before it and never named: a cache
 *                              line is written back whole, so no durable
 *                              counter is ahead of it
 *   txprog wide SET - - [STOP]  writes numbers 64 KiB apart, in turns; prints
 *                              "100+K N" when place K has N durably, and in
 *                              the end as run does
 *   txprog check SET [FILE]    counters of a pair are equal, the list has that
 *                              many objects; every line of FILE is in there
 *   txprog nop SET             open and close
 *   txprog idle SET            one transaction, "0 K" is printed; then nothing
 *                              until the end of the input; then close
 *
 * DIE_AT=N in the environment: killed between a store and its flush, the Nth
 * time (run, answer, count).  It knows nothing of replicas.
 */
#include <libpmemobj.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LAYOUT "txprog"
#define THREADS_MAX 16
#define WIDE 400
#define WIDE_FIRST 100

struct node {
	uint64_t number;
	PMEMoid next;
	uint8_t load[200];
};

struct slot {
	uint64_t a;
	uint8_t pad[120]; /* the pair is on two cache lines */
	uint64_t b;
	PMEMoid head;
};

struct root {
	struct slot slots[THREADS_MAX];
	uint64_t counter;
	/* two lines, since objects are not aligned; see neighbours() */
	uint64_t room[16];
};

static PMEMobjpool *pop;
static struct root *root;
static uint64_t rounds;

static void
die(const char *what)
{
	fprintf(stderr, "txprog: %s: %s\n", what, pmemobj_errormsg());
	exit(1);
}

static void
say(int who, uint64_t k)
{
	char line[64];
	int n = snprintf(
		line, sizeof(line), "%d %llu\n", who, (unsigned long long)k);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(0);
}

static const char *stop_file; /* the end when it is there; NULL: none */
static atomic_ulong longest_us;

static unsigned long
now_us(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000000 +
	       (unsigned long)ts.tv_nsec / 1000;
}

static void
took(unsigned long since_us)
{
	unsigned long us = now_us() - since_us;
	unsigned long most = atomic_load(&longest_us);
	while (us > most &&
		!atomic_compare_exchange_weak(&longest_us, &most, us))
		;
}

static void
say_longest(void)
{
	if (stop_file != NULL)
		fprintf(stderr, "longest %lu ms\n", longest_us / 1000);
}

static long die_at; /* 0: never */
static atomic_long nstores;

/* what was stored last is not flushed yet */
static void
may_die(void)
{
	if (die_at != 0 && atomic_fetch_add(&nstores, 1) + 1 == die_at)
		raise(SIGKILL);
}

static int answers;

/* inside pmemobj_tx_commit: a server would answer its client here */
static void
on_stage(PMEMobjpool *p, enum pobj_tx_stage stage, void *arg)
{
	struct slot *s = arg;
	(void)p;
	if (answers && stage == TX_STAGE_ONCOMMIT)
		say((int)(s - root->slots), s->a);
}

static void *
run_thread(void *arg)
{
	int t = (int)(intptr_t)arg;
	struct slot *s = &root->slots[t];
	for (uint64_t i = 0; rounds == 0 || i < rounds; i++) {
		unsigned long start = now_us();
		TX_BEGIN_PARAM(pop, TX_PARAM_CB, on_stage, s, TX_PARAM_NONE)
		{
			pmemobj_tx_add_range_direct(s, sizeof(*s));
			s->a++;
			PMEMoid oid = pmemobj_tx_alloc(sizeof(struct node), 1);
			struct node *n = pmemobj_direct(oid);
			n->number = s->a;
			memset(n->load, (int)s->a, sizeof(n->load));
			n->next = s->head;
			s->head = oid;
			s->b++;
			may_die();
			/* keep the pool small: drop the oldest but 8 */
			struct node *k = n;
			for (int d = 0; d < 8 && k != NULL; d++)
				k = pmemobj_direct(k->next);
			if (k != NULL && !OID_IS_NULL(k->next)) {
				PMEMoid rest = k->next;
				pmemobj_tx_add_range_direct(
					&k->next, sizeof(k->next));
				k->next = OID_NULL;
				pmemobj_tx_free(rest);
			}
		}
		TX_ONABORT
		{
			die("transaction");
		}
		TX_END
		took(start);
		if (!answers)
			say(t, s->a);
		if (stop_file == NULL)
			continue;
		if (access(stop_file, F_OK) == 0)
			break;
		usleep(1000); /* leave some time to the rest */
	}
	return NULL;
}

static void
run(int nthreads)
{
	pthread_t threads[THREADS_MAX];
	for (int t = 0; t < nthreads; t++)
		pthread_create(
			&threads[t], NULL, run_thread, (void *)(intptr_t)t);
	for (int t = 0; t < nthreads; t++)
		pthread_join(threads[t], NULL);
	say_longest();
}

static void
count(void)
{
	for (;;) {
		root->counter++;
		may_die();
		pmemobj_persist(pop, &root->counter, sizeof(root->counter));
		say(THREADS_MAX, root->counter);
	}
}

/* two words of one line: the silent one, and the one that is persisted */
static volatile uint64_t *
neighbours(void)
{
	return (uint64_t *)(((uintptr_t)root->room + 63) & ~(uintptr_t)63);
}

static void
line(void)
{
	volatile uint64_t *word = neighbours();
	for (;;) {
		word[0]++;
		word[1]++;
		pmemobj_persist(pop, (const void *)&word[1], sizeof(*word));
		say(THREADS_MAX + 1, word[1]);
	}
}

/* numbers 64 KiB apart, each written seldom */
static volatile uint64_t *
far_apart(unsigned k)
{
	return (uint64_t *)((char *)root + sizeof(*root) + k * 65536UL);
}

static void
wide(void)
{
	size_t size = sizeof(*root) + WIDE * 65536UL;
	root = pmemobj_direct(pmemobj_root(pop, size));
	if (root == NULL)
		die("root");
	for (uint64_t n = *far_apart(0) + WIDE;; n++) {
		volatile uint64_t *word = far_apart(n % WIDE);
		unsigned long start = now_us();
		*word = n;
		pmemobj_persist(pop, (const void *)word, sizeof(*word));
		took(start);
		say(WIDE_FIRST + (int)(n % WIDE), n);
		if (stop_file != NULL && access(stop_file, F_OK) == 0)
			break;
		usleep(1000);
	}
	say_longest();
}

static uint64_t
have(int who)
{
	if (who >= WIDE_FIRST)
		return *far_apart((unsigned)(who - WIDE_FIRST));
	if (who > THREADS_MAX)
		return neighbours()[1];
	return who == THREADS_MAX ? root->counter : root->slots[who].a;
}

static void
check_line(void)
{
	const volatile uint64_t *word = neighbours();
	if (word[1] > word[0]) {
		fprintf(stderr, "txprog: a line says %llu and %llu\n",
			(unsigned long long)word[0],
			(unsigned long long)word[1]);
		exit(1);
	}
}

static void
check_slot(int t)
{
	const struct slot *s = &root->slots[t];
	uint64_t want = s->a;
	if (s->a != s->b) {
		fprintf(stderr, "txprog: pair %d is %llu and %llu\n", t,
			(unsigned long long)s->a, (unsigned long long)s->b);
		exit(1);
	}
	for (PMEMoid o = s->head; !OID_IS_NULL(o); want--) {
		const struct node *n = pmemobj_direct(o);
		for (size_t i = 0; i < sizeof(n->load); i++)
			if (n->number != want ||
				n->load[i] != (uint8_t)n->number) {
				fprintf(stderr, "txprog: list %d is broken\n",
					t);
				exit(1);
			}
		o = n->next;
	}
}

static void
check(const char *said)
{
	for (int t = 0; t < THREADS_MAX; t++)
		check_slot(t);
	check_line();
	FILE *f = said != NULL ? fopen(said, "r") : NULL;
	char line[64];
	unsigned long long k = 0;
	int t = 0;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		/* the last line may have been cut by the kill */
		if (strchr(line, '\n') == NULL ||
			sscanf(line, "%d %llu", &t, &k) != 2)
			continue;
		if (have(t) < k) {
			fprintf(stderr,
				"txprog: %llu of %d had returned, the pool "
				"is at %llu\n",
				k, t, (unsigned long long)have(t));
			exit(1);
		}
	}
	if (f != NULL)
		fclose(f);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	const char *cmd = argv[1];
	const char *at = getenv("DIE_AT");
	die_at = at != NULL ? strtol(at, NULL, 10) : 0;
	if (strcmp(cmd, "create") == 0)
		pop = pmemobj_create(argv[2], LAYOUT, 0, 0600);
	else
		pop = pmemobj_open(argv[2], LAYOUT);
	if (pop == NULL)
		die(cmd);
	PMEMoid oid = pmemobj_root(pop, sizeof(struct root));
	root = pmemobj_direct(oid);
	answers = strcmp(cmd, "answer") == 0;
	if ((answers || strcmp(cmd, "run") == 0) && argc >= 5) {
		stop_file = argc > 5 ? argv[5] : NULL;
		rounds = strtoull(argv[4], NULL, 10);
		run((int)strtol(argv[3], NULL, 10));
	} else if (strcmp(cmd, "count") == 0) {
		count();
	} else if (strcmp(cmd, "line") == 0) {
		line();
	} else if (strcmp(cmd, "wide") == 0 && argc > 5) {
		stop_file = argv[5];
		wide();
	} else if (strcmp(cmd, "idle") == 0) {
		rounds = 1;
		run(1);
		while (getchar() != EOF)
			;
	} else if (strcmp(cmd, "check") == 0) {
		check(argc > 3 ? argv[3] : NULL);
	}
	pmemobj_close(pop);
	return 0;
}

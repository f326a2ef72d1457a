/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_tx.c -- transactions of stock libpmemobj
 *
 *   bench_tx SET RANGES THREADS MS   for so long; prints the transactions per
 *                                    second and the median's ns
 */
#include <libpmemobj.h>

#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 16
#define SAMPLES 200000

struct root {
	uint64_t words[THREADS_MAX][8 * 16];
};

static PMEMobjpool *pop;
static struct root *root;
static int nranges;
static uint64_t until;
static uint64_t samples[SAMPLES];
static unsigned long counts[THREADS_MAX];

static uint64_t
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void *
work(void *arg)
{
	uintptr_t t = (uintptr_t)arg;
	uint64_t *words = root->words[t];
	uint64_t last = now_ns();
	while (last < until) {
		TX_BEGIN(pop)
		{
			for (int i = 0; i < nranges; i++) {
				pmemobj_tx_add_range_direct(&words[16 * i], 8);
				words[16 * i]++;
			}
		}
		TX_ONABORT
		{
			abort();
		}
		TX_END
		uint64_t now = now_ns();
		if (t == 0 && counts[0] < SAMPLES)
			samples[counts[0]] = now - last;
		counts[t]++;
		last = now;
	}
	return NULL;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	unsigned long total = 0;
	if (argc != 5)
		return 2;
	nranges = (int)strtol(argv[2], NULL, 10);
	uintptr_t n = (uintptr_t)(int)strtol(argv[3], NULL, 10);
	uint64_t ms = (uint64_t)(int)strtol(argv[4], NULL, 10);
	pop = pmemobj_open(argv[1], "bench");
	if (pop == NULL)
		errx(1, "%s", pmemobj_errormsg());
	root = pmemobj_direct(pmemobj_root(pop, sizeof(*root)));
	until = now_ns() + ms * 1000000;
	for (uintptr_t t = 0; t < n; t++)
		pthread_create(&threads[t], NULL, work, (void *)t);
	for (uintptr_t t = 0; t < n; t++) {
		pthread_join(threads[t], NULL);
		total += counts[t];
	}
	size_t have = counts[0] < SAMPLES ? counts[0] : SAMPLES;
	qsort(samples, have, sizeof(samples[0]), by_value);
	printf("%lu %lu\n", total * 1000 / (unsigned long)ms,
		(unsigned long)(have != 0 ? samples[have / 2] : 0));
	pmemobj_close(pop);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_lost.c -- a program on stock libpmemobj that is asked what it costs
 *
 *   bench_lost SET MIB   opens the pool, with a root object of so many MiB;
 *                        says "open" and does what it reads, a line each:
 *
 *   fill            write all of the root object; "fill"
 *   run RANGES MS   transactions of one thread for so long; "run" and: per
 *                   second, and the ns of the median, of the 99th of 100, and
 *                   of the longest
 *   close           and end
 */
#include <libpmemobj.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES 2000000u
#define WORDS (8 * 16)

static PMEMobjpool *pop;
static uint64_t *words;
static size_t size;
static uint32_t samples[SAMPLES]; /* of 10 ns */

static uint64_t
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
transaction(int nranges)
{
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
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void
run(int nranges, uint64_t ms)
{
	uint64_t start = now_ns();
	uint64_t last = start;
	size_t n = 0;
	while (last - start < ms * 1000000 && n < SAMPLES) {
		transaction(nranges);
		uint64_t now = now_ns();
		samples[n++] = (uint32_t)((now - last) / 10);
		last = now;
	}
	qsort(samples, n, sizeof(samples[0]), by_value);
	printf("run %.0f %lu %lu %lu\n",
		(double)n * 1e9 / (double)(last - start), samples[n / 2] * 10UL,
		samples[n * 99 / 100] * 10UL, samples[n - 1] * 10UL);
}

static void
fill(void)
{
	static int byte;
	const size_t step = 1UL << 20;
	byte++;
	for (size_t off = step; off < size; off += step)
		pmemobj_memset_persist(pop, (char *)words + off, byte, step);
	puts("fill");
}

int
main(int argc, char **argv)
{
	char line[64];
	int nranges = 0;
	unsigned long ms = 0;
	if (argc != 3)
		return 2;
	pop = pmemobj_open(argv[1], "bench");
	if (pop == NULL)
		errx(1, "%s", pmemobj_errormsg());
	size = strtoul(argv[2], NULL, 10) << 20;
	PMEMoid oid = pmemobj_root(pop, size);
	words = pmemobj_direct(oid);
	if (words == NULL)
		errx(1, "%s", pmemobj_errormsg());
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	puts("open");
	while (fgets(line, sizeof(line), stdin) != NULL &&
		strcmp(line, "close\n") != 0)
		if (strcmp(line, "fill\n") == 0)
			fill();
		else if (sscanf(line, "run %d %lu", &nranges, &ms) == 2 &&
			 nranges > 0 && nranges <= WORDS / 16)
			run(nranges, ms);
	pmemobj_close(pop);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_hooks.c -- what libpmem's calls cost, with or without the hooks
 *
 *   bench_hooks FILE   prints "PERSIST DRAIN" in ns, the least of 9 rounds
 *
 * It maps the file itself: nothing is replicated.
 */
#include <libpmem.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define N 1000000

static double
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

int
main(int argc, char **argv)
{
	size_t len = 0;
	int is_pmem = 0;
	double persist = 1e9;
	double drain = 1e9;
	volatile uint64_t *p = pmem_map_file(argv[argc - 1], 1 << 20,
		PMEM_FILE_CREATE, 0600, &len, &is_pmem);
	if (p == NULL)
		err(1, "%s", argv[argc - 1]);
	for (int round = 0; round < 9; round++) {
		double t = now_ns();
		for (uint64_t i = 0; i < N; i++) {
			p[0] = i;
			pmem_persist((const void *)p, 8);
		}
		t = (now_ns() - t) / N;
		persist = t < persist ? t : persist;
		t = now_ns();
		for (int i = 0; i < N; i++)
			pmem_drain();
		t = (now_ns() - t) / N;
		drain = t < drain ? t : drain;
	}
	printf("%.1f %.1f\n", persist, drain);
	return 0;
}

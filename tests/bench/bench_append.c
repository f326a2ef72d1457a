/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_append.c -- what an append of 64 bytes costs while the copy is there
 *
 *   bench_append TARGET SET MIB   prints the ns of an append, the median of
 *                                 many bursts, and of an append and its share
 *                                 of a wait for the burst
 *
 * A burst fits into a frame, so that the time is the caller's own.
 */
#include <librpmem.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BURST 100u
#define TURNS 20000u

static const unsigned char identity[RPMEM_POOL_HDR_UUID_LEN] = "bench_append";
static double appends[TURNS];
static double cycles[TURNS];

static double
now_ns(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *v)
{
	qsort(v, TURNS, sizeof(v[0]), by_value);
	return v[TURNS / 2] / BURST;
}

int
main(int argc, char **argv)
{
	unsigned seed = 1;
	if (argc != 4)
		return 2;
	size_t size = strtoul(argv[3], NULL, 10) << 20;
	int fd = memfd_create("memory", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		err(1, "memory");
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mem == MAP_FAILED)
		err(1, "mmap");
	RPMEMpool *p = rpmem_open_owner_raw(
		argv[1], argv[2], mem, size, identity, RPMEM_RAW_CREATE);
	if (p == NULL || rpmem_equalise(p) != 0)
		errx(1, "%s", rpmem_errormsg());
	for (unsigned t = 0; t < TURNS; t++) {
		size_t offs[BURST];
		int rc = 0;
		for (unsigned i = 0; i < BURST; i++)
			offs[i] = (size_t)rand_r(&seed) * 64 % size;
		double start = now_ns();
		for (unsigned i = 0; i < BURST; i++)
			rc |= rpmem_append(p, offs[i], 64, NULL);
		appends[t] = now_ns() - start;
		rc |= rpmem_wait(p, RPMEM_ALL, -1);
		cycles[t] = now_ns() - start;
		if (rc != 0)
			errx(1, "%s", rpmem_errormsg());
	}
	printf("%.1f %.1f\n", median(appends), median(cycles));
	return rpmem_close(p) == 0 ? 0 : 1;
}

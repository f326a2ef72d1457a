/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bench_xxh3.c -- how fast one core hashes a file that is mapped
 *
 *   bench_xxh3 FILE   prints bytes per second, of XXH3-64 of blocks of 64 KiB
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include <xxhash.h>

#define BLOCK (64u * 1024)

static double
now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct stat st;
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	size_t len = (size_t)st.st_size / BLOCK * BLOCK;
	const uint8_t *at = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return 3;
	uint64_t sum = 0;
	double start = now();
	for (size_t off = 0; off < len; off += BLOCK)
		sum ^= XXH3_64bits(at + off, BLOCK);
	double took = now() - start;
	(void)fprintf(stderr, "%" PRIu64 "\n", sum); /* so that it is needed */
	(void)printf("%.0f\n", (double)len / took);
	return 0;
}

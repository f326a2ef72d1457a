/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rawloop.c -- persists without end and says how it ended
 *
 *   rawloop TARGET SET    prints "ready", persists until an error, prints
 *                         "errno E after M ms" (of the failing call), then
 *                         what each later call returns; exits 0
 *   rawloop TARGET SET idle   between "ready" and the first persist waits for
 *                         a line on stdin
 *   rawloop TARGET SET create|open N   N persists, closes
 */
#include <librpmem.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SIZE (8UL * 1024 * 1024)

static unsigned long
now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec * 1000 +
	       (unsigned long)ts.tv_nsec / 1000000;
}

int
main(int argc, char **argv)
{
	char line[16];
	unsigned lanes = 4;
	if (argc < 3)
		return 2;
	char *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int create = argc == 5 && strcmp(argv[3], "create") == 0;
	RPMEMpool *p =
		create ? rpmem_create(argv[1], argv[2], mem, SIZE, &lanes, NULL)
		       : rpmem_open(argv[1], argv[2], mem, SIZE, &lanes, NULL);
	if (p == NULL) {
		fprintf(stderr, "rawloop: %s\n", rpmem_errormsg());
		return 1;
	}
	puts("ready");
	fflush(stdout);
	if (argc == 4 && fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	long n = argc == 5 ? strtol(argv[4], NULL, 10) : -1;
	for (unsigned long i = 0; n < 0 || (long)i < n; i++) {
		size_t off = (i * 4096) % SIZE;
		/* not what the last round has left there */
		memset(mem + off, (int)(i + i / (SIZE / 4096)) + 1, 4096);
		unsigned long start = now_ms();
		if (rpmem_persist(p, off, 4096, 0, 0) == 0)
			continue;
		printf("errno %d after %lu ms\n", errno, now_ms() - start);
		for (int k = 0; k < 3; k++) {
			int rc = rpmem_persist(p, 0, 8, 1, 0);
			printf("later %d %d\n", rc, errno);
		}
		printf("read %d", rpmem_read(p, mem, 0, 8, 1));
		printf(" %d\n", errno);
		break;
	}
	int rc = rpmem_close(p);
	printf("close %d\n", rc);
	return n < 0 || rc == 0 ? 0 : 1;
}

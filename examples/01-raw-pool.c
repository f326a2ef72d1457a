/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * 01-raw-pool.c -- a buffer of this process, kept on another machine
 *
 *   01-raw-pool tcp://node raw.set
 *
 * raw.set at the target says OPTION NOHDRS and has at least 4 MiB.
 */
#include <librpmem.h>

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE (4UL * 1024 * 1024)

int
main(int argc, char **argv)
{
	char back[32];
	unsigned nlanes = 1;
	if (argc != 3)
		errx(2, "usage: 01-raw-pool TARGET POOL_SET");
	char *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		err(1, "mmap");

	RPMEMpool *p = rpmem_create(argv[1], argv[2], mem, SIZE, &nlanes, NULL);
	if (p == NULL)
		errx(1, "%s", rpmem_errormsg());

	memcpy(mem, "kept in two places", sizeof("kept in two places"));
	if (rpmem_persist(p, 0, sizeof(back), 0, 0) != 0)
		errx(1, "%s", rpmem_errormsg());
	if (rpmem_read(p, back, 0, sizeof(back), 0) != 0)
		errx(1, "%s", rpmem_errormsg());
	printf("the target holds: %s\n", back);

	if (rpmem_close(p) != 0)
		errx(1, "%s", rpmem_errormsg());
	return 0;
}

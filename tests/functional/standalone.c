/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * standalone.c -- give a one-part file the header of a pool of its own
 *
 *   standalone FILE
 *
 * Links to itself instead of to other replicas, no shutdown state: what a
 * promotion will do.  Only for copies of copies, in tests.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/standalone.h"

int
main(int argc, char **argv)
{
	uint8_t page[HDR_SIZE];
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	if (fd < 0 || pread(fd, page, sizeof(page), 0) != sizeof(page) ||
		!stand_alone(page)) {
		fprintf(stderr, "standalone: no header in %s\n",
			argv[argc - 1]);
		return 1;
	}
	return pwrite(fd, page, sizeof(page), 0) == sizeof(page) ? 0 : 1;
}

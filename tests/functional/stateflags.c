/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stateflags.c -- set flags in the record of a copy, behind everybody's back,
 * and take the stamp of its parts out of it: an older rpmemd has put none there
 *
 *   stateflags DIR NAME.rpmem-state FLAGS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pool/state.h"

int
main(int argc, char **argv)
{
	struct state_file f = {.fd = -1};
	int dirfd = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	if (dirfd < 0 || state_open(&f, dirfd, argv[2]) < 0) {
		fprintf(stderr, "stateflags: no record\n");
		return 1;
	}
	f.state.flags |= (uint32_t)strtoul(argv[3], NULL, 10);
	f.state.stamp = 0;
	int rc = state_write(&f);
	state_close(&f);
	(void)close(dirfd);
	return rc < 0;
}

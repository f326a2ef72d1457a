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
#include <string.h>
#include <unistd.h>

#include "pool/hdr.h"

int
main(int argc, char **argv)
{
	uint8_t page[HDR_SIZE];
	struct hdr h;
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	if (fd < 0 || pread(fd, page, sizeof(page), 0) != sizeof(page) ||
		hdr_decode(page, &h) != 0) {
		fprintf(stderr, "standalone: no header in %s\n",
			argv[argc - 1]);
		return 1;
	}
	memcpy(h.prev_part_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.next_part_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.prev_repl_uuid, h.uuid, sizeof(h.uuid));
	memcpy(h.next_repl_uuid, h.uuid, sizeof(h.uuid));
	memset(h.sds, 0, sizeof(h.sds));
	hdr_encode(&h, page);
	return pwrite(fd, page, sizeof(page), 0) == sizeof(page) ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hdredit.c -- change a field of a pool header, behind everybody's back
 *
 *   hdredit FILE poolset|uuid|prev|next|major|alone|sds
 *
 * The checksum is right afterwards.  "alone": links to itself, and nothing
 * else. "sds": the shutdown state of another machine, which went down with the
 * pool open, and the feature.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byteorder.h"
#include "pool/hdr.h"

/*
 * unsafe shutdowns, sum of the devices' ids, open: 1, zeros, and Fletcher-64
 * of all that, the sum itself taken for zeros
 */
static void
foreign_sds(uint8_t sds[64])
{
	uint32_t lo = 0;
	uint32_t hi = 0;
	memset(sds, 0, 64);
	sds[0] = 5;
	sds[8] = 0x21;
	sds[16] = 1;
	for (unsigned off = 0; off < 64; off += 4) {
		le32 w;
		memcpy(&w, sds + off, sizeof(w));
		lo += off < 56 ? le32_get(w) : 0;
		hi += lo;
	}
	le64 sum = le64_of((uint64_t)hi << 32 | lo);
	memcpy(sds + 56, &sum, sizeof(sum));
}

static int
edit(struct hdr *h, const char *what)
{
	if (strcmp(what, "poolset") == 0)
		h->poolset_uuid[3] ^= 1;
	else if (strcmp(what, "uuid") == 0)
		h->uuid[3] ^= 1;
	else if (strcmp(what, "prev") == 0)
		h->prev_repl_uuid[3] ^= 1;
	else if (strcmp(what, "next") == 0)
		h->next_repl_uuid[3] ^= 1;
	else if (strcmp(what, "major") == 0)
		h->major++;
	else if (strcmp(what, "alone") == 0) {
		memcpy(h->prev_repl_uuid, h->uuid, UUID16_LEN);
		memcpy(h->next_repl_uuid, h->uuid, UUID16_LEN);
	} else if (strcmp(what, "sds") == 0) {
		h->incompat |= HDR_INCOMPAT_SDS;
		foreign_sds(h->sds);
	} else {
		return 2;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	uint8_t page[HDR_SIZE];
	struct hdr h;
	int fd = argc == 3 ? open(argv[1], O_RDWR) : -1;
	if (fd < 0 || pread(fd, page, sizeof(page), 0) != sizeof(page) ||
		hdr_decode(page, &h) != 0) {
		fprintf(stderr, "hdredit: no header in %s\n", argv[1]);
		return 1;
	}
	int rc = edit(&h, argv[2]);
	if (rc != 0)
		return rc;
	hdr_encode(&h, page);
	struct stat was;
	if (fstat(fd, &was) != 0 ||
		pwrite(fd, page, sizeof(page), 0) != sizeof(page))
		return 1;
	struct timespec times[2] = {was.st_atim, was.st_mtim};
	return futimens(fd, times) == 0 ? 0 : 1;
}

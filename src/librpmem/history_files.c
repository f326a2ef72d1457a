/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history_files.c -- see history_files.h
 */
#include "librpmem/history_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "librpmem/maps.h"

#define RUN_ID_OFF (4096u + 2048u + 8u) /* see remember.c */
#define SIG_LEN 8u

struct file_id {
	uint64_t inode;
	int64_t born_s;
	uint64_t born_ns;
};

static struct file_id
look(const struct maps_run *run)
{
	struct file_id id = {.inode = run->inode};
	struct statx sx;
	if (run->path[0] != '/' ||
		statx(AT_FDCWD, run->path, 0, STATX_INO | STATX_BTIME, &sx) !=
			0 ||
		sx.stx_ino != run->inode || !(sx.stx_mask & STATX_BTIME))
		return id;
	id.born_s = sx.stx_btime.tv_sec;
	id.born_ns = sx.stx_btime.tv_nsec;
	return id;
}

uint64_t
history_identity(const uint8_t *addr, uint64_t len)
{
	struct file_id last = {0};
	uint64_t sum = 0;
	for (uint64_t off = 0; off < len;) {
		struct maps_run run;
		if (maps_shared_run(addr + off, &run) < 0 || run.len == 0)
			return 0;
		struct file_id id = look(&run);
		/* one file may lie in several pieces, and not in the same ones
		 * each time */
		if (memcmp(&id, &last, sizeof(id)) != 0)
			sum = XXH3_64bits_withSeed(&id, sizeof(id), sum);
		last = id;
		off += run.len;
	}
	return sum;
}

uint64_t
history_run_id(const uint8_t *addr, uint64_t size)
{
	uint8_t sig[SIG_LEN];
	uint64_t id = 0;
	if (size < RUN_ID_OFF + sizeof(id) ||
		maps_read(addr, sig, sizeof(sig)) < 0 ||
		memcmp(sig, "PMEMOBJ", SIG_LEN) != 0)
		return 0;
	IGNORE(maps_read(addr + RUN_ID_OFF, &id, sizeof(id)));
	return id;
}

bool
history_fits(uint64_t was_identity, uint64_t was_run, uint64_t identity,
	uint64_t run)
{
	return was_identity == identity && run >= was_run;
}

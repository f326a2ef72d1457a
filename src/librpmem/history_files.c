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
#include "pool/descriptor.h"

#define SIG_LEN 8u

struct file_id {
	uint64_t inode;
	int64_t born_s;
	uint64_t born_ns;
	uint64_t is_device;
};

static struct file_id
look_at(const char *path)
{
	struct file_id id = {0};
	struct statx sx;
	if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_INO | STATX_BTIME,
		    &sx) != 0)
		return id;
	/* a device's node is made anew at each boot, under its name */
	if (S_ISCHR(sx.stx_mode)) {
		id.inode = XXH3_64bits(path, strlen(path));
		id.is_device = 1;
		return id;
	}
	id.inode = sx.stx_ino;
	if (sx.stx_mask & STATX_BTIME) {
		id.born_s = sx.stx_btime.tv_sec;
		id.born_ns = sx.stx_btime.tv_nsec;
	}
	return id;
}

static struct file_id
look(const struct maps_run *run)
{
	struct file_id id = {0};
	if (run->path[0] == '/')
		id = look_at(run->path);
	/* removed, or another one has its name: its inode is all there is */
	return id.is_device || id.inode == run->inode
		       ? id
		       : (struct file_id){.inode = run->inode};
}

static uint64_t
add(const struct file_id *id, uint64_t sum)
{
	return XXH3_64bits_withSeed(id, sizeof(*id), sum);
}

uint64_t
history_identity_add(const char *path, uint64_t sum)
{
	struct file_id id = look_at(path);
	return add(&id, sum);
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
			sum = add(&id, sum);
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
	if (size < OBJ_RUN_ID_OFF + sizeof(id) ||
		maps_read(addr, sig, sizeof(sig)) < 0 ||
		memcmp(sig, "PMEMOBJ", SIG_LEN) != 0)
		return 0;
	IGNORE(maps_read(addr + OBJ_RUN_ID_OFF, &id, sizeof(id)));
	return id;
}

bool
history_fits(uint64_t was_identity, uint64_t was_run, uint64_t identity,
	uint64_t run)
{
	return was_identity == identity && run >= was_run;
}

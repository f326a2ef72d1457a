/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_room.c -- see state_room.h
 *
 * Asked by a file without a name that gets as many bytes as all that is
 * missing: whatever becomes of it, nothing is left.
 */
#include "state_room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/err.h"
#include "librpmem/lineagefile.h"
#include "librpmem/statedir.h"
#include "librpmem/statefile.h"

#define PAGE 4096u

static bool
is_there(int dirfd, const char *name)
{
	struct stat st;
	return fstatat(dirfd, name, &st, 0) == 0;
}

static uint64_t
missing_bytes(int dirfd, const struct poolset *set,
	const struct primary *primary, uint64_t size)
{
	char lineage[LINEAGEFILE_NAME_MAX];
	char name[STATEDIR_NAME_MAX];
	uint64_t maps = align_up(statefile_map_len(size), PAGE);
	uint64_t sum = 0;
	lineagefile_name(primary->poolset_uuid, primary->uuid, lineage);
	if (!is_there(dirfd, lineage))
		sum += 2 * LINEAGEFILE_SLOT_SIZE;
	for (unsigned i = 0; i < set->nreplicas; i++) {
		const struct poolset_replica *rep = &set->replicas[i];
		if (!poolset_replica_is_remote(rep))
			continue;
		struct statefile_key key = {primary->poolset_uuid,
			primary->uuid, rep->node, rep->desc};
		statedir_name(&key, name);
		if (!is_there(dirfd, name))
			sum += STATEFILE_MAPS_OFF + STATEFILE_MAPS * maps;
	}
	return sum;
}

int
state_room_check(
	const struct poolset *set, const struct primary *primary, uint64_t size)
{
	char path[STATEDIR_PATH_MAX];
	int rc = statedir_path(path);
	if (rc < 0)
		return rc;
	CLEANUP(closep) int dirfd = statedir_open(path);
	if (dirfd < 0)
		return dirfd;
	uint64_t need = missing_bytes(dirfd, set, primary, size);
	if (need == 0)
		return 0;
	CLEANUP(closep)
	int fd = openat(dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	/* a file system that has no such files: then the open tells */
	if (fd < 0)
		return 0;
	rc = -posix_fallocate(fd, 0, (off_t)need);
	if (rc != -ENOSPC && rc != -EDQUOT && rc != -EFBIG)
		return 0;
	return err_sys(rc,
		"what is remembered of the copies needs %llu bytes in '%s' "
		"(make room there, or set RPMEM_STATE_DIR to another "
		"directory, and run this again)",
		(unsigned long long)need, path);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile.c -- see statefile.h
 *
 * The record with generation g lies in slot g % 2, so a write never touches
 * the record that counts until the new one is durable; a slot whose
 * generation does not belong there is no record.
 *
 * The maps lie in address space of their final size, reserved at open, so
 * that a pool can grow while other threads mark.  The mapped pages are not
 * guarded against SIGBUS: their blocks are allocated before they are mapped,
 * so only somebody who cuts the file short can make them fault.
 */
#include "librpmem/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "librpmem/statefile_internal.h"
#include "librpmem/statelock.h"

#define PAGE 4096u
#define ROOMS (STATEFILE_MAPS * STATEFILE_MAP_ROOM)

_Static_assert(STATEFILE_LIVE_OFF + STATEFILE_LIVE_SIZE <= STATEFILE_MAPS_OFF,
	"the live page is before the maps");

int
statefile_failed(const struct statefile *f, int rc, const char *what)
{
	return err_sys(rc, "state file '%s': cannot %s", f->path, what);
}

/* blocks of the disk for a range that is inside the file */
static int
allocate(const struct statefile *f, uint64_t off, uint64_t len)
{
	int rc = 0;
	do
		rc = posix_fallocate(f->fd, (off_t)off, (off_t)len);
	while (rc == EINTR);
	if (FAULT("librpmem/statefile_room"))
		rc = ENOSPC;
	if (rc != 0)
		return err_sys(-rc,
			"state file '%s': cannot get %llu bytes of its disk; "
			"make room there, or set RPMEM_STATE_DIR to another",
			f->path, (unsigned long long)len);
	return 0;
}

static uint64_t
map_off(unsigned which)
{
	return STATEFILE_MAPS_OFF + which * STATEFILE_MAP_ROOM;
}

int
statefile_map_more(struct statefile *f, uint64_t pool_size)
{
	uint64_t from = f->map_len;
	uint64_t to = align_up(statefile_map_len(pool_size), PAGE);
	if (to <= from)
		return 0;
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		int rc = allocate(f, map_off(i) + from, to - from);
		if (rc < 0)
			return rc;
	}
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		void *at = f->maps + i * STATEFILE_MAP_ROOM + from;
		void *p = mmap(at, to - from, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, f->fd,
			(off_t)(map_off(i) + from));
		if (p == MAP_FAILED)
			return statefile_failed(f, -errno, "map it");
	}
	f->map_len = to;
	return 0;
}

int
statefile_map_live(struct statefile *f)
{
	int rc = allocate(f, 0, STATEFILE_MAPS_OFF);
	if (rc < 0)
		return rc;
	void *p = mmap(NULL, STATEFILE_LIVE_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED, f->fd, STATEFILE_LIVE_OFF);
	if (p == MAP_FAILED)
		return statefile_failed(f, -errno, "map it");
	f->live = p;
	p = mmap(NULL, ROOMS, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return statefile_failed(
			f, -errno, "reserve addresses for its maps");
	f->maps = p;
	return 0;
}

int
statefile_write(struct statefile *f)
{
	uint8_t bytes[STATEFILE_SLOT_SIZE];
	f->record.generation = f->written.generation + 1;
	statefile_encode(&f->record, bytes);
	uint64_t off = statefile_slot_off(f->record.generation);
	int rc = file_write_all(f->fd, bytes, sizeof(bytes), off);
	if (rc == 0 && FAULT("librpmem/statefile_sync"))
		rc = -EIO;
	else if (rc == 0 && fdatasync(f->fd) != 0)
		rc = -errno;
	if (rc == 0) {
		f->written = f->record;
		return 0;
	}
	/*
	 * Nobody knows whether the new slot reached the medium.  Without this
	 * a later open would find it in the page cache and believe it.
	 */
	memset(bytes, 0, sizeof(bytes));
	IGNORE(file_write_all(f->fd, bytes, sizeof(bytes), off)); /* try */
	(void)fdatasync(f->fd);
	f->record = f->written;
	return statefile_failed(f, rc, "write to it");
}

uint64_t *
statefile_map(struct statefile *f, unsigned which)
{
	return (uint64_t *)(void *)(f->maps + which * STATEFILE_MAP_ROOM);
}

int
statefile_grow(struct statefile *f, uint64_t pool_size)
{
	if (pool_size > STATEFILE_POOL_MAX)
		return err_set(-EFBIG,
			"state file '%s': a pool of %llu bytes is larger than "
			"its maps, which are for %llu",
			f->path, (unsigned long long)pool_size,
			(unsigned long long)STATEFILE_POOL_MAX);
	int rc = statefile_map_more(f, pool_size);
	if (rc == 0)
		f->pool_size = max_u64(f->pool_size, pool_size);
	return rc;
}

static uint64_t
maps_sum(const struct statefile *f, uint64_t pool_size)
{
	const uint8_t *maps[STATEFILE_MAPS];
	for (unsigned i = 0; i < STATEFILE_MAPS; i++)
		maps[i] = f->maps + i * STATEFILE_MAP_ROOM;
	return statefile_maps_sum(
		maps, min_u64(statefile_map_len(pool_size), f->map_len));
}

int
statefile_sync_maps(struct statefile *f)
{
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		void *map = f->maps + i * STATEFILE_MAP_ROOM;
		if (f->map_len > 0 && msync(map, f->map_len, MS_SYNC) != 0)
			return statefile_failed(f, -errno, "sync its maps");
	}
	f->record.pool_size = f->pool_size;
	f->record.maps_sum = maps_sum(f, f->pool_size);
	return 0;
}

bool
statefile_maps_count(
	const struct statefile *f, const uint8_t boot_id[UUID16_LEN])
{
	return statefile_trusts(
		&f->written, maps_sum(f, f->written.pool_size), boot_id);
}

void
statefile_close(struct statefile *f)
{
	if (f->live != NULL) {
		live_set(&f->live->pid, 0);
		(void)munmap(f->live, STATEFILE_LIVE_SIZE);
	}
	if (f->maps != NULL)
		(void)munmap(f->maps, ROOMS);
	f->live = NULL;
	f->maps = NULL;
	f->map_len = 0;
	statelock_close(&f->fd);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_read.c -- see statefile_read.h
 *
 * By read(2) only: a file that is cut short is an error there, and a signal
 * for a load.
 */
#include "librpmem/statefile_read.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bootid.h"
#include "base/err.h"
#include "base/fileio.h"
#include "librpmem/statefile_internal.h"

/* how often the text may change while it is read */
#define SAID_TRIES 8u

uint64_t
statefile_slot_off(uint64_t generation)
{
	return generation % 2 * STATEFILE_SLOT_SIZE;
}

int
statefile_slots_read(int fd, struct statefile_record *r_out)
{
	bool found = false;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t bytes[STATEFILE_SLOT_SIZE];
		struct statefile_record r;
		int rc = file_read_all(
			fd, bytes, sizeof(bytes), statefile_slot_off(i));
		if (rc != 0)
			return rc;
		if (statefile_decode(bytes, &r) != 0 || r.generation % 2 != i)
			continue;
		if (!found || r.generation > r_out->generation)
			*r_out = r;
		found = true;
	}
	return found ? 0 : -EBADMSG;
}

static int
open_file(const char *path)
{
	struct stat st;
	CLEANUP(closep)
	int fd = open(path,
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(-errno, "state file '%s': cannot open it", path);
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)STATEFILE_SIZE)
		return err_set(-EBADMSG,
			"state file '%s': it is no file of %llu bytes", path,
			(unsigned long long)STATEFILE_SIZE);
	return TAKE_FD(fd);
}

static bool
is_locked(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* the turn, everything, the turn again: equal and even is one text */
static int
read_live(int fd, struct statefile_live *live)
{
	struct statefile_live before;
	struct statefile_live after;
	const size_t len = sizeof(*live);
	bool is_whole = false;
	for (unsigned i = 0; i < SAID_TRIES && !is_whole; i++) {
		int rc = file_read_all(fd, &before, len, STATEFILE_LIVE_OFF);
		if (rc == 0)
			rc = file_read_all(fd, live, len, STATEFILE_LIVE_OFF);
		if (rc == 0)
			rc = file_read_all(fd, &after, len, STATEFILE_LIVE_OFF);
		if (rc != 0)
			return rc;
		uint64_t turn = live_get(&before.said_turn);
		is_whole = turn % 2 == 0 && turn == live_get(&after.said_turn);
	}
	if (!is_whole)
		live->said[0] = '\0';
	live->said[sizeof(live->said) - 1] = '\0';
	for (char *p = live->said; *p != '\0'; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
	return 0;
}

static uint64_t
word_of(const uint8_t *map, uint64_t i)
{
	uint64_t word;
	memcpy(&word, map + 8 * i, 8);
	return word;
}

/* blocks that the pool has; bits behind them are none */
static void
count_blocks(
	const uint8_t *const maps[STATEFILE_MAPS], struct statefile_view *v)
{
	uint64_t size = v->record.pool_size;
	uint64_t nblocks =
		size / STATEFILE_BLOCK + (size % STATEFILE_BLOCK != 0);
	for (uint64_t i = 0; i * 64 < nblocks; i++) {
		uint64_t mask = ~0ULL;
		if (nblocks - i * 64 < 64)
			mask = (1ULL << (nblocks % 64)) - 1;
		uint64_t sent =
			(word_of(maps[0], i) | word_of(maps[1], i)) & mask;
		uint64_t dirty = word_of(maps[2], i) & mask;
		v->sent_blocks += (uint64_t)__builtin_popcountll(sent);
		v->dirty_blocks += (uint64_t)__builtin_popcountll(dirty);
		v->marked_blocks +=
			(uint64_t)__builtin_popcountll(sent | dirty);
	}
}

static int
read_maps(int fd, struct statefile_view *v)
{
	uint64_t len = statefile_map_len(v->record.pool_size);
	const uint8_t *maps[STATEFILE_MAPS];
	uint8_t boot[UUID16_LEN];
	/* one byte more: a pool may have no size */
	CLEANUP(freep) uint8_t *bytes = malloc(STATEFILE_MAPS * len + 1);
	if (bytes == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		int rc = file_read_all(
			fd, bytes + i * len, len, statefile_map_off(i));
		if (rc != 0)
			return rc;
		maps[i] = bytes + i * len;
	}
	boot_id(boot);
	v->maps_count = statefile_trusts(
		&v->record, statefile_maps_sum(maps, len), boot);
	count_blocks(maps, v);
	return 0;
}

int
statefile_read(const char *path, struct statefile_view *view_out)
{
	CLEANUP(closep) int fd = open_file(path);
	if (fd < 0)
		return fd;
	CLEANUP(freep) struct statefile_view *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return err_set(-ENOMEM, "no memory for '%s'", path);
	v->is_running = is_locked(fd);
	int rc = statefile_slots_read(fd, &v->record);
	if (rc == -EBADMSG)
		return err_set(
			rc, "state file '%s': no valid record in it", path);
	if (rc == 0)
		rc = read_live(fd, &v->live);
	if (rc == 0)
		rc = read_maps(fd, v);
	if (rc != 0)
		return err_sys(rc, "state file '%s': cannot read it", path);
	v->has_live = live_get(&v->live.magic) == STATEFILE_LIVE_MAGIC &&
		      live_get(&v->live.version) == STATEFILE_LIVE_VERSION;
	if (!v->has_live)
		memset((void *)&v->live, 0, sizeof(v->live));
	memcpy(view_out, v, sizeof(*v));
	return 0;
}

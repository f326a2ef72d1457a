/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineagefile.c -- see lineagefile.h
 *
 *     0     8  "RPMLINE\0"                56     8  writer
 *     8     4  version = 1                64     8  identity
 *    12     4  flags, LINEAGEFILE_F_*     72     8  pool_size
 *    16     8  counter                    80     8  run_id
 *    24    16  pool set's uuid            88     8  last
 *    40    16  primary's uuid             96     4  length of the lineage
 *                                        100     .  lineage (lineage.h), zeros
 *                                       8184     8  XXH3-64 of 0 .. 8183
 *
 * Little endian.  The record with counter c lies in slot c % 2, so a write
 * never touches the record that counts until the new one is durable.
 */
#include "librpmem/lineagefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "base/log.h"
#include "librpmem/statelock.h"

#define MAGIC "RPMLINE"
#define MAGIC_LEN 8u
#define VERSION 1u
#define LINEAGE_OFF 100u
#define SUM_OFF (LINEAGEFILE_SLOT_SIZE - sizeof(le64))

_Static_assert(LINEAGE_OFF + LINEAGE_SIZE_MAX <= SUM_OFF, "the drawing");

void
lineagefile_encode(
	const struct lineagefile_record *r, uint8_t out[LINEAGEFILE_SLOT_SIZE])
{
	struct cursor c = cursor_write(out, LINEAGEFILE_SLOT_SIZE);
	/* in its place: a call of the program's may be here, on any stack */
	uint32_t len = lineage_encode(&r->lineage, out + LINEAGE_OFF);
	cursor_put_bytes(&c, MAGIC, MAGIC_LEN);
	cursor_put_u32(&c, VERSION);
	cursor_put_u32(&c, r->flags);
	cursor_put_u64(&c, r->counter);
	cursor_put_bytes(&c, r->poolset_uuid, UUID16_LEN);
	cursor_put_bytes(&c, r->primary_uuid, UUID16_LEN);
	cursor_put_u64(&c, r->writer);
	cursor_put_u64(&c, r->identity);
	cursor_put_u64(&c, r->pool_size);
	cursor_put_u64(&c, r->run_id);
	cursor_put_u64(&c, r->last);
	cursor_put_u32(&c, len);
	c = cursor_write(out + LINEAGE_OFF + len,
		LINEAGEFILE_SLOT_SIZE - LINEAGE_OFF - len);
	cursor_put_zeros(&c, SUM_OFF - LINEAGE_OFF - len);
	cursor_put_u64(&c, XXH3_64bits(out, SUM_OFF));
}

/* everything behind the version, in the drawing's order */
static int
get_fields(struct cursor *c, const uint8_t *in, struct lineagefile_record *r)
{
	r->flags = cursor_get_u32(c);
	r->counter = cursor_get_u64(c);
	cursor_get_bytes(c, r->poolset_uuid, UUID16_LEN);
	cursor_get_bytes(c, r->primary_uuid, UUID16_LEN);
	r->writer = cursor_get_u64(c);
	r->identity = cursor_get_u64(c);
	r->pool_size = cursor_get_u64(c);
	r->run_id = cursor_get_u64(c);
	r->last = cursor_get_u64(c);
	uint32_t len = cursor_get_u32(c);
	if (len > LINEAGE_SIZE_MAX || !cursor_ok(c))
		return -EBADMSG;
	return lineage_decode(in + LINEAGE_OFF, len, &r->lineage);
}

int
lineagefile_decode(const uint8_t in[LINEAGEFILE_SLOT_SIZE],
	struct lineagefile_record *r_out)
{
	struct cursor c = cursor_read(in, LINEAGEFILE_SLOT_SIZE);
	struct lineagefile_record r = {0};
	uint8_t magic[MAGIC_LEN];
	le64 sum;
	memcpy(&sum, in + SUM_OFF, sizeof(sum));
	if (le64_get(sum) != XXH3_64bits(in, SUM_OFF))
		return -EBADMSG;
	cursor_get_bytes(&c, magic, sizeof(magic));
	if (memcmp(magic, MAGIC, MAGIC_LEN) != 0 ||
		cursor_get_u32(&c) != VERSION || get_fields(&c, in, &r) < 0)
		return -EBADMSG;
	if ((r.flags & ~LINEAGEFILE_F_ALL) != 0 || r.writer == 0)
		return -EBADMSG;
	*r_out = r;
	return 0;
}

void
lineagefile_name(const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN], char name[LINEAGEFILE_NAME_MAX])
{
	char set[UUID16_TEXT_LEN];
	char primary[UUID16_TEXT_LEN];
	(void)snprintf(name, LINEAGEFILE_NAME_MAX, "%s-%s" LINEAGEFILE_SUFFIX,
		uuid16_text(poolset_uuid, set),
		uuid16_text(primary_uuid, primary));
}

static uint64_t
slot_off(uint64_t counter)
{
	return counter % 2 * LINEAGEFILE_SLOT_SIZE;
}

/* the valid slot with the higher counter; -EBADMSG: there is none; -errno;
 * without a message */
static int
read_slots(int fd, struct lineagefile_record *r_out)
{
	uint8_t bytes[LINEAGEFILE_SLOT_SIZE];
	bool has_one = false;
	for (unsigned i = 0; i < 2; i++) {
		struct lineagefile_record r;
		ssize_t n =
			file_read_some(fd, bytes, sizeof(bytes), slot_off(i));
		if (n < 0)
			return (int)n;
		if (n != (ssize_t)sizeof(bytes) ||
			lineagefile_decode(bytes, &r) < 0 || r.counter % 2 != i)
			continue;
		if (!has_one || r.counter > r_out->counter)
			*r_out = r;
		has_one = true;
	}
	return has_one ? 0 : -EBADMSG;
}

static void
first_record(struct lineagefile_record *r,
	const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN])
{
	*r = (struct lineagefile_record){0};
	memcpy(r->poolset_uuid, poolset_uuid, UUID16_LEN);
	memcpy(r->primary_uuid, primary_uuid, UUID16_LEN);
	while (r->writer == 0)
		IGNORE(getrandom(&r->writer, sizeof(r->writer), 0));
}

static int
read_record(struct lineagefile *f, const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN])
{
	int rc = read_slots(f->fd, &f->written);
	if (rc < 0 && rc != -EBADMSG)
		return err_sys(
			rc, "lineage file '%s': cannot read it", f->path);
	f->was_damaged = rc < 0 ||
			 !uuid16_equal(f->written.poolset_uuid, poolset_uuid) ||
			 !uuid16_equal(f->written.primary_uuid, primary_uuid);
	if (f->was_damaged) {
		f->written = (struct lineagefile_record){0};
		LOG_WARN("lineage file '%s' is damaged, of another version or "
			 "of another pool: what the pool was is not known",
			f->path);
	} else {
		f->record = f->written;
	}
	return 0;
}

static int
open_at(struct lineagefile *f, int dirfd, const char *name,
	const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN])
{
	uint64_t size = 0;
	first_record(&f->record, poolset_uuid, primary_uuid);
	int rc = statelock_open(dirfd, name, f->path, &f->fd, &size);
	if (rc == STATELOCK_BUSY)
		return err_set(-EBUSY,
			"lineage file '%s': another program has this pool, or "
			"a clone of it, open with its copies",
			f->path);
	if (rc == 0 && size != 0)
		rc = read_record(f, poolset_uuid, primary_uuid);
	else if (rc == 0)
		rc = file_sync_parent(dirfd, name);
	return rc;
}

int
lineagefile_open(struct lineagefile *f, const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN])
{
	char dir[STATEDIR_PATH_MAX];
	char name[LINEAGEFILE_NAME_MAX];
	*f = (struct lineagefile){.fd = -1};
	int rc = statedir_path(dir);
	if (rc < 0)
		return rc;
	lineagefile_name(poolset_uuid, primary_uuid, name);
	(void)snprintf(f->path, sizeof(f->path), "%s/%s", dir, name);
	CLEANUP(closep) int dirfd = statedir_open(dir);
	if (dirfd < 0)
		return dirfd;
	rc = open_at(f, dirfd, name, poolset_uuid, primary_uuid);
	if (rc < 0)
		lineagefile_close(f);
	return rc;
}

int
lineagefile_write(struct lineagefile *f)
{
	uint8_t *bytes = f->slot;
	f->record.counter = f->written.counter + 1;
	lineagefile_encode(&f->record, bytes);
	uint64_t off = slot_off(f->record.counter);
	int rc = file_write_all(f->fd, bytes, sizeof(f->slot), off);
	if (rc == 0 && FAULT("librpmem/lineagefile_sync"))
		rc = -EIO;
	else if (rc == 0 && fdatasync(f->fd) != 0)
		rc = -errno;
	if (rc == 0) {
		f->written = f->record;
		return 0;
	}
	/* as in statefile_write: what may have been written must not be
	 * believed later */
	memset(bytes, 0, sizeof(f->slot));
	IGNORE(file_write_all(f->fd, bytes, sizeof(f->slot), off)); /* try */
	(void)fdatasync(f->fd);
	f->record = f->written;
	return err_sys(rc, "lineage file '%s': cannot write to it", f->path);
}

void
lineagefile_close(struct lineagefile *f)
{
	statelock_close(&f->fd);
}

int
lineagefile_read(
	const char *path, struct lineagefile_record *r_out, bool *is_held_out)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	CLEANUP(closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(-errno, "lineage file '%s'", path);
	*is_held_out =
		fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	int rc = read_slots(fd, r_out);
	return rc < 0 ? err_sys(rc, "lineage file '%s': no valid record", path)
		      : 0;
}

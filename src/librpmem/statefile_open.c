/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_open.c -- finding or making a state file
 *
 * A new file is made under its own name, with the lock held: until its record
 * is durable it has none, and whoever finds it like that makes it again.
 */
#include "librpmem/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <uuid/uuid.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "librpmem/statefile_internal.h"
#include "librpmem/statelock.h"

/* the lock's holder, as far as its live page tells */
static int
is_busy(const struct statefile *f)
{
	uint64_t words[3]; /* magic, version, pid */
	int rc = file_read_all(f->fd, words, sizeof(words), STATEFILE_LIVE_OFF);
	if (rc == 0 && words[0] == STATEFILE_LIVE_MAGIC && words[2] != 0)
		return err_set(-EBUSY,
			"state file '%s': process %llu (or a child of it) has "
			"this copy open: one program at a time may write to "
			"the pool",
			f->path, (unsigned long long)words[2]);
	return err_set(-EBUSY,
		"state file '%s': another process has this copy open: one "
		"program at a time may write to the pool",
		f->path);
}

static int
open_locked(struct statefile *f, int dirfd, const char *name)
{
	uint64_t size = 0;
	int rc = statelock_open(dirfd, name, f->path, &f->fd, &size);
	if (rc == STATELOCK_BUSY)
		return is_busy(f);
	f->is_new = size == 0;
	f->was_damaged = !f->is_new && size != STATEFILE_SIZE;
	return rc;
}

/* the record that counts, if it is the one of this copy */
static int
read_record(struct statefile *f, const struct statefile_key *key)
{
	int rc = statefile_slots_read(f->fd, &f->written);
	if (rc < 0 && rc != -EBADMSG)
		return statefile_failed(f, rc, "read it");
	const struct statefile_record *r = &f->written;
	f->was_damaged = rc < 0 ||
			 !uuid16_equal(r->poolset_uuid, key->poolset_uuid) ||
			 !uuid16_equal(r->primary_uuid, key->primary_uuid) ||
			 strcmp(r->target, key->target) != 0 ||
			 strcmp(r->set_name, key->set_name) != 0;
	return 0;
}

static void
first_record(struct statefile_record *r, const struct statefile_key *key,
	uint64_t pool_size)
{
	*r = (struct statefile_record){.pool_size = pool_size};
	memcpy(r->poolset_uuid, key->poolset_uuid, UUID16_LEN);
	memcpy(r->primary_uuid, key->primary_uuid, UUID16_LEN);
	uuid_generate_random(r->owner_id);
	(void)snprintf(r->target, sizeof(r->target), "%s", key->target);
	(void)snprintf(r->set_name, sizeof(r->set_name), "%s", key->set_name);
}

/*
 * Nothing of what was there is left.  The record comes last, and behind the
 * rest on the medium: statefile_write syncs the file once more.
 */
static int
make_new(struct statefile *f, int dirfd, const char *name)
{
	if (ftruncate(f->fd, 0) != 0 ||
		ftruncate(f->fd, (off_t)STATEFILE_SIZE) != 0)
		return statefile_failed(f, -errno, "make it");
	int rc = statefile_map_live(f);
	if (rc == 0)
		rc = statefile_map_more(f, f->record.pool_size);
	if (rc == 0 && fsync(f->fd) != 0)
		rc = statefile_failed(f, -errno, "sync it");
	if (rc == 0)
		rc = statefile_write(f);
	if (rc < 0)
		return rc;
	rc = file_sync_parent(dirfd, name);
	return rc < 0 ? statefile_failed(f, rc, "sync the directory of it") : 0;
}

static int
map_old(struct statefile *f, uint64_t pool_size)
{
	f->record = f->written;
	int rc = statefile_map_live(f);
	if (rc == 0)
		rc = statefile_map_more(
			f, max_u64(f->record.pool_size, pool_size));
	return rc;
}

static int
open_at(struct statefile *f, int dirfd, const char *name,
	const struct statefile_key *key)
{
	int rc = open_locked(f, dirfd, name);
	if (rc == 0 && !f->is_new && !f->was_damaged)
		rc = read_record(f, key);
	if (rc < 0)
		return rc;
	if (!f->is_new && !f->was_damaged)
		return map_old(f, f->pool_size);
	if (f->was_damaged)
		LOG_WARN("state file '%s' is damaged, of another version or of "
			 "another copy: it is made anew, and all of the copy "
			 "will be compared",
			f->path);
	f->is_new = true;
	f->written = (struct statefile_record){0};
	first_record(&f->record, key, f->pool_size);
	rc = make_new(f, dirfd, name);
	if (rc < 0)
		(void)unlinkat(dirfd, name, 0);
	return rc;
}

/* what can be known to fail before anything is touched */
static int
check_args(const struct statefile_key *key, uint64_t pool_size)
{
	struct rlimit limit;
	if (strlen(key->target) >= TARGET_TEXT_MAX ||
		strlen(key->set_name) >= OOB_DESC_MAX)
		return err_set(-ENAMETOOLONG,
			"the state file of '%.64s...' at '%.64s...': a name is "
			"too long",
			key->set_name, key->target);
	if (pool_size > STATEFILE_POOL_MAX)
		return err_set(-EFBIG,
			"the state file of '%.200s' at '%.200s': a pool of "
			"%llu bytes is larger than its maps, which are for "
			"%llu",
			key->set_name, key->target,
			(unsigned long long)pool_size,
			(unsigned long long)STATEFILE_POOL_MAX);
	/* beyond the limit a program gets SIGXFSZ, which is not ours to take */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
		limit.rlim_cur < STATEFILE_SIZE)
		return err_set(-EFBIG,
			"the state file of '%.200s' at '%.200s' has %llu bytes "
			"(most of them a hole), and the limit of this process "
			"is %llu: ulimit -f",
			key->set_name, key->target,
			(unsigned long long)STATEFILE_SIZE,
			(unsigned long long)limit.rlim_cur);
	return 0;
}

int
statefile_open(struct statefile *f, const struct statefile_key *key,
	uint64_t pool_size)
{
	char dir[STATEDIR_PATH_MAX];
	char name[STATEDIR_NAME_MAX];
	*f = (struct statefile){.fd = -1, .pool_size = pool_size};
	int rc = check_args(key, pool_size);
	if (rc == 0)
		rc = statedir_path(dir);
	if (rc < 0)
		return rc;
	statedir_name(key, name);
	(void)snprintf(f->path, sizeof(f->path), "%s/%s", dir, name);
	CLEANUP(closep) int dirfd = statedir_open(dir);
	if (dirfd < 0)
		return dirfd;
	rc = open_at(f, dirfd, name, key);
	if (rc < 0)
		statefile_close(f);
	else
		live_set(&f->live->pid, (uint64_t)getpid());
	return rc;
}

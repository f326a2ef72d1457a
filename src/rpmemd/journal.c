/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * journal.c -- see journal.h
 *
 * The name is durable before the first record, the records before the word
 * "complete", the word before anything is applied, and what was applied
 * before the name goes: that is the whole of the ordering here, and each
 * arrow is an fdatasync of the file or an fsync of its directory.
 */
#include "rpmemd/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "rpmemd/pooldir.h"

#define JOURNAL_BUF (1024u * 1024)
/* how often free space is looked at */
#define LOOK_EVERY (1024u * 1024)

_Static_assert(JOURNAL_BUF >= JOURNAL_REC_MAX, "a record fits");

void
journal_step(void)
{
	if (FAULT("journal/die"))
		(void)raise(SIGKILL);
}

static int
failed(const struct journal *j, int rc, const char *what)
{
	return err_sys(rc, "journal '%s': cannot %s", j->name, what);
}

/* directory and name; nothing is opened yet */
static int
locate(struct journal *j, int dirfd, const char *desc)
{
	const char *base = NULL;
	*j = (struct journal){.dir = -1, .fd = -1};
	j->dir = pooldir_parent(dirfd, desc, &base);
	if (j->dir < 0)
		return j->dir;
	if (asprintf(&j->name, "%s" POOLDIR_JOURNAL_SUFFIX, base) < 0) {
		j->name = NULL;
		return err_set(-ENOMEM, "no memory for a journal");
	}
	return 0;
}

static int
make_buffers(struct journal *j)
{
	j->buf = malloc(JOURNAL_BUF);
	j->room = malloc(JOURNAL_REC_MAX);
	if (j->buf == NULL || j->room == NULL)
		return err_set(-ENOMEM, "no memory for a journal");
	return 0;
}

static void
rewind_to(struct journal *j, uint64_t seq)
{
	j->read_at = JOURNAL_HDR_SIZE;
	j->read_seq = seq;
	j->buf_at = j->buf_len = 0;
}

static int
write_begin(struct journal *j)
{
	uint8_t page[JOURNAL_HDR_SIZE] = {0};
	journal_begin_encode(&j->begin, page);
	(void)unlinkat(j->dir, j->name, 0);
	/* O_EXCL: never through a link that somebody put there */
	j->fd = openat(j->dir, j->name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = j->fd < 0 ? -errno
			   : file_write_all(j->fd, page, sizeof(page), 0);
	if (rc == 0 && fsync(j->dir) != 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	if (j->fd >= 0)
		(void)unlinkat(j->dir, j->name, 0);
	return failed(j, rc, "create it");
}

int
journal_create(struct journal *j, int dirfd, const char *desc,
	const struct journal_begin *begin, uint64_t limit)
{
	int rc = locate(j, dirfd, desc);
	if (rc == 0)
		rc = make_buffers(j);
	j->begin = *begin;
	j->limit = limit;
	j->size = j->looked = JOURNAL_HDR_SIZE;
	j->last_seq = begin->seq;
	rewind_to(j, begin->seq);
	if (rc == 0 && getrandom(&j->begin.id, 8, 0) != 8)
		rc = err_set(-EIO, "no random bytes from the kernel");
	if (rc == 0)
		rc = write_begin(j);
	if (rc < 0)
		journal_close(j);
	else
		journal_step();
	return rc;
}

/* may it have this many bytes? */
static bool
may_have(struct journal *j, uint64_t size)
{
	struct statvfs fs;
	if (j->limit != JOURNAL_HALF_FREE)
		return size <= j->limit;
	if (size <= j->looked)
		return true;
	/* cannot tell: the disk will */
	if (fstatvfs(j->fd, &fs) != 0)
		return true;
	/* free when it was begun is free now and what it has taken since */
	uint64_t most = ((uint64_t)fs.f_bavail * fs.f_frsize + j->size) / 2;
	j->looked = min_u64(most, size + LOOK_EVERY);
	return size <= most;
}

static bool
is_no_room(int rc)
{
	return rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG;
}

int
journal_append(struct journal *j, const struct record *rec)
{
	uint64_t n = journal_record_size(rec);
	if (!may_have(j, j->size + n))
		return JOURNAL_FULL;
	memset(j->room + n - 8, 0, 8);
	journal_record_encode(rec, j->begin.id, j->room);
	if (rec->payload != NULL)
		memcpy(j->room + JOURNAL_REC_HDR, rec->payload, rec->len);
	int rc = file_write_all(j->fd, j->room, n, j->size);
	if (rc < 0 && is_no_room(rc)) {
		/* what was written of it is behind the end, and no record */
		IGNORE(ftruncate(j->fd, (off_t)j->size));
		return JOURNAL_FULL;
	}
	if (rc < 0)
		return failed(j, rc, "write to it");
	j->size += n;
	j->last_seq = rec->seq;
	journal_step();
	return 0;
}

int
journal_sync(struct journal *j)
{
	if (FAULT("journal/sync"))
		return failed(j, -EIO, "sync it");
	return fdatasync(j->fd) == 0 ? 0 : failed(j, -errno, "sync it");
}

int
journal_complete(struct journal *j)
{
	uint8_t slot[JOURNAL_SLOT_SIZE];
	struct journal_end end = {.seq = j->last_seq, .len = j->size};
	int rc = journal_sync(j);
	if (rc < 0)
		return rc;
	journal_step();
	journal_end_encode(&end, j->begin.id, slot);
	rc = file_write_all(j->fd, slot, sizeof(slot), JOURNAL_END_OFF);
	if (rc < 0)
		return failed(j, rc, "complete it");
	rc = journal_sync(j);
	if (rc < 0)
		return rc;
	j->end = end;
	journal_step();
	return 0;
}

static int
read_begin(struct journal *j, enum journal_kind *kind_out)
{
	uint8_t page[JOURNAL_HDR_SIZE] = {0};
	struct stat st;
	if (fstat(j->fd, &st) != 0)
		return failed(j, -errno, "read it");
	if (!S_ISREG(st.st_mode))
		return err_set(-EBADMSG, "journal '%s' is no file", j->name);
	ssize_t n = file_read_some(j->fd, page, sizeof(page), 0);
	if (n < 0)
		return failed(j, (int)n, "read it");
	j->size = (uint64_t)st.st_size;
	j->may_be_torn = true;
	*kind_out = journal_judge(page, j->size, &j->begin, &j->end);
	rewind_to(j, j->begin.seq);
	return 0;
}

int
journal_open(struct journal *j, int dirfd, const char *desc,
	enum journal_kind *kind_out)
{
	int rc = locate(j, dirfd, desc);
	if (rc == 0) {
		j->fd = openat(j->dir, j->name,
			O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
				O_NOCTTY);
		rc = j->fd >= 0	       ? 0
		     : errno == ENOENT ? -ENOENT
				       : failed(j, -errno, "open it");
	}
	if (rc == 0)
		rc = make_buffers(j);
	if (rc == 0)
		rc = read_begin(j, kind_out);
	if (rc < 0)
		journal_close(j);
	return rc;
}

bool
journal_exists(int dirfd, const char *desc)
{
	struct journal j;
	bool is = locate(&j, dirfd, desc) == 0 &&
		  faccessat(j.dir, j.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	journal_close(&j);
	return is;
}

static int
torn(const struct journal *j)
{
	/* behind the end: a record that was being written when the process
	 * ended, and never acked */
	if (j->may_be_torn && j->read_at >= j->end.len)
		return 0;
	return err_set(-EBADMSG,
		"journal '%s': no whole record at byte %llu, before its end",
		j->name, (unsigned long long)j->read_at);
}

/* more bytes into buf; 0: there are none */
static int
refill(struct journal *j)
{
	uint64_t want = min_u64(JOURNAL_BUF, j->size - j->read_at);
	if (want <= j->buf_len - j->buf_at)
		return 0;
	ssize_t n = file_read_some(j->fd, j->buf, want, j->read_at);
	if (n < 0)
		return failed(j, (int)n, "read it");
	bool more = (uint64_t)n > j->buf_len - j->buf_at;
	j->buf_at = 0;
	j->buf_len = (uint32_t)n;
	return more ? 1 : 0;
}

/* a record was read: does it fit what the end says? */
static int
check_end(const struct journal *j, uint64_t before)
{
	if (before >= j->end.len || j->read_at < j->end.len)
		return 1;
	if (j->read_at == j->end.len && j->read_seq == j->end.seq)
		return 1;
	return err_set(-EBADMSG,
		"journal '%s': record %llu at byte %llu is not the last one "
		"that its end names",
		j->name, (unsigned long long)j->read_seq,
		(unsigned long long)before);
}

int
journal_next(struct journal *j, struct record *rec_out)
{
	for (;;) {
		uint64_t used = 0;
		uint64_t before = j->read_at;
		int rc =
			journal_scan(j->buf + j->buf_at, j->buf_len - j->buf_at,
				j->begin.id, j->read_seq, rec_out, &used);
		if (rc == JOURNAL_RECORD) {
			j->buf_at += (uint32_t)used;
			j->read_at += used;
			j->read_seq = rec_out->seq;
			return check_end(j, before);
		}
		if (rc == -EBADMSG)
			return torn(j);
		rc = refill(j);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return j->read_at == j->size ? 0 : torn(j);
	}
}

int
journal_remove(struct journal *j)
{
	journal_step();
	if (unlinkat(j->dir, j->name, 0) != 0 && errno != ENOENT)
		return failed(j, -errno, "remove it");
	if (fsync(j->dir) != 0)
		return failed(j, -errno, "sync the directory of it");
	journal_step();
	return 0;
}

int
journal_forget(int dirfd, const char *desc)
{
	struct journal j;
	int rc = locate(&j, dirfd, desc);
	if (rc == 0 && unlinkat(j.dir, j.name, 0) == 0)
		rc = fsync(j.dir) == 0
			     ? 0
			     : failed(&j, -errno, "sync the directory of it");
	else if (rc == 0 && errno != ENOENT)
		rc = failed(&j, -errno, "remove it");
	journal_close(&j);
	return rc;
}

void
journal_shrink(struct journal *j)
{
	if (j->fd >= 0)
		IGNORE(ftruncate(j->fd, JOURNAL_HDR_SIZE));
}

void
journal_close(struct journal *j)
{
	closep(&j->fd);
	closep(&j->dir);
	freep(&j->name);
	freep(&j->buf);
	freep(&j->room);
}

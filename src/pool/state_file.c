/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_file.c -- NAME.rpmem-state on disk
 *
 * The record with generation g lies in slot g % 2, so a write never touches
 * the record that counts until the new one is durable; a slot whose
 * generation does not belong there is no record.  A new file is written
 * under another name and renamed over the old one: under its own name there
 * is always a whole file or none.
 *
 * There is no lock here: who holds the pool's parts holds its state file.
 * The mapped page is not guarded against SIGBUS; its block is written and
 * synced before it is mapped, so only somebody who cuts the file short while
 * it is in use can make it fault.
 */
#include "pool/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bootid.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "pool/state_hold.h"

#define STATE_TMP_SUFFIX ".tmp"
#define STATE_PATH_MAX 4096u

static void
set_name(struct state_file *f, const char *path)
{
	size_t len = strlen(path);
	if (len >= sizeof(f->name))
		path += len - (sizeof(f->name) - 1);
	(void)snprintf(f->name, sizeof(f->name), "%s", path);
}

static uint64_t
slot_off(uint64_t generation)
{
	return generation % 2 * STATE_SLOT_STRIDE;
}

static int
map_page(struct state_file *f)
{
	void *p = mmap(NULL, STATE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		f->fd, STATE_PAGE);
	if (p == MAP_FAILED)
		return err_sys(
			-errno, "state file '%s': cannot map it", f->name);
	f->map = p;
	return 0;
}

/* fill the new file; applied_seq starts as the record has it */
static int
write_first(int fd, const struct state *s)
{
	uint8_t bytes[STATE_FILE_SIZE] = {0};
	state_encode(s, bytes + slot_off(s->generation));
	memcpy(bytes + STATE_PAGE, &s->applied_seq, sizeof(s->applied_seq));
	int rc = file_write_all(fd, bytes, sizeof(bytes), 0);
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	return rc;
}

static int
make_id(uint64_t *id_out)
{
	while (*id_out == 0)
		if (getrandom(id_out, sizeof(*id_out), 0) != sizeof(*id_out))
			return err_sys(-errno, "random numbers");
	return 0;
}

/*
 * Once renamed, a failed sync of the directory undoes it: what is not
 * durable must not be found by somebody who takes it for durable.
 */
static int
publish(int dirfd, const char *tmp, const char *path)
{
	if (renameat(dirfd, tmp, dirfd, path) != 0) {
		int rc = -errno;
		(void)unlinkat(dirfd, tmp, 0);
		return rc;
	}
	int rc = file_sync_parent(dirfd, path);
	if (rc != 0)
		(void)unlinkat(dirfd, path, 0);
	return rc;
}

/* O_EXCL: never through a link that somebody put there */
static int
open_tmp(int dirfd, const char *tmp)
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, tmp, flags, 0600);
	if (fd < 0 && errno == EEXIST) {
		/* left by a process that died in here; the pool's lock says
		 * that nobody else is in here now */
		(void)unlinkat(dirfd, tmp, 0);
		fd = openat(dirfd, tmp, flags, 0600);
	}
	return fd < 0 ? -errno : fd;
}

int
state_create(struct state_file *f, int dirfd, const char *path,
	const struct state *first)
{
	char tmp[STATE_PATH_MAX];
	*f = (struct state_file){.fd = -1};
	set_name(f, path);
	int n = snprintf(tmp, sizeof(tmp), "%s" STATE_TMP_SUFFIX, path);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_sys(-ENAMETOOLONG, "state file '%s'", f->name);

	f->state = *first;
	f->state.generation = 1;
	int rc = make_id(&f->state.copy_id);
	if (rc < 0)
		return rc;
	f->written = f->state;
	rc = open_tmp(dirfd, tmp);
	if (rc < 0)
		return err_sys(
			rc, "state file '%s': cannot create it", f->name);
	f->fd = rc;
	rc = write_first(f->fd, &f->state);
	if (rc == 0)
		rc = map_page(f);
	if (rc != 0)
		(void)unlinkat(dirfd, tmp, 0);
	else
		rc = publish(dirfd, tmp, path);
	if (rc != 0) {
		state_close(f);
		return err_sys(rc, "state file '%s': cannot write it", f->name);
	}
	return 0;
}

int
state_renew_id(struct state_file *f)
{
	f->state.copy_id = 0;
	return make_id(&f->state.copy_id);
}

static int
read_record(int fd, struct state *s_out)
{
	uint8_t page[STATE_PAGE];
	int rc = file_read_all(fd, page, sizeof(page), 0);
	return rc == 0 ? state_judge(page, s_out) : rc;
}

static int
open_checked(struct state_file *f, int dirfd, const char *path)
{
	struct stat st;
	f->fd = openat(dirfd, path,
		O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (f->fd < 0 || fstat(f->fd, &st) != 0)
		return err_sys(
			-errno, "state file '%s': cannot open it", f->name);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)STATE_RECORD_SIZE ||
		st.st_size > (off_t)STATE_FILE_SIZE)
		return err_set(-EUCLEAN,
			"state file '%s': it has %lld bytes, not %u, so it is "
			"unknown what the copy beside it holds",
			f->name, (long long)st.st_size, STATE_FILE_SIZE);
	int rc = read_record(f->fd, &f->written);
	if (rc == -EBADMSG)
		return err_set(-EUCLEAN,
			"state file '%s': no valid record in it, so it is "
			"unknown what the copy beside it holds",
			f->name);
	if (rc == 0)
		rc = state_lineage_read(f);
	if (rc != 0)
		return err_sys(rc, "state file '%s': cannot read it", f->name);
	f->state = f->written;
	rc = make_id(&f->state.copy_id);
	return rc == 0 ? map_page(f) : rc;
}

int
state_open(struct state_file *f, int dirfd, const char *path)
{
	*f = (struct state_file){.fd = -1};
	set_name(f, path);
	int rc = open_checked(f, dirfd, path);
	if (rc != 0)
		state_close(f);
	return rc;
}

int
state_write(struct state_file *f)
{
	uint8_t bytes[STATE_SLOT_SIZE];
	/* a record with an id says that there is room for a lineage: a file cut
	 * short behind it has lost one */
	if (f->written.copy_id == 0) {
		int room = state_lineage_room(f);
		if (room < 0)
			return room;
	}
	f->state.generation = f->written.generation + 1;
	state_encode(&f->state, bytes);
	uint64_t off = slot_off(f->state.generation);
	int rc = file_write_all(f->fd, bytes, sizeof(bytes), off);
	if (rc == 0 && FAULT("pool/state_sync"))
		rc = -EIO;
	else if (rc == 0 && fdatasync(f->fd) != 0)
		rc = -errno;
	if (rc == 0) {
		f->written = f->state;
		return 0;
	}
	/*
	 * Nobody knows whether the new slot reached the medium.  Without this
	 * a later open would find it in the page cache and believe it.
	 */
	memset(bytes, 0, sizeof(bytes));
	IGNORE(file_write_all(
		f->fd, bytes, sizeof(bytes), off)); /* best effort */
	(void)fdatasync(f->fd);
	f->state = f->written;
	return err_sys(rc, "state file '%s': cannot write it", f->name);
}

bool
state_differs(const struct state_file *f)
{
	uint8_t is[STATE_SLOT_SIZE];
	uint8_t was[STATE_SLOT_SIZE];
	struct state s = f->state;
	s.generation = f->written.generation;
	state_encode(&s, is);
	state_encode(&f->written, was);
	return memcmp(is, was, sizeof(is)) != 0;
}

/* relaxed: a number of its own; the caller's barrier orders it after the
 * records it stands for */
void
state_set_applied(struct state_file *f, uint64_t seq)
{
	__atomic_store_n((uint64_t *)(void *)f->map, seq, __ATOMIC_RELAXED);
}

uint64_t
state_applied(const struct state_file *f)
{
	return __atomic_load_n(
		(const uint64_t *)(const void *)f->map, __ATOMIC_RELAXED);
}

void
state_close(struct state_file *f)
{
	state_let_go(f);
	if (f->map != NULL)
		(void)munmap(f->map, STATE_PAGE);
	f->map = NULL;
	closep(&f->fd);
}

void
state_boot_id(uint8_t out[UUID16_LEN])
{
	boot_id(out);
	/* a test's reboot */
	if (FAULT("pool/other-boot"))
		out[0] ^= UINT8_MAX;
}

bool
state_is_this_boot(const struct state *s)
{
	uint8_t boot[UUID16_LEN];
	state_boot_id(boot);
	return uuid16_equal(boot, s->boot_id);
}

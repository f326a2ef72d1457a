/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_look.c -- NAME.rpmem-state as those read it who do not hold the copy
 *
 * The holder may be writing.  Of each pair of slots it writes the one that
 * does not count, so what is seen half written leaves the other to count: as
 * long as that one is not the next to be half written while we look.  So all
 * of it is read until two readings agree; between two writes of the holder
 * lies a sync of its disk.
 */
#include "pool/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fileio.h"
#include "pool/state_hold.h"

#define READINGS_MAX 1000u

/* page 0 and the slots; what is mapped is not looked at: it changes all the
 * time */
struct reading {
	uint8_t page[STATE_PAGE];
	uint8_t slots[STATE_LINEAGE_SLOTS * STATE_LINEAGE_SLOT];
	bool is_short; /* no slots */
};

static int
read_once(int fd, struct reading *r)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)STATE_RECORD_SIZE ||
		st.st_size > (off_t)STATE_FILE_SIZE)
		return -EBADMSG;
	r->is_short = st.st_size < (off_t)STATE_FILE_SIZE;
	int rc = file_read_all(fd, r->page, sizeof(r->page), 0);
	if (rc == 0 && !r->is_short)
		rc = file_read_all(
			fd, r->slots, sizeof(r->slots), STATE_RECORD_SIZE);
	return rc;
}

static int
read_stable(int fd, struct reading *r, struct reading *again)
{
	int rc = read_once(fd, r);
	for (unsigned i = 0; rc == 0 && i < READINGS_MAX; i++) {
		rc = read_once(fd, again);
		if (rc == 0 && memcmp(r, again, sizeof(*r)) == 0)
			return 0;
		*r = *again;
	}
	return rc == 0 ? -EBUSY : rc;
}

static int
judge(const struct reading *r, struct state_view *v)
{
	int rc = state_judge(r->page, &v->state);
	if (rc < 0)
		return rc;
	state_lineage_judge(r->slots, &v->lineage);
	if (r->is_short && v->state.copy_id != 0)
		v->lineage.is = STATE_LINEAGE_LOST; /* state_lineage_read */
	return 0;
}

static int
look(int fd, struct state_view *v)
{
	CLEANUP(freep) struct reading *r = calloc(2, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	int rc = read_stable(fd, &r[0], &r[1]);
	uint64_t words[STATE_WORD_PROMOTE + 1] = {0};
	if (rc == 0)
		rc = judge(&r[0], v);
	if (rc == 0)
		rc = file_read_all(fd, words, sizeof(words), STATE_PAGE);
	v->mapped = words[0];
	v->is_promoting = words[STATE_WORD_PROMOTE] != 0;
	return rc;
}

int
state_look(struct state_view *v, int dirfd, const char *path)
{
	*v = (struct state_view){0};
	CLEANUP(closep)
	int fd = openat(dirfd, path,
		O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(-errno, "state file '%s': cannot open it", path);
	int rc = look(fd, v);
	if (rc == -EBADMSG)
		return err_set(-EUCLEAN,
			"state file '%s': no valid record in it, so it is "
			"unknown what the copy beside it holds",
			path);
	if (rc < 0)
		return err_sys(rc, "state file '%s': cannot read it", path);
	return 0;
}

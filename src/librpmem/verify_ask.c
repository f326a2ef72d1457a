/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_ask.c -- see verify_ask.h
 *
 * By read(2) and write(2) of whole words only: a file that is cut short is an
 * error there, and a signal for a load; the program's mapping is the same page
 * cache.  The flags are written before the number that they are of.
 */
#include "librpmem/verify_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fileio.h"
#include "librpmem/statefile.h"

#define WORDS_OFF (STATEFILE_LIVE_OFF + offsetof(struct statefile_live, verify))

/* a program that has it open has a lock of its own kind on it */
static int
check_runs(const struct verify_ask *a)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(a->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		return 0;
	return err_set(-ENOTCONN, "no program has the copy open");
}

static int
read_words(const struct verify_ask *a, struct verify_words *w)
{
	int rc = file_read_all(a->fd, w, sizeof(*w), WORDS_OFF);
	return rc < 0 ? err_sys(rc, "cannot read the state file") : 0;
}

static int
write_word(const struct verify_ask *a, size_t at, uint64_t value)
{
	int rc = file_write_all(a->fd, &value, sizeof(value), WORDS_OFF + at);
	return rc < 0 ? err_sys(rc, "cannot write to the state file") : 0;
}

static int
check_file(struct verify_ask *a, const char *path)
{
	struct stat st;
	struct verify_words w;
	if (fstat(a->fd, &st) != 0)
		return err_sys(-errno, "state file '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)STATEFILE_SIZE)
		return err_set(-EBADMSG, "'%s' is no state file", path);
	if (flock(a->fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(-EBUSY, "another 'rpmem verify' asks about the "
				       "copy just now");
	int rc = check_runs(a);
	if (rc == 0)
		rc = read_words(a, &w);
	if (rc == 0 && live_get(&w.speaks) != VERIFY_SPEAKS)
		rc = err_set(-ENOTSUP,
			"the program that has the pool open runs with another "
			"version of librpmem, which does not verify");
	if (rc == 0)
		a->number = live_get(&w.asked);
	return rc;
}

int
verify_ask_open(struct verify_ask *a, const char *path)
{
	*a = (struct verify_ask){.fd = -1};
	a->fd = open(
		path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (a->fd < 0)
		return err_sys(-errno, "state file '%s': cannot open it", path);
	int rc = check_file(a, path);
	if (rc < 0)
		verify_ask_close(a);
	return rc;
}

int
verify_ask_begin(struct verify_ask *a, bool repairs)
{
	/* 0 is none */
	a->number = a->number == UINT64_MAX ? 1 : a->number + 1;
	int rc = write_word(a, offsetof(struct verify_words, flags),
		repairs ? VERIFY_F_REPAIR : 0);
	if (rc == 0)
		rc = write_word(
			a, offsetof(struct verify_words, asked), a->number);
	return rc;
}

void
verify_answer_of(const struct verify_words *w, uint64_t number,
	struct verify_answer *out)
{
	uint64_t state = live_get(&w->state);
	*out = (struct verify_answer){.is_there = live_get(&w->taken) == number,
		.state = state <= VERIFY_UNABLE ? (enum verify_state)state
						: VERIFY_UNABLE,
		.total = live_get(&w->total),
		.left_out = live_get(&w->left_out),
		.different = live_get(&w->different),
		.settled = live_get(&w->settled),
		.sent = live_get(&w->sent)};
	out->compared = min_u64(live_get(&w->compared), out->total);
	uint64_t n = min_u64(live_get(&w->nranges), VERIFY_RANGES);
	n = min_u64(n, out->different + out->settled);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t range = live_get(&w->ranges[i]);
		unsigned kind = range % WALK_SECTOR;
		if (kind != WALK_DIFFERENT && kind != WALK_SETTLED)
			continue;
		out->ranges[out->nranges++] = (struct walk_range){
			.off = range - kind, .kind = (enum walk_kind)kind};
	}
}

int
verify_ask_look(const struct verify_ask *a, struct verify_answer *answer_out)
{
	struct verify_words w;
	/* in this order: what it said before it ended counts */
	int runs = check_runs(a);
	int rc = read_words(a, &w);
	if (rc < 0)
		return rc;
	verify_answer_of(&w, a->number, answer_out);
	bool is_over =
		answer_out->is_there && answer_out->state != VERIFY_RUNNING;
	return is_over ? 0 : runs;
}

void
verify_ask_cancel(const struct verify_ask *a)
{
	/* one that cannot be told goes on to its end, and does no harm */
	IGNORE(write_word(
		a, offsetof(struct verify_words, cancelled), a->number));
}

void
verify_ask_close(struct verify_ask *a)
{
	closep(&a->fd);
}

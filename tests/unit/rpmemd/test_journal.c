/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_journal.c -- a journal on disk, cut off at every byte
 */
#include "rpmemd/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define NAME "a.set"
#define FILE_NAME NAME ".rpmem-catchup"

static char dir[] = "/tmp/rpmem-journal.XXXXXX";
static int dirfd_ = -1;
static uint8_t bytes[5000];
static const struct journal_begin begin = {.seq = 10};

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	dirfd_ = open(dir, O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	return dirfd_ < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(journal_forget(dirfd_, NAME), 0);
	assert_int_equal(journal_forget(dirfd_, NAME), 0);
	closep(&dirfd_);
	return rmdir(dir);
}

static struct record
copy_of(uint64_t seq, uint64_t len)
{
	return (struct record){.type = REC_COPY,
		.seq = seq,
		.off = seq * 8,
		.len = len,
		.payload = bytes};
}

static void
make(struct journal *j, uint64_t limit)
{
	assert_int_equal(journal_create(j, dirfd_, NAME, &begin, limit), 0);
}

static void
append(struct journal *j, uint64_t seq, uint64_t len)
{
	struct record r = copy_of(seq, len);
	assert_int_equal(journal_append(j, &r), 0);
}

/* records of a journal that is opened anew; the result that ended it */
static unsigned
count(int *rc_out)
{
	struct journal j;
	struct record r;
	enum journal_kind kind = JOURNAL_DAMAGED;
	unsigned n = 0;
	*rc_out = journal_open(&j, dirfd_, NAME, &kind);
	if (*rc_out < 0)
		return 0;
	if (kind != JOURNAL_COMPLETE)
		*rc_out = -EBADMSG;
	while (*rc_out == 0 && (*rc_out = journal_next(&j, &r)) == 1) {
		n++;
		assert_int_equal(r.off, r.seq * 8);
		assert_memory_equal(r.payload, bytes, r.len);
		*rc_out = 0;
		if (n == 1000)
			break;
	}
	journal_close(&j);
	return n;
}

static void
next__gives_what_was_appended_while_it_grows(void **state)
{
	(void)state;
	struct journal j;
	struct record r;
	make(&j, JOURNAL_HALF_FREE);
	uint64_t read = 10;
	/* more than the buffer holds, read behind the writing */
	for (uint64_t seq = 11; seq < 800; seq++) {
		append(&j, seq, 1 + seq * 6 % sizeof(bytes));
		if (seq % 3 != 0)
			continue;
		assert_int_equal(journal_next(&j, &r), 1);
		assert_int_equal(r.seq, ++read);
	}
	while (journal_next(&j, &r) == 1) {
		assert_int_equal(r.seq, ++read);
		assert_int_equal(r.len, 1 + r.seq * 6 % sizeof(bytes));
		assert_memory_equal(r.payload, bytes, r.len);
	}
	assert_int_equal(read, 799);
	assert_true(journal_exists(dirfd_, NAME));
	assert_int_equal(journal_remove(&j), 0);
	assert_false(journal_exists(dirfd_, NAME));
	journal_close(&j);
}

static void
open__tells_complete_from_not(void **state)
{
	(void)state;
	struct journal j;
	enum journal_kind kind;
	assert_int_equal(journal_open(&j, dirfd_, NAME, &kind), -ENOENT);
	make(&j, JOURNAL_HALF_FREE);
	append(&j, 11, 100);
	journal_close(&j);
	assert_int_equal(journal_open(&j, dirfd_, NAME, &kind), 0);
	assert_int_equal(kind, JOURNAL_INCOMPLETE);
	assert_int_equal(j.begin.seq, 10);
	journal_close(&j);
	/* a new one takes its place */
	make(&j, JOURNAL_HALF_FREE);
	append(&j, 12, 100);
	assert_int_equal(journal_complete(&j), 0);
	journal_close(&j);
	assert_int_equal(journal_open(&j, dirfd_, NAME, &kind), 0);
	assert_int_equal(kind, JOURNAL_COMPLETE);
	assert_int_equal(j.end.seq, 12);
	journal_close(&j);
}

/* in front of the end every byte counts; behind it a torn record is none */
static void
next__of_every_truncation(void **state)
{
	(void)state;
	struct journal j;
	struct stat st;
	int rc = 0;
	make(&j, JOURNAL_HALF_FREE);
	append(&j, 11, 100);
	append(&j, 12, 5);
	assert_int_equal(journal_complete(&j), 0);
	off_t end = (off_t)j.size;
	append(&j, 13, 64);
	off_t third = (off_t)j.size;
	append(&j, 14, 64);
	assert_int_equal(fstat(j.fd, &st), 0);
	assert_int_equal(st.st_size, j.size);
	assert_int_equal(count(&rc), 4);
	assert_int_equal(rc, 0);
	for (off_t cut = (off_t)j.size - 1; cut >= 0; cut--) {
		assert_int_equal(ftruncate(j.fd, cut), 0);
		unsigned n = count(&rc);
		if (cut >= end) {
			assert_int_equal(rc, 0);
			assert_int_equal(n, cut >= third ? 3 : 2);
		} else {
			/* without its word it is not complete: see judge */
			assert_int_equal(rc, -EBADMSG);
			assert_int_equal(n, 0);
		}
	}
	journal_close(&j);
}

static void
append__stops_at_the_limit(void **state)
{
	(void)state;
	struct journal j;
	struct record r = copy_of(12, 100);
	make(&j, JOURNAL_HDR_SIZE + 160);
	append(&j, 11, 64);
	assert_int_equal(journal_append(&j, &r), JOURNAL_FULL);
	/* as if it had not been tried */
	assert_int_equal(journal_next(&j, &r), 1);
	assert_int_equal(journal_next(&j, &r), 0);
	append(&j, 13, 1);
	assert_int_equal(journal_next(&j, &r), 1);
	assert_int_equal(r.seq, 13);
	journal_close(&j);
}

static void
next__in_a_session_takes_nothing_for_torn(void **state)
{
	(void)state;
	struct journal j;
	struct record r;
	make(&j, JOURNAL_HALF_FREE);
	assert_int_equal(journal_complete(&j), 0);
	append(&j, 11, 64);
	assert_int_equal(pwrite(j.fd, "x", 1, JOURNAL_HDR_SIZE + 50), 1);
	assert_int_equal(journal_next(&j, &r), -EBADMSG);
	journal_close(&j);
	/* the next session: it was behind the end, and may never have been
	 * acked */
	int rc = 0;
	assert_int_equal(count(&rc), 0);
	assert_int_equal(rc, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__gives_what_was_appended_while_it_grows),
		cmocka_unit_test(open__tells_complete_from_not),
		cmocka_unit_test(next__of_every_truncation),
		cmocka_unit_test(append__stops_at_the_limit),
		cmocka_unit_test(next__in_a_session_takes_nothing_for_torn),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

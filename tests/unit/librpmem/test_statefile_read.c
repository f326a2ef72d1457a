/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statefile_read.c -- a state file as tools see it, while it is used,
 * after that, and when somebody made it up
 */
#include "unit/librpmem/statefile_fixture.h"

#include <errno.h>
#include <pthread.h>

#include "base/bootid.h"
#include "base/err.h"
#include "librpmem/statefile_read.h"

static const uint64_t POOL = 100 * STATEFILE_BLOCK - 1;

static void
must_open(struct statefile *f)
{
	assert_int_equal(statefile_open(f, &fixture_key, POOL), 0);
	statefile_live_begin(f->live);
}

static void
must_read(struct statefile_view *v)
{
	if (statefile_read(fixture_path(), v) < 0)
		fail_msg("%s", err_msg());
}

static void
read__what_a_program_shows(void **state)
{
	(void)state;
	struct statefile f;
	static struct statefile_view v;
	must_open(&f);
	boot_id(f.record.boot_id);
	f.record.flags = STATEFILE_F_TRUSTED_MARKS;
	f.record.acked_seq = 12;
	assert_int_equal(statefile_write(&f), 0);
	statefile_map(&f, 0)[0] = 3;
	statefile_map(&f, 1)[0] = 6;
	/* bits behind the pool's end are no blocks */
	statefile_map(&f, 2)[1] = ~0ULL << 34;
	statefile_map(&f, 2)[0] = 2;
	statefile_live_enter(f.live, STATE_DEGRADED);
	live_set(&f.live->appended_seq, 77);
	statefile_live_say(f.live, "node: connection reset\n");
	must_read(&v);
	assert_true(v.is_running && v.has_live && v.maps_count);
	assert_int_equal(v.record.acked_seq, 12);
	assert_int_equal(v.sent_blocks, 3);
	assert_int_equal(v.dirty_blocks, 3);
	assert_int_equal(v.marked_blocks, 5);
	assert_int_equal(live_get(&v.live.pid), getpid());
	assert_int_equal(live_get(&v.live.state), STATE_DEGRADED);
	assert_int_equal(live_get(&v.live.changes[STATE_DEGRADED]), 1);
	assert_true(live_get(&v.live.state_since_s) > 1600000000);
	assert_int_equal(live_get(&v.live.appended_seq), 77);
	assert_string_equal(v.live.said, "node: connection reset?");
	statefile_close(&f);
	must_read(&v);
	assert_false(v.is_running);
	assert_int_equal(live_get(&v.live.pid), 0);
	assert_int_equal(live_get(&v.live.state), STATE_DEGRADED);
}

/* a look must not make a program's open fail */
static void
read__is_in_nobodys_way(void **state)
{
	(void)state;
	static struct statefile_view v;
	for (unsigned i = 0; i < 50; i++) {
		struct statefile f;
		must_open(&f);
		must_read(&v);
		assert_true(v.is_running);
		statefile_close(&f);
		must_read(&v);
		assert_false(v.is_running);
	}
}

static void
read__a_text_that_never_ends(void **state)
{
	(void)state;
	struct statefile f;
	static struct statefile_view v;
	char text[STATEFILE_SAID_MAX * 2];
	must_open(&f);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	statefile_live_say(f.live, text);
	must_read(&v);
	assert_int_equal(strlen(v.live.said), STATEFILE_SAID_MAX - 1);
	memset(f.live->said, '\n', STATEFILE_SAID_MAX);
	must_read(&v);
	assert_int_equal(strlen(v.live.said), STATEFILE_SAID_MAX - 1);
	assert_int_equal(v.live.said[7], '?');
	/* its writer died in the middle */
	live_set(&f.live->said_turn, 5);
	must_read(&v);
	assert_string_equal(v.live.said, "");
	statefile_live_say(f.live, "again");
	must_read(&v);
	assert_string_equal(v.live.said, "again");
	/* another version's numbers are not ours to read */
	live_set(&f.live->version, 2);
	must_read(&v);
	assert_false(v.has_live);
	assert_int_equal(live_get(&v.live.pid), 0);
	statefile_close(&f);
}

static atomic_bool is_over;

static void *
keep_saying(void *arg)
{
	struct statefile *f = arg;
	char text[STATEFILE_SAID_MAX];
	text[STATEFILE_SAID_MAX - 1] = '\0';
	for (unsigned i = 0; !is_over; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text) - 1);
		statefile_live_say(f->live, text);
	}
	return NULL;
}

static void
read__a_text_is_one_or_none(void **state)
{
	(void)state;
	struct statefile f;
	static struct statefile_view v;
	pthread_t thread;
	must_open(&f);
	assert_int_equal(pthread_create(&thread, NULL, keep_saying, &f), 0);
	for (unsigned i = 0; i < 2000; i++) {
		must_read(&v);
		for (const char *p = v.live.said; *p != '\0'; p++)
			assert_int_equal(*p, v.live.said[0]);
	}
	is_over = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	statefile_close(&f);
}

static void
read__what_is_no_state_file(void **state)
{
	(void)state;
	struct statefile f;
	static struct statefile_view v;
	assert_int_equal(statefile_read(fixture_path(), &v), -ENOENT);
	assert_int_equal(statefile_read(fixture_dir, &v), -EBADMSG);
	must_open(&f);
	statefile_close(&f);
	fixture_put(STATEFILE_SLOT_SIZE + 50, "\xff", 1);
	assert_int_equal(statefile_read(fixture_path(), &v), -EBADMSG);
	assert_non_null(strstr(err_msg(), fixture_path()));
	assert_int_equal(truncate(fixture_path(), 100), 0);
	assert_int_equal(statefile_read(fixture_path(), &v), -EBADMSG);
	assert_int_equal(unlink(fixture_path()), 0);
	assert_int_equal(mkfifo(fixture_path(), 0600), 0);
	assert_int_equal(statefile_read(fixture_path(), &v), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read__what_a_program_shows),
		TEST(read__is_in_nobodys_way),
		TEST(read__a_text_that_never_ends),
		TEST(read__a_text_is_one_or_none),
		TEST(read__what_is_no_state_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

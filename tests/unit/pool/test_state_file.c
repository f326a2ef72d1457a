/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_state_file.c -- the state file through its life, and torn
 */
#include "unit/pool/fixture.h"

#include "pool/state.h"

#define NAME "copy" STATE_SUFFIX
#define SLOT1 2048

static int dirfd_now = -1;

static int
setup(void **state)
{
	int rc = fixture_setup(state);
	dirfd_now = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return rc != 0 || dirfd_now < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	closep(&dirfd_now);
	return fixture_teardown(state);
}

static const char *
path_now(void)
{
	static char path[PATH_LEN + 64];
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, NAME);
	return path;
}

static struct state
first(void)
{
	struct state s = {
		.flags = STATE_F_CREATING, .applied_seq = 5, .generation = 99};
	memset(s.poolset_uuid, 7, UUID16_LEN);
	return s;
}

/* a file whose records are: generation 1 (flags CREATING), generation 2
 * (flags CLEAN), and so on up to n */
static void
make(struct state_file *f, unsigned n)
{
	struct state s = first();
	assert_int_equal(state_create(f, dirfd_now, NAME, &s), 0);
	for (unsigned i = 1; i < n; i++) {
		f->state.flags = STATE_F_CLEAN;
		f->state.applied_seq = 5 + i;
		assert_int_equal(state_write(f), 0);
	}
}

static void
must_hold(uint64_t generation, uint64_t applied)
{
	struct state_file f;
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(f.state.generation, generation);
	assert_int_equal(f.state.applied_seq, applied);
	assert_int_equal(f.written.generation, generation);
	state_close(&f);
}

static void
creates__then_opens(void **state)
{
	(void)state;
	struct state_file f;
	struct stat st;
	make(&f, 1);
	assert_int_equal(f.state.generation, 1);
	assert_int_equal(state_applied(&f), 5);
	state_set_applied(&f, 1234);
	assert_int_equal(state_applied(&f), 1234);
	state_close(&f);
	state_close(&f);
	assert_int_equal(f.fd, -1);

	assert_int_equal(dir_count(), 1);
	assert_int_equal(stat(path_now(), &st), 0);
	assert_int_equal(st.st_size, STATE_FILE_SIZE);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(f.state.flags, STATE_F_CREATING);
	assert_int_equal(f.state.poolset_uuid[3], 7);
	/* the mapped page survives the process, not the record */
	assert_int_equal(state_applied(&f), 1234);
	assert_int_equal(f.state.applied_seq, 5);
	state_close(&f);
}

static void
creates__replaces_what_is_there(void **state)
{
	(void)state;
	struct state_file f;
	char tmp[PATH_LEN + 80];
	make(&f, 4);
	state_close(&f);
	/* and what a dead process left */
	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", path_now());
	file_make(tmp, 100, 'x');
	make(&f, 1);
	state_close(&f);
	assert_int_equal(dir_count(), 1);
	must_hold(1, 5);
}

static void
creates__follows_no_link(void **state)
{
	(void)state;
	struct state_file f;
	struct state s = first();
	char victim[PATH_LEN + 64];
	(void)snprintf(victim, sizeof(victim), "%s/victim", fixture_dir);
	file_make(victim, 10000, 'v');
	assert_int_equal(symlinkat("victim", dirfd_now, NAME), 0);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -ELOOP);
	assert_int_equal(f.fd, -1);
	assert_int_equal(symlinkat("victim", dirfd_now, NAME ".tmp"), 0);
	assert_int_equal(state_create(&f, dirfd_now, NAME, &s), 0);
	state_close(&f);
	assert_true(file_is_all(victim, 0, 10000, 'v'));
	must_hold(1, 5);
}

static void
creates__leaves_nothing_on_failure(void **state)
{
	(void)state;
	struct state_file f;
	struct state s = first();
	char longname[5000];
	assert_int_equal(
		state_create(&f, dirfd_now, "no/such/dir", &s), -ENOENT);
	assert_non_null(strstr(err_msg(), "no/such/dir"));
	assert_int_equal(f.fd, -1);
	memset(longname, 'n', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	assert_int_equal(
		state_create(&f, dirfd_now, longname, &s), -ENAMETOOLONG);
	/* a directory cannot be renamed over */
	assert_int_equal(mkdirat(dirfd_now, NAME, 0700), 0);
	assert_int_equal(state_create(&f, dirfd_now, NAME, &s), -EISDIR);
	assert_int_equal(f.fd, -1);
	assert_null(f.map);
	assert_int_equal(dir_count(), 1);
}

static void
opens__what_is_no_state_file(void **state)
{
	(void)state;
	struct state_file f;
	assert_int_equal(state_open(&f, dirfd_now, NAME), -ENOENT);
	assert_non_null(strstr(err_msg(), NAME));
	file_make(path_now(), STATE_FILE_SIZE, 0);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
	assert_non_null(strstr(err_msg(), "no valid record"));
	assert_int_equal(truncate(path_now(), STATE_RECORD_SIZE - 1), 0);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
	assert_int_equal(truncate(path_now(), STATE_FILE_SIZE + 1), 0);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
	assert_int_equal(truncate(path_now(), 0), 0);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
	assert_int_equal(f.fd, -1);
}

static void
writes__in_turn(void **state)
{
	(void)state;
	struct state_file f;
	for (unsigned n = 1; n <= 5; n++) {
		make(&f, n);
		state_close(&f);
		must_hold(n, 4 + n);
	}
	/* over a second open too, whatever the caller leaves in generation */
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	f.state.applied_seq = 42;
	f.state.generation = 1;
	assert_int_equal(state_write(&f), 0);
	assert_int_equal(f.state.generation, 6);
	state_close(&f);
	must_hold(6, 42);
}

/* the newer record lies in slot n % 2; damage one or the other */
static void
survives__one_bad_slot(void **state)
{
	(void)state;
	for (unsigned n = 2; n <= 3; n++) {
		for (unsigned bad = 0; bad < 2; bad++) {
			struct state_file f;
			make(&f, n);
			state_close(&f);
			file_put(path_now(), bad * SLOT1 + 30, "\xff", 1);
			if (bad == n % 2)
				must_hold(n - 1, 3 + n);
			else
				must_hold(n, 4 + n);
		}
	}
}

static void
refuses__two_bad_slots(void **state)
{
	(void)state;
	struct state_file f;
	make(&f, 3);
	state_close(&f);
	file_put(path_now(), 30, "\xff", 1);
	file_put(path_now(), SLOT1 + 30, "\xff", 1);
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
}

static void
refuses__a_slot_in_the_wrong_place(void **state)
{
	(void)state;
	struct state_file f;
	uint8_t slot[STATE_SLOT_SIZE];
	uint8_t zero[STATE_SLOT_SIZE] = {0};
	make(&f, 1);
	state_close(&f);
	file_get(path_now(), SLOT1, slot, sizeof(slot));
	file_put(path_now(), 0, slot, sizeof(slot));
	must_hold(1, 5);
	file_put(path_now(), SLOT1, zero, sizeof(zero));
	assert_int_equal(state_open(&f, dirfd_now, NAME), -EUCLEAN);
}

/* a write of generation 3 that stops after any number of bytes */
static void
survives__every_torn_write(void **state)
{
	(void)state;
	struct state_file f;
	uint8_t before[STATE_SLOT_SIZE];
	uint8_t after[STATE_SLOT_SIZE];
	make(&f, 2);
	file_get(path_now(), SLOT1, before, sizeof(before));
	f.state.applied_seq = 0x0123456789abcdef;
	assert_int_equal(state_write(&f), 0);
	state_close(&f);
	file_get(path_now(), SLOT1, after, sizeof(after));
	assert_memory_not_equal(before, after, sizeof(after));
	for (size_t len = 0; len < sizeof(after); len++) {
		file_put(path_now(), SLOT1, before, sizeof(before));
		file_put(path_now(), SLOT1, after, len);
		must_hold(2, 6);
	}
	file_put(path_now(), SLOT1, after, sizeof(after));
	must_hold(3, 0x0123456789abcdef);
}

static void
goes_on__after_a_bad_slot(void **state)
{
	(void)state;
	struct state_file f;
	make(&f, 4); /* slots: 0 has 4, 1 has 3 */
	state_close(&f);
	file_put(path_now(), 30, "\xff", 1);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(f.state.generation, 3);
	/* must go over the bad slot, not over the only good one */
	f.state.applied_seq = 77;
	assert_int_equal(state_write(&f), 0);
	state_close(&f);
	must_hold(4, 77);
	file_put(path_now(), 30, "\xff", 1);
	must_hold(3, 7);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creates__then_opens),
		TEST(creates__replaces_what_is_there),
		TEST(creates__follows_no_link),
		TEST(creates__leaves_nothing_on_failure),
		TEST(opens__what_is_no_state_file),
		TEST(writes__in_turn),
		TEST(survives__one_bad_slot),
		TEST(refuses__two_bad_slots),
		TEST(refuses__a_slot_in_the_wrong_place),
		TEST(survives__every_torn_write),
		TEST(goes_on__after_a_bad_slot),
	};
	return FIXTURE_RUN(tests);
}

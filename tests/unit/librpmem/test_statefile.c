/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_statefile.c -- a state file through its life, and torn
 */
#include "unit/librpmem/statefile_fixture.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/err.h"

static const uint64_t POOL = 64 * MIB;

static void
must_open(struct statefile *f)
{
	int rc = statefile_open(f, &fixture_key, POOL);
	if (rc < 0)
		fail_msg("%s", err_msg());
	statefile_live_begin(f->live);
}

/* a file whose newest record has the generation n and acked_seq 100 + n */
static void
make(struct statefile *f, uint64_t n)
{
	must_open(f);
	while (f->record.generation < n) {
		f->record.acked_seq = 101 + f->record.generation;
		assert_int_equal(statefile_write(f), 0);
	}
}

static void
must_hold(uint64_t generation)
{
	struct statefile f;
	must_open(&f);
	assert_false(f.is_new);
	assert_int_equal(f.record.generation, generation);
	if (generation > 1)
		assert_int_equal(f.record.acked_seq, 100 + generation);
	statefile_close(&f);
}

static void
makes__then_finds(void **state)
{
	(void)state;
	struct statefile f;
	struct stat st;
	uint8_t id[UUID16_LEN];
	must_open(&f);
	assert_true(f.is_new);
	assert_false(f.was_damaged);
	assert_int_equal(f.record.generation, 1);
	assert_int_equal(f.record.open_counter, 0);
	assert_int_equal(f.record.pool_size, POOL);
	assert_false(uuid16_is_zero(f.record.owner_id));
	memcpy(id, f.record.owner_id, UUID16_LEN);
	assert_int_equal(live_get(&f.live->pid), getpid());
	f.record.flags = STATEFILE_F_ALONE;
	f.record.open_counter = 7;
	f.record.attr[103] = 9;
	assert_int_equal(statefile_write(&f), 0);
	statefile_close(&f);
	statefile_close(&f);

	assert_int_equal(stat(fixture_path(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, STATEFILE_SIZE);
	/* most of it is a hole */
	assert_true((uint64_t)st.st_blocks * 512 < MIB);

	must_open(&f);
	assert_false(f.is_new);
	assert_int_equal(f.record.flags, STATEFILE_F_ALONE);
	assert_int_equal(f.record.open_counter, 7);
	assert_int_equal(f.record.attr[103], 9);
	assert_memory_equal(f.record.owner_id, id, UUID16_LEN);
	assert_memory_equal(f.record.poolset_uuid, fixture_set, UUID16_LEN);
	assert_string_equal(f.record.target, fixture_key.target);
	assert_string_equal(f.record.set_name, fixture_key.set_name);
	statefile_close(&f);
}

static void
open__changes_neither_record_nor_maps(void **state)
{
	(void)state;
	struct statefile f;
	static uint8_t before[2 * STATEFILE_SLOT_SIZE];
	static uint8_t after[2 * STATEFILE_SLOT_SIZE];
	make(&f, 3);
	statefile_map(&f, 2)[1] = 5;
	statefile_close(&f);
	fixture_get(0, before, sizeof(before));
	must_open(&f);
	assert_int_equal(statefile_map(&f, 2)[1], 5);
	assert_int_equal(statefile_map(&f, 0)[1], 0);
	statefile_close(&f);
	fixture_get(0, after, sizeof(after));
	assert_memory_equal(before, after, sizeof(before));
}

static void
write__survives_one_bad_slot(void **state)
{
	(void)state;
	for (uint64_t n = 2; n <= 3; n++)
		for (uint64_t bad = 0; bad < 2; bad++) {
			struct statefile f;
			(void)unlink(fixture_path());
			make(&f, n);
			statefile_close(&f);
			fixture_put(bad * STATEFILE_SLOT_SIZE + 30, "\xff", 1);
			must_hold(bad == n % 2 ? n - 1 : n);
		}
}

/* every 61st byte is enough: the checksum is over all */
static void
write__survives_being_torn(void **state)
{
	(void)state;
	struct statefile f;
	static uint8_t before[STATEFILE_SLOT_SIZE];
	static uint8_t after[STATEFILE_SLOT_SIZE];
	make(&f, 2);
	fixture_get(STATEFILE_SLOT_SIZE, before, sizeof(before));
	f.record.acked_seq = 103;
	f.record.fingerprint = UINT64_MAX / 3;
	assert_int_equal(statefile_write(&f), 0);
	statefile_close(&f);
	fixture_get(STATEFILE_SLOT_SIZE, after, sizeof(after));
	for (size_t len = 0; len < sizeof(after); len += 61) {
		fixture_put(STATEFILE_SLOT_SIZE, before, sizeof(before));
		fixture_put(STATEFILE_SLOT_SIZE, after, len);
		must_hold(2);
	}
	fixture_put(STATEFILE_SLOT_SIZE, after, sizeof(after));
	must_hold(3);
}

static void
damaged__is_made_anew(void **state)
{
	(void)state;
	struct statefile f;
	uint8_t id[UUID16_LEN];
	make(&f, 4);
	memcpy(id, f.record.owner_id, UUID16_LEN);
	statefile_map(&f, 2)[0] = 1;
	statefile_close(&f);
	fixture_put(30, "\xff", 1);
	fixture_put(STATEFILE_SLOT_SIZE + 30, "\xff", 1);
	must_open(&f);
	assert_true(f.is_new && f.was_damaged);
	assert_int_equal(f.record.generation, 1);
	assert_int_equal(f.record.flags, 0);
	assert_memory_not_equal(f.record.owner_id, id, UUID16_LEN);
	assert_int_equal(statefile_map(&f, 2)[0], 0);
	statefile_close(&f);
	must_hold(1);

	assert_int_equal(truncate(fixture_path(), STATEFILE_SIZE - 1), 0);
	must_open(&f);
	assert_true(f.is_new && f.was_damaged);
	statefile_close(&f);
	must_hold(1);
}

/* a good file of another copy, moved here */
static void
of_another__is_made_anew(void **state)
{
	(void)state;
	struct statefile f;
	struct statefile_key other = fixture_key;
	char name[STATEDIR_NAME_MAX];
	char path[256];
	other.set_name = "other.set";
	assert_int_equal(statefile_open(&f, &other, POOL), 0);
	statefile_close(&f);
	statedir_name(&other, name);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	assert_int_equal(rename(path, fixture_path()), 0);
	must_open(&f);
	assert_true(f.is_new && f.was_damaged);
	assert_string_equal(f.record.set_name, "copy.set");
	statefile_close(&f);
}

static void
lock__names_who_has_it(void **state)
{
	(void)state;
	struct statefile f;
	struct statefile second;
	char pid[32];
	must_open(&f);
	assert_int_equal(statefile_open(&second, &fixture_key, POOL), -EBUSY);
	(void)snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	assert_non_null(strstr(err_msg(), pid));
	assert_int_equal(second.fd, -1);
	/* it was not disturbed */
	assert_int_equal(live_get(&f.live->pid), getpid());
	statefile_close(&f);
	must_hold(1);
}

static void
open__refuses_what_is_not_ours(void **state)
{
	(void)state;
	struct statefile f;
	char other[128];
	must_open(&f);
	statefile_close(&f);
	(void)snprintf(other, sizeof(other), "%s/other", fixture_dir);
	assert_int_equal(link(fixture_path(), other), 0);
	assert_int_equal(statefile_open(&f, &fixture_key, POOL), -EACCES);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(chmod(fixture_path(), 0620), 0);
	assert_int_equal(statefile_open(&f, &fixture_key, POOL), -EACCES);
	assert_int_equal(chmod(fixture_path(), 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(fixture_path(), 4711, 4711), 0);
		assert_int_equal(
			statefile_open(&f, &fixture_key, POOL), -EACCES);
		assert_non_null(strstr(err_msg(), "user 4711"));
	}
	assert_int_equal(rename(fixture_path(), other), 0);
	assert_int_equal(symlink(other, fixture_path()), 0);
	assert_int_equal(statefile_open(&f, &fixture_key, POOL), -ELOOP);
	assert_int_equal(unlink(fixture_path()), 0);
	assert_int_equal(mkfifo(fixture_path(), 0600), 0);
	assert_int_equal(statefile_open(&f, &fixture_key, POOL), -EACCES);
	assert_int_equal(f.fd, -1);
}

static void
open__says_what_is_too_large(void **state)
{
	(void)state;
	struct statefile f;
	struct statefile_key key = fixture_key;
	char text[OOB_DESC_MAX + 1];
	struct rlimit old;
	assert_int_equal(
		statefile_open(&f, &key, STATEFILE_POOL_MAX + 1), -EFBIG);
	memset(text, 'x', sizeof(text));
	text[OOB_DESC_MAX] = '\0';
	key.set_name = text;
	assert_int_equal(statefile_open(&f, &key, POOL), -ENAMETOOLONG);
	text[OOB_DESC_MAX - 1] = '\0';
	assert_int_equal(statefile_open(&f, &key, POOL), 0);
	assert_string_equal(f.record.set_name, text);
	statefile_close(&f);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit small = {.rlim_cur = MIB, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(statefile_open(&f, &fixture_key, POOL), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

/* up to the end of each room, at the addresses it had */
static void
grow__keeps_addresses_and_bits(void **state)
{
	(void)state;
	struct statefile f;
	must_open(&f);
	uint64_t *maps[STATEFILE_MAPS];
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		maps[i] = statefile_map(&f, i);
		maps[i][0] = i + 1;
	}
	assert_int_equal(statefile_grow(&f, POOL), 0);
	const uint64_t size = 4096 * POOL;
	assert_int_equal(statefile_grow(&f, size), 0);
	uint64_t last = statefile_map_len(size) / 8 - 1;
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		assert_ptr_equal(statefile_map(&f, i), maps[i]);
		assert_int_equal(maps[i][0], i + 1);
		assert_int_equal(maps[i][last], 0);
		maps[i][last] = 10 + i;
	}
	assert_int_equal(statefile_grow(&f, STATEFILE_POOL_MAX + 1), -EFBIG);
	assert_int_equal(statefile_sync_maps(&f), 0);
	assert_int_equal(f.record.pool_size, size);
	assert_int_equal(statefile_write(&f), 0);
	statefile_close(&f);
	/* opened for a smaller pool: what the record is of is there */
	must_open(&f);
	assert_int_equal(f.record.pool_size, size);
	for (unsigned i = 0; i < STATEFILE_MAPS; i++)
		assert_int_equal(statefile_map(&f, i)[last], 10 + i);
	statefile_close(&f);
}

static void
maps_count__after_a_clean_close_in_any_boot(void **state)
{
	(void)state;
	struct statefile f;
	const uint8_t other_boot[UUID16_LEN] = {9};
	must_open(&f);
	assert_false(statefile_maps_count(&f, other_boot));
	statefile_map(&f, 2)[3] = 0x10;
	assert_int_equal(statefile_sync_maps(&f), 0);
	f.record.flags = STATEFILE_F_CLEAN | STATEFILE_F_ALONE;
	assert_int_equal(statefile_write(&f), 0);
	statefile_close(&f);
	must_open(&f);
	assert_true(statefile_maps_count(&f, other_boot));
	statefile_close(&f);
	/* one bit by somebody else */
	fixture_put(STATEFILE_MAPS_OFF + STATEFILE_MAP_ROOM + 8, "\x01", 1);
	must_open(&f);
	assert_false(statefile_maps_count(&f, other_boot));
	statefile_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(makes__then_finds),
		TEST(open__changes_neither_record_nor_maps),
		TEST(write__survives_one_bad_slot),
		TEST(write__survives_being_torn),
		TEST(damaged__is_made_anew),
		TEST(of_another__is_made_anew),
		TEST(lock__names_who_has_it),
		TEST(open__refuses_what_is_not_ours),
		TEST(open__says_what_is_too_large),
		TEST(grow__keeps_addresses_and_bits),
		TEST(maps_count__after_a_clean_close_in_any_boot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

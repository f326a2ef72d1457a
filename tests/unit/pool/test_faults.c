/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_faults.c -- failures that no file system offers, by fault points
 *
 * The fault table is read once per process, so each case is a child with its
 * own RPMEM_FAULTS.  A build without fault points skips them.
 */
#include "unit/pool/fixture.h"

#include "base/fault.h"
#include "pool/state.h"

static int
probe(void *arg)
{
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "probe", 1) == 0);
	return FAULT("probe") ? 0 : 77;
}

static void
run_case(int (*fn)(void *))
{
	if (in_child(probe, NULL) == 77)
		skip();
	assert_int_equal(in_child(fn, NULL), 0);
}

static int
msync_once(void *arg)
{
	struct set s;
	struct pool *pool;
	struct pool_attr a = attr_obj(2);
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "pool/msync=1", 1) == 0);
	CHECK(pool_create(set_of(&s, 0, 2), &a, POOL_DURABLE_MEDIA, &pool) ==
		0);
	CHECK(pool_durable(pool) == 0); /* nothing to sync, nothing fails */
	CHECK(pool_fill(pool, 5000, 1, 10) == 0);
	CHECK(pool_durable(pool) == -EIO);
	CHECK(strstr(err_msg(), s.paths[0]) != NULL);
	/* the fault is used up: only the pool remembers */
	CHECK(pool_fill(pool, 5000, 2, 10) == 0);
	CHECK(pool_durable(pool) == -EIO);
	CHECK(pool_close(pool) == -EIO);
	CHECK(pool_open(&s.set, POOL_DURABLE_MEDIA, &a, &pool) == 0);
	CHECK(pool_fill(pool, 5000, 1, 10) == 0);
	CHECK(pool_durable(pool) == 0);
	CHECK(pool_close(pool) == 0);
	return 0;
}

static void
stays_failed__msync_once(void **state)
{
	(void)state;
	run_case(msync_once);
}

static int
headers_fail(void *arg)
{
	struct set s;
	struct pool *pool = NULL;
	struct pool_attr a = attr_obj(2);
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "pool/headers=1", 1) == 0);
	struct poolset *set = set_of(&s, 0, 3);
	int fd = open(s.paths[1], O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && ftruncate(fd, PART) == 0);
	CHECK(pwrite(fd, "data", 4, 100000) == 4);
	CHECK(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool) == -EIO);
	CHECK(strstr(err_msg(), "fault point") != NULL);
	CHECK(pool == NULL);
	CHECK(dir_count() == 1);
	/* blank, so the next try succeeds */
	CHECK(pool_create(set, &a, POOL_DURABLE_MEDIA, &pool) == 0);
	CHECK(pool_close(pool) == 0);
	(void)close(fd);
	return 0;
}

static void
leaves_nothing__late_failure(void **state)
{
	(void)state;
	run_case(headers_fail);
}

static int
state_sync_fails(void *arg)
{
	struct state_file f;
	struct state first = {.flags = STATE_F_CREATING, .applied_seq = 1};
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "pool/state_sync=1", 1) == 0);
	int dirfd = open(fixture_dir, O_RDONLY | O_DIRECTORY);
	CHECK(dirfd >= 0);
	CHECK(state_create(&f, dirfd, "x.rpmem-state", &first) == 0);
	f.state.flags = STATE_F_CLEAN;
	f.state.applied_seq = 2;
	CHECK(state_write(&f) == -EIO);
	CHECK(strstr(err_msg(), "x.rpmem-state") != NULL);
	CHECK(f.state.flags == STATE_F_CREATING);
	CHECK(f.state.applied_seq == 1);
	CHECK(f.state.generation == 1);
	state_close(&f);
	/* the half-made record is not found by the next one either */
	CHECK(state_open(&f, dirfd, "x.rpmem-state") == 0);
	CHECK(f.state.flags == STATE_F_CREATING);
	CHECK(f.state.generation == 1);
	f.state.flags = STATE_F_CLEAN;
	CHECK(state_write(&f) == 0);
	state_close(&f);
	CHECK(state_open(&f, dirfd, "x.rpmem-state") == 0);
	CHECK(f.state.flags == STATE_F_CLEAN);
	state_close(&f);
	(void)close(dirfd);
	return 0;
}

static void
keeps_old_record__failed_write(void **state)
{
	(void)state;
	run_case(state_sync_fails);
}

static int
lineage_sync_fails(void *arg)
{
	struct state_file f;
	struct state first = {.flags = STATE_F_CREATING};
	struct lineage l = {0};
	struct lineage_entry e = {.generation = {2},
		.kind = LINEAGE_FIRST,
		.nmembers = 1,
		.members = {7}};
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "pool/lineage_sync@2", 1) == 0);
	int dirfd = open(fixture_dir, O_RDONLY | O_DIRECTORY);
	CHECK(dirfd >= 0);
	CHECK(state_create(&f, dirfd, "x.rpmem-state", &first) == 0);
	lineage_begin(&l, 0, &e);
	CHECK(state_lineage_write(&f, &l) == 0);
	struct lineage old = l;
	e.generation[0] = 1;
	lineage_begin(&l, 5, &e);
	CHECK(state_lineage_write(&f, &l) == -EIO);
	CHECK(strstr(err_msg(), "x.rpmem-state") != NULL);
	CHECK(lineage_equal(&f.lineage.lineage, &old));
	state_close(&f);
	/* it is not found by the next one either, who writes it over */
	CHECK(state_open(&f, dirfd, "x.rpmem-state") == 0);
	CHECK(f.lineage.is == STATE_LINEAGE_HAS && f.lineage.counter == 1);
	CHECK(lineage_equal(&f.lineage.lineage, &old));
	CHECK(state_lineage_write(&f, &l) == 0);
	state_close(&f);
	CHECK(state_open(&f, dirfd, "x.rpmem-state") == 0);
	CHECK(lineage_equal(&f.lineage.lineage, &l));
	state_close(&f);
	(void)close(dirfd);
	return 0;
}

static void
keeps_old_lineage__failed_write(void **state)
{
	(void)state;
	run_case(lineage_sync_fails);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(stays_failed__msync_once),
		FIXTURE_TEST(leaves_nothing__late_failure),
		FIXTURE_TEST(keeps_old_record__failed_write),
		FIXTURE_TEST(keeps_old_lineage__failed_write),
	};
	(void)unsetenv("RPMEM_FAULTS");
	return FIXTURE_RUN(tests);
}

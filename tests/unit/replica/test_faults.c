/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_faults.c -- media that fail, and persistent memory, by fault points
 *
 * The fault table is read once per process, so each case is a child with its
 * own RPMEM_FAULTS.  A build without fault points skips them.
 */
#include <libpmem.h>

#include "unit/pool/fixture.h"

#include "base/fault.h"
#include "replica/local.h"
#include "replica/primary.h"

#define SIZE ((uint64_t)PART)

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

static struct set files;
static struct primary p;

static int
make_primary(const char *faults)
{
	struct pool *pool = NULL;
	struct pool_attr attr = attr_obj(0);
	CHECK(setenv("RPMEM_FAULTS", faults, 1) == 0);
	CHECK(pool_create(set_of(&files, 0, 1), &attr, POOL_DURABLE_MEDIA,
		      &pool) == 0);
	primary_init(&p, pool);
	return 0;
}

static int
drain_once(void *arg)
{
	(void)arg;
	CHECK(make_primary("pool/deep@1") == 0);
	primary_flush(&p, 5000, 8);
	CHECK(primary_drain(&p) == -EIO);
	CHECK(strstr(err_msg(), files.paths[0]) != NULL);
	CHECK(primary_error(&p) == EIO);
	/* the kernel calls the pages clean now: nothing can be promised */
	CHECK(primary_drain(&p) == -EIO);
	primary_flush(&p, 5000, 8);
	CHECK(primary_drain(&p) == -EIO);
	CHECK(primary_deep(&p, 5000, 8) == -EIO);
	CHECK(primary_sync(&p) == -EIO);
	return 0;
}

static int
be_pmem(void *arg)
{
	(void)arg;
	CHECK(make_primary("primary/as-pmem") == 0);
	CHECK(p.is_pmem);
	CHECK(primary_flags(&p, 0) == PMEM_F_MEM_NODRAIN);
	primary_flush(&p, 5000, 100000);
	primary_flushed(&p, 5000, 100000);
	CHECK(p.dirty_to == 0);
	CHECK(primary_drain(&p) == 0);
	CHECK(primary_deep(&p, 5000, 100000) == 0);
	CHECK(primary_sync(&p) == 0);
	return 0;
}

static uint8_t mem[SIZE];
static struct pool_attr primary_attr;

static int
open_copy(bool create)
{
	struct local_args a = {.set = &files.set,
		.addr = mem,
		.size = SIZE,
		.primary = &primary_attr,
		.create = create};
	struct replica *r = NULL;
	int rc = local_open(&a, &r);
	return rc < 0 ? rc : r->ops->close(r);
}

static uint32_t
incompat_of_copy(void)
{
	struct pool_attr a;
	struct pool *pool = NULL;
	if (pool_open(&files.set, POOL_DURABLE_MEDIA, &a, &pool) != 0 ||
		pool_close(pool) != 0)
		return UINT32_MAX;
	return a.incompat;
}

static int
cut_short(void *arg)
{
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "local/equalise@1", 1) == 0);
	(void)set_of(&files, 0, 1);
	primary_attr = attr_obj(0);
	CHECK(open_copy(true) == 0);
	CHECK(incompat_of_copy() == 0);
	mem[SIZE - 1] ^= 1;
	/* it is no point of the primary's history, and says so ... */
	CHECK(open_copy(false) == -EIO);
	CHECK(incompat_of_copy() == HDR_INCOMPAT_UNEQUAL);
	CHECK(file_is_all(files.paths[0], SIZE - 1, 1, mem[SIZE - 1]));
	/* ... until all of it is equal, even if nothing is left to copy */
	CHECK(open_copy(false) == 0);
	CHECK(incompat_of_copy() == 0);
	return 0;
}

/* a copy that fails while it is made goes away again */
static int
make_and_fail(void *arg)
{
	(void)arg;
	CHECK(setenv("RPMEM_FAULTS", "local/equalise@1", 1) == 0);
	(void)set_of(&files, 0, 1);
	primary_attr = attr_obj(0);
	mem[5000] = 1;
	CHECK(open_copy(true) == -EIO);
	CHECK(access(files.paths[0], F_OK) != 0);
	return 0;
}

static void
drain__that_failed_fails_for_ever(void **state)
{
	(void)state;
	run_case(drain_once);
}

static void
pmem__is_flushed_at_once(void **state)
{
	(void)state;
	run_case(be_pmem);
}

static void
equalising__that_is_cut_short_leaves_a_mark(void **state)
{
	(void)state;
	run_case(cut_short);
}

static void
create__that_fails_leaves_nothing(void **state)
{
	(void)state;
	run_case(make_and_fail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(drain__that_failed_fails_for_ever),
		FIXTURE_TEST(pmem__is_flushed_at_once),
		FIXTURE_TEST(equalising__that_is_cut_short_leaves_a_mark),
		FIXTURE_TEST(create__that_fails_leaves_nothing),
	};
	return FIXTURE_RUN(tests);
}

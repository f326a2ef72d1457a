/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_overwrite.c -- a pool that was promoted becomes a copy again
 *
 * On real files: two parts with headers, links to itself, a lineage.
 */
#include "rpmemd/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "pool/promote.h"
#include "rpmemd/pooldir.h"

#define SIZE (4u * 1024 * 1024 - 4096)

static char dir[] = "/tmp/rpmem-overwrite.XXXXXX";
static struct rpmemd_cfg cfg = {.rights = ACCESS_ALL,
	.durability = POOL_DURABLE_MEDIA,
	.timeout_ms = 100};
static struct copy copy;
static uint64_t id;
static const uint8_t primary[UUID16_LEN] = "a new primary's";

static struct pool_attr
attr_of(const uint8_t neighbour[UUID16_LEN])
{
	struct pool_attr a = {.signature = "PMEMOBJ",
		.major = 6,
		.poolset_uuid = "the pool's set",
		.uuid = "the copy",
		.incompat = HDR_INCOMPAT_CKSUM_2K};
	memcpy(a.next_uuid, neighbour, UUID16_LEN);
	memcpy(a.prev_uuid, neighbour, UUID16_LEN);
	return a;
}

static int
make_promoted(void)
{
	static const uint8_t old[UUID16_LEN] = "an old primary";
	struct pool_attr attr = attr_of(old);
	struct state s = {
		.flags = STATE_F_PROMOTED | STATE_F_CLEAN, .applied_seq = 77};
	struct state_file f = {.fd = -1};
	struct poolset *set = NULL;
	struct pool *pool = NULL;
	struct lineage l = {0};
	struct lineage_entry e = {.generation = {3},
		.kind = LINEAGE_PROMOTE,
		.nmembers = 1,
		.members = {5}};
	int rc = pooldir_load(cfg.poolset_dirfd, dir, "a.set", &set);
	if (rc == 0)
		rc = pool_create(set, &attr, POOL_DURABLE_MEDIA, &pool);
	if (rc == 0)
		rc = pool_promote(pool);
	if (rc == 0)
		rc = pool_close(pool);
	if (rc == 0)
		rc = state_create(
			&f, cfg.poolset_dirfd, "a.set.rpmem-state", &s);
	lineage_begin(&l, 0, &e);
	if (rc == 0)
		rc = state_lineage_write(&f, &l);
	state_set_applied(&f, 78);
	id = f.state.copy_id;
	state_close(&f);
	poolset_free(set);
	return rc;
}

static int
setup(void **state)
{
	(void)state;
	char path[128];
	if (mkdtemp(dir) == NULL)
		return -1;
	cfg.poolset_dir = dir;
	cfg.poolset_dirfd = open(dir, O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/a.set", dir);
	FILE *f = fopen(path, "we");
	if (f == NULL ||
		fprintf(f, "PMEMPOOLSET\n2M %s/p1\n2M %s/p2\n", dir, dir) < 0 ||
		fclose(f) != 0)
		return -1;
	return make_promoted();
}

static int
teardown(void **state)
{
	(void)state;
	char cmd[128];
	(void)close(cfg.poolset_dirfd);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

static int
open_as(uint32_t flags)
{
	struct oob_pool_req req = {
		.pool_size = SIZE, .flags = flags, .desc = "a.set"};
	return copy_open(&copy, &cfg, &req);
}

static void
promoted__is_opened_by_nobody(void **state)
{
	(void)state;
	assert_int_equal(open_as(0), -ESTALE);
	assert_int_equal(open_as(OOB_OPEN_F_OWNER), -ESTALE);
	assert_non_null(strstr(err_msg(), "promoted"));
	assert_non_null(strstr(err_msg(), "rpmemd --remove"));
	assert_int_equal(open_as(OOB_OPEN_F_DISCARD), -EPERM);
}

static void
promoted__becomes_a_copy_once_it_is_discarded(void **state)
{
	(void)state;
	uint8_t attr[ATTR_SIZE];
	struct pool_attr want = attr_of(primary);
	struct pool_attr is;
	struct oob_copy facts;
	attr_encode(&want, attr);
	if (open_as(OOB_OPEN_F_OWNER | OOB_OPEN_F_DISCARD) != 0)
		fail_msg("%s", err_msg());
	copy_facts(&copy, &facts);
	assert_int_equal(facts.flags, STATE_F_PROMOTED | STATE_F_CLEAN);
	assert_int_equal(copy_set_attr(&copy, attr), -EPROTO);
	assert_int_equal(copy_overwrite(&copy, primary), 0);
	/* a session that ends here leaves what only an owner may open */
	assert_int_equal(copy_close(&copy, false, 0), 0);
	assert_int_equal(open_as(0), -ESTALE);
	assert_int_equal(open_as(OOB_OPEN_F_OWNER), 0);
	assert_int_equal(copy_set_attr(&copy, attr), 0);
	assert_int_equal(copy_close(&copy, false, 0), 0);

	assert_int_equal(open_as(OOB_OPEN_F_OWNER), 0);
	copy_facts(&copy, &facts);
	assert_int_equal(facts.flags, STATE_F_RECORD | STATE_F_EQUALISING);
	assert_int_equal(facts.applied_seq, 0);
	assert_memory_equal(facts.primary_uuid, primary, UUID16_LEN);
	assert_int_equal(copy.state.lineage.is, STATE_LINEAGE_NONE);
	/* of its own: its files may be copies of another one's */
	assert_true(copy.state.state.copy_id != id);
	assert_true(copy.state.state.copy_id != 0);
	attr_decode(facts.attr, &is);
	assert_memory_equal(is.next_uuid, primary, UUID16_LEN);
	assert_memory_equal(is.prev_uuid, primary, UUID16_LEN);
	assert_int_equal(copy_close(&copy, false, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promoted__is_opened_by_nobody),
		cmocka_unit_test(promoted__becomes_a_copy_once_it_is_discarded),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

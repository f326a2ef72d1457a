/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_apply.c -- frames of an initiator applied to a real raw pool
 *
 * Without a connection: nothing here is answered.
 */
#include "rpmemd/inband.h"

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
#include "rpmemd/apply.h"

#define SIZE (2u * 1024 * 1024)
#define SEED 77

static char dir[] = "/tmp/rpmem-apply.XXXXXX";
static struct copy copy;
static struct inband ib;
static const struct rpmemd_cfg cfg = {.rights = ACCESS_ALL};
static uint8_t buf[FRAME_MAX];
static struct frame_writer w;

static int
setup(void **state)
{
	(void)state;
	char text[256];
	struct poolset *set = NULL;
	struct pool_attr attr = {0};
	struct state first = {.flags = STATE_F_RAW};
	if (mkdtemp(dir) == NULL)
		return -1;
	int n = snprintf(text, sizeof(text),
		"PMEMPOOLSET\nOPTION NOHDRS\n2M %s/part\n", dir);
	int fd = open(dir, O_DIRECTORY | O_CLOEXEC);
	int rc = poolset_parse(text, (size_t)n, "test", &set);
	if (rc == 0)
		rc = pool_create(set, &attr, POOL_DURABLE_MEDIA, &copy.pool);
	poolset_free(set);
	mutex_init(&copy.state_lock);
	if (rc == 0)
		rc = state_create(&copy.state, fd, "x.rpmem-state", &first);
	(void)close(fd);
	ib.copy = &copy;
	ib.cfg = &cfg;
	ib.seed = SEED;
	catchup_init(&ib.catchup);
	return rc;
}

static int
teardown(void **state)
{
	(void)state;
	char cmd[128];
	state_close(&copy.state);
	IGNORE(pool_close(copy.pool));
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

static void
add(struct record rec, const void *payload)
{
	uint32_t n = payload != NULL ? (uint32_t)rec.len : 0;
	uint8_t *to = frame_add(&w, &rec, n);
	if (n != 0)
		memcpy(to, payload, n);
}

static int
apply(void)
{
	struct frame_reader rd;
	int rc = frame_open(&rd, buf, frame_end(&w, 1, 0, SEED), SEED,
		FRAME_FROM_INITIATOR);
	if (rc == 0)
		rc = apply_frame(&ib, &rd);
	ib.acks_due = 0;
	frame_begin(&w, buf, sizeof(buf));
	return rc;
}

/* applied starts anew for each test */
static void
begin(uint64_t applied)
{
	atomic_store(&ib.applied, applied);
	ib.taken = applied;
	frame_begin(&w, buf, sizeof(buf));
}

static void
records__take_effect_in_their_order(void **state)
{
	(void)state;
	uint8_t got[8];
	begin(0);
	add((struct record){.type = REC_COPY, .seq = 1, .off = 0, .len = 8},
		"aaaaaaaa");
	add((struct record){.type = REC_FILL,
		    .seq = 2,
		    .off = 2,
		    .len = 4,
		    .aux = 'b'},
		NULL);
	add((struct record){.type = REC_COPY, .seq = 30, .off = 3, .len = 1},
		"c");
	add((struct record){.type = REC_BARRIER, .seq = 44}, NULL);
	assert_int_equal(apply(), 0);
	assert_int_equal(atomic_load(&ib.applied), 44);
	assert_int_equal(state_applied(&copy.state), 44);
	assert_int_equal(pool_read(copy.pool, 0, got, sizeof(got)), 0);
	assert_memory_equal(got, "aabcbbaa", sizeof(got));
}

static void
numbers__only_rise(void **state)
{
	(void)state;
	static const uint64_t wrong[] = {
		0, 9, 10, RECORD_SEQ_MAX + 1, UINT64_MAX};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		begin(10);
		add((struct record){.type = REC_COPY,
			    .seq = wrong[i],
			    .off = 64,
			    .len = 1},
			"x");
		assert_int_equal(apply(), -EPROTO);
		assert_int_equal(atomic_load(&ib.applied), 10);
	}
	begin(10);
	add((struct record){.type = REC_ACK_REQ, .seq = 11}, NULL);
	assert_int_equal(apply(), -EPROTO);
}

static void
ranges__stay_inside_the_pool(void **state)
{
	(void)state;
	static const uint64_t rows[][2] = {{SIZE, 1}, {SIZE - 1, 2},
		{UINT64_MAX, 1}, {UINT64_MAX - 7, 16}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin(0);
		add((struct record){.type = REC_COPY,
			    .seq = 1,
			    .off = rows[i][0],
			    .len = rows[i][1]},
			"0123456789abcdef");
		assert_int_equal(apply(), -EPROTO);
		begin(0);
		add((struct record){.type = REC_READ,
			    .seq = 1,
			    .off = rows[i][0],
			    .len = rows[i][1]},
			NULL);
		assert_int_equal(apply(), -EPROTO);
	}
}

static void
ack_requests__are_bounded(void **state)
{
	(void)state;
	begin(0);
	for (unsigned i = 0; i < 64; i++)
		add((struct record){.type = REC_ACK_REQ}, NULL);
	assert_int_equal(apply(), 0);
	/* more would not fit the frame that answers them */
	begin(0);
	for (unsigned i = 0; i < 2000; i++)
		add((struct record){.type = REC_ACK_REQ}, NULL);
	assert_int_equal(apply(), -EPROTO);
}

static void
media_error__ends_the_applying(void **state)
{
	(void)state;
	uint8_t got = 0;
	begin(0);
	add((struct record){.type = REC_FILL,
		    .seq = 1,
		    .off = 512,
		    .len = 1,
		    .aux = 1},
		NULL);
	assert_int_equal(apply(), 0);
	ib.media_error = -EIO;
	add((struct record){.type = REC_FILL,
		    .seq = 2,
		    .off = 512,
		    .len = 1,
		    .aux = 2},
		NULL);
	assert_int_equal(apply(), 0);
	ib.media_error = 0;
	assert_int_equal(atomic_load(&ib.applied), 1);
	assert_int_equal(pool_read(copy.pool, 512, &got, 1), 0);
	assert_int_equal(got, 1);
}

static struct lineage
a_lineage(uint64_t member)
{
	struct lineage l = {0};
	struct lineage_entry e = {.generation = {3},
		.kind = LINEAGE_FIRST,
		.nmembers = 2,
		.members = {1, member}};
	lineage_begin(&l, 0, &e);
	return l;
}

static int
send_lineage(const struct lineage *l)
{
	uint8_t bytes[LINEAGE_SIZE_MAX];
	begin(10);
	add((struct record){.type = REC_LINEAGE,
		    .seq = 11,
		    .len = lineage_encode(l, bytes)},
		bytes);
	return apply();
}

static void
lineage__only_an_owners_and_of_this_copy(void **state)
{
	(void)state;
	struct lineage l = a_lineage(copy.state.state.copy_id);
	struct lineage other = a_lineage(2);
	struct state *s = &copy.state.state;
	static const struct {
		bool is_owner;
		uint32_t flags;
		uint8_t uuid;
		enum catchup_mode mode;
		bool discards;
		int rc;
	} rows[] = {
		{false, STATE_F_RECORD, 1, CATCHUP_DIRECT, false, -EPROTO},
		{true, 0, 0, CATCHUP_DIRECT, false, -EPROTO},
		{true, STATE_F_RECORD, 0, CATCHUP_DIRECT, false, -EPROTO},
		{true, STATE_F_RECORD, 1, CATCHUP_DIRECT, true, -EPROTO},
		{true, STATE_F_RECORD | STATE_F_UNKNOWN, 1, CATCHUP_DIRECT,
			false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		copy.is_owner = rows[i].is_owner;
		s->flags = STATE_F_RAW | rows[i].flags;
		s->primary_uuid[0] = rows[i].uuid;
		ib.catchup.mode = rows[i].mode;
		atomic_store(&copy.must_discard, rows[i].discards);
		assert_int_equal(send_lineage(&other), -EPROTO);
		assert_int_equal(copy.state.lineage.is, STATE_LINEAGE_NONE);
		if (send_lineage(&l) != rows[i].rc)
			fail_msg("row %zu: %s", i, err_msg());
		assert_int_equal(
			atomic_load(&ib.applied), rows[i].rc == 0 ? 11 : 10);
	}
	assert_int_equal(copy.state.lineage.is, STATE_LINEAGE_HAS);
	assert_true(lineage_equal(&copy.state.lineage.lineage, &l));
	assert_int_equal(s->flags & STATE_F_UNKNOWN, 0);
	assert_int_equal(state_applied(&copy.state), 11);
	copy.is_owner = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records__take_effect_in_their_order),
		cmocka_unit_test(numbers__only_rise),
		cmocka_unit_test(ranges__stay_inside_the_pool),
		cmocka_unit_test(ack_requests__are_bounded),
		cmocka_unit_test(media_error__ends_the_applying),
		cmocka_unit_test(lineage__only_an_owners_and_of_this_copy),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

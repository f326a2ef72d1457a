/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_sync_header.c -- the header of a primary, from what a copy's says: in
 * rings of two and three, and under rpmem run
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/compiler.h"
#include "utils/sync_header.h"

enum { P = 1, A, B, X };

struct row {
	unsigned nreplicas, at;
	bool is_stock;
	uint8_t uuid, prev, next; /* the copy's */
	int rc;
	uint8_t prev_out, next_out; /* the primary's */
};

static const struct row rows[] = {
	{2, 1, false, A, P, P, 0, P, P}, /* rpmem run */
	{2, 1, true, A, P, P, 0, A, A},	 /* a ring of two */
	{3, 1, false, A, P, P, 0, P, P},
	{3, 2, true, B, P, P, 0, P, P}, /* no ring, whatever is said */
	{3, 1, false, A, P, B, 0, B, A},
	{3, 2, false, B, A, P, 0, B, A},
	{4, 1, false, A, P, B, -ENOTSUP, 0, 0},
};

static struct pool_attr
attr_of(uint8_t uuid, uint8_t prev, uint8_t next)
{
	struct pool_attr a = {.signature = "PMEMOBJ", .major = 6};
	memset(a.poolset_uuid, 7, UUID16_LEN);
	memset(a.uuid, uuid, UUID16_LEN);
	memset(a.prev_uuid, prev, UUID16_LEN);
	memset(a.next_uuid, next, UUID16_LEN);
	return a;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct pool_attr copy = attr_of(r->uuid, r->prev, r->next);
		struct pool_attr out;
		struct header_facts f = {.copy = &copy,
			.nreplicas = r->nreplicas,
			.at = r->at,
			.is_stock = r->is_stock};
		assert_int_equal(header_of_primary(&f, &out), r->rc);
		if (r->rc != 0)
			continue;
		assert_int_equal(out.uuid[0], P);
		assert_int_equal(out.prev_uuid[0], r->prev_out);
		assert_int_equal(out.next_uuid[15], r->next_out);
		assert_int_equal(out.major, 6);
	}
}

/* a first part that is left says it all, if it is of the same pool */
static void
test_left(void **state)
{
	(void)state;
	uint8_t recorded[UUID16_LEN];
	struct pool_attr copy = attr_of(A, P, P);
	struct pool_attr left = attr_of(P, A, A);
	struct pool_attr out;
	struct header_facts f = {.copy = &copy,
		.recorded = recorded,
		.left = &left,
		.nreplicas = 2,
		.at = 1};
	memset(recorded, P, UUID16_LEN);
	assert_int_equal(header_of_primary(&f, &out), 0);
	assert_int_equal(out.next_uuid[0], A);
	memset(recorded, X, UUID16_LEN);
	assert_int_equal(header_of_primary(&f, &out), -ESTALE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_left)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_role.c -- who is an owner, and which copy it may attach to
 */
#include "librpmem/role.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/err.h"

static void
role__rows(void **state)
{
	(void)state;
	static const struct {
		struct role_facts f;
		int rc;
		enum role role;
	} rows[] = {
		{{.from_libpmemobj = true, .is_shared = true}, 0, ROLE_OWNER},
		{{.from_libpmemobj = true}, 0, ROLE_PASSIVE},
		{{.is_shared = true}, 0, ROLE_PASSIVE},
		{{.override = "yes", .is_shared = true}, 0, ROLE_OWNER},
		{{.override = "no", .from_libpmemobj = true, .is_shared = true},
			0, ROLE_PASSIVE},
		{{.override = "", .from_libpmemobj = true, .is_shared = true},
			0, ROLE_OWNER},
		{{.override = "maybe"}, -EINVAL, ROLE_PASSIVE},
		/* a static libpmemobj */
		{{.is_shared = true, .has_pool_header = true, .nlanes = 1024},
			-EPERM, ROLE_PASSIVE},
		{{.override = "yes",
			 .is_shared = true,
			 .has_pool_header = true,
			 .nlanes = 1024},
			0, ROLE_OWNER},
		/* libpmempool */
		{{.is_shared = true, .has_pool_header = true, .nlanes = 1}, 0,
			ROLE_PASSIVE},
		/* an unfinished part; at a create all of them are */
		{{.from_libpmemobj = true,
			 .is_shared = true,
			 .has_mode_zero = true,
			 .mode_zero_path = "/p"},
			-ESTALE, ROLE_PASSIVE},
		{{.from_libpmemobj = true,
			 .is_shared = true,
			 .is_create = true,
			 .has_mode_zero = true,
			 .mode_zero_path = "/p"},
			0, ROLE_OWNER},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum role role = ROLE_PASSIVE;
		assert_int_equal(role_decide(&rows[i].f, &role), rows[i].rc);
		assert_int_equal(role, rows[i].role);
	}
}

static void
attach__rows(void **state)
{
	(void)state;
	static const uint8_t me[UUID16_LEN] = "me";
	static const uint8_t you[UUID16_LEN] = "you";
	static const uint8_t lost[UUID16_LEN];
	static const struct {
		uint32_t flags;
		const uint8_t *primary;
		int rc;
		enum attach attach;
	} rows[] = {
		{OOB_COPY_F_CREATING, you, 0, ATTACH_RECORD},
		{OOB_COPY_F_CREATING | OOB_COPY_F_RECORD, me, 0, ATTACH_AS_IS},
		{OOB_COPY_F_CREATING | OOB_COPY_F_RECORD, you, -ESTALE, 0},
		{OOB_COPY_F_RECORD, me, 0, ATTACH_AS_IS},
		{OOB_COPY_F_RECORD | OOB_COPY_F_EQUALISING, me, 0,
			ATTACH_AS_IS},
		{OOB_COPY_F_RECORD | OOB_COPY_F_CLEAN, you, -ESTALE, 0},
		{OOB_COPY_F_RECORD | OOB_COPY_F_LENT, me, 0, ATTACH_COMPARE},
		{OOB_COPY_F_RECORD | OOB_COPY_F_LENT, you, -ESTALE, 0},
		{OOB_COPY_F_LENT, you, 0, ATTACH_COMPARE},
		{OOB_COPY_F_CLEAN, you, 0, ATTACH_COMPARE},
		{0, you, 0, ATTACH_COMPARE},
		/* raw: what is in an unfinished one is its caller's */
		{OOB_COPY_F_RAW | OOB_COPY_F_CREATING, lost, 0, ATTACH_COMPARE},
		{OOB_COPY_F_RAW | OOB_COPY_F_RECORD, me, 0, ATTACH_AS_IS},
		{OOB_COPY_F_RAW | OOB_COPY_F_RECORD, you, -ESTALE, 0},
		{OOB_COPY_F_RAW | OOB_COPY_F_RECORD, lost, -ESTALE, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct oob_copy copy = {.flags = rows[i].flags};
		enum attach attach = 0;
		memcpy(copy.primary_uuid, rows[i].primary, UUID16_LEN);
		assert_int_equal(
			attach_decide(&copy, me, "t", &attach), rows[i].rc);
		assert_int_equal(attach, rows[i].attach);
	}
}

/* whose identity is lost: only a copy that is equal tells it */
static void
attach__without_an_identity(void **state)
{
	(void)state;
	static const uint8_t lost[UUID16_LEN];
	struct oob_copy copy = {.flags = OOB_COPY_F_RAW | OOB_COPY_F_RECORD,
		.primary_uuid = "you"};
	enum attach attach = ATTACH_AS_IS;
	assert_int_equal(attach_decide(&copy, lost, "t", &attach), 0);
	assert_int_equal(attach, ATTACH_COMPARE);
	assert_int_equal(attach_refuse(&copy, "t"), -ESTALE);
	assert_non_null(strstr(err_msg(), "make it anew"));
	copy.flags = OOB_COPY_F_RAW | OOB_COPY_F_CREATING;
	assert_int_equal(attach_decide(&copy, lost, "t", &attach), -ESTALE);
	/* with a header there is always one */
	copy.flags = OOB_COPY_F_RECORD;
	assert_int_equal(attach_decide(&copy, lost, "t", &attach), -ESTALE);
}

/* promoted: whatever the record says */
static void
attach__never_takes_back_a_promoted_copy(void **state)
{
	(void)state;
	static const uint8_t me[UUID16_LEN] = {7};
	struct oob_copy copy = {.flags = OOB_COPY_F_RECORD};
	enum attach attach = ATTACH_AS_IS;
	memcpy(copy.primary_uuid, me, UUID16_LEN);
	memset(copy.attr + 40, 5, UUID16_LEN); /* its own uuid */
	memset(copy.attr + 56, 7, UUID16_LEN); /* the next replica's */
	assert_int_equal(attach_decide(&copy, me, "t", &attach), 0);
	memset(copy.attr + 56, 5, UUID16_LEN);
	assert_int_equal(attach_decide(&copy, me, "t", &attach), -ESTALE);
	assert_non_null(strstr(err_msg(), "promoted"));
}

static void
attach_refuse__says_what_to_do(void **state)
{
	(void)state;
	struct oob_copy copy = {.flags = OOB_COPY_F_LENT};
	assert_int_equal(attach_refuse(&copy, "t"), -ESTALE);
	assert_non_null(strstr(err_msg(), "delete the local part"));
	copy.flags = 0;
	assert_int_equal(attach_refuse(&copy, "t"), -ESTALE);
	assert_non_null(strstr(err_msg(), "differs"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(role__rows),
		cmocka_unit_test(attach__rows),
		cmocka_unit_test(attach__without_an_identity),
		cmocka_unit_test(attach__never_takes_back_a_promoted_copy),
		cmocka_unit_test(attach_refuse__says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

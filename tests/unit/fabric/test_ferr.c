/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_ferr.c -- libfabric's codes become errnos, all of them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <rdma/fi_errno.h>

#include "base/err.h"
#include "fabric/internal.h"

static void
errno__errno_of_either_sign(void **state)
{
	(void)state;
	assert_int_equal(ferr_errno(FI_ECONNREFUSED), -ECONNREFUSED);
	assert_int_equal(ferr_errno(-FI_ECONNREFUSED), -ECONNREFUSED);
	assert_int_equal(ferr_errno(-FI_EAGAIN), -EAGAIN);
}

static void
errno__own_code_is_an_errno(void **state)
{
	(void)state;
	assert_int_equal(ferr_errno(-FI_ETRUNC), -EMSGSIZE);
	assert_int_equal(ferr_errno(FI_ETOOSMALL), -ENOBUFS);
	for (int code = FI_ERRNO_OFFSET; code < FI_ERRNO_OFFSET + 100; code++) {
		int e = ferr_errno(-code);
		assert_true(e < 0 && e > -FI_ERRNO_OFFSET);
		assert_string_not_equal(strerror(-e), "Success");
	}
}

static void
errno__zero_and_nonsense_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(ferr_errno(0), -EIO);
	assert_int_equal(ferr_errno(-1000000), -EIO);
}

static void
death__cause_is_lost(void **state)
{
	(void)state;
	assert_int_equal(ferr_death(FI_ECANCELED), -ECONNRESET);
	assert_int_equal(ferr_death(-FI_ENOTCONN), -ECONNRESET);
	assert_int_equal(ferr_death(0), -ECONNRESET);
	assert_int_equal(ferr_death(FI_ETRUNC), -EPROTO);
}

static void
set__text_is_libfabrics(void **state)
{
	(void)state;
	assert_int_equal(fabric_load(NULL), 0);
	assert_int_equal(ferr_set(-FI_ENOCQ, "thing %d", 7), -EINVAL);
	assert_non_null(strstr(err_msg(), "thing 7: "));
	assert_non_null(strstr(err_msg(), "completion queue"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno__errno_of_either_sign),
		cmocka_unit_test(errno__own_code_is_an_errno),
		cmocka_unit_test(errno__zero_and_nonsense_are_an_error),
		cmocka_unit_test(death__cause_is_lost),
		cmocka_unit_test(set__text_is_libfabrics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_oob_status.c -- statuses, errnos, versions
 */
#include "samples.h"

#include <errno.h>

static const struct {
	uint32_t status;
	int err;
} to_errno[] = {
	{0, 0},
	{1, EPROTONOSUPPORT},
	{2, EINVAL},
	{3, EFBIG},
	{4, EINVAL},
	{5, EINVAL},
	{6, EREMOTEIO},
	{7, ECONNABORTED},
	{8, EBUSY},
	{9, EEXIST},
	{10, EMEDIUMTYPE},
	{11, ENOENT},
	{12, EACCES},
	{13, EINVAL},
	{14, ESTALE},
	{15, ENOSPC},
	{16, EPERM},
	{17, EIO},
	{18, ENOMEM},
	{19, EUCLEAN},
	{20, EPROTO},
	{UINT32_MAX, EPROTO},
};

static const struct {
	int err;
	enum oob_status status;
} from_errno[] = {
	{0, OOB_SUCCESS},
	{EINVAL, OOB_POOL_CFG},
	{EFBIG, OOB_BADSIZE},
	{EBUSY, OOB_BUSY},
	{EAGAIN, OOB_BUSY},
	{EEXIST, OOB_EXISTS},
	{ENOENT, OOB_NOEXIST},
	{EACCES, OOB_NOACCESS},
	{EPERM, OOB_NOTPERM},
	{ESTALE, OOB_STALE},
	{ENOSPC, OOB_NOSPACE},
	{EDQUOT, OOB_NOSPACE},
	{EIO, OOB_MEDIA},
	{EUCLEAN, OOB_BADRECORD},
	{ENOMEM, OOB_NOMEM},
	{EPROTONOSUPPORT, OOB_BADPROTO},
	{ECONNABORTED, OOB_FATAL_CONN},
	{EMEDIUMTYPE, OOB_PROVNOSUP},
	{EREMOTEIO, OOB_FATAL},
	{ETIMEDOUT, OOB_FATAL},
	{EPROTO, OOB_FATAL},
	{-5, OOB_FATAL}, /* a caller that forgot the sign */
	{100000, OOB_FATAL},
};

static void
status_errno__follows_the_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(to_errno); i++)
		assert_int_equal(
			oob_status_errno(to_errno[i].status), to_errno[i].err);
}

static void
status_of__follows_the_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(from_errno); i++)
		assert_int_equal(oob_status_of(-from_errno[i].err),
			from_errno[i].status);
}

static void
status_of__keeps_the_errno_of_each_status(void **state)
{
	(void)state;
	for (uint32_t s = 0; s < OOB_STATUS_END; s++) {
		int err = oob_status_errno(s);
		assert_int_equal(oob_status_errno(oob_status_of(-err)), err);
	}
}

static void
choose_version__takes_the_highest_common_one(void **state)
{
	(void)state;
	assert_int_equal(oob_choose_version(1, 1), 1);
	assert_int_equal(oob_choose_version(0, 1), 1);
	assert_int_equal(oob_choose_version(1, UINT16_MAX), OOB_VERSION_MAX);
	assert_int_equal(oob_choose_version(OOB_VERSION_MAX + 1, 9), 0);
	assert_int_equal(oob_choose_version(0, 0), 0);
	assert_int_equal(oob_choose_version(2, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_errno__follows_the_table),
		cmocka_unit_test(status_of__follows_the_table),
		cmocka_unit_test(status_of__keeps_the_errno_of_each_status),
		cmocka_unit_test(choose_version__takes_the_highest_common_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

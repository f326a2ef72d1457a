/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_doctor.c -- what rpmem doctor concludes, and programs that it runs
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/deadline.h"
#include "utils/doctor.h"

static void
nearest__names(void **state)
{
	(void)state;
	assert_string_equal(
		doctor_nearest("RPMEM_TIMEOUT_MS"), "RPMEM_TIMEOUT_MS");
	assert_string_equal(
		doctor_nearest("RPMEM_TIMOUT_MS"), "RPMEM_TIMEOUT_MS");
	assert_string_equal(
		doctor_nearest("RPMEM_TIMEOUT"), "RPMEM_TIMEOUT_MS");
	assert_string_equal(
		doctor_nearest("RPMEM_STATEDIR"), "RPMEM_STATE_DIR");
	assert_string_equal(doctor_nearest("RPMEM_ONLOSS"), "RPMEM_ON_LOSS");
	assert_null(doctor_nearest("RPMEM_BUILD_DIR"));
	assert_null(doctor_nearest("RPMEM_SANITIZE"));
	assert_null(doctor_nearest("RPMEM_"));
	assert_null(doctor_nearest(
		"RPMEM_TIMEOUT_MS_AND_SOMETHING_MUCH_LONGER_THAN_THAT"));
}

static void
check_verdict(struct verbs_facts f, const char *what, const char *fix)
{
	struct verbs_verdict v = doctor_verbs_verdict(&f);
	assert_non_null(strstr(v.what, what));
	assert_non_null(strstr(v.fix, fix));
}

static void
verbs__first_that_is_missing(void **state)
{
	struct verbs_facts f = {.has_device = false};
	(void)state;
	check_verdict(f, "no RDMA device", "tcp");
	f.has_device = true;
	check_verdict(f, "libibverbs", "packages");
	f.has_libraries = true;
	check_verdict(f, "uverbs", "modprobe");
	f.has_node = true;
	check_verdict(f, "may not open", "rdma-core");
	f.may_open = true;
	check_verdict(f, "does not take it", "address");
}

static void
round_trip__min_and_median(void **state)
{
	uint64_t ns[] = {9, 2, 30, 4, 5};
	char text[TIME_TEXT_MAX];
	(void)state;
	struct round_trip t = round_trip_of(ns, 5);
	assert_int_equal(t.min_ns, 2);
	assert_int_equal(t.median_ns, 5);
	assert_string_equal(time_text(1500, text), "1.5 us");
	assert_string_equal(time_text(1500000, text), "1.5 ms");
}

static int
run(const char *script, char *out, size_t size, uint64_t ms)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	return exec_read(argv, out, size, deadline_in_ms(ms));
}

static void
exec__what_a_program_says(void **state)
{
	char out[8];
	const char *const none[] = {"no-such-program", NULL};
	(void)state;
	assert_int_equal(run("echo one; exit 3", out, sizeof(out), 60000), 3);
	assert_string_equal(out, "one\n");
	assert_int_equal(run("seq 100000", out, sizeof(out), 60000), 0);
	assert_string_equal(out, "1\n2\n3\n4");
	assert_int_equal(run("kill -9 $$", out, sizeof(out), 60000), 255);
	assert_int_equal(
		run("exec sleep 1000", out, sizeof(out), 50), -ETIMEDOUT);
	assert_int_equal(
		exec_read(none, out, sizeof(out), deadline_in_ms(50)), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest__names),
		cmocka_unit_test(verbs__first_that_is_missing),
		cmocka_unit_test(round_trip__min_and_median),
		cmocka_unit_test(exec__what_a_program_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_stdfds.c -- descriptors that stand in the place of standard ones
 */
#include "base/stdfds.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* in a process of its own, since cmocka prints: 0 or the line that failed */
static int
in_child(int (*run)(void))
{
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CHECK(what)                                                            \
	do {                                                                   \
		if (!(what))                                                   \
			return __LINE__ % 250 + 1;                             \
	} while (0)

static int
close_all(void)
{
	char c = 'x';
	for (int std = 0; std <= 2; std++)
		(void)close(std);
	CHECK(stdfds_hold() == 0);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(fd > 2);
	CHECK(read(0, &c, 1) == -1);
	CHECK(write(1, &c, 1) == -1);
	CHECK(write(2, &c, 1) == -1);
	return 0;
}

static int
close_one(void)
{
	(void)close(1);
	CHECK(stdfds_hold() == 0);
	CHECK((fcntl(1, F_GETFL) & O_ACCMODE) == O_RDONLY);
	return 0;
}

static int
keep_off(void)
{
	(void)close(0);
	(void)close(2);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(fd == 0);
	fd = stdfds_keep_off(fd);
	CHECK(fd > 2);
	CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(fcntl(0, F_GETFD) == -1);
	CHECK(stdfds_keep_off(fd) == fd);
	CHECK(stdfds_keep_off(-1) == -1);
	return 0;
}

/* what is logged to a pipe without a reader does not end the program */
static int
no_reader(void)
{
	int ends[2];
	sigset_t pending;
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	(void)close(ends[0]);
	(void)signal(SIGPIPE, SIG_DFL);
	log_line(LOG_LEVEL_ERR, "a replica is lost");
	CHECK(sigpending(&pending) == 0);
	CHECK(sigismember(&pending, SIGPIPE) == 0);
	return 0;
}

static void
log__outlives_its_reader(void **state)
{
	(void)state;
	assert_int_equal(in_child(no_reader), 0);
}

static void
hold__fills_what_is_closed(void **state)
{
	(void)state;
	assert_int_equal(in_child(close_all), 0);
	assert_int_equal(in_child(close_one), 0);
}

static void
keep_off__leaves_the_standard_ones(void **state)
{
	(void)state;
	assert_int_equal(in_child(keep_off), 0);
}

static bool
takes_text(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	bool is = stdfds_is_for_text(fd);
	(void)close(fd);
	return is;
}

static void
for_text__is_not_what_may_be_a_part(void **state)
{
	(void)state;
	char path[] = "/tmp/rpmem-unit.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_false(stdfds_is_for_text(fd));
	(void)close(fd);
	assert_false(stdfds_is_for_text(fd));
	assert_false(takes_text(path, O_RDWR));
	assert_true(takes_text(path, O_WRONLY));
	assert_true(takes_text(path, O_WRONLY | O_APPEND));
	assert_true(takes_text(path, O_RDWR | O_APPEND));
	assert_true(takes_text("/dev/null", O_RDWR));
	assert_int_equal(unlink(path), 0);
}

static void
for_text__is_no_connection(void **state)
{
	(void)state;
	int fds[2];
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(tcp >= 0);
	assert_false(stdfds_is_for_text(tcp));
	(void)close(tcp);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(stdfds_is_for_text(fds[0])); /* a journal's */
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log__outlives_its_reader),
		cmocka_unit_test(hold__fills_what_is_closed),
		cmocka_unit_test(keep_off__leaves_the_standard_ones),
		cmocka_unit_test(for_text__is_not_what_may_be_a_part),
		cmocka_unit_test(for_text__is_no_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

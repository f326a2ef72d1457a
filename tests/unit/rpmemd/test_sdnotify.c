/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_sdnotify.c -- one datagram to $NOTIFY_SOCKET, in both name spaces
 */
#include "rpmemd/sdnotify.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static void
expect_ready(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	char got[64] = "";
	memcpy(un.sun_path, name, len);
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&un,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    len)),
		0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	assert_int_equal(sdnotify("READY=1"), 0);
	assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(got, "READY=1");
	(void)close(fd);
}

static void
sends__to_a_path(void **state)
{
	(void)state;
	char dir[] = "/tmp/rpmem-notify.XXXXXX";
	char path[64];
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	expect_ready(path);
	(void)unlink(path);
	/* asked for, and nobody there */
	assert_int_equal(sdnotify("READY=1"), -ENOENT);
	assert_non_null(strstr(err_msg(), path));
	assert_int_equal(rmdir(dir), 0);
}

static void
sends__to_an_abstract_name(void **state)
{
	(void)state;
	char name[64];
	(void)snprintf(name, sizeof(name), "@rpmem-test-%d", (int)getpid());
	expect_ready(name);
}

static void
nobody_asked(void **state)
{
	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	assert_int_equal(sdnotify("READY=1"), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", "", 1), 0);
	assert_int_equal(sdnotify("READY=1"), 0);
}

static void
rejects__other_names(void **state)
{
	(void)state;
	char longer[200];
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", longer, 1), 0);
	assert_int_equal(sdnotify("READY=1"), -EINVAL);
	assert_int_equal(setenv("NOTIFY_SOCKET", "vsock:2:1", 1), 0);
	assert_int_equal(sdnotify("READY=1"), -EINVAL);
	assert_non_null(strstr(err_msg(), "vsock:2:1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends__to_a_path),
		cmocka_unit_test(sends__to_an_abstract_name),
		cmocka_unit_test(nobody_asked),
		cmocka_unit_test(rejects__other_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

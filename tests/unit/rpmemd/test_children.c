/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_children.c -- only processes of the table are waited for
 */
#include "rpmemd/children.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* a process that lives until it is told to end */
static pid_t
sleeper(void)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

/* ended, but not waited for */
static void
await_zombie(pid_t pid)
{
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void
reap__those_that_ended(void **state)
{
	(void)state;
	static struct children ch;
	pid_t a = sleeper();
	pid_t b = sleeper();
	pid_t other = sleeper();
	children_add(&ch, a, "peer a");
	children_add(&ch, b, "peer b");
	assert_int_equal(children_reap(&ch, false), 0);
	assert_int_equal(ch.n, 2);
	assert_int_equal(kill(a, SIGKILL), 0);
	assert_int_equal(kill(other, SIGKILL), 0);
	await_zombie(a);
	await_zombie(other);
	assert_int_equal(children_reap(&ch, false), 1);
	assert_int_equal(ch.n, 1);
	assert_int_equal(ch.c[0].pid, b);
	assert_string_equal(ch.c[0].peer, "peer b");
	/* the embedder's own child is still there for it */
	assert_int_equal(waitpid(other, NULL, 0), other);
	children_signal(&ch, SIGTERM);
	assert_int_equal(children_reap(&ch, true), 1);
	assert_int_equal(ch.n, 0);
	errno = 0;
	assert_int_equal(waitpid(b, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
}

static void
reap__somebody_else_waited(void **state)
{
	(void)state;
	static struct children ch;
	pid_t a = sleeper();
	children_add(&ch, a, "peer");
	assert_int_equal(kill(a, SIGKILL), 0);
	assert_int_equal(waitpid(a, NULL, 0), a);
	assert_int_equal(children_reap(&ch, true), 1);
	assert_int_equal(ch.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reap__those_that_ended),
		cmocka_unit_test(reap__somebody_else_waited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

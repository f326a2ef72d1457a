/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_notify.c -- RPMEM_NOTIFY, with shell scripts as the program
 *
 * A script tells what it was given in a file `told`, which appears complete;
 * one that is held runs until the file `gate` is gone.
 */
#include "librpmem/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/deadline.h"
#include "base/log.h"

#define SOON deadline_in_ms(20000)
#define PATH_SIZE 96
#define PULSE_STACK (512u * 1024)

#define TELL                                                                   \
	"{ for a; do echo \"<$a>\"; done\n"                                    \
	"echo \"$RPMEM_NOTIFY_DROPPED\"; } >\"$dir/telling\"\n"                \
	"mv \"$dir/telling\" \"$dir/told\"\n"
#define HOLD                                                                   \
	": >\"$dir/held\"\n"                                                   \
	"while [ -e \"$dir/gate\" ]; do sleep 0.02; done\n"

static char dir[] = "/tmp/rpmem-notify.XXXXXX";
static char prog[PATH_SIZE];
static char logfile[PATH_SIZE];

static const struct notify_event lost = {.target = "tcp://node",
	.set_name = "pool.set",
	.from = STATE_ATTACHED,
	.to = STATE_DEGRADED,
	.reason = "no\nroute"};
static const struct notify_event found = {.target = "tcp://node",
	.set_name = "pool.set",
	.from = STATE_DEGRADED,
	.to = STATE_CATCHING_UP};
static const struct notify_event equal = {.target = "tcp://node",
	.set_name = "pool.set",
	.from = STATE_CATCHING_UP,
	.to = STATE_ATTACHED,
	.reason = "it has everything"};

static const char *
path(const char *name)
{
	static char buf[PATH_SIZE];
	(void)snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

static void
put_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path(name), "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fchmod(fileno(f), mode), 0);
	assert_int_equal(fclose(f), 0);
}

static void
put_prog(const char *body)
{
	char text[1024];
	(void)snprintf(text, sizeof(text), "#!/bin/sh\ndir=${0%%/*}\n%s", body);
	put_file("prog", text, 0700);
}

/* what is in the file, which is then gone; the clock only ends a failure */
static void
take_file(struct notify *n, const char *name, char *text, size_t size)
{
	uint64_t deadline = SOON;
	const struct timespec pause = {.tv_nsec = 2 * NS_PER_MS};
	FILE *f = NULL;
	while ((f = fopen(path(name), "re")) == NULL) {
		assert_false(deadline_passed(deadline));
		(void)nanosleep(&pause, NULL);
		if (n != NULL)
			notify_poll(n);
	}
	text[fread(text, 1, size - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path(name)), 0);
}

static void
expect_told(struct notify *n, const char *want)
{
	char got[512];
	take_file(n, "told", got, sizeof(got));
	assert_string_equal(got, want);
}

static void
await_end(struct notify *n)
{
	uint64_t deadline = SOON;
	const struct timespec pause = {.tv_nsec = 2 * NS_PER_MS};
	while (notify_is_busy(n)) {
		assert_false(deadline_passed(deadline));
		(void)nanosleep(&pause, NULL);
	}
}

static void
await_held(void)
{
	char text[8];
	take_file(NULL, "held", text, sizeof(text));
}

static unsigned
count_in_log(const char *words)
{
	char text[4096];
	unsigned n = 0;
	FILE *f = fopen(logfile, "re");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	for (const char *p = text; (p = strstr(p, words)) != NULL; p++)
		n++;
	return n;
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(prog, sizeof(prog), "%s/prog", dir);
	(void)snprintf(logfile, sizeof(logfile), "%s/log", dir);
	return log_init("test", LOG_LEVEL_WARN, logfile);
}

static int
tear_down(void **state)
{
	static const char *const names[] = {
		"gate", "held", "told", "telling", "prog", "plain", "log"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(path(names[i]));
	return rmdir(dir);
}

static int
before_each(void **state)
{
	(void)state;
	put_prog(TELL);
	(void)unlink(path("held"));
	return truncate(logfile, 0);
}

static void
parse__refuses(void **state)
{
	char plain[PATH_SIZE];
	char args[PATH_SIZE + 8];
	(void)state;
	put_file("plain", "#!/bin/sh\n", 0600);
	(void)snprintf(plain, sizeof(plain), "%s/plain", dir);
	(void)snprintf(args, sizeof(args), "%s -v", prog);
	const char *const rows[] = {
		"page", "./page", "/nowhere/page", dir, plain, args};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct notify n;
		assert_int_equal(notify_parse(rows[i], &n), -EINVAL);
		assert_non_null(strstr(err_msg(), "RPMEM_NOTIFY"));
		assert_non_null(strstr(err_msg(), rows[i]));
		assert_non_null(strstr(err_msg(), "expected the absolute"));
		notify_fini(&n);
	}
}

static void
parse__no_program(void **state)
{
	(void)state;
	struct notify zeroed = {0};
	struct notify n;
	assert_int_equal(notify_parse("", &n), 0);
	notify_fini(&n);
	assert_int_equal(notify_parse(NULL, &n), 0);
	notify_run(&n, &lost);
	notify_poll(&n);
	assert_false(notify_is_busy(&n));
	notify_fini(&n);
	notify_fini(&zeroed);
}

static void
run__says_what_changed(void **state)
{
	(void)state;
	struct notify n;
	assert_int_equal(notify_parse(prog, &n), 0);
	notify_run(&n, &lost);
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			  "<no route>\n0\n");
	await_end(&n);
	notify_run(&n, &found);
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<degraded>\n"
			  "<catching up>\n<>\n0\n");
	await_end(&n);
	notify_fini(&n);
}

/* like the pulse thread: its stack, and all signals blocked */
static void *
run_blocked(void *arg)
{
	sigset_t all;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	notify_run(arg, &lost);
	return NULL;
}

static void
run_in_thread(struct notify *n)
{
	pthread_t thread;
	pthread_attr_t attr;
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, PULSE_STACK), 0);
	assert_int_equal(pthread_create(&thread, &attr, run_blocked, n), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)pthread_attr_destroy(&attr);
}

static void
child__has_nothing_of_ours(void **state)
{
	(void)state;
	static const int fds[] = {3, 4, 5, 6, 7, 8, 9, 77};
	char got[512];
	struct notify n;
	/* signals 32 and 33 are glibc's, which leaves them ignored */
	put_prog("links=$(readlink /proc/$$/fd/0 /proc/$$/fd/1)\n"
		 "{ grep -e SigBlk -e SigIgn /proc/$$/status |"
		 " sed s/00000001800/00000000000/\n"
		 "echo \"$links\"\n"
		 "for f in 3 4 5 6 7 8 9 77; do\n"
		 "[ ! -e /proc/$$/fd/$f ] || echo \"open: $f\"; done\n"
		 "[ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ] || echo session\n"
		 "echo \"[$LD_PRELOAD]\"; } >\"$dir/telling\"\n"
		 "echo complaint >&2\n"
		 "mv \"$dir/telling\" \"$dir/told\"\n");
	int file = open(path("plain"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	int saved = dup(STDERR_FILENO);
	assert_true(file >= 0 && saved >= 0);
	/* none of them closes itself at an exec */
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fcntl(fds[i], F_GETFD) < 0)
			assert_int_equal(dup2(file, fds[i]), fds[i]);
	assert_int_equal(dup3(file, STDERR_FILENO, O_CLOEXEC), STDERR_FILENO);
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	assert_int_equal(
		setenv("LD_PRELOAD", "/nowhere/libpmemreplica_preload.so", 1),
		0);
	int rc = notify_parse(prog, &n);
	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
	assert_int_equal(rc, 0);
	run_in_thread(&n);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	(void)signal(SIGPIPE, old);
	take_file(NULL, "told", got, sizeof(got));
	assert_string_equal(got, "SigBlk:\t0000000000000000\n"
				 "SigIgn:\t0000000000000000\n"
				 "/dev/null\n/dev/null\n[]\n");
	await_end(&n);
	take_file(NULL, "plain", got, sizeof(got));
	assert_string_equal(got, "complaint\n");
	notify_fini(&n);
}

static volatile sig_atomic_t sigchlds;

static void
on_sigchld(int sig)
{
	(void)sig;
	sigchlds++;
}

static void
expect_no_child(void)
{
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
run_and_look(void)
{
	struct notify n;
	put_prog(HOLD TELL);
	put_file("gate", "", 0600);
	assert_int_equal(notify_parse(prog, &n), 0);
	notify_run(&n, &lost);
	await_held();
	expect_no_child();
	assert_int_equal(unlink(path("gate")), 0);
	await_end(&n);
	expect_no_child();
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			  "<no route>\n0\n");
	notify_fini(&n);
}

static void
program__sees_no_child(void **state)
{
	(void)state;
	struct sigaction act = {.sa_handler = on_sigchld};
	struct sigaction old;
	assert_int_equal(sigaction(SIGCHLD, &act, &old), 0);
	run_and_look();
	assert_int_equal(sigchlds, 0);
	/* nor do its ways with its own children matter to us */
	act.sa_handler = SIG_IGN;
	assert_int_equal(sigaction(SIGCHLD, &act, NULL), 0);
	run_and_look();
	assert_int_equal(sigaction(SIGCHLD, &old, NULL), 0);
}

/* the orphan is its child, but none that it has to clear away */
static void
program_as_init__is_left_no_zombie(void **state)
{
	(void)state;
	struct notify n;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L), 0);
	assert_int_equal(notify_parse(prog, &n), 0);
	notify_run(&n, &lost);
	await_end(&n);
	expect_no_child();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0L, 0L, 0L, 0L), 0);
	assert_int_equal(unlink(path("told")), 0);
	notify_fini(&n);
}

static void
run__one_at_a_time(void **state)
{
	(void)state;
	struct notify n;
	put_prog(HOLD TELL);
	put_file("gate", "", 0600);
	assert_int_equal(notify_parse(prog, &n), 0);
	notify_run(&n, &lost);
	await_held();
	notify_run(&n, &found);
	notify_run(&n, &lost);
	notify_run(&n, &equal);
	notify_poll(&n);
	assert_int_equal(access(path("held"), F_OK), -1);
	assert_int_equal(unlink(path("gate")), 0);
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			  "<no route>\n0\n");
	/* the newest; two are not told */
	expect_told(&n, "<tcp://node>\n<pool.set>\n<catching up>\n<attached>\n"
			"<it has everything>\n2\n");
	await_end(&n);
	notify_run(&n, &lost);
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			  "<no route>\n0\n");
	await_end(&n);
	notify_fini(&n);
}

static void
slow__is_said_once_and_left_alone(void **state)
{
	(void)state;
	struct notify n;
	put_prog(HOLD TELL);
	put_file("gate", "", 0600);
	assert_int_equal(notify_parse(prog, &n), 0);
	assert_int_equal(n.slow_ms, 60000);
	notify_run(&n, &lost);
	await_held();
	notify_poll(&n);
	assert_int_equal(count_in_log("is left alone"), 0);
	n.slow_ms = 0;
	notify_poll(&n);
	notify_poll(&n);
	assert_int_equal(count_in_log("is left alone"), 1);
	assert_int_equal(unlink(path("gate")), 0);
	await_end(&n);
	assert_int_equal(unlink(path("told")), 0);
	notify_fini(&n);
}

static void
start__fails_and_is_tried_again(void **state)
{
	(void)state;
	struct notify n;
	assert_int_equal(notify_parse(prog, &n), 0);
	assert_int_equal(unlink(prog), 0);
	notify_run(&n, &lost);
	n.next_try = 0;
	notify_poll(&n);
	assert_true(notify_is_busy(&n));
	assert_int_equal(count_in_log("cannot run"), 1);
	assert_int_equal(count_in_log("No such file"), 1);
	put_prog(TELL);
	expect_told(&n, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			"<no route>\n0\n");
	await_end(&n);
	notify_fini(&n);
}

static void
fini__does_not_wait(void **state)
{
	(void)state;
	struct notify n;
	put_prog(HOLD TELL);
	put_file("gate", "", 0600);
	assert_int_equal(notify_parse(prog, &n), 0);
	notify_run(&n, &lost);
	await_held();
	notify_run(&n, &found);
	notify_fini(&n);
	assert_int_equal(count_in_log("was not told of tcp://node pool.set: "
				      "degraded -> catching up, and 0"),
		1);
	assert_int_equal(unlink(path("gate")), 0);
	expect_told(NULL, "<tcp://node>\n<pool.set>\n<attached>\n<degraded>\n"
			  "<no route>\n0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parse__refuses, before_each),
		cmocka_unit_test_setup(parse__no_program, before_each),
		cmocka_unit_test_setup(run__says_what_changed, before_each),
		cmocka_unit_test_setup(child__has_nothing_of_ours, before_each),
		cmocka_unit_test_setup(program__sees_no_child, before_each),
		cmocka_unit_test_setup(
			program_as_init__is_left_no_zombie, before_each),
		cmocka_unit_test_setup(run__one_at_a_time, before_each),
		cmocka_unit_test_setup(
			slow__is_said_once_and_left_alone, before_each),
		cmocka_unit_test_setup(
			start__fails_and_is_tried_again, before_each),
		cmocka_unit_test_setup(fini__does_not_wait, before_each),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_launch.c -- starting something like ssh, beside a program's own
 * children; and the words of the command it is given
 */
#include "oob/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/deadline.h"
#include "base/err.h"
#include "oob/command.h"

#define SOON deadline_in_ms(20000)

static char dir[] = "/tmp/rpmem-launch.XXXXXX";
static char script[64];

/* what stands in for ssh: the shell script `body` */
static void
use_script(const char *body)
{
	FILE *f = fopen(script, "we");
	assert_non_null(f);
	(void)fprintf(f, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fchmod(fileno(f), 0700), 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(setenv("RPMEM_SSH", script, 1), 0);
}

static struct launch *
start(const char *user, uint16_t port, struct duplex *io)
{
	struct launch_cfg cfg = {.node = "node",
		.user = user,
		.port = port,
		.command = "a 'b c'"};
	struct launch *l = NULL;
	assert_int_equal(launch_start(&cfg, io, &l), 0);
	return l;
}

static void
expect(const struct duplex *io, const char *want)
{
	char got[256] = "";
	assert_true(strlen(want) < sizeof(got));
	assert_int_equal(duplex_read(io, got, strlen(want), SOON, NULL), 0);
	assert_string_equal(got, want);
}

static void
argv__as_ssh_takes_it(void **state)
{
	(void)state;
	struct duplex io;
	use_script("for a; do echo \"<$a>\"; done");
	struct launch *l = start("me", 22, &io);
	expect(&io, "<-p>\n<22>\n<-T>\n<-oBatchMode=yes>\n<me@node>\n<a 'b "
		    "c'>\n");
	assert_int_equal(launch_status(l, SOON), 0);
	duplex_close(&io);
	launch_free(l);
	l = start("", 0, &io);
	expect(&io, "<-T>\n<-oBatchMode=yes>\n<node>\n");
	duplex_close(&io);
	launch_free(l);
}

static volatile sig_atomic_t sigchlds;

static void
on_sigchld(int sig)
{
	(void)sig;
	sigchlds++;
}

static void
program__sees_no_child(void **state)
{
	(void)state;
	struct sigaction act = {.sa_handler = on_sigchld};
	struct sigaction old;
	struct duplex io;
	char byte;
	assert_int_equal(sigaction(SIGCHLD, &act, &old), 0);
	use_script("cat; exit 7");
	struct launch *l = start("", 0, &io);
	assert_int_equal(duplex_write(&io, "ping", 4, SOON), 0);
	expect(&io, "ping");
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	/* its input ends, so it ends */
	assert_int_equal(shutdown(io.wr, SHUT_WR), 0);
	assert_int_equal(duplex_read(&io, &byte, 1, SOON, NULL), -ECONNRESET);
	assert_int_equal(launch_status(l, SOON), 7);
	assert_int_equal(sigchlds, 0);
	assert_int_equal(sigaction(SIGCHLD, &old, NULL), 0);
	duplex_close(&io);
	launch_free(l);
}

static void
explain__says_what_it_said(void **state)
{
	(void)state;
	struct duplex io;
	use_script("echo 'Permission denied' >&2; exit 255");
	struct launch *l = start("", 0, &io);
	(void)err_set(-ECONNRESET, "no answer");
	assert_int_equal(launch_explain(l, -ECONNRESET), -ECONNRESET);
	assert_string_equal(err_msg(),
		"no answer; ssh ended with status 255; it said: Permission "
		"denied");
	duplex_close(&io);
	launch_free(l);

	assert_int_equal(setenv("RPMEM_SSH", "/nowhere/ssh", 1), 0);
	l = start("", 0, &io);
	(void)err_set(-ECONNRESET, "no answer");
	assert_int_equal(launch_explain(l, -ECONNRESET), -ECONNRESET);
	assert_non_null(strstr(err_msg(), "status 127 (command not found)"));
	assert_non_null(strstr(err_msg(), "/nowhere/ssh"));
	duplex_close(&io);
	launch_free(l);
}

static void
descriptors__stay_here(void **state)
{
	(void)state;
	struct duplex io;
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
	assert_true(fd >= 0);
	use_script("ls /proc/self/fd | wc -l");
	struct launch *l = start("", 0, &io);
	expect(&io, "4\n"); /* 0, 1, 2, and ls's own */
	duplex_close(&io);
	launch_free(l);
	(void)close(fd);
}

static void
much_on_stderr__blocks_nobody(void **state)
{
	(void)state;
	struct duplex io;
	use_script("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo done");
	struct launch *l = start("", 0, &io);
	expect(&io, "done\n");
	duplex_close(&io);
	launch_free(l);
}

static void
options_of_ssh__are_no_nodes(void **state)
{
	(void)state;
	struct duplex io;
	struct launch *l = NULL;
	struct launch_cfg cfg = {
		.node = "-oProxyCommand=x", .user = "", .command = "c"};
	assert_int_equal(launch_start(&cfg, &io, &l), -EINVAL);
	cfg.user = "me";
	assert_int_equal(launch_start(&cfg, &io, &l), -EINVAL);
}

static void
command__in_turn(void **state)
{
	(void)state;
	char c[64];
	assert_int_equal(command_pick(NULL, 5, c, sizeof(c)), 0);
	assert_string_equal(c, "rpmemd");
	assert_int_equal(command_pick("", 0, c, sizeof(c)), 0);
	assert_string_equal(c, "rpmemd");
	assert_int_equal(command_pick("a b|c", 0, c, sizeof(c)), 0);
	assert_string_equal(c, "a b");
	assert_int_equal(command_pick("a b|c", 3, c, sizeof(c)), 0);
	assert_string_equal(c, "c");
	assert_int_equal(command_pick("a||c", 1, c, sizeof(c)), -EINVAL);
	assert_int_equal(command_pick("a| ", 1, c, sizeof(c)), -EINVAL);
	assert_int_equal(command_pick("12345678", 0, c, 8), -EINVAL);
}

static void
word__is_one_word_to_a_shell(void **state)
{
	(void)state;
	static const char *const words[] = {
		"a.set", "it's", "$(reboot)", "a b", "", "\\", "`x`\n;"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char c[128] = "printf %s";
		char got[64] = "";
		assert_int_equal(command_word(c, sizeof(c), words[i]), 0);
		FILE *f = popen(c, "r");
		assert_non_null(f);
		size_t n = fread(got, 1, sizeof(got) - 1, f);
		assert_int_equal(pclose(f), 0);
		assert_int_equal(n, strlen(words[i]));
		assert_string_equal(got, words[i]);
	}
	char full[8] = "abc";
	assert_int_equal(command_word(full, sizeof(full), "x'y"), -EINVAL);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(script, sizeof(script), "%s/ssh", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(script);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(argv__as_ssh_takes_it),
		cmocka_unit_test(program__sees_no_child),
		cmocka_unit_test(explain__says_what_it_said),
		cmocka_unit_test(descriptors__stay_here),
		cmocka_unit_test(much_on_stderr__blocks_nobody),
		cmocka_unit_test(options_of_ssh__are_no_nodes),
		cmocka_unit_test(command__in_turn),
		cmocka_unit_test(word__is_one_word_to_a_shell),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

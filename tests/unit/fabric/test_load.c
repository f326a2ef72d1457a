/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_load.c -- loading libfabric leaves the program's signals alone
 *
 * Each test runs in a process of its own that has not loaded it yet.
 */
#include "peer.h"

#include <dlfcn.h>

static int
in_child(void (*body)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		body();
		_exit(0);
	}
	struct peer p = {.pid = pid, .tell = -1};
	return peer_wait(&p);
}

static void
on_signal(int sig)
{
	(void)sig;
}

static void
on_signal_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
}

/* the C library adds this one to whatever is set, and shows it */
#define RESTORER_FLAG 0x04000000

static void
check_dispositions(void)
{
	struct sigaction before[NSIG], now;
	struct sigaction own = {
		.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction own_info = {.sa_sigaction = on_signal_info,
		.sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	MUST(sigaddset(&own.sa_mask, SIGUSR2) == 0);
	MUST(sigaction(SIGTERM, &own, NULL) == 0);
	MUST(sigaction(SIGSEGV, &own_info, NULL) == 0);
	MUST(sigaction(SIGBUS, &ignore, NULL) == 0);
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, NULL, &before[sig]);
	MUST(before[SIGINT].sa_handler == SIG_DFL);
	MUST(fabric_load(NULL) == 0);
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &now) != 0)
			continue; /* the C library's own */
		MUST(now.sa_handler == before[sig].sa_handler);
		MUST((now.sa_flags & ~RESTORER_FLAG) ==
			(before[sig].sa_flags & ~RESTORER_FLAG));
	}
	MUST(sigaction(SIGTERM, NULL, &now) == 0);
	MUST(sigismember(&now.sa_mask, SIGUSR2) == 1);
}

static void
load__dispositions_survive(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_dispositions), 0);
}

static void
check_unknown(void)
{
	MUST(fabric_load("nosuch") == -ENOMEDIUM);
	MUST(strstr(err_msg(), "\"nosuch\"") != NULL);
	MUST(strstr(err_msg(), "tcp") != NULL);
	/* a part of a name is no name */
	MUST(fabric_load("tc") == -ENOMEDIUM);
	MUST(fabric_load("") == -ENOMEDIUM);
	MUST(fabric_load("tcp") == 0);
}

static void
load__unknown_provider(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_unknown), 0);
}

static void
check_unknown_everywhere(void)
{
	struct sockaddr_storage ss = loopback(AF_INET);
	struct conn_cfg cfg = small_cfg;
	struct listener *l = NULL;
	struct conn *c = NULL;
	uint16_t port;
	cfg.provider = "nosuch";
	MUST(listener_open(sa(&ss), "nosuch", &l, &port) == -ENOMEDIUM);
	MUST(strstr(err_msg(), "nosuch") != NULL);
	MUST(conn_connect(sa(&ss), &cfg, TOKEN, TOKEN_LEN,
		     deadline_in_ms(LONG_MS), &c) == -ENOMEDIUM);
	MUST(l == NULL && c == NULL);
}

static void
open__unknown_provider(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_unknown_everywhere), 0);
}

static void
check_missing(void)
{
	MUST(setenv("RPMEM_FAULTS", "fabric_load=1", 1) == 0);
	MUST(fabric_load(NULL) == -ENOMEDIUM);
	MUST(strstr(err_msg(), "libfabric.so.1") != NULL);
	MUST(strstr(err_msg(), "libfabric1") != NULL);
	/* it is there now */
	MUST(fabric_load(NULL) == 0);
}

static void
load__library_missing(void **state)
{
	(void)state;
#if !defined(RPMEM_FAULTS_BUILT)
	skip();
#endif
	assert_int_equal(in_child(check_missing), 0);
}

static void
check_local(void)
{
	/* neither linked, nor loaded into the global scope */
	MUST(dlopen("libfabric.so.1", RTLD_NOW | RTLD_NOLOAD) == NULL);
	MUST(fabric_load(NULL) == 0);
	MUST(dlsym(RTLD_DEFAULT, "fi_getinfo") == NULL);
}

static void
load__stays_out_of_the_way(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_local), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__dispositions_survive),
		cmocka_unit_test(load__unknown_provider),
		cmocka_unit_test(open__unknown_provider),
		cmocka_unit_test(load__library_missing),
		cmocka_unit_test(load__stays_out_of_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * guestprog.c -- a program that does to its process what programs do while a
 * replicated pool is open; loads libpmemobj with dlopen when asked to
 *
 *   guestprog WAY SET, WAY one of: close exit _exit fork exec sigwait
 *   handlers dlopen
 */
#include <dlfcn.h>
#include <libpmemobj.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;

static void
handler(int sig)
{
	got = sig;
}

static int
is(const char *way, const char *name)
{
	return strcmp(way, name) == 0;
}

static int
wait_ok(pid_t pid)
{
	int status = 0;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* through dlopen with RTLD_LOCAL, as a plug-in host would */
static int
dlopened(const char *set)
{
	void *lib = dlopen("libpmemobj.so.1", RTLD_NOW | RTLD_LOCAL);
	PMEMobjpool *(*open_fn)(const char *, const char *) = NULL;
	void (*close_fn)(PMEMobjpool *) = NULL;
	if (lib == NULL)
		return 1;
	*(void **)&open_fn = dlsym(lib, "pmemobj_open");
	*(void **)&close_fn = dlsym(lib, "pmemobj_close");
	PMEMobjpool *p = open_fn(set, NULL);
	if (p == NULL)
		return 1;
	close_fn(p);
	dlclose(lib);
	return 0;
}

static int
handlers(const char *set)
{
	struct sigaction sa = {.sa_handler = handler};
	struct sigaction now;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	PMEMobjpool *p = pmemobj_open(set, NULL);
	if (p == NULL)
		return 1;
	sigaction(SIGSEGV, NULL, &now);
	if (now.sa_handler != handler)
		return 1;
	sigaction(SIGINT, NULL, &now);
	if (now.sa_handler != SIG_DFL)
		return 1;
	raise(SIGTERM);
	if (got != SIGTERM)
		return 1;
	pmemobj_close(p);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	const char *way = argv[1];
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (is(way, "dlopen"))
		return dlopened(argv[2]);
	if (is(way, "handlers"))
		return handlers(argv[2]);
	if (is(way, "sigwait"))
		pthread_sigmask(SIG_BLOCK, &term, NULL);
	PMEMobjpool *p = pmemobj_open(argv[2], NULL);
	if (p == NULL) {
		fprintf(stderr, "guestprog: %s\n", pmemobj_errormsg());
		return 1;
	}
	if (is(way, "exit"))
		exit(0);
	if (is(way, "_exit"))
		_exit(0);
	if (is(way, "fork")) {
		pid_t pid = fork();
		if (pid == 0)
			exit(0);
		if (!wait_ok(pid))
			return 1;
	}
	if (is(way, "exec")) {
		pid_t pid = fork();
		if (pid == 0) {
			execlp("true", "true", NULL);
			_exit(1);
		}
		if (!wait_ok(pid))
			return 1;
	}
	if (is(way, "sigwait")) {
		int sig = 0;
		puts("waiting");
		fflush(stdout);
		sigwait(&term, &sig);
	}
	/* the session still works */
	PMEMoid root = pmemobj_root(p, 64);
	uint64_t *v = pmemobj_direct(root);
	*v = 1;
	pmemobj_persist(p, v, sizeof(*v));
	pmemobj_close(p);
	return 0;
}

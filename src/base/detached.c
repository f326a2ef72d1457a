/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * detached.c -- see detached.h
 *
 * Two processes away.  clone() makes one that shares our memory (no page
 * table of a huge pool is copied), stands still for us (CLONE_VFORK), and
 * has no exit signal, so neither a SIGCHLD handler nor a wait() of the
 * program's sees it.  It cannot become the process we want, since an exec
 * gives it SIGCHLD as exit signal; nor can it stay to wait for that process,
 * since with our memory it would keep the pool's files mapped, and locked,
 * beyond the end of the program.  So it spawns and ends, and what it has
 * spawned is init's child.  Where the program itself stands in for init
 * (process 1 of a container, PR_SET_CHILD_SUBREAPER) the orphan is the
 * program's, like every other one.
 *
 * It shares our descriptors, so that one it opens is ours.
 */
#include "base/detached.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STACK_SIZE (64u * 1024)

/* at the low end of the stack's memory */
struct between {
	int (*fn)(void *arg, int *value_out);
	void *arg;
	int value;
};

static int
between(void *arg)
{
	struct between *b = arg;
	return b->fn(b->arg, &b->value);
}

/*
 * ThreadSanitizer keeps its books in the memory that the process between
 * would share, under the name of the thread that stands still: there, it
 * gets memory of its own.
 */
static pid_t
start_between(struct between *b)
{
#if defined(__SANITIZE_THREAD__)
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, 0);
	if (pid == 0)
		_exit(between(b));
	return pid;
#else
	return clone(between, (uint8_t *)b + STACK_SIZE,
		(int)(CLONE_VM | CLONE_VFORK | CLONE_FILES), b);
#endif
}

int
detached_run(int (*fn)(void *arg, int *value_out), void *arg, int *value_out)
{
	sigset_t all;
	sigset_t old;
	int status = 0;
	/* shared: value comes back from memory of its own, too */
	struct between *b = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (b == MAP_FAILED)
		return -errno;
	*b = (struct between){.fn = fn, .arg = arg};
	/* all signals blocked: a handler must not run in the process between */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	pid_t pid = start_between(b);
	int rc = pid < 0 ? -errno : 0;
	while (pid > 0 && waitpid(pid, &status, (int)__WCLONE) < 0 &&
		errno == EINTR)
		;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (value_out != NULL)
		*value_out = b->value;
	(void)munmap(b, STACK_SIZE);
	if (rc == 0 && !WIFEXITED(status))
		rc = -ECHILD; /* it was killed */
	return rc < 0 ? rc : -WEXITSTATUS(status);
}

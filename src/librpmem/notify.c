/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * notify.c -- see notify.h
 *
 * We are guests.  PROG is no child of the program's (base/detached.c has the
 * argument): its end raises no SIGCHLD and nothing waits for it.  That it has
 * ended is known by a pidfd, which the process between opens while PROG is its
 * child and its pid therefore PROG's and nobody else's; a pipe would be a
 * descriptor in PROG, and open as long as anything that PROG leaves running.
 *
 * PROG gets none of our descriptors but standard error, no signal blocked or
 * ignored (our threads block all), and a session of its own: a ^C meant for
 * the program does not end it.
 *
 * All that allocates is done before the process between exists; there is only
 * the spawn, which glibc makes of system calls on a stack of its own, so that
 * little of the pulse thread's is used, and pidfd_open.  The spawn does not
 * come back before PROG's exec: the caller waits for the disk PROG is on.
 *
 * Only the newest change is kept for later: whoever is paged wants to know
 * how it stands, and a copy that comes and goes must not fill memory.
 */
#include "librpmem/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/detached.h"
#include "base/log.h"
#include "librpmem/notify_env.h"

#define RETRY_MS 1000u
#define ARGS 7 /* with PROG and the NULL */

extern char **environ;

/* ---- what the variable says ---- */

static int
bad(const char *text, const char *why)
{
	return err_set(-EINVAL,
		"environment variable " NOTIFY_VARIABLE
		" is '%.200s': expected the absolute path of an executable "
		"file, without arguments: %s",
		text, why);
}

static int
check_file(const char *text)
{
	struct stat st;
	if (text[0] != '/')
		return bad(text, "it does not begin with /");
	if (stat(text, &st) != 0)
		return bad(text, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bad(text, "it is no regular file");
	if (faccessat(AT_FDCWD, text, X_OK, AT_EACCESS) != 0)
		return bad(text, strerror(errno));
	return 0;
}

static int
pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int
check_kernel(void)
{
	CLEANUP(closep) int fd = pidfd_of(getpid());
	return fd >= 0 ? 0
		       : err_sys(-errno,
				 "environment variable " NOTIFY_VARIABLE
				 " needs pidfd_open, of Linux 5.3; unset it");
}

int
notify_parse(const char *text, struct notify *n_out)
{
	*n_out = (struct notify){.pidfd = -1, .slow_ms = NOTIFY_SLOW_MS};
	if (text == NULL || text[0] == '\0')
		return 0;
	int rc = check_file(text);
	if (rc == 0)
		rc = check_kernel();
	if (rc < 0)
		return rc;
	n_out->env = notify_env_new(environ, n_out->dropped_entry);
	n_out->prog = n_out->env != NULL ? strdup(text) : NULL;
	if (n_out->prog == NULL) {
		freep(&n_out->env);
		return err_set(-ENOMEM, "no memory for " NOTIFY_VARIABLE);
	}
	mutex_init(&n_out->lock);
	return 0;
}

/* ---- start ---- */

struct start {
	char *argv[ARGS];
	char **env;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
};

/* in the process between */
static int
spawn(void *arg, int *pidfd_out)
{
	const struct start *s = arg;
	pid_t pid;
	int rc = posix_spawn(
		&pid, s->argv[0], &s->files, &s->attr, s->argv, s->env);
	*pidfd_out = rc == 0 ? pidfd_of(pid) : -1;
	return rc;
}

static int
set_files(posix_spawn_file_actions_t *f)
{
	/* a program may have closed it, and it is nobody's then */
	int err = fcntl(STDERR_FILENO, F_GETFD) >= 0 ? STDERR_FILENO
						     : STDIN_FILENO;
	int rc = posix_spawn_file_actions_addopen(
		f, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
			f, STDIN_FILENO, STDOUT_FILENO);
	/* to itself: it stays open over the exec */
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(f, err, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			f, STDERR_FILENO + 1);
	return -rc;
}

static void
set_attr(posix_spawnattr_t *attr)
{
	sigset_t all;
	sigset_t none;
	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setflags(
		attr, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
			      POSIX_SPAWN_SETSID));
}

static char *
arg(const char *text)
{
	return (char *)(uintptr_t)
		text; /* exec's prototype is older than const */
}

static int
start(struct notify *n)
{
	const struct notify_event *e = &n->event;
	struct start s = {.argv = {n->prog, arg(e->target), arg(e->set_name),
				  arg(state_name(e->from)),
				  arg(state_name(e->to)), n->reason, NULL},
		.env = n->env};
	(void)snprintf(n->dropped_entry, sizeof(n->dropped_entry),
		NOTIFY_DROPPED "=%" PRIu64, n->dropped);
	(void)posix_spawn_file_actions_init(&s.files);
	(void)posix_spawnattr_init(&s.attr);
	set_attr(&s.attr);
	int rc = set_files(&s.files);
	if (rc == 0)
		rc = detached_run(spawn, &s, &n->pidfd);
	if (rc < 0)
		n->pidfd = -1;
	(void)posix_spawnattr_destroy(&s.attr);
	(void)posix_spawn_file_actions_destroy(&s.files);
	return rc;
}

/* ---- one after the other ---- */

static bool
is_running(struct notify *n) REQUIRES(&n->lock)
{
	struct pollfd p = {.fd = n->pidfd, .events = POLLIN};
	if (n->pidfd < 0)
		return false;
	if (poll(&p, 1, 0) <= 0)
		return true;
	/* Not our child, unless the program stands in for init: then it may
	 * be one that never looks for children. */
	IGNORE(waitid(P_PIDFD, (id_t)n->pidfd, NULL, WEXITED | WNOHANG));
	closep(&n->pidfd);
	return false;
}

static void
warn_if_slow(struct notify *n) REQUIRES(&n->lock)
{
	if (n->said_slow || now_ns() - n->started_at < n->slow_ms * NS_PER_MS)
		return;
	n->said_slow = true;
	LOG_WARN("%s (" NOTIFY_VARIABLE ") for %s %s has run for more than "
		 "%u s and is left alone; the next change is told when it has "
		 "ended",
		n->prog, n->event.target, n->event.set_name, n->slow_ms / 1000);
}

static void
start_waiting(struct notify *n) REQUIRES(&n->lock)
{
	int rc = start(n);
	if (rc < 0) {
		if (!n->said_failed)
			LOG_ERR("cannot run %s (" NOTIFY_VARIABLE
				") for %s %s, %s -> %s: %s; it is tried again",
				n->prog, n->event.target, n->event.set_name,
				state_name(n->event.from),
				state_name(n->event.to), strerror(-rc));
		n->said_failed = true;
		n->next_try = deadline_in_ms(RETRY_MS);
		return;
	}
	if (n->pidfd < 0)
		LOG_WARN("no descriptor to see the end of %s (" NOTIFY_VARIABLE
			 "): the next run may begin before it",
			n->prog);
	n->waits = false;
	n->dropped = 0;
	n->said_failed = false;
	n->said_slow = false;
	n->started_at = now_ns();
}

static void
advance(struct notify *n) REQUIRES(&n->lock)
{
	if (is_running(n))
		warn_if_slow(n);
	else if (n->waits && deadline_passed(n->next_try))
		start_waiting(n);
}

/* on one line: part of it may be what a target said */
static void
keep_reason(struct notify *n, const char *reason) REQUIRES(&n->lock)
{
	(void)snprintf(n->reason, sizeof(n->reason), "%s",
		reason != NULL ? reason : "");
	for (char *p = n->reason; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

void
notify_run(struct notify *n, const struct notify_event *event)
{
	if (n->prog == NULL)
		return;
	mutex_lock(&n->lock);
	if (n->waits)
		n->dropped++;
	n->waits = true;
	n->event = *event;
	keep_reason(n, event->reason);
	n->event.reason = n->reason;
	advance(n);
	mutex_unlock(&n->lock);
}

void
notify_poll(struct notify *n)
{
	if (n->prog == NULL)
		return;
	mutex_lock(&n->lock);
	advance(n);
	mutex_unlock(&n->lock);
}

bool
notify_is_busy(struct notify *n)
{
	if (n->prog == NULL)
		return false;
	mutex_lock(&n->lock);
	bool is_busy = n->waits || is_running(n);
	mutex_unlock(&n->lock);
	return is_busy;
}

void
notify_fini(struct notify *n)
{
	if (n->prog == NULL)
		return;
	notify_poll(n);
	if (n->waits)
		LOG_WARN("%s (" NOTIFY_VARIABLE ") was not told of %s %s: %s "
			 "-> %s, and %" PRIu64 " changes before: the pool is "
			 "closed",
			n->prog, n->event.target, n->event.set_name,
			state_name(n->event.from), state_name(n->event.to),
			n->dropped);
	closep(&n->pidfd);
	mutex_fini(&n->lock);
	freep(&n->env);
	freep(&n->prog);
}

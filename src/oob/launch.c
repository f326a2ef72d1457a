/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * launch.c -- see launch.h
 *
 * A process that the program does not see (detached.h) spawns a shell; the
 * shell runs ssh and writes ssh's exit status to a pipe.
 *
 * Standard error goes to a file in memory that cannot grow: a process that
 * writes much is never blocked by our not reading it.
 */
#include "oob/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/detached.h"
#include "base/err.h"
#include "base/stdfds.h"

#define STDERR_MAX 4096
#define STATUS_FD 3
#define ARGS_MAX 12
#define EXPLAIN_MS 500

/* ssh must not hold the pipe: something it leaves running would keep it */
#define WRAPPER "\"$@\" 3>&-; echo $? >&3"

struct launch {
	int status_fd;
	int stderr_fd; /* memfd */
};

extern char **environ;

/* what the process gets; the parent's copies are closed at the end */
struct child_ends {
	int io;
	int status;
	int err;
};

struct job {
	const char *const *argv;
	const struct child_ends *ends;
};

static void
child_ends_close(struct child_ends *e)
{
	closep(&e->io);
	closep(&e->status);
	closep(&e->err);
}

static int
file_actions(posix_spawn_file_actions_t *fa, const struct child_ends *e)
{
	int rc = posix_spawn_file_actions_adddup2(fa, e->io, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(fa, e->io, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(fa, e->err, 2);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(fa, e->status, STATUS_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			fa, STATUS_FD + 1);
	return rc;
}

static int
spawn(const char *const *argv, const struct child_ends *e)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t all;
	sigset_t none;
	pid_t pid;
	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&fa);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(
		&attr, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
			       POSIX_SPAWN_SETSID));
	int rc = file_actions(&fa, e);
	if (rc == 0)
		rc = posix_spawn(&pid, "/bin/sh", &fa, &attr,
			(char *const *)(uintptr_t)argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);
	return rc;
}

/* in the process between */
static int
start_shell(void *arg, int *value_out)
{
	const struct job *job = arg;
	(void)value_out;
	return spawn(job->argv, job->ends);
}

/* above STATUS_FD, so that putting the others in place overwrites none */
static int
lift(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, STATUS_FD + 1);
	if (high < 0)
		return -errno;
	closep(fd);
	*fd = high;
	return 0;
}

static int
make_stderr(int *fd_out)
{
	int fd = memfd_create("rpmem-ssh", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	*fd_out = fd;
	if (ftruncate(fd, STDERR_MAX) != 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
		return -errno;
	return 0;
}

/* as a shell's 2>FILE has it: for writing only, see stdfds_is_for_text */
static int
open_for_text(int memfd, int *fd_out)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	*fd_out = open(path, O_WRONLY | O_CLOEXEC);
	return *fd_out < 0 ? -errno : lift(fd_out);
}

static int
make_ends(struct child_ends *e, struct duplex *io, struct launch *l)
{
	int pair[2];
	int status[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	io->rd = io->wr = stdfds_keep_off(pair[0]);
	e->io = pair[1];
	if (io->rd < 0)
		return -errno;
	if (pipe2(status, O_CLOEXEC) != 0)
		return -errno;
	l->status_fd = status[0];
	e->status = status[1];
	int rc = make_stderr(&l->stderr_fd);
	if (rc < 0)
		return rc;
	rc = open_for_text(l->stderr_fd, &e->err);
	if (rc == 0)
		rc = lift(&e->io);
	return rc == 0 ? lift(&e->status) : rc;
}

/* dest is written here and lives as long as argv */
static int
make_argv(const struct launch_cfg *cfg, const char *argv[ARGS_MAX], char *dest,
	size_t size, char port[8])
{
	const char *ssh = getenv("RPMEM_SSH");
	int n = snprintf(dest, size, "%s%s%s", cfg->user,
		cfg->user[0] != '\0' ? "@" : "", cfg->node);
	if (n < 0 || (size_t)n >= size)
		return err_set(-EINVAL, "user and node are too long for ssh");
	/* what begins with '-' would be an option of ssh's */
	if (dest[0] == '-' || cfg->node[0] == '-')
		return err_set(-EINVAL, "'%.100s' is no name of a node", dest);
	unsigned i = 0;
	argv[i++] = "sh";
	argv[i++] = "-c";
	argv[i++] = WRAPPER;
	argv[i++] = "sh";
	argv[i++] = ssh != NULL && ssh[0] != '\0' ? ssh : "ssh";
	if (cfg->port != 0) {
		(void)snprintf(port, 8, "%u", (unsigned)cfg->port);
		argv[i++] = "-p";
		argv[i++] = port;
	}
	argv[i++] = "-T";
	argv[i++] = "-oBatchMode=yes";
	argv[i++] = dest;
	argv[i++] = cfg->command;
	argv[i] = NULL;
	return 0;
}

int
launch_start(const struct launch_cfg *cfg, struct duplex *io_out,
	struct launch **launch_out)
{
	const char *argv[ARGS_MAX];
	char dest[512];
	char port[8];
	struct child_ends ends = {-1, -1, -1};
	int rc = make_argv(cfg, argv, dest, sizeof(dest), port);
	if (rc < 0)
		return rc;
	struct launch *l = malloc(sizeof(*l));
	if (l == NULL)
		return err_set(-ENOMEM, "no memory to start ssh");
	*l = (struct launch){-1, -1};
	*io_out = (struct duplex){-1, -1};
	rc = make_ends(&ends, io_out, l);
	if (rc == 0) {
		struct job job = {.argv = argv, .ends = &ends};
		rc = detached_run(start_shell, &job, NULL);
	}
	child_ends_close(&ends);
	if (rc == 0) {
		*launch_out = l;
		return 0;
	}
	duplex_close(io_out);
	launch_free(l);
	return err_sys(rc, "cannot start %s", argv[4]);
}

int
launch_status(struct launch *l, uint64_t deadline)
{
	char digits[8] = "";
	size_t got = 0;
	const struct duplex d = {.rd = l->status_fd, .wr = -1};
	/* "NNN\n", then the end */
	int rc = duplex_read(&d, digits, sizeof(digits) - 1, deadline, &got);
	if (rc == -ETIMEDOUT)
		return rc;
	char *end = NULL;
	long status = strtol(digits, &end, 10);
	if (got == 0 || *end != '\n' || status < 0 || status > 255)
		return err_set(-ECONNRESET, "ssh was killed");
	return (int)status;
}

/* the last lines of standard error, on one line, fit to be printed */
static void
read_stderr(const struct launch *l, char *text, size_t size)
{
	ssize_t n = pread(l->stderr_fd, text, size - 1, 0);
	size_t len = n > 0 ? strnlen(text, (size_t)n) : 0;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = text[i] == '\n' ? '|' : '?';
}

int
launch_explain(struct launch *l, int rc)
{
	char text[700];
	char why[ERR_MAX];
	char ended[64] = "";
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	/* it may be about to end: what it says last is the cause */
	int status = launch_status(l, deadline_in_ms(EXPLAIN_MS));
	if (status >= 0)
		(void)snprintf(ended, sizeof(ended),
			"; ssh ended with status %d%s", status,
			status == 127 ? " (command not found)" : "");
	read_stderr(l, text, sizeof(text));
	return err_set(rc, "%s%s%s%s", why, ended,
		text[0] != '\0' ? "; it said: " : "", text);
}

void
launch_free(struct launch *l)
{
	if (l == NULL)
		return;
	closep(&l->status_fd);
	closep(&l->stderr_fd);
	free(l);
}

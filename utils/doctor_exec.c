/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_exec.c -- what another program says, in bounded time
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/deadline.h"
#include "doctor.h"

static int
spawn(const char *const *argv, int out_fd, pid_t *pid_out)
{
	posix_spawn_file_actions_t fa;
	(void)posix_spawn_file_actions_init(&fa);
	int rc = posix_spawn_file_actions_addopen(
		&fa, 0, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, out_fd, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
			&fa, 2, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawnp(pid_out, argv[0], &fa, NULL,
			(char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	return -rc;
}

/* until its output ends; what does not fit is dropped */
static int
drain(int fd, char *out, size_t size, uint64_t deadline)
{
	char rest[512];
	size_t got = 0;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (deadline_passed(deadline))
			return -ETIMEDOUT;
		if (poll(&p, 1, deadline_poll_ms(deadline)) <= 0)
			continue;
		bool fits = got + 1 < size;
		ssize_t n = read(fd, fits ? out + got : rest,
			fits ? size - 1 - got : sizeof(rest));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (fits)
			got += (size_t)n;
		out[got] = '\0';
	}
}

int
exec_read(const char *const *argv, char *out, size_t size, uint64_t deadline)
{
	int ends[2];
	int status = 0;
	pid_t pid = 0;
	out[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	CLEANUP(closep) int rd = ends[0];
	int rc = spawn(argv, ends[1], &pid);
	(void)close(ends[1]);
	if (rc < 0)
		return rc;
	rc = drain(rd, out, size, deadline);
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	/* what has closed its output is about to end */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return rc;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

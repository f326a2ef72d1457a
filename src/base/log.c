/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * log.c -- see log.h
 *
 * Global state by design: level and sink, set once before threads start.
 */
#include "base/log.h"
#include "base/env.h"
#include "base/log_syslog.h"
#include "base/stdfds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SINK_SYSLOG (-1)

static const char *log_prefix = "rpmem";
static enum log_level log_level = LOG_LEVEL_ERR;
static int log_sink = STDERR_FILENO;

int
log_init(const char *prefix, enum log_level level, const char *path)
{
	log_prefix = prefix;
	log_level = level;
	if (path == NULL || path[0] == '\0')
		return 0;

	char name[PATH_MAX];
	size_t len = strlen(path);
	int n;
	if (path[len - 1] == '-')
		n = snprintf(name, sizeof(name), "%s%d", path, (int)getpid());
	else
		n = snprintf(name, sizeof(name), "%s", path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return -ENAMETOOLONG;

	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	log_sink = fd;
	return 0;
}

void
log_init_env(const char *prefix)
{
	uint64_t level = LOG_LEVEL_WARN;
	IGNORE(env_u64("RPMEM_LOG_LEVEL", 0, LOG_LEVEL_DEBUG, &level));
	IGNORE(log_init(
		prefix, (enum log_level)level, getenv("RPMEM_LOG_FILE")));
}

void
log_init_syslog(const char *prefix, enum log_level level)
{
	log_prefix = prefix;
	log_level = level;
	log_sink = SINK_SYSLOG;
	log_syslog_open(prefix);
}

int
log_fd(void)
{
	return log_sink;
}

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_NONE:
	case LOG_LEVEL_ERR:
		return "err";
	case LOG_LEVEL_WARN:
		return "warn";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "?";
}

int
log_level_parse(const char *name, enum log_level *level_out)
{
	static const enum log_level levels[] = {LOG_LEVEL_ERR, LOG_LEVEL_WARN,
		LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG};
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(name, level_name(levels[i])) == 0) {
			*level_out = levels[i];
			return 0;
		}
	return -EINVAL;
}

/*
 * Nowhere to report a log that cannot be written, and no reason to end: a
 * reader of a program's standard error that has gone must not kill it when a
 * replica is lost, which nothing was printed before.
 */
static void
put(const char *line, size_t len)
{
	static const struct timespec now;
	sigset_t pipe_only;
	sigset_t before;
	sigset_t pending;
	/* a program that has closed all its files may have a pool part there
	 * by now */
	if (!stdfds_is_for_text(log_sink))
		return;
	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	(void)sigemptyset(&pending);
	(void)sigpending(&pending);
	if (pthread_sigmask(SIG_BLOCK, &pipe_only, &before) != 0)
		return;
	/* one that waited before is somebody else's */
	if (write(log_sink, line, len) < 0 && errno == EPIPE &&
		sigismember(&pending, SIGPIPE) == 0)
		IGNORE(sigtimedwait(&pipe_only, NULL, &now));
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	if (level > log_level)
		return;

	int saved = errno;
	char line[2048];
	char when[32];
	struct timespec now;
	struct tm tm;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S",
		gmtime_r(&now.tv_sec, &tm));
	int n = snprintf(line, sizeof(line), "%s.%03ldZ %s[%d] %s: ", when,
		now.tv_nsec / 1000000, log_prefix, (int)getpid(),
		level_name(level));
	size_t used = (size_t)n;

	va_list ap;
	va_start(ap, fmt);
	n = vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
	va_end(ap);
	if (log_sink == SINK_SYSLOG) {
		/* syslog has the time and the name already */
		log_syslog_put((int)level, line + used);
		errno = saved;
		return;
	}
	used = MIN_OF(used + (size_t)MAX_OF(n, 0), sizeof(line) - 2);
	line[used++] = '\n';
	put(line, used);
	errno = saved;
}

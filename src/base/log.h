/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * log.h -- one line per event to a file, stderr or syslog
 *
 * Level and sink are set once, before threads start.  Lines are written
 * with one write(2) each, so lines of several processes do not mix.
 */
#ifndef RPMEM_BASE_LOG_H
#define RPMEM_BASE_LOG_H

#include "base/compiler.h"

enum log_level {
	LOG_LEVEL_NONE = 0,
	LOG_LEVEL_ERR = 1,
	LOG_LEVEL_WARN = 2,
	LOG_LEVEL_NOTICE = 3,
	LOG_LEVEL_INFO = 4,
	LOG_LEVEL_DEBUG = 10,
};

/*
 * log_init -- set level and sink
 *
 *   prefix   name before each line, e.g. "librpmem"; borrowed for ever
 *   level    lines above it are dropped
 *   path     file to append to; NULL or "" is stderr; a trailing '-' is
 *            replaced by "-PID" (librpmem's RPMEM_LOG_FILE rule)
 *
 * Returns 0, or -errno: the file cannot be opened (stderr is used then)
 */
NODISCARD int log_init(
	const char *prefix, enum log_level level, const char *path);

/*
 * log_init_env -- the same for a library in somebody else's process
 *
 * RPMEM_LOG_LEVEL (default: warnings; garbage keeps it) and RPMEM_LOG_FILE
 * tell; a file that cannot be opened is standard error.
 */
void log_init_env(const char *prefix);

/* the same to syslog: facility LOG_USER, with the pid */
void log_init_syslog(const char *prefix, enum log_level level);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* the file descriptor log lines go to (a forking daemon keeps it open) */
int log_fd(void);

/* err warn notice info debug -> level; -EINVAL */
NODISCARD int log_level_parse(const char *name, enum log_level *level_out);

#define LOG_ERR(...) log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define LOG_WARN(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define LOG_NOTICE(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define LOG_INFO(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_DEBUG(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

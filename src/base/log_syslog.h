/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * log_syslog.h -- the sink of log.c that is not a file
 *
 * Apart from log.h because <syslog.h> has the same names for its levels.
 */
#ifndef RPMEM_BASE_LOG_SYSLOG_H
#define RPMEM_BASE_LOG_SYSLOG_H

/* facility LOG_USER, with the pid; prefix is borrowed for ever */
void log_syslog_open(const char *prefix);

/* level: the number of an enum log_level */
void log_syslog_put(int level, const char *text);

#endif

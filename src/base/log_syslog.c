/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * log_syslog.c -- see log_syslog.h
 */
#include "base/log_syslog.h"

#include <syslog.h>

void
log_syslog_open(const char *prefix)
{
	openlog(prefix, LOG_NDELAY | LOG_PID, LOG_USER);
}

void
log_syslog_put(int level, const char *text)
{
	/* err warn notice info, as enum log_level counts them */
	static const int priority[] = {
		LOG_ERR, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO};
	int n = (int)(sizeof(priority) / sizeof(priority[0]));
	syslog(level >= 0 && level < n ? priority[level] : LOG_DEBUG, "%s",
		text);
}

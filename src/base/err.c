/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * err.c -- per-thread error text; see err.h
 *
 * A plain thread-local array: no allocation, nothing to free when a thread
 * or the library goes away.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char text[ERR_MAX];

static void PRINTF_LIKE(1, 0) set(const char *fmt, va_list ap)
{
	/* through a copy: an argument may be the old text */
	char fresh[ERR_MAX];
	(void)vsnprintf(fresh, sizeof(fresh), fmt, ap);
	memcpy(text, fresh, sizeof(text));
}

static void
append(const char *more)
{
	size_t used = strlen(text);
	(void)snprintf(text + used, sizeof(text) - used, "%s", more);
}

int
err_set(int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	set(fmt, ap);
	va_end(ap);
	return code;
}

int
err_sys(int code, const char *fmt, ...)
{
	char reason[128];
	va_list ap;
	va_start(ap, fmt);
	set(fmt, ap);
	va_end(ap);
	append(": ");
	append(strerror_r(-code, reason, sizeof(reason)));
	return code;
}

int
err_wrap(int code, const char *fmt, ...)
{
	char inner[ERR_MAX];
	memcpy(inner, text, sizeof(inner));
	va_list ap;
	va_start(ap, fmt);
	set(fmt, ap);
	va_end(ap);
	append(": ");
	append(inner);
	return code;
}

const char *
err_msg(void)
{
	return text;
}

void
err_clear(void)
{
	text[0] = '\0';
}

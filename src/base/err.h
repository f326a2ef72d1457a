/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * err.h -- the message that goes with a negative errno
 *
 * The first function that understands a failure writes the message; those
 * above it may add context, none writes a second one.  The text is kept per
 * thread and is never NULL.
 */
#ifndef RPMEM_BASE_ERR_H
#define RPMEM_BASE_ERR_H

#include "base/compiler.h"

#define ERR_MAX 1024

/*
 * err_set -- remember the message, return code
 *
 *   code   negative errno (returned unchanged, so "return err_set(-E...)")
 *   fmt    who, where, what, what to do; no trailing newline
 */
int err_set(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* err_sys -- like err_set, with ": strerror(-code)" appended */
int err_sys(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* err_wrap -- put "context: " before the message that is there */
int err_wrap(int code, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* the calling thread's message; "" before the first; borrowed until the
 * thread's next err_* call */
const char *err_msg(void);

/* forget the message */
void err_clear(void);

#endif

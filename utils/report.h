/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * report.h -- a report as JSON on standard output
 */
#ifndef RPMEM_UTILS_REPORT_H
#define RPMEM_UTILS_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/compiler.h"

/* takes the reference; NULL: it could not be made.  0 or -errno with a message
 */
NODISCARD int json_report(json_t *root);

/* can such a report be made?  Asked before something is done that it has to
 * tell.  Takes the reference; 0 or -EINVAL with a message */
NODISCARD int json_check(json_t *root);

/*
 * report_failed -- the command has an error, and no report
 *
 *   who       "rpmem verify"
 *   is_json   also a report that is nothing but version and error, so that a
 *             script need not read standard error
 *
 * The error is the thread's message, on standard error in any case.
 */
void report_failed(const char *who, bool is_json);

#endif

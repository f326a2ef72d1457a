/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * report.h -- a report as JSON on standard output
 */
#ifndef RPMEM_UTILS_REPORT_H
#define RPMEM_UTILS_REPORT_H

#include <jansson.h>

#include "base/compiler.h"

/* takes the reference; NULL: it could not be made.  0 or -errno with a message
 */
NODISCARD int json_report(json_t *root);

/* can such a report be made?  Asked before something is done that it has to
 * tell.  Takes the reference; 0 or -EINVAL with a message */
NODISCARD int json_check(json_t *root);

#endif

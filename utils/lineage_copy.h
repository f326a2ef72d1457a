/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineage_copy.h -- the record of a copy, at its target
 */
#ifndef RPMEM_UTILS_LINEAGE_COPY_H
#define RPMEM_UTILS_LINEAGE_COPY_H

#include <stdbool.h>

#include "base/compiler.h"

struct copy_report_args {
	const char *dir; /* pool set directory */
	const char *name;
	bool json;
};

/*
 * copy_report -- read it and print it, also while a session has the copy
 *
 *   is_good_out   its past is not lost
 *
 * Returns 0 or -errno with a message
 */
NODISCARD int copy_report(const struct copy_report_args *a, bool *is_good_out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * report.c -- see report.h
 */
#include "report.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"

int
json_report(json_t *root)
{
	int rc = root == NULL ? -1 : json_dumpf(root, stdout, JSON_COMPACT);
	json_decref(root);
	(void)putchar('\n');
	return rc == 0 ? 0
		       : err_set(-EINVAL,
				 "the report cannot be made as JSON: no "
				 "memory, a name is not UTF-8, or standard "
				 "output failed");
}

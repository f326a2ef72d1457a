/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * report.c -- see report.h
 */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

int
json_check(json_t *root)
{
	bool can_be_told = root != NULL;
	json_decref(root);
	return can_be_told ? 0
			   : err_set(-EINVAL,
				     "what is done could not be reported as "
				     "JSON (a name is not UTF-8?), so nothing "
				     "was done");
}

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

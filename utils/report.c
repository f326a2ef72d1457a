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
	if (rc == 0)
		(void)putchar('\n');
	return rc == 0 ? 0
		       : err_set(-EINVAL,
				 "the report cannot be made as JSON: no "
				 "memory, a name is not UTF-8, or standard "
				 "output failed");
}

/* a message may name what is not UTF-8; JSON may not */
static json_t *
message(const char *text)
{
	char plain[ERR_MAX];
	json_t *string = json_string(text);
	if (string != NULL)
		return string;
	(void)snprintf(plain, sizeof(plain), "%s", text);
	for (char *p = plain; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(plain);
}

void
report_failed(const char *who, bool is_json)
{
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	(void)fprintf(stderr, "%s: %s\n", who, why);
	/* what keeps this from being written keeps main from success, too */
	if (is_json)
		IGNORE(json_report(json_pack(
			"{s:i, s:o}", "version", 1, "error", message(why))));
}

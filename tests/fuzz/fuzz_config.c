/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fuzz_config.c -- any text as rpmemd's configuration and access file
 *
 * Beyond not crashing: a refused text has a message that names the file;
 * what is accepted is within its limits, and the same the second time.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "rpmemd/access.h"
#include "rpmemd/config.h"

#define FILE_NAME "the/file"
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* as textfile_read makes it: no NUL but the last */
static char *
text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void
check_options(const struct options *o)
{
	static const char *const absolute = "/";
	MUST(o->poolset_dir[0] == '\0' || o->poolset_dir[0] == absolute[0]);
	MUST(o->log_file[0] == '\0' || o->log_file[0] == absolute[0]);
	MUST(o->data_port_min <= o->data_port_max);
	MUST((o->given >> KEY_END) == 0);
}

static void
try_config(const uint8_t *data, size_t size)
{
	struct options first = {.mode = MODE_SSH};
	struct options second = {.mode = MODE_SSH};
	char *text = text_of(data, size);
	char *again = text_of(data, size);
	err_clear();
	int rc = config_apply(&first, text, FILE_NAME, "/h");
	MUST(rc == 0 || (rc == -EINVAL && strstr(err_msg(), FILE_NAME)));
	MUST(config_apply(&second, again, FILE_NAME, "/h") == rc);
	MUST(memcmp(&first, &second, sizeof(first)) == 0);
	check_options(&first);
	free(text);
	free(again);
}

static void
try_access(const uint8_t *data, size_t size, const char *identity)
{
	struct access a = {0};
	char *text = text_of(data, size);
	err_clear();
	int rc = access_parse(text, FILE_NAME, identity, &a);
	MUST(rc == 0 || rc == -EINVAL || (rc == -EACCES && identity != NULL));
	MUST(rc == 0 || strstr(err_msg(), FILE_NAME) != NULL);
	MUST((a.rights & ~ACCESS_ALL) == 0);
	MUST(rc != 0 || identity == NULL || a.rights != 0);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (memchr(data, '\0', size) != NULL)
		return 0;
	try_config(data, size);
	try_access(data, size, NULL);
	try_access(data, size, "alice");
	return 0;
}

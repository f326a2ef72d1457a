/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * command.c -- see command.h
 */
#include "oob/command.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static unsigned
count(const char *list)
{
	unsigned n = 1;
	for (; *list != '\0'; list++)
		n += *list == '|';
	return n;
}

int
command_pick(const char *list, unsigned turn, char *out, size_t size)
{
	if (list == NULL || list[0] == '\0')
		list = COMMAND_DEFAULT;
	const char *from = list;
	for (unsigned skip = turn % count(list); skip > 0; skip--)
		from = strchr(from, '|') + 1;
	size_t len = strcspn(from, "|");
	if (strspn(from, " \t") >= len)
		return err_set(-EINVAL,
			"RPMEM_CMD is '%.200s': one of the commands between "
			"'|' is empty",
			list);
	if (len >= size)
		return err_set(-EINVAL,
			"RPMEM_CMD: a command of %zu bytes is too long", len);
	memcpy(out, from, len);
	out[len] = '\0';
	return 0;
}

/* room for NUL too */
static int
add(char *command, size_t size, const char *text)
{
	size_t used = strlen(command);
	size_t len = strlen(text);
	if (used + len >= size)
		return err_set(-EINVAL, "the remote command is too long");
	memcpy(command + used, text, len + 1);
	return 0;
}

int
command_word(char *command, size_t size, const char *word)
{
	int rc = add(command, size, " '");
	for (; rc == 0 && *word != '\0'; word++) {
		char one[2] = {*word, '\0'};
		/* the only character that means something inside '...' */
		rc = add(command, size, *word == '\'' ? "'\\''" : one);
	}
	return rc == 0 ? add(command, size, "'") : rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * maplist.c -- see maplist.h
 */
#include "replica/maplist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static int
bad(const char *entry, const char *why)
{
	return err_set(-EINVAL,
		"environment variable " MAPLIST_VARIABLE
		": '%.300s': %s; expected FILE=TARGET/NAME, more of them "
		"after ';'",
		entry, why);
}

/* the slash between TARGET and NAME */
static char *
find_slash(char *target)
{
	char *slash = strchr(target, '/');
	/* of a scheme, then, if it is the first thing after a name */
	if (slash != NULL && slash > target && slash[-1] == ':' &&
		slash[1] == '/')
		slash = strchr(slash + 2, '/');
	return slash;
}

static int
parse_entry(char *entry, struct map_entry *e)
{
	char *equals = strchr(entry, '=');
	if (equals == NULL || equals == entry)
		return bad(entry, "FILE= is missing");
	if (strchr(equals + 1, '=') != NULL)
		return bad(entry, "a second '=', which no name can have here");
	char *slash = find_slash(equals + 1);
	if (slash == NULL)
		return bad(entry, "/NAME is missing");
	if (slash == equals + 1 || slash[-1] == '/')
		return bad(entry, "TARGET is missing");
	if (slash[1] == '\0' || slash[1] == '/')
		return bad(entry, "NAME is missing or begins with a slash");
	for (const char *c = entry; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == '\x7f')
			return bad("?", "there is a control character in it");
	*equals = '\0';
	*slash = '\0';
	*e = (struct map_entry){entry, equals + 1, slash + 1};
	return 0;
}

/* two files, or one twice, would overwrite each other's copy */
static int
check_copy(const struct maplist *list, const struct map_entry *e)
{
	for (unsigned i = 0; i < list->n; i++)
		if (strcmp(list->entries[i].target, e->target) == 0 &&
			strcmp(list->entries[i].name, e->name) == 0)
			return bad(e->file, "its copy is there twice");
	return 0;
}

static int
parse_all(struct maplist *list)
{
	char *next = list->text;
	while (next != NULL) {
		struct map_entry e;
		char *entry = strsep(&next, ";");
		if (list->n == MAPLIST_MAX)
			return bad(entry, "there are more than 64 entries");
		int rc = parse_entry(entry, &e);
		if (rc == 0)
			rc = check_copy(list, &e);
		if (rc < 0)
			return rc;
		list->entries[list->n++] = e;
	}
	return 0;
}

int
maplist_parse(const char *text, struct maplist *list_out)
{
	*list_out = (struct maplist){0};
	if (text == NULL || text[0] == '\0')
		return 0;
	list_out->text = strdup(text);
	if (list_out->text == NULL)
		return err_set(-ENOMEM, "no memory for " MAPLIST_VARIABLE);
	int rc = parse_all(list_out);
	if (rc < 0)
		maplist_free(list_out);
	return rc;
}

void
maplist_free(struct maplist *list)
{
	free(list->text);
	*list = (struct maplist){0};
}

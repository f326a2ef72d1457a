/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * access.c -- see access.h
 */
#include "rpmemd/access.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "rpmemd/textfile.h"

#define BLANKS " \t\r"

static const struct {
	const char *name;
	unsigned rights;
} names[] = {
	{"read", ACCESS_READ},
	{"write", ACCESS_READ | ACCESS_WRITE},
	{"remove", ACCESS_REMOVE},
};

const char *
access_name(unsigned right)
{
	return right & ACCESS_REMOVE  ? "remove"
	       : right & ACCESS_WRITE ? "write"
				      : "read";
}

static bool
parse_rights(char *list, unsigned *rights_out)
{
	char *rest = NULL;
	*rights_out = 0;
	for (char *w = strtok_r(list, ",", &rest); w != NULL;
		w = strtok_r(NULL, ",", &rest)) {
		size_t i = 0;
		while (i < ARRAY_LEN(names) && strcmp(w, names[i].name) != 0)
			i++;
		if (i == ARRAY_LEN(names))
			return false;
		*rights_out |= names[i].rights;
	}
	return *rights_out != 0;
}

/* 1: a line with something on it; 0: blank; -EINVAL without a message */
static int
parse_line(char *line, const char **identity_out, struct access *out)
{
	char *rest = NULL;
	line[strcspn(line, "#")] = '\0';
	const char *identity = strtok_r(line, BLANKS, &rest);
	char *rights = strtok_r(NULL, BLANKS, &rest);
	const char *dir = strtok_r(NULL, BLANKS, &rest);
	if (identity == NULL)
		return 0;
	if (rights == NULL || !parse_rights(rights, &out->rights) ||
		strtok_r(NULL, BLANKS, &rest) != NULL)
		return -EINVAL;
	if (dir == NULL)
		dir = "";
	if (strlen(dir) >= sizeof(out->dir))
		return -EINVAL;
	memcpy(out->dir, dir, strlen(dir) + 1);
	*identity_out = identity;
	return 1;
}

int
access_parse(char *text, const char *file, const char *identity,
	struct access *access_out)
{
	char *rest = NULL;
	bool found = false;
	bool exact = false;
	unsigned line_no = 0;
	for (char *line = textfile_line(text, &rest); line != NULL;
		line = textfile_line(NULL, &rest)) {
		struct access a;
		const char *name = NULL;
		line_no++;
		int rc = parse_line(line, &name, &a);
		if (rc < 0)
			return err_set(rc,
				"access file %s:%u: expected IDENTITY, then a "
				"comma list of read, write and remove, then "
				"perhaps a directory",
				file, line_no);
		if (rc == 0 || identity == NULL || exact)
			continue;
		exact = strcmp(name, identity) == 0;
		if (exact || (!found && strcmp(name, "*") == 0)) {
			*access_out = a;
			found = true;
		}
	}
	if (found || identity == NULL)
		return 0;
	return err_set(
		-EACCES, "access file %s has no line for %s", file, identity);
}

int
access_load(const char *file, const char *identity, struct access *access_out)
{
	CLEANUP(freep) char *text = NULL;
	mode_t mode = 0;
	int rc = textfile_read(file, &text, &mode);
	if (rc < 0)
		return err_wrap(rc, "access file");
	if (mode & (S_IWGRP | S_IWOTH))
		return err_set(-EPERM,
			"access file '%s': others than its owner may write it: "
			"chmod go-w it",
			file);
	return access_parse(text, file, identity, access_out);
}

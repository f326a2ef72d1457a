/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * textfile.c -- see textfile.h
 */
#include "rpmemd/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fileio.h"

int
textfile_read(const char *path, char **text_out, mode_t *mode_out)
{
	struct stat st;
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(-errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)TEXTFILE_MAX)
		return err_set(-EINVAL,
			"cannot read '%s': it is not a file of at most %u "
			"bytes",
			path, TEXTFILE_MAX);
	CLEANUP(freep) char *text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return err_sys(-ENOMEM, "cannot read '%s'", path);
	ssize_t n = file_read_some(fd, text, (size_t)st.st_size, 0);
	if (n < 0)
		return err_sys((int)n, "cannot read '%s'", path);
	text[n] = '\0';
	if (memchr(text, '\0', (size_t)n) != NULL)
		return err_set(-EINVAL,
			"cannot read '%s': there is a NUL in it", path);
	if (mode_out != NULL)
		*mode_out = st.st_mode;
	*text_out = TAKE_PTR(text);
	return 0;
}

char *
textfile_line(char *text, char **rest)
{
	char *line = text != NULL ? text : *rest;
	if (line == NULL || line[0] == '\0')
		return NULL;
	char *end = strchr(line, '\n');
	*rest = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * config.c -- see config.h
 *
 * The grammar is the historical daemon's.  An INI library reads another one:
 * sections, ':' for '=', lines that continue the one before, comments only
 * in some places, lines of limited length; files that worked would change
 * their meaning.
 */
#include "rpmemd/config.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "rpmemd/textfile.h"

#define HOME_VAR "$HOME"

static char *
trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t len = strlen(s);
	while (len > 0 && strchr(" \t\r", s[len - 1]) != NULL)
		len--;
	s[len] = '\0';
	return s;
}

/* the first $HOME, unless a longer name begins with it */
static bool
expand_home(const char *value, const char *home, char *out)
{
	const char *at = strstr(value, HOME_VAR);
	if (at != NULL && isalnum((unsigned char)at[strlen(HOME_VAR)]))
		at = NULL;
	int n = at == NULL
			? snprintf(out, PATH_MAX, "%s", value)
			: snprintf(out, PATH_MAX, "%.*s%s%s", (int)(at - value),
				  value, home, at + strlen(HOME_VAR));
	return n > 0 && n < PATH_MAX;
}

/* false: not a value of this option */
static bool
set(struct options *o, enum option_key key, const char *value, const char *home)
{
	char path[PATH_MAX];
	switch (key) {
	case KEY_POOLSET_DIR:
	case KEY_LOG_FILE:
	case KEY_ACCESS_FILE:
		return expand_home(value, home, path) &&
		       options_set(o, key, path) == 0;
	case KEY_PERSIST_APM:
	case KEY_PERSIST_GENERAL:
	case KEY_USE_SYSLOG:
	case KEY_LOG_LEVEL:
	case KEY_DURABILITY:
	case KEY_DATA_PORT:
	case KEY_CATCHUP_MAX:
		return options_set(o, key, value) == 0;
	case KEY_END:
		break;
	}
	return false;
}

static int
apply_line(struct options *o, char *line, const char *home)
{
	line[strcspn(line, "#")] = '\0';
	char *equals = strchr(line, '=');
	if (equals == NULL)
		return trim(line)[0] == '\0' ? 0 : -EINVAL;
	*equals = '\0';
	const char *name = trim(line);
	const char *value = trim(equals + 1);
	enum option_key key = options_key(name);
	if (value[0] == '\0' || key == KEY_END)
		return -EINVAL;
	/* the command line wins, but a bad value is still an error */
	struct options scratch;
	if (o->fixed & (1u << key)) {
		scratch = *o;
		return set(&scratch, key, value, home) ? 0 : -EINVAL;
	}
	return set(o, key, value, home) ? 0 : -EINVAL;
}

int
config_apply(struct options *o, char *text, const char *file, const char *home)
{
	char *rest = NULL;
	char seen[80];
	unsigned line_no = 0;
	for (char *line = textfile_line(text, &rest); line != NULL;
		line = textfile_line(NULL, &rest)) {
		line_no++;
		(void)snprintf(seen, sizeof(seen), "%s", line);
		int rc = apply_line(o, line, home);
		if (rc < 0)
			return err_set(rc,
				"Invalid config file line at %s:%u: '%s': "
				"expected KEY = VALUE; keys and values are in "
				"rpmemd(1)",
				file, line_no, seen);
	}
	return 0;
}

/* HOME, else the password file's; "" if neither tells */
static void
find_home(char home[PATH_MAX])
{
	const char *dir = getenv("HOME");
	struct passwd pw;
	struct passwd *found = NULL;
	char buf[4096];
	if ((dir == NULL || dir[0] != '/') &&
		getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 &&
		found != NULL)
		dir = found->pw_dir;
	int n = snprintf(home, PATH_MAX, "%s", dir != NULL ? dir : "");
	if (n < 0 || n >= PATH_MAX)
		home[0] = '\0';
}

static int
apply_file(struct options *o, const char *path, const char *home, bool must)
{
	CLEANUP(freep) char *text = NULL;
	int rc = textfile_read(path, &text, NULL);
	if (rc == -ENOENT && !must)
		return 0;
	if (rc < 0)
		return err_wrap(rc, "configuration");
	return config_apply(o, text, path, home);
}

int
config_load(struct options *o)
{
	char home[PATH_MAX];
	char user[PATH_MAX + sizeof(CONFIG_USER) + 1];
	int rc = 0;
	find_home(home);
	(void)snprintf(user, sizeof(user), "%s/%s", home, CONFIG_USER);
	if (o->config != NULL)
		rc = apply_file(o, o->config, home, true);
	else
		rc = apply_file(o, CONFIG_GLOBAL, home, false);
	if (rc == 0 && o->config == NULL && home[0] != '\0')
		rc = apply_file(o, user, home, false);
	if (rc == 0 && o->poolset_dir[0] == '\0')
		memcpy(o->poolset_dir, home, strlen(home) + 1);
	if (rc == 0)
		options_finish(o);
	return rc;
}

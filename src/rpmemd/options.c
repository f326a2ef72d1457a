/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.c -- see options.h
 *
 * argp does the work, but never exits: main decides about that.  Values are
 * judged for their form here; whether a directory or an address exists is
 * found out by whoever uses it.
 */
#include "rpmemd/options.h"

#include <argp.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "oob/chan.h"

enum {
	OPT_LISTEN = 0x100,
	OPT_PORT_FILE,
	OPT_POOLSET_DIR,
	OPT_DURABILITY,
	OPT_LOG_FILE,
	OPT_LOG_LEVEL,
	OPT_USAGE,
};

static const struct argp_option table[] = {
	{"listen", OPT_LISTEN, "HOST[:PORT]", 0,
		"Wait for initiators on this address (port 7636; 0: any free "
		"one)",
		1},
	{"port-file", OPT_PORT_FILE, "FILE", 0,
		"Write the port to FILE once connections are accepted", 1},
	{"poolset-dir", OPT_POOLSET_DIR, "DIR", 0,
		"Where the pool set files are (default: the home directory)",
		1},
	{"durability", OPT_DURABILITY, "media|memory", 0,
		"What acknowledged data is safe from: a power failure "
		"(default), or the end of the process only",
		1},
	{"log-file", OPT_LOG_FILE, "FILE", 0,
		"Append the log to FILE (default: standard error)", 2},
	{"log-level", OPT_LOG_LEVEL, "LEVEL", 0,
		"err, warn, notice (default), info or debug", 2},
	{"help", 'h', NULL, 0, "Print this help and exit", 3},
	{"usage", OPT_USAGE, NULL, 0, "Print a short usage message and exit",
		3},
	{"version", 'V', NULL, 0, "Print the version and exit", 3},
	{0},
};

struct parse {
	struct options *o;
	bool has_listen;
	bool done;
};

static error_t
bad_value(struct argp_state *state, const char *option, const char *arg,
	const char *expected)
{
	argp_error(state, "--%s is '%s': expected %s", option, arg, expected);
	return EINVAL;
}

/* made absolute: sessions and messages outlive the working directory */
static error_t
set_dir(struct argp_state *state, struct options *o, const char *arg)
{
	CLEANUP(freep) char *cwd = NULL;
	if (arg[0] == '\0')
		return bad_value(state, "poolset-dir", arg, "a directory");
	if (arg[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL) {
			argp_failure(state, 0, errno, "working directory");
			return EINVAL;
		}
	}
	int n = snprintf(o->poolset_dir, sizeof(o->poolset_dir), "%s%s%s",
		cwd != NULL ? cwd : "", cwd != NULL ? "/" : "", arg);
	if (n < 0 || (size_t)n >= sizeof(o->poolset_dir))
		return bad_value(state, "poolset-dir", arg, "a shorter path");
	return 0;
}

static error_t
set_durability(struct argp_state *state, struct options *o, const char *arg)
{
	if (strcmp(arg, "media") == 0)
		o->durability = POOL_DURABLE_MEDIA;
	else if (strcmp(arg, "memory") == 0)
		o->durability = POOL_DURABLE_MEMORY;
	else
		return bad_value(state, "durability", arg, "media or memory");
	return 0;
}

static error_t
set_listen(struct argp_state *state, struct parse *p, const char *arg)
{
	if (address_parse(arg, CHAN_DEFAULT_PORT, &p->o->listen) < 0) {
		argp_error(state, "%s", err_msg());
		return EINVAL;
	}
	p->has_listen = true;
	return 0;
}

static error_t
at_end(struct argp_state *state, const struct parse *p)
{
	if (p->has_listen || p->done)
		return 0;
	argp_error(state, "--listen HOST[:PORT] is missing: rpmemd serves "
			  "initiators only as a listener");
	return EINVAL;
}

static error_t
parse_key(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;

	switch (key) {
	case OPT_LISTEN:
		return set_listen(state, p, arg);
	case OPT_PORT_FILE:
		p->o->port_file = arg;
		return arg[0] != '\0' ? 0
				      : bad_value(state, "port-file", arg,
						"a file name");
	case OPT_POOLSET_DIR:
		return set_dir(state, p->o, arg);
	case OPT_DURABILITY:
		return set_durability(state, p->o, arg);
	case OPT_LOG_FILE:
		p->o->log_file = arg;
		return 0;
	case OPT_LOG_LEVEL:
		return log_level_parse(arg, &p->o->log_level) == 0
			       ? 0
			       : bad_value(state, "log-level", arg,
					 "err, warn, notice, info or debug");
	case 'h':
	case OPT_USAGE:
		argp_state_help(state, stdout,
			key == 'h' ? ARGP_HELP_LONG | ARGP_HELP_USAGE |
					     ARGP_HELP_DOC
				   : ARGP_HELP_USAGE);
		p->done = true;
		return 0;
	case 'V':
		(void)printf("rpmemd %s\n", RPMEM_VERSION);
		p->done = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	case ARGP_KEY_END:
		return at_end(state, p);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* HOME, else the password file's; stays empty if neither tells */
static void
default_dir(char *dir, size_t size)
{
	const char *home = getenv("HOME");
	struct passwd pw;
	struct passwd *found = NULL;
	char buf[4096];

	if ((home == NULL || home[0] != '/') &&
		getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 &&
		found != NULL)
		home = found->pw_dir;
	(void)snprintf(dir, size, "%s", home != NULL ? home : "");
}

int
options_parse(int argc, char **argv, struct options *out)
{
	static const struct argp argp = {.options = table,
		.parser = parse_key,
		.doc = "Serve remote replicas of persistent memory pools.\v"
		       "The keys of the initiators are in RPMEM_PSK_FILE "
		       "(default ~/.config/rpmem/psk); see rpmemd(1)."};
	struct parse p = {.o = out};

	memset(out, 0, sizeof(*out));
	out->durability = POOL_DURABLE_MEDIA;
	out->log_level = LOG_LEVEL_NOTICE;
	if (argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL,
		    &p) != 0)
		return -EINVAL;
	if (p.done)
		return OPTIONS_DONE;
	if (out->poolset_dir[0] == '\0')
		default_dir(out->poolset_dir, sizeof(out->poolset_dir));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.c -- see options.h
 *
 * argp does the work, but never exits: main decides about that.  The key of
 * an option that a configuration file knows too is KEY_FIRST + its enum.
 */
#include "rpmemd/options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/err.h"
#include "oob/chan.h"
#include "rpmemd/journal.h"

enum {
	OPT_LISTEN = 0x100,
	OPT_PORT_FILE,
	OPT_USAGE,
	KEY_FIRST = 0x200,
};

static const struct argp_option table[] = {
	{"listen", OPT_LISTEN, "HOST[:PORT]", 0,
		"Wait for initiators on this address (port 7636; 0: any free "
		"one)",
		1},
	{"port-file", OPT_PORT_FILE, "FILE", 0,
		"Write the port to FILE once connections are accepted", 1},
	{"access-file", KEY_FIRST + KEY_ACCESS_FILE, "FILE", 0,
		"What each key may do, and below which directory", 1},
	{"data-port", KEY_FIRST + KEY_DATA_PORT, "FIRST[-LAST]", 0,
		"Ports for pool data (default: any)", 1},
	{"remove", 'r', "NAME", 0,
		"Remove the pool of set file NAME, then exit", 2},
	{"force", 'f', NULL, 0,
		"With --remove: missing files are no error; a good copy is "
		"kept as NAME.rpmem-old (see rpmemd(1))",
		2},
	{"pool-set", 's', NULL, 0, "With --remove: the set file too", 2},
	{"poolset-dir", KEY_FIRST + KEY_POOLSET_DIR, "DIR", 0,
		"Where the pool set files are (default: the home directory)",
		3},
	{"durability", KEY_FIRST + KEY_DURABILITY, "media|memory", 0,
		"What acknowledged data is safe from: a power failure "
		"(default), or the end of the process only",
		3},
	{"catchup-max", KEY_FIRST + KEY_CATCHUP_MAX, "SIZE", 0,
		"Largest journal of a copy that is being caught up, for "
		"example 4G (default: half of the free space)",
		3},
	{"config", 'c', "FILE", 0,
		"Read this configuration file instead of the usual ones", 3},
	{"persist-apm", KEY_FIRST + KEY_PERSIST_APM, NULL, 0,
		"Accepted; has no effect any more", 3},
	{"persist-general", KEY_FIRST + KEY_PERSIST_GENERAL, NULL, 0,
		"Accepted; has no effect, as before", 3},
	{"nthreads", 't', "N", 0, "Accepted; has no effect any more", 3},
	{"log-file", KEY_FIRST + KEY_LOG_FILE, "FILE", 0,
		"Append the log to FILE", 4},
	{"use-syslog", KEY_FIRST + KEY_USE_SYSLOG, NULL, 0,
		"Log to syslog (the default without --listen)", 4},
	{"log-level", KEY_FIRST + KEY_LOG_LEVEL, "LEVEL", 0,
		"err (default), warn, notice (default with --listen), info or "
		"debug",
		4},
	{"help", 'h', NULL, 0, "Print this help and exit", 5},
	{"usage", OPT_USAGE, NULL, 0, "Print a short usage message and exit",
		5},
	{"version", 'V', NULL, 0, "Print the version and exit", 5},
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

static error_t
set_shared(
	struct argp_state *state, struct options *o, int opt, const char *arg)
{
	enum option_key key = (enum option_key)(opt - KEY_FIRST);
	/* a switch is given or not */
	if (options_set(o, key, arg != NULL ? arg : "yes") == 0)
		return 0;
	for (const struct argp_option *t = table; t->name != NULL; t++)
		if (t->key == opt)
			return bad_value(
				state, t->name, arg, options_expected(key));
	return EINVAL;
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

/* options that only make sense together, or not together */
static error_t
at_end(struct argp_state *state, const struct parse *p)
{
	struct options *o = p->o;
	const char *wrong = NULL;
	if (p->done)
		return 0;
	o->mode = p->has_listen	      ? MODE_LISTEN
		  : o->remove != NULL ? MODE_REMOVE
				      : MODE_SSH;
	if (p->has_listen && o->remove != NULL)
		wrong = "--listen and --remove exclude each other";
	else if (o->remove == NULL && (o->force || o->pool_set))
		wrong = "--force and --pool-set go with --remove only";
	else if (!p->has_listen && o->port_file != NULL)
		wrong = "--port-file goes with --listen only";
	if (wrong == NULL)
		return 0;
	argp_error(state, "%s", wrong);
	return EINVAL;
}

static error_t
print_help(struct argp_state *state, struct parse *p, int key)
{
	argp_state_help(state, stdout,
		key == 'h' ? ARGP_HELP_LONG | ARGP_HELP_USAGE | ARGP_HELP_DOC
			   : ARGP_HELP_USAGE);
	p->done = true;
	return 0;
}

static error_t
set_name(struct argp_state *state, const char *option, const char *arg,
	const char **to)
{
	*to = arg;
	return arg[0] != '\0' ? 0 : bad_value(state, option, arg, "a name");
}

static error_t
parse_key(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	uint64_t ignored;

	if (key >= KEY_FIRST && key < KEY_FIRST + (int)KEY_END)
		return set_shared(state, p->o, key, arg);
	switch (key) {
	case OPT_LISTEN:
		return set_listen(state, p, arg);
	case OPT_PORT_FILE:
		return set_name(state, "port-file", arg, &p->o->port_file);
	case 'c':
		return set_name(state, "config", arg, &p->o->config);
	case 'r':
		return set_name(state, "remove", arg, &p->o->remove);
	case 'f':
		p->o->force = true;
		return 0;
	case 's':
		p->o->pool_set = true;
		return 0;
	case 't':
		return parse_u64(arg, 0, UINT32_MAX, &ignored) == 0
			       ? 0
			       : bad_value(state, "nthreads", arg, "a number");
	case 'h':
	case OPT_USAGE:
		return print_help(state, p, key);
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

int
options_parse(int argc, char **argv, struct options *out)
{
	static const struct argp argp = {.options = table,
		.parser = parse_key,
		.doc = "Serve remote replicas of persistent memory pools: "
		       "with --listen to everybody who has a key, else, "
		       "started by ssh, to the initiator at standard input "
		       "and output.\v"
		       "The keys of the initiators are in RPMEM_PSK_FILE "
		       "(default ~/.config/rpmem/psk); see rpmemd(1)."};
	struct parse p = {.o = out};

	memset(out, 0, sizeof(*out));
	out->durability = POOL_DURABLE_MEDIA;
	out->catchup_max = JOURNAL_HALF_FREE;
	if (argp_parse(&argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL,
		    &p) != 0)
		return -EINVAL;
	out->fixed = out->given;
	return p.done ? OPTIONS_DONE : 0;
}

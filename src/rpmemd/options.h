/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.h -- rpmemd's command line, and the settings that it shares with
 * the configuration files
 */
#ifndef RPMEM_RPMEMD_OPTIONS_H
#define RPMEM_RPMEMD_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/log.h"
#include "pool/pool.h"
#include "rpmemd/address.h"

/* what a configuration file may set too */
enum option_key {
	KEY_LOG_FILE,
	KEY_POOLSET_DIR,
	KEY_PERSIST_APM,
	KEY_PERSIST_GENERAL,
	KEY_USE_SYSLOG,
	KEY_LOG_LEVEL,
	KEY_DURABILITY,
	KEY_ACCESS_FILE,
	KEY_DATA_PORT,
	KEY_CATCHUP_MAX,
	KEY_END
};

enum mode {
	MODE_SSH,    /* one session over standard input and output */
	MODE_LISTEN, /* sessions of whoever connects and has a key */
	MODE_REMOVE, /* remove a pool, then end */
};

struct options {
	enum mode mode;
	unsigned given; /* 1 << enum option_key: set by somebody */
	unsigned fixed; /* of these, by the command line: files do not count */
	struct address listen;
	const char *port_file; /* NULL: none; borrowed from argv */
	const char *config;    /* NULL: the usual files; borrowed from argv */
	const char *remove;    /* NULL: none; borrowed from argv */
	bool force;
	bool pool_set;
	char poolset_dir[PATH_MAX]; /* absolute */
	char log_file[PATH_MAX];    /* "": stderr */
	char access_file[PATH_MAX]; /* "": none */
	bool use_syslog;
	bool persist_apm;
	uint16_t data_port_min; /* 0: any */
	uint16_t data_port_max;
	uint64_t catchup_max; /* bytes; JOURNAL_HALF_FREE */
	enum pool_durability durability;
	enum log_level log_level;
};

/*
 * options_parse -- check and convert the command line
 *
 * Help, version and messages about bad usage are printed here.
 *
 * Returns 0; OPTIONS_DONE: help or version was asked for and printed;
 * -EINVAL: bad usage
 */
#define OPTIONS_DONE 1
NODISCARD int options_parse(int argc, char **argv, struct options *out);

/* the key of this name; KEY_END: there is none */
enum option_key options_key(const char *name);

/* set from text; 0 or -EINVAL without a message; marks it as given */
NODISCARD int options_set(
	struct options *o, enum option_key key, const char *value);

/* what the value of a key has to be, for messages */
const char *options_expected(enum option_key key);

/* defaults that depend on the mode, for what nobody gave */
void options_finish(struct options *o);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * options.h -- rpmemd's command line
 */
#ifndef RPMEM_RPMEMD_OPTIONS_H
#define RPMEM_RPMEMD_OPTIONS_H

#include <limits.h>

#include "base/compiler.h"
#include "base/log.h"
#include "pool/pool.h"
#include "rpmemd/address.h"

struct options {
	struct address listen;
	const char *port_file;	    /* NULL: none; borrowed from argv */
	char poolset_dir[PATH_MAX]; /* absolute */
	const char *log_file;	    /* NULL: stderr; borrowed from argv */
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

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * config.h -- rpmemd's configuration files
 */
#ifndef RPMEM_RPMEMD_CONFIG_H
#define RPMEM_RPMEMD_CONFIG_H

#include "base/compiler.h"
#include "rpmemd/options.h"

#define CONFIG_GLOBAL "/etc/rpmemd/rpmemd.conf"
#define CONFIG_USER ".rpmemd.conf" /* in the home directory */

/*
 * config_apply -- "key = value" lines into options (pure)
 *
 * What the command line gave (options.fixed) stays.  '#' begins a comment
 * anywhere; blanks around key and value do not count.
 *
 *   text   is cut into words
 *   home   what $HOME in a path stands for
 *
 * Returns 0; -EINVAL with a message that names file and line
 */
NODISCARD int config_apply(
	struct options *o, char *text, const char *file, const char *home);

/*
 * config_load -- the file of --config, or else the global one and then the
 * user's, as far as they are there; then defaults for what nobody gave
 *
 * Returns 0, -EINVAL as above, or -errno of reading, with a message
 */
NODISCARD int config_load(struct options *o);

#endif

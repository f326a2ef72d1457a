/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * portfile.h -- the file that tells the port a listener really has
 */
#ifndef RPMEM_RPMEMD_PORTFILE_H
#define RPMEM_RPMEMD_PORTFILE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"

struct portfile {
	const char *path; /* borrowed; NULL: there is none */
	dev_t dev;	  /* what we wrote */
	ino_t ino;
};

/*
 * portfile_write -- "PORT\n", complete from the moment the file is there
 *
 *   path   borrowed until portfile_remove; one that is there is replaced
 *
 * Returns 0, or -errno with a message and nothing left behind
 */
NODISCARD int portfile_write(
	struct portfile *f, const char *path, uint16_t port);

/* remove it, unless somebody else has replaced it since; may be repeated */
void portfile_remove(struct portfile *f);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapid.h -- who a mapped file is, kept beside it in FILE.rpmem-id
 *
 * A file that a program maps has no header to tell one from another that had
 * its name before: removed and made anew, or brought back from a backup.  So
 * its identity is kept with the number and the birth of the inode that it was
 * given to, and counts for that one only.
 */
#ifndef RPMEM_REPLICA_MAPID_H
#define RPMEM_REPLICA_MAPID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"

#define MAPID_SUFFIX ".rpmem-id"
#define MAPID_TEXT_MAX 256u

struct mapid {
	uint8_t uuid[UUID16_LEN];
	uint64_t ino;
	uint64_t born_ns; /* since 1970; 0: the file system does not tell */
};

/* text and value (pure); parse: 0 or -EBADMSG, only for what format makes */
size_t mapid_format(const struct mapid *id, char out[MAPID_TEXT_MAX]);
NODISCARD int mapid_parse(const char *text, size_t len, struct mapid *id_out);

/* is it of this inode? (pure) */
bool mapid_fits(const struct mapid *id, uint64_t ino, uint64_t born_ns);

#define MAPID_LOST 1

/*
 * mapid_load -- the identity of a file that is there
 *
 * Returns 0; MAPID_LOST with a message: there is none that counts; a negative
 * errno with a message: it cannot be told
 */
NODISCARD int mapid_load(const char *file, uint8_t uuid_out[UUID16_LEN]);

/*
 * mapid_save -- this is the file's identity from now on
 *
 * Durability  on return 0 it is on media, and so is the file's name.
 */
NODISCARD int mapid_save(const char *file, const uint8_t uuid[UUID16_LEN]);

/* the file is removed */
void mapid_remove(const char *file);

#endif

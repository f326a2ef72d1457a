/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * lineagefile.h -- a primary's lineage, in the state directory
 *
 * One file for each primary, whatever copies it has:
 * POOLSET-UUID "-" PRIMARY-UUID ".lineage".  Two slots of 8 KiB, written in
 * turn, each with a checksum: a torn write leaves the older one.  Which slot
 * counts, and what is in it, is checked; a file that is damaged is as none.
 */
#ifndef RPMEM_LIBRPMEM_LINEAGEFILE_H
#define RPMEM_LIBRPMEM_LINEAGEFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "librpmem/statedir.h"
#include "lineage/lineage.h"

#define LINEAGEFILE_SLOT_SIZE 8192u
#define LINEAGEFILE_SUFFIX ".lineage"
#define LINEAGEFILE_NAME_MAX 96u

#define LINEAGEFILE_F_CLEAN 1u	  /* closed in order: `last` is known */
#define LINEAGEFILE_F_PROMOTED 2u /* written by a promote, not yet opened */
#define LINEAGEFILE_F_ALL 3u

struct lineagefile_record {
	uint64_t counter; /* of writes */
	uint32_t flags;
	uint8_t poolset_uuid[UUID16_LEN];
	uint8_t primary_uuid[UUID16_LEN]; /* or a raw pool's identity */
	uint64_t writer;    /* this primary as a member: random, never 0 */
	uint64_t identity;  /* of the pool's files, see history_files.h */
	uint64_t pool_size; /* the files hold the first bytes up to here */
	uint64_t run_id;    /* of libpmemobj, in the pool; 0: has none */
	/* numbers up to here may have been given out; with F_CLEAN: were */
	uint64_t last;
	struct lineage lineage;
};

void lineagefile_encode(
	const struct lineagefile_record *r, uint8_t out[LINEAGEFILE_SLOT_SIZE]);

/* 0 or -EBADMSG (no message: the other slot may be good) */
NODISCARD int lineagefile_decode(const uint8_t in[LINEAGEFILE_SLOT_SIZE],
	struct lineagefile_record *r_out);

/* in build order */
struct lineagefile {
	char path[STATEDIR_PATH_MAX + LINEAGEFILE_NAME_MAX];
	int fd;		  /* locked */
	bool was_damaged; /* there was something, and it cannot be read */
	struct lineagefile_record record;    /* the caller's, for write */
	struct lineagefile_record written;   /* on media; counter 0: none is */
	uint8_t slot[LINEAGEFILE_SLOT_SIZE]; /* to write from: not on a stack */
};

/*
 * lineagefile_open -- find or make the file of a primary, and lock it
 *
 * A new one is empty: lineage.n is 0, writer is random.  Nothing is written.
 *
 * Returns 0; -EBUSY: another program has the pool, or a clone of it, open
 * with its copies; -EINVAL: RPMEM_STATE_DIR; -EACCES, -errno of statedir.h;
 * with a message
 */
NODISCARD int lineagefile_open(struct lineagefile *f,
	const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN]);

/*
 * lineagefile_write -- f->record becomes the record; counter is set here
 *
 * Durability  on return 0 it is on media; on failure the old one counts, and
 *             f->record is set back to it; with a message
 */
NODISCARD int lineagefile_write(struct lineagefile *f);

/* fd -1 and a second call are fine */
void lineagefile_close(struct lineagefile *f);

/*
 * lineagefile_read -- as tools look at it: no lock is taken
 *
 *   is_held_out   a program has it open
 *
 * Returns 0; -ENOENT; -EBADMSG; -errno; with a message
 */
NODISCARD int lineagefile_read(
	const char *path, struct lineagefile_record *r_out, bool *is_held_out);

/* the file's name in the state directory */
void lineagefile_name(const uint8_t poolset_uuid[UUID16_LEN],
	const uint8_t primary_uuid[UUID16_LEN],
	char name[LINEAGEFILE_NAME_MAX]);

#endif

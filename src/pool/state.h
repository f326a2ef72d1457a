/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state.h -- what a target knows of a copy beyond its bytes: NAME.rpmem-state
 *
 * Two pages, and the copy's lineage behind them (state_lineage.h).  Page 0
 * holds the record, checksummed, in two slots written in turn (the valid slot
 * with the higher generation counts), each write followed by fdatasync: a torn
 * write leaves the older record.  Page 1 is mapped; its first 8 bytes are
 * applied_seq in the machine's byte order, stored after each barrier without
 * msync.  They are trusted only within one boot.  Behind them is whose session
 * holds the copy (state_hold.h).
 */
#ifndef RPMEM_POOL_STATE_H
#define RPMEM_POOL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/uuid16.h"
#include "pool/state_lineage.h"

#define STATE_RECORD_SIZE 8192u /* all that older files have */
#define STATE_FILE_SIZE 24576u
#define STATE_PAGE 4096u
#define STATE_SLOT_SIZE 512u
/* apart, so that a stray write of a sector or two hits one of them only */
#define STATE_SLOT_STRIDE 2048u
#define STATE_SUFFIX ".rpmem-state"

/*
 * flags: equal to the OOB_COPY_F_* values of wire/oob.h, which this module
 * may not include; rpmemd, which includes both, asserts it statically
 */
#define STATE_F_CREATING 1u
#define STATE_F_CLEAN 2u
#define STATE_F_LENT 4u
#define STATE_F_EQUALISING 8u
#define STATE_F_RECORD 16u
#define STATE_F_RAW 32u
#define STATE_F_SUSPECT 64u
#define STATE_F_UNWRITTEN 128u
#define STATE_F_PROMOTED 256u
#define STATE_F_UNKNOWN 512u
#define STATE_F_REBUILT 1024u
#define STATE_F_CHANGED 2048u
#define STATE_F_ALL 4095u

struct state {
	uint64_t generation; /* of the record; counts writes */
	uint32_t flags;
	uint8_t poolset_uuid[UUID16_LEN];
	/* zero without STATE_F_RECORD; with it, of nobody: promoted */
	uint8_t primary_uuid[UUID16_LEN];
	uint8_t boot_id[UUID16_LEN]; /* of the last session's start */
	uint64_t applied_seq;	     /* at the last clean close */
	/* what the last session that changed it had said of its owner, and
	 * which of the owner's opens it was; zero: nothing */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	/* the copy's own: random, for ever; 0: of an older file, state_open
	 * makes one up and the next write keeps it */
	uint64_t copy_id;
	/* of the parts, at the last end of a session, see stamp.h; 0: none,
	 * since a session has changed them, or an older file */
	uint64_t stamp;
};

void state_encode(const struct state *s, uint8_t out[STATE_SLOT_SIZE]);

/* 0 or -EBADMSG (no message: the other slot may be good) */
NODISCARD int state_decode(
	const uint8_t in[STATE_SLOT_SIZE], struct state *s_out);

/* page 0: the slot that counts; 0 or -EBADMSG, without a message: neither */
NODISCARD int state_judge(const uint8_t page[STATE_PAGE], struct state *s_out);

struct state_file {
	int fd;
	uint8_t *map;	      /* page 1 */
	uint64_t tag;	      /* of the session here, see state_hold.h */
	struct state state;   /* the caller's, for state_write */
	struct state written; /* what is on media */
	struct state_lineage lineage; /* what is on media */
	char name[256];		      /* tail of the path, for messages */
};

/*
 * state_create -- make the file and write the first record, durably
 *
 *   dirfd, path   as for openat; a file that is there is replaced
 *
 * Returns 0 or -errno with a message; nothing is left behind on failure
 */
NODISCARD int state_create(struct state_file *f, int dirfd, const char *path,
	const struct state *first);

/*
 * state_open -- read the record of a copy
 *
 * A lineage that cannot be read is f->lineage.is, no error.
 *
 * Returns 0; -ENOENT: there is none; -EUCLEAN: no valid slot, or the wrong
 * size; -errno; with a message
 */
NODISCARD int state_open(struct state_file *f, int dirfd, const char *path);

/* another id in f->state, which is no record yet */
NODISCARD int state_renew_id(struct state_file *f);

/*
 * state_write -- f->state becomes the record
 *
 * f->state.generation is set here; what the caller left there does not count.
 * A file of the older size grows first.
 *
 * Durability  on return 0 it is on media; on failure the old record counts
 *             and f->state is set back to it.
 */
NODISCARD int state_write(struct state_file *f);

/* what somebody reads who does not hold the copy */
struct state_view {
	struct state state; /* copy_id 0: an older file, none yet */
	uint64_t mapped;    /* applied_seq, mapped */
	bool is_promoting;  /* state_is_promoting */
	struct state_lineage lineage;
};

/*
 * state_look -- what is on record, while whoever holds the copy may write it
 *
 *   dirfd, path   as for state_open, whose errors it has
 *
 * What is returned is, part by part, what was on media at some instant of the
 * call or was being made so.
 */
NODISCARD int state_look(struct state_view *v, int dirfd, const char *path);

/* would state_write change what is on media? */
bool state_differs(const struct state_file *f);

/* the mapped applied_seq: one relaxed 8-byte store or load */
void state_set_applied(struct state_file *f, uint64_t seq);
uint64_t state_applied(const struct state_file *f);

/* fd -1 and a second call are fine */
void state_close(struct state_file *f);

/* this boot's id; zeros if the kernel does not tell */
void state_boot_id(uint8_t out[UUID16_LEN]);

/* is it this boot that the record is of? */
bool state_is_this_boot(const struct state *s);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * journal.h -- NAME.rpmem-catchup, beside the state file, on disk
 *
 * Its form is in journal_codec.h, its life in catchup.h and redo.h.  Who
 * holds the pool's parts holds the journal, so there is no lock here.
 */
#ifndef RPMEM_RPMEMD_JOURNAL_H
#define RPMEM_RPMEMD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "rpmemd/journal_codec.h"

/* no limit was set: half of what is free */
#define JOURNAL_HALF_FREE UINT64_MAX

struct journal {
	int dir;    /* that holds it; -1: there is no journal */
	char *name; /* in dir */
	int fd;
	uint8_t *buf;  /* read from, JOURNAL_BUF bytes */
	uint8_t *room; /* written from, JOURNAL_REC_MAX bytes */
	struct journal_begin begin;
	struct journal_end end; /* len 0: not complete */
	bool may_be_torn;	/* at its end: what a process left that died */
	uint64_t size;		/* bytes */
	uint64_t last_seq;	/* of the last record appended */
	uint64_t limit;		/* bytes it may have */
	uint64_t looked;	/* up to here the limit was looked at */
	uint64_t read_at;	/* bytes read as records, header included */
	uint64_t read_seq;
	uint32_t buf_at; /* of buf, next byte */
	uint32_t buf_len;
};

/*
 * journal_create -- begin one; what was there under its name goes
 *
 *   limit   bytes, or JOURNAL_HALF_FREE
 *
 * Durability  its name is durable on return 0, so that "complete" is enough.
 * Returns 0; -ENOSPC, ...; with a message; nothing is left behind
 */
NODISCARD int journal_create(struct journal *j, int dirfd, const char *desc,
	const struct journal_begin *begin, uint64_t limit);

/*
 * journal_append -- one more record at the end
 *
 * Returns 0; JOURNAL_FULL: the limit or the disk does not let it, and the
 * journal is as before; -EIO, ... with a message
 */
#define JOURNAL_FULL 1
NODISCARD int journal_append(struct journal *j, const struct record *rec);

/* what was appended is on media */
NODISCARD int journal_sync(struct journal *j);

/* all of it counts from here on: synced, then the word, then that synced */
NODISCARD int journal_complete(struct journal *j);

/*
 * journal_open -- of a session that has ended
 *
 * Returns 0; -ENOENT, without a message: there is none; -errno with one
 */
NODISCARD int journal_open(struct journal *j, int dirfd, const char *desc,
	enum journal_kind *kind_out);

bool journal_exists(int dirfd, const char *desc);

/*
 * journal_next -- the next record, from the start on
 *
 *   rec_out   its payload is borrowed until the next call
 *
 * Returns 1; 0: that was the last; -EBADMSG: it cannot be read whole; -EIO,
 * ...; with a message.  Behind the end that a journal names, what is no whole
 * record is not there.
 */
NODISCARD int journal_next(struct journal *j, struct record *rec_out);

/* remove it, durably: it must not come back over what follows it */
NODISCARD int journal_remove(struct journal *j);

/* the same without opening it; one that is not there is no error */
NODISCARD int journal_forget(int dirfd, const char *desc);

/* one that is not complete will never be read: give its bytes back, but leave
 * word that it was begun */
void journal_shrink(struct journal *j);

/* half-made and closed ones are fine */
void journal_close(struct journal *j);

/* where a test kills the process */
void journal_step(void);

#endif

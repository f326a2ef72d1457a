/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * handle.h -- an open remote pool in this process
 */
#ifndef RPMEM_LIBRPMEM_HANDLE_H
#define RPMEM_LIBRPMEM_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/knobs.h"
#include "base/mutex.h"
#include "librpmem/alias.h"
#include "librpmem/history.h"
#include "librpmem/marks.h"
#include "librpmem/notify.h"
#include "librpmem/onloss.h"
#include "librpmem/remember.h"
#include "librpmem/role.h"
#include "librpmem/speed.h"
#include "librpmem/states.h"
#include "librpmem/stream.h"
#include "librpmem/target.h"
#include "librpmem/walk.h"
#include "oob/chan.h"

#define POOL_HDR_SIZE 4096u
/* where they are in a header page and in attributes */
#define HDR_SIG_LEN 8
#define HDR_POOLSET_UUID 24
#define HDR_UUID 40
#define HDR_NEXT_REPL_UUID 104
/* the same two in attributes */
#define HDR_UUID_IN_ATTR 40
#define HDR_NEXT_UUID_IN_ATTR 56

/* what a tool has asked for; see keeper_verify.c */
struct verify {
	uint64_t request; /* the last one's number; 0: none */
	bool is_running;
	bool is_busy;	  /* the program appends */
	uint64_t appends; /* of the program, at the last step */
	uint64_t next;	  /* when */
	struct walk walk;
};

/* what keeps an owner's copy; see keeper.h */
struct keeper {
	bool is_made;
	bool is_known;		  /* the marks say what the copy may lack */
	atomic_bool can_catch_up; /* there is an alias */
	/* nothing of what calls were told is missing in the copy, as long as
	 * the stream lives */
	atomic_bool has_all;
	atomic_bool is_closing; /* the end of the stream is no loss now */
	atomic_int state;	/* enum state; changes under lock */
	struct mutex lock;
	struct cond changed; /* state */
	struct remember memory;
	struct notify notify;
	struct marks marks; /* the stream's */
	struct alias alias;
	/* the rest: the pulse thread's alone */
	uint64_t next_try; /* when; 0: at once */
	uint64_t show_at;  /* the numbers for tools, again */
	uint32_t backoff_ms;
	uint64_t losses;
	int error;	 /* of the last loss */
	uint64_t resent; /* bytes, since it came back */
	struct speed speed;
	uint64_t appends;  /* of the program, when blocks were last sent */
	uint64_t scan_off; /* compared up to here; UINT64_MAX: all is */
	uint64_t scan_end; /* what lies behind it the copy has never had */
	uint8_t *block;	   /* MARKS_BLOCK bytes */
	char said[ERR_MAX];
	struct verify verify;
};

/* in build order; handle_free takes them down in the reverse order */
struct rpmem_pool {
	struct target target;
	char set_name[OOB_DESC_MAX];
	struct knobs knobs;
	const char *stats_path; /* RPMEM_STATS; borrowed from the environment */

	/* The program's memory.  It is unmapped before rpmem_close: only the
	 * thread that is inside a data call may touch it. */
	const uint8_t *addr;
	atomic_uint_fast64_t size; /* grows, see rpmem_grow */
	unsigned nlanes;
	uint64_t *lane_seq; /* last record of each lane; its user's alone */
	bool has_headers;
	bool is_explicit; /* opened by rpmem_open_owner or its like */
	/* no program: libpmemobj has not counted a run, and nobody waits for
	 * the open, which compares as long as it takes */
	bool is_tool;
	bool compares_all;
	bool adopts;
	bool is_restored; /* a tool's: the pool, or the copy, was set back */
	bool is_raw;	  /* opened by the owner of a raw pool */
	bool was_created;
	unsigned fork_generation;

	enum role role;
	enum attach attach;
	struct history *history; /* an owner's, once its pool has a header */
	struct history_part part;
	/* the copy's, when it was last opened */
	struct oob_blob copy_lineage;
	uint64_t copy_last;
	bool if_equal; /* its lineage does not decide, its bytes do */
	/* page 0's, or a raw pool's identity; zero until known */
	uint8_t primary_uuid[UUID16_LEN];
	/* what an open says of this side; an owner's are never zero */
	uint8_t owner_id[UUID16_LEN];
	uint64_t open_counter;
	uint64_t parts_identity; /* of the primary's files */
	struct mutex equal_lock; /* around the first equalising */
	atomic_bool is_equal;	 /* owner: equalised; passive: always set */
	/* the first equalising has come to here; for who watches it */
	atomic_uint_fast64_t equal_to;

	struct mutex oob_lock; /* ch: one call at a time */
	struct chan ch;
	struct oob_copy copy; /* facts at open */
	struct onloss onloss;
	bool fence_aborts;     /* RPMEM_ON_FENCED */
	unsigned min_replicas; /* durable calls wait for so many; 0: for none */
	struct keeper keeper;
	struct stream *st;

	struct rpmem_pool *next; /* registry */
};

struct handle_args {
	const char *target;
	const char *set_name;
	void *addr;
	uint64_t size;
	unsigned nlanes;
	const uint8_t *create_attr; /* OOB_ATTR_SIZE bytes; NULL: open */
	bool from_libpmemobj;
	bool from_libpmempool;
	bool is_owner;	   /* said so itself */
	bool is_tool;	   /* ... and opens no pool of libpmemobj for itself */
	bool compares_all; /* ... and does not go by what is remembered */
	bool adopts; /* ... and whose state directory knows nothing of it */
	bool is_raw;
	bool as_is; /* passive: also a copy that was changed at its target */
	const uint8_t *identity; /* of a raw pool's primary; NULL: lost */
};

/*
 * handle_open -- connect, create or open, make the stream
 *
 * An open that returns has changed nothing at the target.  On failure
 * after a create what was created is removed again.
 *
 * Returns 0 or a negative errno with a message; see rpmem_create(3)
 */
NODISCARD int handle_open(
	const struct handle_args *args, struct rpmem_pool **h_out);

/* make the copy equal if this is an owner's first change; see equal.h */
NODISCARD int handle_ready(struct rpmem_pool *h);

/* one request over the oob connection whose answer is OOB_REPLY */
NODISCARD int handle_call(
	struct rpmem_pool *h, struct oob_msg *msg, uint64_t deadline);

/* -errno and message of a reply's status; 0 for success */
NODISCARD int reply_error(const char *target, const char *what, uint32_t status,
	const char *text);

/* connect and greet: for handle_open and rpmem_remove */
NODISCARD int oob_greet(struct chan *ch, const struct target *target,
	const struct knobs *knobs);

/*
 * handle_close -- end the session in order, free the handle in any case
 *
 * Does not touch the pool's memory.  Returns 0, -ECONNRESET, -ETIMEDOUT or
 * what the target said.
 */
NODISCARD int handle_close(struct rpmem_pool *h);

/* what handle_open has built, as far as it has; the target is told nothing */
void handle_free(struct rpmem_pool *h);

/* a deadline for work that grows with the pool's size */
uint64_t size_deadline(const struct knobs *knobs, uint64_t size);

#endif

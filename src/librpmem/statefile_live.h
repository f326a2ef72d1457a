/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statefile_live.h -- what a program shows of a copy while it runs
 *
 * A page of a state file, mapped, in the machine's byte order.  A program
 * stores into it without a system call; tools read the file.  Each number is
 * right by itself and may be of another moment than the one beside it, which
 * is good enough for people and monitors.  The four that are marked are for the
 * next open, which takes what a killed program left here for what it
 * remembered, within one boot; past.h has the argument for each.
 *
 * Threads: numbers by any thread; statefile_say by one at a time.
 */
#ifndef RPMEM_LIBRPMEM_STATEFILE_LIVE_H
#define RPMEM_LIBRPMEM_STATEFILE_LIVE_H

#include <stdatomic.h>
#include <stdint.h>

#include "librpmem/states.h"

#define STATEFILE_LIVE_MAGIC 0x314556494c4d5052ULL /* "RPMLIVE1" */
#define STATEFILE_LIVE_VERSION 1u
#define STATEFILE_LIVE_SIZE 4096u
#define STATEFILE_LIVE_STATES 8u
#define STATEFILE_SAID_MAX 256u

typedef _Atomic uint64_t live_u64;

/*
 * The only words that another process than the program writes are those of the
 * tool (verify_ask.c), and either side checks what it finds: keeper_verify.c
 * has the order.
 */
#define VERIFY_SPEAKS 1u
#define VERIFY_F_REPAIR 1u
#define VERIFY_RANGES 64u
enum verify_state {
	VERIFY_NONE,
	VERIFY_RUNNING,
	VERIFY_DONE,
	VERIFY_LOST,	  /* the copy is not attached, or not any more */
	VERIFY_CANCELLED, /* by the tool */
	VERIFY_UNABLE,	  /* the program cannot read its memory for it */
};

struct verify_words {
	live_u64 speaks; /* VERIFY_SPEAKS: the program takes requests */
	/* the tool's: the flags, then the request's number */
	live_u64 flags;
	live_u64 asked;
	live_u64 cancelled; /* the number of a request */
	/* the program's: the rest is of this request */
	live_u64 taken;
	live_u64 state;
	live_u64 compared; /* bytes */
	live_u64 total;
	live_u64 left_out;  /* bytes of the run-time range */
	live_u64 different; /* blocks of 4 KiB */
	live_u64 settled;
	live_u64 sent; /* bytes, again */
	live_u64 nranges;
	live_u64 ranges[VERIFY_RANGES]; /* offset | enum walk_kind */
};

struct statefile_live {
	live_u64 magic;
	live_u64 version;
	live_u64 pid;		/* 0: closed in order */
	live_u64 state;		/* enum state */
	live_u64 state_since_s; /* CLOCK_REALTIME */
	live_u64 is_settled;	/* all of the copy has been compared */
	live_u64 appended_seq;
	live_u64 acked_seq;
	live_u64 dirty_bytes;
	live_u64 scanned_to; /* compared up to here, bytes */
	live_u64 losses;
	live_u64 reconnects;
	live_u64 resent_bytes;
	live_u64 waits;
	live_u64 rtt_p50_ns;
	live_u64 rtt_p99_ns;
	live_u64 last_error;			 /* positive errno; 0: none */
	live_u64 changes[STATEFILE_LIVE_STATES]; /* into each state */
	live_u64 updated_at_ms;			 /* CLOCK_REALTIME */
	live_u64 said_turn;			 /* odd while said is written */
	char said[STATEFILE_SAID_MAX];
	/* ---- read back by the next open ---- */
	live_u64 safe_seq;	  /* durable at the copy: at least this */
	live_u64 open_counter;	  /* of the last try to reach the target */
	live_u64 reached_counter; /* of the last that it has on record */
	live_u64 run_id;	  /* of a libpmemobj pool, as last sent */
	/* ---- came later; 0 in older files ---- */
	live_u64 speed; /* of catching up, see standing.h; bytes/s */
	/* ---- rpmem verify: a tool asks, the program answers ---- */
	struct verify_words verify;
};

_Static_assert(sizeof(struct statefile_live) <= STATEFILE_LIVE_SIZE, "a page");
_Static_assert(sizeof(live_u64) == 8, "no lock inside");

/* relaxed: see above */
static inline void
live_set(live_u64 *number, uint64_t value)
{
	atomic_store_explicit(number, value, memory_order_relaxed);
}

static inline void
live_add(live_u64 *number, uint64_t more)
{
	(void)atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static inline uint64_t
live_get(const live_u64 *number)
{
	return atomic_load_explicit(number, memory_order_relaxed);
}

/* begin: everything 0, and who it is */
void statefile_live_begin(struct statefile_live *live);

/* a state is entered now: state, state_since_s, changes */
void statefile_live_enter(struct statefile_live *live, enum state state);

/* the numbers are as of now */
void statefile_live_touch(struct statefile_live *live);

/* what happened last, for people; cut to the field */
void statefile_live_say(struct statefile_live *live, const char *text);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * simulate.h -- a small model of machines with a pool or a copy each
 *
 * A node holds records (a bit each), a lineage and numbers, each of them
 * durable or not, exactly as far as the real thing has them.  What the model
 * knows beside that (which records were acknowledged to a program, who was
 * really promoted from what) is kept apart, under "truth", and is looked at
 * by the checks only.
 *
 * simulate.c runs schedules of random steps and, for each rule, one world in
 * which that rule is broken (enum mutant): a check that finds nothing there
 * would prove nothing.
 */
#ifndef RPMEM_TESTS_LINEAGE_SIMULATE_H
#define RPMEM_TESTS_LINEAGE_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "lineage/lineage.h"
#include "mutants.h"

#define NODES 4
#define CLONE 3 /* the last node: where a drill's clone goes */
#define RECORDS 64
#define LOG_MAX 112
#define SNAPSHOTS 64
#define BLOCK 4u /* numbers reserved at a time */

enum program { DOWN, ASKING, STARTING, RUNNING };

/* a primary's view of a copy; from FILLED on it is in the stream */
enum peer_state {
	PEER_OFF,
	PEER_LOST, /* a member, and not dropped yet: calls wait */
	PEER_CONNECTED,
	PEER_LISTED,
	PEER_FILLING,
	PEER_FILLED,
	PEER_TOLD,
	PEER_ATTACHED
};

struct peer {
	enum peer_state st;
	bool asked;
	bool counted;	/* calls wait for it */
	uint32_t acked; /* items of the log */
	uint32_t told;	/* items, with the one that made it a member */
};

struct item {
	uint64_t number;
	int record;   /* -1: a lineage */
	int snapshot; /* of it */
};

/* applied, and not durable yet */
struct pending {
	uint64_t number;
	int record;
};

/* what lies on a node's media */
struct disk {
	uint64_t have;
	uint64_t last;
	struct lineage lineage;
	uint64_t id;
	bool is_lost; /* the lineage */
	bool is_primary;
	bool is_unequal; /* being made equal directly: no point of anything */
	unsigned untold; /* the generation in which it was filled, and which
			    it was not told of yet; 0: none */
	bool is_clean;	 /* a primary's: closed, at `last` */
	uint64_t reserved;
};

struct node {
	struct disk disk;
	struct disk backup;
	bool has_backup;
	bool up;
	/* as seen while the machine is up */
	uint64_t have;
	uint64_t last;
	uint64_t reported; /* what it says of `last` */
	bool is_low;	   /* ... which may be less: it has crashed */
	struct pending pending[RECORDS + LOG_MAX];
	uint32_t npending;
	/* a copy's */
	int session; /* the primary that it serves; -1: none */
	uint32_t applied, durable;
	/* a primary's */
	enum program program;
	uint64_t next;
	struct item log[LOG_MAX];
	uint32_t nlog, returned, change;
	bool change_is_due; /* step 1 is done */
	struct peer peer[NODES];
	/* truth */
	uint64_t acked;	   /* to its programs */
	bool is_tainted;   /* a backup, or its state was deleted */
	bool is_old;	   /* its file is, and may lack members */
	bool is_discarded; /* somebody said so */
	bool may_be_alone; /* the policy or the operator let it go on */
	unsigned with;	   /* whom calls of this generation waited for */
	unsigned rivals;   /* promoted from its generation, a bit each */
	unsigned must_fence;
};

struct world {
	uint64_t seed, rng;
	enum mutant mutant;
	bool in_two; /* a copy is told in the stream, behind its filling */
	/* a change ends the old generation at the end of the reservation, and
	 * not at the last number that was given out */
	bool ends_high;
	bool trace;
	unsigned steps;
	bool link[NODES][NODES];
	struct node node[NODES];
	struct lineage snapshot[SNAPSHOTS];
	int nsnapshots;
	int nrecords;
	unsigned ngenerations;
	/* truth */
	bool is_plain;	/* crashes and losses only */
	bool is_simple; /* no more than one promote, besides */
	uint64_t acked;
	uint64_t shared;	    /* ... with at least one copy */
	unsigned promoted_from[64]; /* generations */
	unsigned npromoted;
	char violation[160]; /* empty: none */
};

/* simulate_world.c */
uint64_t random_below(struct world *w, uint64_t n);
bool chance(struct world *w, unsigned one_in);
void trace(const struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
void violate(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
void lineage_copy(struct lineage *to, const struct lineage *from);
struct lineage_entry new_entry(struct world *w, enum lineage_kind kind);
void name_entry(struct lineage_entry *e, unsigned generation);
unsigned generation_of(const struct lineage_entry *e);
void world_init(struct world *w, uint64_t seed, enum mutant mutant, bool plain);
void sync_node(struct node *n);
void apply(struct node *n, int record, uint64_t number);
void crash_node(struct world *w, int i, bool power);
void end_session(struct world *w, int copy);
void forget_past(struct world *w, int c);
int node_with_id(const struct world *w, uint64_t id);
bool reachable(const struct world *w, int a, int b);
void check_members(struct world *w);

/* simulate_program.c: steps of a primary's program, false: nothing to do */
bool give_number(struct world *w, struct node *p, uint64_t *number);
bool put_lineage(struct world *w, int p, const struct lineage *l);
void stop_program(struct world *w, int p);
bool step_start(struct world *w, int p);
bool step_begin(struct world *w, int p, bool alone);
bool step_run(struct world *w, int p);
bool step_append(struct world *w, int p);
bool step_return(struct world *w, int p);
bool step_change_file(struct world *w, int p);
bool step_change_told(struct world *w, int p);
bool step_close(struct world *w, int p);

/* simulate_join.c: steps between a primary and a copy */
struct lineage_decision look_at(struct world *w, int p, int c);
bool step_connect(struct world *w, int p, int c);
bool step_list(struct world *w, int p, int c);
bool step_fill(struct world *w, int p, int c);
void tell_filled(struct world *w, int p, int joiner);
bool step_tell(struct world *w, int p, int c);
bool step_deliver(struct world *w, int p, int c);
bool step_ack(struct world *w, int p, int c);
bool step_settle(struct world *w, int p);

/* simulate_operator.c: what people do */
bool step_promote(struct world *w, int c, bool guarded);
bool step_clone(struct world *w, int c);
bool step_backup(struct world *w, int i);
bool step_restore(struct world *w, int i);
bool step_delete_state(struct world *w, int c);
bool step_discard(struct world *w, int p, int c);

#endif

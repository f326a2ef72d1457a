/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * simulate_program.c -- a primary's program: numbers, calls, changes, starts
 */
#include <errno.h>
#include <string.h>

#include "simulate.h"

/* A number is given out only once it is durably reserved; the reservation is a
 * step of its own, so that a crash may come between. */
bool
give_number(struct world *w, struct node *p, uint64_t *number)
{
	if (p->next > p->disk.reserved) {
		p->disk.reserved = p->next + BLOCK - 1;
		trace(w, "reserves up to %llu",
			(unsigned long long)p->disk.reserved);
		return false;
	}
	*number = p->next++;
	return true;
}

bool
put_lineage(struct world *w, int p, const struct lineage *l)
{
	struct node *n = &w->node[p];
	uint64_t number;
	if (n->nlog == LOG_MAX || w->nsnapshots == SNAPSHOTS ||
		!give_number(w, n, &number))
		return false;
	lineage_copy(&w->snapshot[w->nsnapshots], l);
	n->log[n->nlog++] = (struct item){number, -1, w->nsnapshots++};
	apply(n, -1, number);
	return true;
}

void
stop_program(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program == DOWN)
		return;
	for (int c = 0; c < NODES; c++)
		if (w->node[c].session == p)
			end_session(w, c);
	n->program = DOWN;
}

/* as it is read from the file: what cannot be read again is no lineage */
static bool
read_again(struct world *w, const struct lineage *l)
{
	uint8_t bytes[LINEAGE_SIZE_MAX];
	static struct lineage back;
	uint32_t len = lineage_encode(l, bytes);
	if (lineage_decode(bytes, len, &back) == 0 && lineage_equal(l, &back))
		return true;
	violate(w, "c: a lineage that we wrote cannot be read");
	return false;
}

static void
reset_peers(struct node *n)
{
	for (int c = 0; c < NODES; c++)
		n->peer[c] = (struct peer){0};
}

bool
step_start(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (p == CLONE || !n->up || !n->disk.is_primary || n->program != DOWN ||
		n->session >= 0 || n->disk.lineage.n == 0 ||
		!read_again(w, &n->disk.lineage))
		return false;
	trace(w, "%c starts, %s", 'A' + p,
		n->disk.is_clean ? "closed" : "killed");
	sync_node(n);
	reset_peers(n);
	n->nlog = n->returned = n->change = 0;
	n->change_is_due = false;
	n->program = ASKING;
	return true;
}

/* is there a member that has not said that it may follow? */
static bool
is_waiting(const struct world *w, const struct node *n)
{
	for (int c = 0; c < CLONE; c++)
		if (lineage_has_member(&n->disk.lineage, w->node[c].disk.id) &&
			&w->node[c] != n && !n->peer[c].asked)
			return true;
	return false;
}

static void
begin(struct world *w, struct node *n, uint64_t end, struct lineage_entry *e)
{
	lineage_begin(&n->disk.lineage, end, e);
	n->with = 0;
	n->is_old = false;
	if (w->mutant == MUTANT_CUT_BY_LISTING)
		lineage_settle(&n->disk.lineage);
}

static void
restart(struct world *w, int p)
{
	struct node *n = &w->node[p];
	const struct lineage_entry *last = lineage_last(&n->disk.lineage);
	struct lineage_entry e = new_entry(w, LINEAGE_RESTART);
	uint64_t end = n->disk.is_clean ? n->disk.last : n->disk.reserved;
	e.nmembers = last->nmembers;
	memcpy(e.members, last->members, sizeof(e.members));
	begin(w, n, end, &e);
	trace(w, "%c begins %u (restart), the last one ends at %llu", 'A' + p,
		generation_of(&e), (unsigned long long)end);
}

/*
 * Everybody was asked, with the lineage as it was: nothing has changed so far.
 * From here on numbers may be given out, so the end is not a close's any more.
 */
bool
step_begin(struct world *w, int p, bool alone)
{
	struct node *n = &w->node[p];
	if (n->program != ASKING)
		return false;
	if (is_waiting(w, n) && !alone &&
		w->mutant != MUTANT_START_WITHOUT_WAITING &&
		w->mutant != MUTANT_RESTART_FIRST)
		return false;
	n->next = (n->disk.is_clean ? n->disk.last : n->disk.reserved) + 1;
	if (!n->disk.is_clean || w->mutant != MUTANT_CLEAN_GOES_ON)
		restart(w, p);
	n->disk.is_clean = false;
	/* promoted after it was asked: it shows as forked, and that will do */
	for (int c = 0; c < NODES; c++)
		if (alone || n->peer[c].asked)
			n->must_fence &= ~(1u << c);
	if (alone) {
		n->may_be_alone = true;
		w->is_plain = false;
	}
	for (int c = 0; c < CLONE; c++)
		n->peer[c].counted =
			c != p && lineage_has_member(
					  &n->disk.lineage, w->node[c].disk.id);
	trace(w, "%c goes on from %llu%s", 'A' + p, (unsigned long long)n->next,
		alone ? ", alone if need be" : "");
	n->program = STARTING;
	return true;
}

static bool
lacks_a_member(const struct node *n)
{
	for (int c = 0; c < NODES; c++)
		if (n->peer[c].counted && n->peer[c].st != PEER_ATTACHED)
			return true;
	return false;
}

bool
step_run(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program != STARTING)
		return false;
	if (lacks_a_member(n) && w->mutant != MUTANT_START_WITHOUT_WAITING)
		return false;
	if (w->mutant == MUTANT_START_WITHOUT_WAITING)
		(void)step_change_file(w, p);
	n->program = RUNNING;
	n->is_tainted = false;
	trace(w, "%c runs", 'A' + p);
	return true;
}

bool
step_append(struct world *w, int p)
{
	struct node *n = &w->node[p];
	uint64_t number;
	if (n->program != RUNNING || w->nrecords == RECORDS ||
		n->nlog == LOG_MAX || !give_number(w, n, &number))
		return false;
	int record = w->nrecords++;
	n->log[n->nlog++] = (struct item){number, record, -1};
	apply(n, record, number);
	trace(w, "%c appends record %d as %llu", 'A' + p, record,
		(unsigned long long)number);
	return true;
}

/* may the call that waits for item q return? */
static bool
is_acked(const struct world *w, const struct node *n, uint32_t q)
{
	uint32_t need = q + 1;
	if (w->mutant != MUTANT_RELEASE_BEFORE_TOLD) {
		need = MAX_OF(need, n->change);
		if (n->change_is_due)
			return false;
	}
	for (int c = 0; c < NODES; c++) {
		const struct peer *peer = &n->peer[c];
		if (!peer->counted ||
			(peer->st == PEER_LOST &&
				w->mutant == MUTANT_RELEASE_BEFORE_FILE))
			continue;
		if (peer->st < PEER_FILLED || peer->acked < need)
			return false;
	}
	return true;
}

static void
note_return(struct world *w, int p, int record)
{
	struct node *n = &w->node[p];
	uint64_t bit = (uint64_t)1 << record;
	n->acked |= bit;
	w->acked |= bit;
	for (int c = 0; c < NODES; c++)
		if (n->peer[c].counted) {
			w->shared |= bit;
			if (n->peer[c].st == PEER_ATTACHED)
				n->with |= 1u << c;
		}
	if (n->rivals != 0 && !n->may_be_alone)
		violate(w, "d: %c serves beside a copy that was promoted",
			'A' + p);
}

bool
step_return(struct world *w, int p)
{
	struct node *n = &w->node[p];
	while (n->returned < n->nlog && n->log[n->returned].record < 0)
		n->returned++;
	if (n->program != RUNNING || n->returned == n->nlog ||
		!is_acked(w, n, n->returned))
		return false;
	sync_node(n);
	int record = n->log[n->returned++].record;
	trace(w, "%c's call with record %d returns", 'A' + p, record);
	note_return(w, p, record);
	return true;
}

/* the members without those that are not connected; false: nobody is lost */
static bool
shrink(struct world *w, int p, struct lineage_entry *e)
{
	struct node *n = &w->node[p];
	const struct lineage_entry *last = lineage_last(&n->disk.lineage);
	for (unsigned i = 0; i < last->nmembers; i++) {
		int c = node_with_id(w, last->members[i]);
		if (last->members[i] == n->disk.id ||
			(c >= 0 && n->peer[c].st >= PEER_CONNECTED)) {
			e->members[e->nmembers++] = last->members[i];
			continue;
		}
		if (c >= 0)
			n->peer[c] = (struct peer){.st = PEER_OFF};
	}
	return e->nmembers < last->nmembers;
}

/* step 1 of a change: whoever is lost is none of us any more */
bool
step_change_file(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program != RUNNING &&
		!(n->program == STARTING &&
			(n->may_be_alone ||
				w->mutant == MUTANT_START_WITHOUT_WAITING)))
		return false;
	struct lineage_entry e = {.kind = LINEAGE_SHRUNK};
	if (!shrink(w, p, &e))
		return false;
	struct lineage_entry fresh = new_entry(w, LINEAGE_SHRUNK);
	memcpy(e.generation, fresh.generation, UUID16_LEN);
	uint64_t end = w->ends_high ? n->disk.reserved : n->next - 1;
	n->next = end + 1;
	if (w->mutant == MUTANT_CHANGE_ENDS_LOW)
		end = n->disk.last;
	begin(w, n, end, &e);
	n->must_fence = 0;
	n->change_is_due = true;
	if (n->program == RUNNING)
		n->may_be_alone = true;
	trace(w, "%c begins %u with %u members, the last one ends at %llu",
		'A' + p, generation_of(&e), e.nmembers,
		(unsigned long long)end);
	return true;
}

/* step 2: the same in the stream; whoever is in the stream gets it, and from
 * here on calls wait for it */
bool
step_change_told(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program < STARTING || !n->change_is_due ||
		!put_lineage(w, p, &n->disk.lineage))
		return false;
	n->change_is_due = false;
	n->change = n->nlog;
	tell_filled(w, p, -1);
	trace(w, "%c tells of %u", 'A' + p,
		generation_of(lineage_last(&n->disk.lineage)));
	return true;
}

bool
step_close(struct world *w, int p)
{
	struct node *n = &w->node[p];
	if (n->program != RUNNING || n->change_is_due || lacks_a_member(n))
		return false;
	for (int c = 0; c < NODES; c++)
		if (n->peer[c].counted && n->peer[c].acked != n->nlog)
			return false;
	while (n->returned < n->nlog)
		if (n->log[n->returned].record < 0)
			n->returned++;
		else if (!step_return(w, p))
			return false;
	n->last = n->next - 1;
	sync_node(n);
	n->disk.is_clean = true;
	stop_program(w, p);
	trace(w, "%c closes at %llu", 'A' + p, (unsigned long long)n->last);
	return true;
}

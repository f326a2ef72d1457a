/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * simulate_world.c -- nodes, their media, crashes; what must hold of members
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simulate.h"

/* splitmix64: any seed is as good as any other */
static uint64_t
random_bits(struct world *w)
{
	uint64_t z = (w->rng += 0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint64_t
random_below(struct world *w, uint64_t n)
{
	return n == 0 ? 0 : (random_bits(w) >> 16) % n;
}

bool
chance(struct world *w, unsigned one_in)
{
	return random_below(w, one_in) == 0;
}

void
trace(const struct world *w, const char *fmt, ...)
{
	va_list ap;
	if (!w->trace)
		return;
	(void)printf("  %3u ", w->steps);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
}

void
violate(struct world *w, const char *fmt, ...)
{
	va_list ap;
	if (w->violation[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->violation, sizeof(w->violation), fmt, ap);
	va_end(ap);
	trace(w, "VIOLATION %s", w->violation);
}

/* what is used of it; a whole one is 6 KiB */
void
lineage_copy(struct lineage *to, const struct lineage *from)
{
	to->n = from->n;
	to->is_cut = from->is_cut;
	memcpy(to->entry, from->entry, from->n * sizeof(from->entry[0]));
}

void
name_entry(struct lineage_entry *e, unsigned generation)
{
	e->generation[0] = (uint8_t)(generation >> 8);
	e->generation[1] = (uint8_t)generation;
}

struct lineage_entry
new_entry(struct world *w, enum lineage_kind kind)
{
	struct lineage_entry e = {.kind = (uint8_t)kind};
	name_entry(&e, ++w->ngenerations);
	return e;
}

unsigned
generation_of(const struct lineage_entry *e)
{
	return e == NULL ? 0 : e->generation[0] * 256u + e->generation[1];
}

static void
node_init(struct node *n, uint64_t id)
{
	struct disk *d = &n->disk;
	d->have = d->last = d->reserved = d->untold = 0;
	d->lineage.n = 0;
	d->lineage.is_cut = false;
	d->id = id;
	d->is_lost = d->is_primary = d->is_unequal = d->is_clean = false;
	n->has_backup = false;
	n->up = true;
	n->have = n->last = n->reported = 0;
	n->is_low = false;
	n->npending = 0;
	n->session = -1;
	n->applied = n->durable = 0;
	n->program = DOWN;
	n->next = 0;
	n->nlog = n->returned = n->change = 0;
	n->change_is_due = false;
	memset(n->peer, 0, sizeof(n->peer));
	n->acked = 0;
	n->is_tainted = n->is_old = n->is_discarded = false;
	n->may_be_alone = false;
	n->with = n->rivals = n->must_fence = 0;
}

/* a pool and its two copies, empty and never attached */
void
world_init(struct world *w, uint64_t seed, enum mutant mutant, bool plain)
{
	w->seed = w->rng = seed;
	w->mutant = mutant;
	w->in_two = mutant == MUTANT_JOIN_IN_TWO || chance(w, 2);
	w->ends_high = chance(w, 2);
	w->steps = 0;
	w->nsnapshots = w->nrecords = 0;
	w->ngenerations = w->npromoted = 0;
	w->is_plain = plain;
	w->is_simple = true;
	w->acked = w->shared = 0;
	w->violation[0] = '\0';
	for (int i = 0; i < NODES; i++) {
		node_init(&w->node[i], (uint64_t)i + 1);
		for (int k = 0; k < NODES; k++)
			w->link[i][k] = true;
	}
	w->node[CLONE].up = false;
	struct disk *first = &w->node[0].disk;
	struct lineage_entry e = new_entry(w, LINEAGE_FIRST);
	e.members[e.nmembers++] = first->id;
	lineage_begin(&first->lineage, 0, &e);
	first->is_primary = first->is_clean = true;
}

void
sync_node(struct node *n)
{
	n->disk.have = n->have;
	n->disk.last = n->last;
	n->npending = 0;
}

void
apply(struct node *n, int record, uint64_t number)
{
	n->pending[n->npending++] = (struct pending){number, record};
	n->last = number;
	if (record >= 0)
		n->have |= (uint64_t)1 << record;
}

/* a prefix of what was not durable survives */
static void
lose_power(struct world *w, struct node *n)
{
	uint64_t kept = random_below(w, n->npending + 1);
	n->have = n->disk.have;
	n->last = n->disk.last;
	for (uint64_t i = 0; i < kept; i++) {
		n->last = n->pending[i].number;
		if (n->pending[i].record >= 0)
			n->have |= (uint64_t)1 << n->pending[i].record;
	}
	n->disk.have = n->have;
	n->npending = 0;
}

void
end_session(struct world *w, int copy)
{
	int p = w->node[copy].session;
	if (p < 0)
		return;
	struct peer *peer = &w->node[p].peer[copy];
	peer->st = peer->counted ? PEER_LOST : PEER_OFF;
	w->node[copy].session = -1;
}

/*
 * Killed, or its machine without power.  A copy's last number was written some
 * time ago: what it says of it is anything from what was durable to the truth.
 */
void
crash_node(struct world *w, int i, bool power)
{
	struct node *n = &w->node[i];
	trace(w, "%c %s", 'A' + i, power ? "loses power" : "is killed");
	end_session(w, i);
	stop_program(w, i);
	if (power)
		lose_power(w, n);
	n->reported = n->disk.last;
	if (n->last > n->reported)
		n->reported += random_below(w, n->last - n->reported + 1);
	n->is_low = true;
	n->up = false;
}

/* it is overwritten, or somebody said that it may be: what it was to others
 * before counts no more */
void
forget_past(struct world *w, int c)
{
	for (int p = 0; p < NODES; p++) {
		w->node[p].with &= ~(1u << c);
		w->node[p].rivals &= ~(1u << c);
		w->node[p].must_fence &= ~(1u << c);
	}
}

int
node_with_id(const struct world *w, uint64_t id)
{
	for (int i = 0; i < CLONE; i++)
		if (w->node[i].disk.id == id)
			return i;
	return -1;
}

bool
reachable(const struct world *w, int a, int b)
{
	return a != b && w->link[a][b] && w->node[a].up && w->node[b].up;
}

/*
 * Of a primary's last generation each member that has the record of it has
 * everything that was acknowledged to the primary's programs, on media.
 */
static void
check_member(struct world *w, int p, int c)
{
	const struct disk *d = &w->node[c].disk;
	const struct lineage_entry *ours =
		lineage_last(&w->node[p].disk.lineage);
	const struct lineage_entry *theirs = lineage_last(&d->lineage);
	if (c == p || w->node[c].is_tainted || d->is_primary || d->is_unequal)
		return;
	if (generation_of(ours) != generation_of(theirs))
		return;
	if ((w->node[p].acked & ~d->have) != 0)
		violate(w,
			"e: %c is a member of %c's and lacks an "
			"acknowledged record",
			'A' + c, 'A' + p);
}

void
check_members(struct world *w)
{
	for (int p = 0; p < NODES; p++) {
		const struct node *n = &w->node[p];
		if (!n->disk.is_primary || n->is_tainted || n->is_old ||
			n->acked == 0)
			continue;
		for (int c = 0; c < CLONE; c++)
			check_member(w, p, c);
	}
}

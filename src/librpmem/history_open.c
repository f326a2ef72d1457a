/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * history_open.c -- finding the history of a pool, and letting it go
 */
#include "librpmem/history_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/deadline.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/history_files.h"
#include "librpmem/registry.h"
#include "librpmem/sequencer.h"

static struct mutex table_lock = {PTHREAD_MUTEX_INITIALIZER};
static struct history *table;

/* the count as earlier runs have left it */
static uint64_t
run_before(const struct history *y, const struct history_key *key)
{
	uint64_t run = history_run_id(y->addr, y->size);
	return key->has_begun && run >= HISTORY_RUN_STEP
		       ? run - HISTORY_RUN_STEP
		       : run;
}

static int
open_file(struct history *y, const struct history_key *key)
{
	int rc = lineagefile_open(&y->file, y->poolset_uuid, y->primary_uuid);
	/* as it is: what cannot be written later would hold calls up */
	if (rc == 0)
		rc = lineagefile_write(&y->file);
	if (rc == -EBUSY || rc == -EINVAL)
		return rc;
	if (rc < 0) {
		LOG_WARN("%s; without it this pool has no lineage: a copy that "
			 "was promoted, or has forked, is told by its bytes "
			 "only",
			err_msg());
		lineagefile_close(&y->file);
		return 0;
	}
	struct lineagefile_record *r = &y->file.record;
	bool is_there = r->lineage.n != 0;
	bool is_promoted = (r->flags & LINEAGEFILE_F_PROMOTED) != 0;
	uint64_t len = min_u64(r->pool_size, y->size);
	y->is_new = !is_there && !y->file.was_damaged;
	y->is_known = is_there &&
		      (is_promoted || history_fits(r->identity, r->run_id,
					      history_identity(y->addr, len),
					      run_before(y, key)));
	if (is_there && !y->is_known)
		LOG_WARN("'%s': the lineage is of other files, or of a later "
			 "state of the pool: was it restored?  It does not "
			 "count",
			y->file.path);
	if (!y->is_known)
		r->lineage = (struct lineage){.n = 0};
	return 0;
}

static struct history *
find(const struct history_key *key) REQUIRES(&table_lock)
{
	for (struct history *y = table; y != NULL; y = y->next)
		if (y->fork_generation == registry_fork_generation() &&
			y->addr == key->addr &&
			uuid16_equal(y->poolset_uuid, key->poolset_uuid) &&
			uuid16_equal(y->primary_uuid, key->primary_uuid))
			return y;
	return NULL;
}

static void
release(struct history *y) REQUIRES(&table_lock)
{
	if (y->numbers != NULL)
		sequencer_limit(y->numbers, UINT64_MAX, NULL, NULL);
	sequencer_leave(y->numbers);
	lineagefile_close(&y->file);
	cond_fini(&y->changed);
	mutex_fini(&y->lock);
	free(y);
}

static int
make(const struct history_key *key, struct history **out) REQUIRES(&table_lock)
{
	struct history *y = calloc(1, sizeof(*y));
	if (y == NULL)
		return err_set(-ENOMEM, "no memory for a lineage");
	y->fork_generation = registry_fork_generation();
	y->addr = key->addr;
	y->size = key->size;
	memcpy(y->poolset_uuid, key->poolset_uuid, UUID16_LEN);
	memcpy(y->primary_uuid, key->primary_uuid, UUID16_LEN);
	y->in_order = true;
	y->file.fd = -1;
	mutex_init(&y->lock);
	cond_init(&y->changed);
	int rc = open_file(y, key);
	if (rc < 0)
		release(y);
	else
		*out = y;
	return rc;
}

int
history_enter(const struct history_key *key, struct history_part *part,
	struct history **out)
{
	mutex_lock(&table_lock);
	struct history *y = find(key);
	int rc = y == NULL ? make(key, &y) : 0;
	if (y != NULL) {
		if (y->users++ == 0) {
			y->next = table;
			table = y;
		}
		mutex_lock(&y->lock);
		part->next = y->parts;
		y->parts = part;
		mutex_unlock(&y->lock);
		*out = y;
	}
	mutex_unlock(&table_lock);
	return rc;
}

/* the last number is known then, and libpmemobj's run is on media */
static void
write_end(struct history *y, uint64_t last) REQUIRES(&y->lock)
{
	struct lineagefile_record *r = &y->file.record;
	if (!history_kept(y) || !y->is_begun)
		return;
	if (y->in_order) {
		r->flags |= LINEAGEFILE_F_CLEAN;
		r->last = max_u64(last, sequencer_last(y->numbers));
		/* a program that has counted has flushed it, too */
		r->run_id = max_u64(r->run_id, y->run_at_begin);
	}
	/* the pool is not mapped any more */
	r->run_id = max_u64(r->run_id, atomic_load(&y->ran));
	if (lineagefile_write(&y->file) < 0)
		LOG_WARN("%s; the next open takes this one for a crash",
			err_msg());
}

void
history_leave(struct history *y, struct history_part *part, uint64_t last,
	bool in_order)
{
	if (y == NULL)
		return;
	mutex_lock(&table_lock);
	mutex_lock(&y->lock);
	struct history_part **at = &y->parts;
	while (*at != part)
		at = &(*at)->next;
	*at = part->next;
	y->in_order = y->in_order && in_order;
	bool is_last = --y->users == 0;
	if (is_last)
		write_end(y, last);
	cond_wake_all(&y->changed);
	mutex_unlock(&y->lock);
	struct history **in = &table;
	while (is_last && *in != y)
		in = &(*in)->next;
	if (is_last) {
		*in = y->next;
		/* under the lock: an open that comes now finds the file free */
		release(y);
	}
	mutex_unlock(&table_lock);
}

bool
history_is_kept(const struct history *y)
{
	return history_kept(y);
}

uint64_t
history_get(struct history *y, struct lineage *l_out, uint64_t *last_out)
{
	mutex_lock(&y->lock);
	*l_out = y->file.record.lineage;
	*last_out =
		y->is_begun ? sequencer_last(y->numbers) : y->file.record.last;
	uint64_t epoch = y->epoch;
	mutex_unlock(&y->lock);
	return epoch;
}

bool
history_expects(struct history *y, uint64_t id)
{
	mutex_lock(&y->lock);
	const struct lineage *l = &y->file.record.lineage;
	bool expects = l->n == 0 || id == 0 || lineage_has_member(l, id);
	mutex_unlock(&y->lock);
	return expects;
}

int
history_adopt(struct history *y, const struct lineage *theirs, uint64_t last,
	bool is_made)
{
	mutex_lock(&y->lock);
	struct lineagefile_record *r = &y->file.record;
	if (!y->is_begun && r->lineage.n == 0 && theirs->n != 0) {
		r->lineage = *theirs;
		r->last = max_u64(r->last, last);
		y->is_known = true;
		/* the other members have no number that is much higher */
		if (!is_made) {
			r->last += HISTORY_RESERVE_BLOCK;
			memcpy(y->adopted_generation,
				lineage_last(theirs)->generation, UUID16_LEN);
		}
	}
	mutex_unlock(&y->lock);
	return 0;
}

bool
history_is_new(struct history *y)
{
	mutex_lock(&y->lock);
	bool is = y->is_new;
	mutex_unlock(&y->lock);
	return is;
}

bool
history_meet(struct history *y, struct history_part *part, uint64_t id)
{
	mutex_lock(&y->lock);
	bool is_only = !history_kept(y) || y->file.record.writer != id;
	for (const struct history_part *p = y->parts; p != NULL; p = p->next)
		is_only = is_only && (p == part || !p->is_told || p->id != id);
	part->id = id;
	part->is_told = is_only && id != 0;
	mutex_unlock(&y->lock);
	return is_only || id == 0;
}

bool
history_is_adopted(struct history *y, const struct lineage *theirs)
{
	const struct lineage_entry *end = lineage_last(theirs);
	mutex_lock(&y->lock);
	bool is = end != NULL && !uuid16_is_zero(y->adopted_generation) &&
		  uuid16_equal(end->generation, y->adopted_generation);
	mutex_unlock(&y->lock);
	return is;
}

uint64_t
history_wait_until(struct history *y, uint64_t ms)
{
	mutex_lock(&y->lock);
	if (y->wait_until == 0)
		y->wait_until = deadline_in_ms(ms);
	uint64_t until = y->wait_until;
	mutex_unlock(&y->lock);
	return until;
}

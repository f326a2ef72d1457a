/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * remember.c -- see remember.h
 */
#include "librpmem/remember.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <uuid/uuid.h>

#include "base/bootid.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/handle.h"
#include "librpmem/maps.h"
#include "pool/descriptor.h"

#define PAGE0_LEN 64u

static struct remember *
of(struct rpmem_pool *h)
{
	return &h->keeper.memory;
}

static uint64_t
read_u64(const struct rpmem_pool *h, uint64_t off)
{
	uint64_t value = 0;
	IGNORE(maps_read(h->addr + off, &value, sizeof(value)));
	return value;
}

/* the boot, as this side has it */
static void
this_boot(uint8_t out[UUID16_LEN])
{
	boot_id(out);
	if (FAULT("librpmem/other-boot"))
		out[0] ^= UINT8_MAX;
}

/* whose pool is it?  false: it cannot be told yet */
static bool
read_key(struct rpmem_pool *h, uint8_t page[PAGE0_LEN])
{
	memset(page, 0, PAGE0_LEN);
	if (h->is_raw)
		return !uuid16_is_zero(h->primary_uuid);
	if (maps_read(h->addr, page, PAGE0_LEN) < 0)
		return false;
	memcpy(h->primary_uuid, page + HDR_UUID, UUID16_LEN);
	return !uuid16_is_zero(h->primary_uuid);
}

static void
recall(struct remember *m)
{
	const struct statefile_record *r = &m->file.record;
	const struct statefile_live *live = m->file.live;
	uint8_t boot[UUID16_LEN];
	this_boot(boot);
	bool is_clean = (r->flags & STATEFILE_F_CLEAN) != 0;
	bool is_live = is_clean || uuid16_equal(r->boot_id, boot);
	m->past = (struct past_open){
		.is_there = !m->file.is_new && r->open_counter != 0,
		.maps_count = statefile_maps_count(&m->file, boot),
		.was_clean = is_clean,
		.identity = r->fingerprint,
		.safe_seq = r->acked_seq,
		.open_counter = r->open_counter};
	if (!is_live)
		return;
	m->past.run_id = live_get(&live->run_id);
	m->past.safe_seq = max_u64(r->acked_seq, live_get(&live->safe_seq));
	m->past.open_counter =
		max_u64(r->open_counter, live_get(&live->open_counter));
	m->past.reached_counter = live_get(&live->reached_counter);
}

static int
find(struct rpmem_pool *h)
{
	struct remember *m = of(h);
	uint8_t page[PAGE0_LEN];
	if (!read_key(h, page))
		return 0;
	struct statefile_key key = {.poolset_uuid = page + HDR_POOLSET_UUID,
		.primary_uuid = h->primary_uuid,
		.target = h->target.text,
		.set_name = h->set_name};
	int rc = statefile_open(&m->file, &key, h->size);
	if (rc == -EINVAL)
		return rc; /* a variable that is wrong */
	if (rc < 0) {
		LOG_WARN("%s; without it nothing is remembered of the copy of "
			 "%s",
			err_msg(), h->target.text);
		return 0;
	}
	m->has_file = true;
	recall(m);
	return 0;
}

int
remember_find(struct rpmem_pool *h, bool is_create)
{
	struct remember *m = of(h);
	int rc = 0;
	/* libpmemobj writes its header after rpmem_create */
	if (h->onloss.survives && (!is_create || h->is_explicit))
		rc = find(h);
	if (rc < 0)
		return rc;
	if (m->has_file)
		memcpy(h->owner_id, m->file.record.owner_id, UUID16_LEN);
	else
		uuid_generate(h->owner_id);
	h->open_counter = m->past.open_counter;
	m->reached_counter = m->past.reached_counter;
	m->is_alone =
		m->has_file && (m->file.record.flags & STATEFILE_F_ALONE) != 0;
	remember_try(h);
	return 0;
}

/* Whom the primary's header names; 0: it is not this pool's.  Replicas on this
 * machine are a ring of their own under rpmem run, of which a remote copy sees
 * the primary alone, on both sides. */
static uint32_t
links_of_primary(const struct rpmem_pool *h)
{
	const struct statefile_record *r = &h->keeper.memory.file.record;
	uint8_t page0[HDR_NEXT_REPL_UUID + UUID16_LEN] = {0};
	IGNORE(maps_read(h->addr, page0, sizeof(page0)));
	const uint8_t *uuid = page0 + HDR_UUID;
	if (!uuid16_equal(uuid, r->primary_uuid) || uuid16_is_zero(uuid))
		return 0;
	const uint8_t *next = page0 + HDR_NEXT_REPL_UUID;
	const uint8_t *copy = h->copy.attr + HDR_UUID_IN_ATTR;
	/* its next one, and its previous one, come behind its own */
	bool is_in_ring =
		uuid16_equal(next, copy) ||
		!uuid16_equal(copy + UUID16_LEN, copy + 2 * UUID16_LEN);
	return uuid16_equal(uuid, next) || !is_in_ring ? STATEFILE_F_STAR
						       : STATEFILE_F_RING;
}

/* the record of this open: from here on the file is not clean */
static int
write_begin(struct rpmem_pool *h)
{
	struct remember *m = of(h);
	struct statefile_record *r = &m->file.record;
	r->flags &= ~(STATEFILE_F_CLEAN | STATEFILE_F_STAR | STATEFILE_F_RING);
	r->flags |= links_of_primary(h);
	this_boot(r->boot_id);
	r->open_counter = h->open_counter;
	r->pool_size = h->size;
	r->fingerprint = h->parts_identity;
	r->acked_seq = m->past.safe_seq;
	memcpy(r->attr, h->copy.attr, sizeof(r->attr));
	r->copy_id = h->part.id;
	return statefile_write(&m->file);
}

static void
forget(struct rpmem_pool *h, const char *why)
{
	LOG_WARN("%s; without it nothing is remembered of the copy of %s", why,
		h->target.text);
	statefile_close(&of(h)->file);
	of(h)->has_file = false;
}

static void
begin_live(struct rpmem_pool *h)
{
	struct remember *m = of(h);
	struct statefile_live *live = m->file.live;
	statefile_live_begin(live);
	live_set(&live->safe_seq, m->past.safe_seq);
	live_set(&live->open_counter, h->open_counter);
	live_set(&live->reached_counter, m->reached_counter);
	live_set(&live->run_id, read_u64(h, OBJ_RUN_ID_OFF));
	statefile_live_enter(live, STATE_ATTACHED);
}

static bool
is_known(struct rpmem_pool *h)
{
	const char *why = NULL;
	uint8_t sig[HDR_SIG_LEN] = {0};
	IGNORE(maps_read(h->addr, sig, sizeof(sig)));
	struct present now = {.has_run_id = memcmp(sig, "PMEMOBJ", 8) == 0 &&
					    h->size > OBJ_RUN_ID_OFF + 8,
		.has_begun = h->is_explicit && !h->is_tool,
		.identity = h->parts_identity};
	if (now.has_run_id)
		now.run_id = read_u64(h, OBJ_RUN_ID_OFF);
	bool holds = past_holds(&of(h)->past, &now, &why) ||
		     FAULT("librpmem/believes-killed");
	if (!holds)
		LOG_INFO("'%s' at %s is compared: %s", h->set_name,
			h->target.text, why);
	return holds;
}

/*
 * Nothing counts the runs of libpmemblk and libpmemlog, so nothing tells a
 * program that its pool has not changed.  They flush all that they store behind
 * their descriptor: if pool and copy were closed together, and no mark was
 * left, they were equal there.
 */
static bool
were_closed_equal(struct rpmem_pool *h)
{
	const struct past_open *p = &of(h)->past;
	uint8_t sig[HDR_SIG_LEN] = {0};
	IGNORE(maps_read(h->addr, sig, sizeof(sig)));
	bool flushes = memcmp(sig, "PMEMBLK", 8) == 0 ||
		       memcmp(sig, "PMEMLOG", 8) == 0;
	if (!flushes || !p->is_there || !p->was_clean || !p->maps_count ||
		p->identity != h->parts_identity)
		return false;
	/* the pool was open with others of its copies since */
	if (h->history != NULL &&
		!history_expects(h->history, of(h)->file.record.copy_id))
		return false;
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		const uint64_t *map = statefile_map(&of(h)->file, i);
		for (size_t k = 0; k < statefile_map_len(h->size) / 8; k++)
			if (map[k] != 0)
				return false;
	}
	return true;
}

int
remember_begin(struct rpmem_pool *h, bool *is_known_out)
{
	struct remember *m = of(h);
	struct marks *marks = &h->keeper.marks;
	*is_known_out = m->has_file && is_known(h);
	m->was_equal = m->has_file && h->is_tool && were_closed_equal(h);
	if (m->has_file && write_begin(h) < 0)
		forget(h, err_msg());
	if (!m->has_file) {
		*is_known_out = false;
		return marks_init(marks, h->size);
	}
	uint64_t *maps[STATEFILE_MAPS];
	for (unsigned i = 0; i < STATEFILE_MAPS; i++) {
		maps[i] = statefile_map(&m->file, i);
		if (!*is_known_out)
			memset(maps[i], 0, statefile_map_len(h->size));
	}
	begin_live(h);
	marks_adopt(marks, maps, h->size);
	marks_lost(marks);
	return 0;
}

bool
remember_knows_copy(const struct rpmem_pool *h)
{
	const struct remember *m = &h->keeper.memory;
	/* a record that was never begun knows no more than a name */
	return m->has_file && m->past.is_there;
}

void
remember_copy(const struct rpmem_pool *h, struct oob_copy *copy_out)
{
	const struct remember *m = &h->keeper.memory;
	*copy_out = (struct oob_copy){.pool_size = m->file.record.pool_size,
		.flags = OOB_COPY_F_RECORD | (h->is_raw ? OOB_COPY_F_RAW : 0),
		.applied_seq = m->past.safe_seq,
		.open_counter = m->past.reached_counter};
	memcpy(copy_out->primary_uuid, h->primary_uuid, UUID16_LEN);
	memcpy(copy_out->owner_id, h->owner_id, UUID16_LEN);
	memcpy(copy_out->attr, m->file.record.attr, OOB_ATTR_SIZE);
}

uint64_t
remember_copy_id(const struct rpmem_pool *h)
{
	const struct remember *m = &h->keeper.memory;
	return m->has_file ? m->file.record.copy_id : 0;
}

/*
 * Not by one: two that were one, as a cloned file system, or one that is set
 * back, would take each other's opens of the same number for their own.
 */
static uint64_t
step(void)
{
	uint32_t random = 0;
	IGNORE(getrandom(&random, sizeof(random), 0)); /* 0 rises as well */
	return 1 + (uint64_t)random;
}

void
remember_try(struct rpmem_pool *h)
{
	h->open_counter += step();
	if (of(h)->has_file)
		live_set(&of(h)->file.live->open_counter, h->open_counter);
}

void
remember_reached(struct rpmem_pool *h)
{
	struct remember *m = of(h);
	m->reached_counter = h->open_counter;
	if (m->has_file)
		live_set(&m->file.live->reached_counter, m->reached_counter);
}

bool
remember_fits(
	struct rpmem_pool *h, const struct oob_copy *copy, uint64_t safe_seq)
{
	return past_fits(copy, h->owner_id, of(h)->reached_counter, safe_seq);
}

bool
remember_was_equal(struct rpmem_pool *h)
{
	struct remember *m = of(h);
	return m->was_equal && remember_fits(h, &h->copy, m->past.safe_seq);
}

static void
write_alone(struct rpmem_pool *h, bool is_alone)
{
	struct remember *m = of(h);
	struct statefile_record *r = &m->file.record;
	if (!m->has_file || m->is_alone == is_alone)
		return;
	r->flags = is_alone ? r->flags | STATEFILE_F_ALONE
			    : r->flags & ~STATEFILE_F_ALONE;
	if (statefile_write(&m->file) == 0)
		m->is_alone = is_alone;
	else
		LOG_WARN("%s; tools see the copy as it was before", err_msg());
}

void
remember_alone(struct rpmem_pool *h)
{
	write_alone(h, true);
}

void
remember_attached(struct rpmem_pool *h)
{
	write_alone(h, false);
}

int
remember_grow(struct rpmem_pool *h, uint64_t size)
{
	return of(h)->has_file ? statefile_grow(&of(h)->file, size) : 0;
}

void
remember_run(struct rpmem_pool *h, uint64_t off, uint64_t len)
{
	if (OBJ_RUN_ID_OFF < off || OBJ_RUN_ID_OFF - off >= len)
		return;
	uint64_t id;
	memcpy(&id, h->addr + OBJ_RUN_ID_OFF, sizeof(id));
	if (of(h)->has_file)
		live_set(&of(h)->file.live->run_id, id);
	if (memcmp(h->addr, "PMEMOBJ", 8) == 0)
		history_ran(h->history, id);
}

void
remember_end(struct rpmem_pool *h, bool is_clean)
{
	struct remember *m = of(h);
	if (!m->has_file)
		return;
	int rc = 0;
	/* its disk had no room for the marks of a pool that has grown */
	is_clean = is_clean && m->file.pool_size >= h->size;
	if (is_clean)
		rc = statefile_sync_maps(&m->file);
	if (is_clean && rc == 0) {
		m->file.record.flags |= STATEFILE_F_CLEAN;
		m->file.record.open_counter = h->open_counter;
		m->file.record.acked_seq = live_get(&m->file.live->safe_seq);
		rc = statefile_write(&m->file);
	}
	if (rc < 0)
		LOG_WARN(
			"%s; the copy is compared at the next open", err_msg());
	statefile_close(&m->file);
	m->has_file = false;
}

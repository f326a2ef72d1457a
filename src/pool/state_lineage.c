/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_lineage.c -- see state_lineage.h
 *
 * A write goes into the slot that does not count, so it can be torn anywhere
 * and the lineage before it still counts.  That is enough: nothing that
 * belongs to a new generation is applied, and nothing is acked, before its
 * lineage is on media, so the older one is true of a copy whose newer one was
 * torn.
 *
 * A copy that is being caught up becomes a member, with all that makes it one,
 * in the one write that completes its journal.  So its lineage waits in a slot
 * that names the journal, and is settled, in the other slot, before that
 * journal goes.  If the journal never is complete, its id never comes again.
 *
 * Of a newer one that was whole and was damaged later it is not true, and
 * nobody can tell.  Then the copy has numbers behind the end of a generation
 * that it calls its last, which decide.c takes for a fork: refused, never
 * overwritten.
 */
#include "pool/state_lineage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/byteorder.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/fileio.h"
#include "pool/state.h"

#define MAGIC "RPMLINEA"
#define MAGIC_LEN 8u
#define VERSION 1u
#define USED 32u
#define SUM_OFF (STATE_LINEAGE_SLOT - 8u)

_Static_assert(USED + LINEAGE_SIZE_MAX <= SUM_OFF, "a lineage fits a slot");
_Static_assert(STATE_RECORD_SIZE + STATE_LINEAGE_SLOTS * STATE_LINEAGE_SLOT ==
		       STATE_FILE_SIZE,
	"slots end the file");

void
state_lineage_encode(
	const struct state_lineage_slot *s, uint8_t out[STATE_LINEAGE_SLOT])
{
	uint8_t bytes[LINEAGE_SIZE_MAX];
	uint32_t len = lineage_encode(&s->lineage, bytes);
	struct cursor c = cursor_write(out, STATE_LINEAGE_SLOT);
	cursor_put_bytes(&c, MAGIC, MAGIC_LEN);
	cursor_put_u32(&c, VERSION);
	cursor_put_u32(&c, len);
	cursor_put_u64(&c, s->counter);
	cursor_put_u64(&c, s->journal);
	cursor_put_bytes(&c, bytes, len);
	cursor_put_zeros(&c, SUM_OFF - USED - len);
	cursor_put_u64(&c, XXH3_64bits(out, SUM_OFF));
}

static bool
is_blank(const uint8_t in[STATE_LINEAGE_SLOT])
{
	uint8_t seen = 0;
	for (unsigned i = 0; i < STATE_LINEAGE_SLOT; i++)
		seen |= in[i];
	return seen == 0;
}

int
state_lineage_decode(
	const uint8_t in[STATE_LINEAGE_SLOT], struct state_lineage_slot *s_out)
{
	struct cursor c = cursor_read(in, STATE_LINEAGE_SLOT);
	uint8_t magic[MAGIC_LEN];
	if (is_blank(in))
		return STATE_LINEAGE_BLANK;
	cursor_get_bytes(&c, magic, sizeof(magic));
	uint32_t version = cursor_get_u32(&c);
	uint32_t len = cursor_get_u32(&c);
	s_out->counter = cursor_get_u64(&c);
	s_out->journal = cursor_get_u64(&c);
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0 || version != VERSION ||
		len > LINEAGE_SIZE_MAX || s_out->counter == 0)
		return -EBADMSG;
	const uint8_t *bytes = cursor_get_span(&c, len);
	cursor_get_zeros(&c, SUM_OFF - USED - len);
	uint64_t sum = cursor_get_u64(&c);
	if (!cursor_ok(&c) || sum != XXH3_64bits(in, SUM_OFF))
		return -EBADMSG;
	int rc = lineage_decode(bytes, len, &s_out->lineage);
	/* an empty one is never written */
	return rc == 0 && s_out->lineage.n == 0 ? -EBADMSG : rc;
}

static void
settled(struct state_lineage *is, const struct state_lineage_slot *s)
{
	is->is = STATE_LINEAGE_HAS;
	is->counter = s->counter;
	is->lineage = s->lineage;
	is->pending = 0;
}

void
state_lineage_judge(const uint8_t *slots, struct state_lineage *out)
{
	struct state_lineage_slot s[STATE_LINEAGE_SLOTS];
	bool is_good[STATE_LINEAGE_SLOTS];
	*out = (struct state_lineage){.is = STATE_LINEAGE_NONE};
	for (unsigned i = 0; i < STATE_LINEAGE_SLOTS; i++) {
		int rc = state_lineage_decode(
			slots + i * STATE_LINEAGE_SLOT, &s[i]);
		is_good[i] = rc == 0 && s[i].counter % 2 == i;
		if (rc != STATE_LINEAGE_BLANK && !is_good[i])
			out->is = STATE_LINEAGE_LOST;
	}
	for (unsigned i = 0; i < STATE_LINEAGE_SLOTS; i++)
		if (is_good[i] && s[i].journal == 0 &&
			s[i].counter > out->counter)
			settled(out, &s[i]);
	for (unsigned i = 0; i < STATE_LINEAGE_SLOTS; i++)
		if (is_good[i] && s[i].journal != 0 &&
			s[i].counter > out->counter) {
			out->pending = s[i].journal;
			out->next = s[i].lineage;
		}
}

static uint64_t
slot_off(uint64_t counter)
{
	return STATE_RECORD_SIZE + counter % 2 * STATE_LINEAGE_SLOT;
}

int
state_lineage_read(struct state_file *f)
{
	struct stat st;
	size_t size = STATE_LINEAGE_SLOTS * STATE_LINEAGE_SLOT;
	f->lineage = (struct state_lineage){.is = STATE_LINEAGE_NONE};
	if (fstat(f->fd, &st) != 0)
		return -errno;
	if (st.st_size < (off_t)STATE_FILE_SIZE) {
		/* a record with an id is never written into a file as short */
		if (f->written.copy_id != 0)
			f->lineage.is = STATE_LINEAGE_LOST;
		return 0;
	}
	CLEANUP(freep) uint8_t *slots = malloc(size);
	if (slots == NULL)
		return -ENOMEM;
	int rc = file_read_all(f->fd, slots, size, STATE_RECORD_SIZE);
	if (rc == 0)
		state_lineage_judge(slots, &f->lineage);
	return rc;
}

int
state_lineage_room(struct state_file *f)
{
	struct stat st;
	int rc = fstat(f->fd, &st) == 0 ? 0 : -errno;
	if (rc == 0 && st.st_size >= (off_t)STATE_FILE_SIZE)
		return 0;
	/* blocks, so that no later write of a lineage finds the disk full */
	if (rc == 0)
		rc = -posix_fallocate(f->fd, 0, STATE_FILE_SIZE);
	if (rc == 0 && fsync(f->fd) != 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	return err_sys(
		rc, "state file '%s': no room for a lineage in it", f->name);
}

/* a slot becomes these bytes, durably; 0 or -errno */
static int
put(struct state_file *f, uint64_t counter,
	const uint8_t bytes[STATE_LINEAGE_SLOT])
{
	int rc = file_write_all(
		f->fd, bytes, STATE_LINEAGE_SLOT, slot_off(counter));
	if (rc == 0 && FAULT("pool/lineage_sync"))
		rc = -EIO;
	else if (rc == 0 && fdatasync(f->fd) != 0)
		rc = -errno;
	return rc;
}

static int
failed(const struct state_file *f, int rc)
{
	return err_sys(
		rc, "state file '%s': cannot write the lineage", f->name);
}

/* into the slot that this counter has */
static int
write_slot(struct state_file *f, const struct state_lineage_slot *s)
{
	uint8_t bytes[STATE_LINEAGE_SLOT];
	int rc = state_lineage_room(f);
	if (rc < 0)
		return rc;
	state_lineage_encode(s, bytes);
	rc = put(f, s->counter, bytes);
	if (rc == 0)
		return 0;
	/* Nobody knows whether it reached the medium, and a later open would
	 * find it in the page cache.  If this fails too, it is what a writer
	 * that dies here leaves: a lineage whose ack was never sent. */
	memset(bytes, 0, sizeof(bytes));
	IGNORE(file_write_all(
		f->fd, bytes, sizeof(bytes), slot_off(s->counter)));
	(void)fdatasync(f->fd);
	return failed(f, rc);
}

int
state_lineage_write(struct state_file *f, const struct lineage *l)
{
	/* over one that waits: it waits in vain */
	struct state_lineage_slot s = {
		.counter = f->lineage.counter + 1, .lineage = *l};
	int rc = write_slot(f, &s);
	f->lineage.pending = 0;
	if (rc == 0)
		settled(&f->lineage, &s);
	return rc;
}

int
state_lineage_expect(
	struct state_file *f, const struct lineage *l, uint64_t journal)
{
	struct state_lineage_slot s = {.counter = f->lineage.counter + 1,
		.journal = journal,
		.lineage = *l};
	int rc = write_slot(f, &s);
	f->lineage.pending = rc == 0 ? journal : 0;
	f->lineage.next = *l;
	return rc;
}

int
state_lineage_settle(struct state_file *f, uint64_t journal)
{
	if (journal == 0 || f->lineage.pending != journal)
		return 0;
	/* not over the one that waits: it counts until this one is there */
	struct state_lineage_slot s = {
		.counter = f->lineage.counter + 2, .lineage = f->lineage.next};
	int rc = write_slot(f, &s);
	if (rc == 0)
		settled(&f->lineage, &s);
	return rc;
}

int
state_lineage_erase(struct state_file *f)
{
	const uint8_t zeros[STATE_LINEAGE_SLOT] = {0};
	int rc = state_lineage_room(f);
	if (rc < 0)
		return rc;
	/* the one that does not count first: never back to an older one */
	rc = put(f, f->lineage.counter + 1, zeros);
	if (rc == 0)
		rc = put(f, f->lineage.counter, zeros);
	if (rc < 0)
		return failed(f, rc);
	f->lineage = (struct state_lineage){.is = STATE_LINEAGE_NONE};
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * state_hold.c -- see state_hold.h
 *
 * The page, in words of 8 bytes in the machine's byte order:
 *
 *   0  applied_seq     2  the holder's tag       4, 5  its owner's id
 *   1  fence: a tag    3  its open counter       6     its pid
 *   7  promote's fence: 1, or 0
 *
 * The tag is what makes reading and fencing safe without a lock.  Whoever
 * reads it before and behind the other words, and finds it the same, has words
 * of one session, since it is never used twice.  And the fence names the
 * session that was looked at: when that has ended meanwhile and another one
 * holds the copy, the store comes too late and ends nobody.  What a killed
 * session leaves here is of no harm for the same reason.
 *
 * Promote's fence names nobody, since it is for all.  A session that has the
 * parts' lock before the word is there sees it at its next look; one that gets
 * the lock later sees it at its open.  It is synced, so that also a copy whose
 * promotion was cut short by a reboot is found to be in the middle of it.
 */
#include "pool/state_hold.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fault.h"

#define STATE_PAGE 4096u

enum word {
	FENCE = 1,
	TAG = 2,
	COUNTER = 3,
	OWNER = 4,
	PID = 6,
	PROMOTE = STATE_WORD_PROMOTE
};

static uint64_t *
word(const struct state_file *f, enum word idx)
{
	return (uint64_t *)(void *)f->map + idx;
}

/*
 * Released and acquired, each of them: whoever sees a new word sees that the
 * old tag was taken away before it, and whoever sees a new tag sees all the
 * words that were written before it.
 */
static void
put(struct state_file *f, enum word idx, uint64_t v)
{
	__atomic_store_n(word(f, idx), v, __ATOMIC_RELEASE);
}

static uint64_t
get(const struct state_file *f, enum word idx)
{
	return __atomic_load_n(word(f, idx), __ATOMIC_ACQUIRE);
}

int
state_hold(struct state_file *f, const uint8_t owner_id[UUID16_LEN],
	uint64_t open_counter)
{
	uint64_t id[2];
	uint64_t tag = 0;
	if (getrandom(&tag, sizeof(tag), 0) != sizeof(tag))
		return err_sys(-errno, "random numbers");
	tag |= 1; /* not 0 */
	memcpy(id, owner_id, sizeof(id));
	/* no tag while the words change: nobody may see them half old under
	 * the tag that a killed session has left */
	put(f, TAG, 0);
	put(f, COUNTER, open_counter);
	put(f, OWNER, id[0]);
	put(f, OWNER + 1, id[1]);
	put(f, PID, (uint64_t)getpid());
	put(f, TAG, tag);
	f->tag = tag;
	return 0;
}

bool
state_holder(const struct state_file *f, struct state_holder *holder_out)
{
	uint64_t tag = get(f, TAG);
	uint64_t id[2] = {get(f, OWNER), get(f, OWNER + 1)};
	*holder_out = (struct state_holder){.tag = tag,
		.open_counter = get(f, COUNTER),
		.pid = get(f, PID)};
	memcpy(holder_out->owner_id, id, sizeof(id));
	return tag != 0 && get(f, TAG) == tag;
}

void
state_fence(struct state_file *f, uint64_t tag)
{
	put(f, FENCE, tag);
}

bool
state_is_fenced(const struct state_file *f)
{
	return f->tag != 0 && get(f, FENCE) == f->tag;
}

static int
put_durably(struct state_file *f, enum word idx, uint64_t v)
{
	errno = 0;
	put(f, idx, v);
	if (!FAULT("pool/state_fence") &&
		msync(f->map, STATE_PAGE, MS_SYNC) == 0)
		return 0;
	return err_sys(errno != 0 ? -errno : -EIO,
		"state file '%s': cannot write that the copy is promoted",
		f->name);
}

int
state_promote_begin(struct state_file *f)
{
	return put_durably(f, PROMOTE, 1);
}

int
state_promote_end(struct state_file *f)
{
	return put_durably(f, PROMOTE, 0);
}

bool
state_is_promoting(const struct state_file *f)
{
	return get(f, PROMOTE) != 0;
}

void
state_let_go(struct state_file *f)
{
	if (f->tag != 0 && f->map != NULL)
		put(f, TAG, 0);
	f->tag = 0;
}

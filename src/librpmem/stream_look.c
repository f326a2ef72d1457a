/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_look.c -- both sides of a block at one point of the stream
 *
 * The block is read here, and the question for the target's digests is put
 * into the stream, in one step under its lock: what the target answers is what
 * it holds at the very place of the stream at which the bytes were read.  What
 * differs then was stored and has not been in a record yet, or was missed.
 *
 * To send the block again is safe in a copy that follows.  What is sent is, of
 * each line, what memory held at this place of the stream, read twice as every
 * snapshot: so it is not older than any record of the line before it, and not
 * newer than any behind it.  A line that was stored to and not flushed may
 * reach the medium of the primary at any time by itself, so a crash at this
 * place may leave the primary with it; with the copy, too.  And a line that the
 * copy had missed is one that a crash could leave no more: it is made right.
 * The same as stream_resend.c's argument for a dirty block, but that there the
 * lines which are still missing keep the copy from being a point; here none is
 * known to be. So each prefix of the stream remains a crash image: between the
 * pieces, too, since each line is in one piece.
 *
 * The digests that the target's are compared with are of the bytes as they were
 * sent.  If they differ, its memory is not what it was given.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "base/fault.h"
#include "librpmem/stream_internal.h"
#include "librpmem/stream_resend.h"

static void
add_again(struct stream *st, const struct stream_look *l, const uint8_t *lines)
{
	uint32_t len = (uint32_t)l->len;
	struct record rec = {.type = REC_COPY,
		.seq = stream_next_seq(st),
		.off = l->off,
		.len = len};
	memcpy(frame_add(&st->frame, &rec, len), lines, len);
	stream_mark(st, l->off, len);
	st->stats.records++;
	st->stats.bytes += len;
}

/* tests: what was read is no more what memory holds at this place; others have
 * appended meanwhile, also on a busy machine */
static int
let_go(struct stream *st, uint32_t room) REQUIRES(&st->lock)
{
	struct timespec pause = {.tv_nsec = 1000000};
	uint64_t before = st->stats.appends;
	for (unsigned i = 0; i < 30 && st->stats.appends < before + 32; i++) {
		mutex_unlock(&st->lock);
		(void)nanosleep(&pause, NULL);
		mutex_lock(&st->lock);
	}
	return stream_make_room(st, room);
}

static int
look(struct stream *st, struct stream_look *l, struct question *q)
{
	uint8_t lines[STREAM_LOOK_MAX];
	uint32_t room = l->sends ? (uint32_t)l->len + RECORD_HDR_SIZE : 0;
	/* lets go of the lock where it waits; from here on it is held */
	int rc = stream_make_room(st, room);
	if (rc == 0 && st->nrequests >= REQUESTS_MAX)
		rc = -EBUSY;
	if (rc == 0)
		rc = l->read(l->arg, l->off, lines, l->len);
	if (rc == 0 && FAULT("librpmem/stale-resend"))
		rc = let_go(st, room);
	if (rc < 0)
		return rc;
	for (uint64_t at = 0, i = 0; at < l->len; at += l->unit, i++)
		l->mine[i] =
			block_digest(lines + at, min_u64(l->unit, l->len - at));
	if (l->sends && !FAULT("librpmem/no-resend"))
		add_again(st, l, lines);
	stream_question_add(st, q);
	return stream_submit(st);
}

int
stream_look_ask(struct stream *st, struct stream_look *l, struct question *q)
{
	stream_question_init(st, q, l->off, l->len, l->unit, l->theirs);
	mutex_lock(&st->lock);
	stream_question_begin(st, q);
	int rc = st->error != 0 ? st->error : look(st, l, q);
	mutex_unlock(&st->lock);
	return rc;
}

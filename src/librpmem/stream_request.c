/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_request.c -- questions to the target: read and digest
 *
 * Questions ride in the stream, so they are answered behind every record
 * appended before.  A big one is cut into frames of answers, at most
 * REQUESTS_MAX of them under way, so that the target never runs out of our
 * receive slots.
 *
 * Who asks for digests takes the answer later (stream_request.h), with its
 * digests in the machine's byte order.  A question is in the stream's list from
 * the first step to the last: an answer that comes in meanwhile, whoever polls,
 * finds it there.  An answer whose asker has gone finds nothing, and is
 * dropped.
 */
#include "librpmem/stream_internal.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"

#define READ_CHUNK (64u * 1024)
/* of pool memory a digest question covers: short enough for the target to
 * stay attentive */
#define DIGEST_CHUNK (16ULL * 1024 * 1024)

void
stream_question_add(struct stream *st, struct question *q)
{
	struct record rec = {.type = q->type,
		.aux = q->aux,
		.seq = q->request.tag,
		.off = q->off,
		.len = min_u64(q->len, q->chunk)};
	(void)frame_add(&st->frame, &rec, 0);
	st->nrequests++;
	q->off += rec.len;
	q->len -= rec.len;
}

/* put the next part of a question into the open frame, if it may go */
static int
ask(struct stream *st, struct question *q)
{
	int rc = stream_make_room(st, 0);
	/* making room may have let go of the lock: others ask, too */
	if (rc < 0 || st->nrequests >= REQUESTS_MAX)
		return rc;
	stream_question_add(st, q);
	return 0;
}

/* as much of the question as may be under way */
static int
ask_more(struct stream *st, struct question *q)
{
	int rc = 0;
	uint64_t before = q->len;
	while (rc == 0 && q->len != 0 && st->nrequests < REQUESTS_MAX)
		rc = ask(st, q);
	return rc == 0 && q->len != before ? stream_submit(st) : rc;
}

/* ask what is not asked yet, take every answer */
static int
converse(struct stream *st, struct question *q)
{
	struct request *r = &q->request;
	uint64_t limit = st->cfg.disk_timeout_ms * NS_PER_MS;
	uint64_t left = r->dst_left;
	uint64_t start = now_ns();
	while (r->dst_left != 0 && r->status == 0) {
		if (st->error != 0)
			return st->error;
		/* the answer went down with the connection */
		if (st->incarnation != q->incarnation)
			return -ECONNRESET;
		if (r->dst_left != left)
			start = now_ns();
		left = r->dst_left;
		if (now_ns() - start > limit)
			return stream_stuck(st);
		int rc = ask_more(st, q);
		if (rc < 0)
			return rc;
		if (r->dst_left != 0 && r->status == 0)
			stream_progress(st, start + limit + NS_PER_MS);
	}
	if (r->status != 0)
		return err_set(-r->status, "%s refused to read its pool",
			st->cfg.target);
	return 0;
}

void
stream_question_begin(struct stream *st, struct question *q)
{
	struct request *r = &q->request;
	r->tag = ++st->last_tag;
	r->dst_left = r->dst_size;
	r->next = st->requests;
	st->requests = r;
	q->incarnation = st->incarnation;
}

static void
end(struct stream *st, struct question *q)
{
	struct request **at = &st->requests;
	while (*at != &q->request)
		at = &(*at)->next;
	*at = q->request.next;
}

int
stream_read(struct stream *st, void *dst, uint64_t off, uint64_t len)
{
	struct question q = {
		.request = {.dst = dst, .off = off, .dst_size = len, .unit = 1},
		.type = REC_READ,
		.off = off,
		.len = len,
		.chunk = min_u64(READ_CHUNK,
			align_down(st->cfg.frame_max - FRAME_HDR_SIZE -
					   RECORD_HDR_SIZE,
				4096))};
	mutex_lock(&st->lock);
	stream_question_begin(st, &q);
	int rc = st->error != 0 ? st->error : converse(st, &q);
	end(st, &q);
	mutex_unlock(&st->lock);
	return rc;
}

void
stream_question_init(struct stream *st, struct question *q, uint64_t off,
	uint64_t len, uint32_t block, uint64_t *out)
{
	uint64_t fit = (st->cfg.frame_max - FRAME_HDR_SIZE - RECORD_HDR_SIZE) /
		       8 * block;
	*q = (struct question){.request = {.dst = (uint8_t *)out,
				       .off = off,
				       .dst_size = digest_payload(len, block),
				       .unit = block / 8},
		.type = REC_DIGEST,
		.off = off,
		.len = len,
		.aux = block,
		.chunk = max_u64(
			align_down(min_u64(DIGEST_CHUNK, fit), block), block)};
}

int
stream_digests_ask(struct stream *st, struct question *q, uint64_t off,
	uint64_t len, uint32_t block, uint64_t *out)
{
	stream_question_init(st, q, off, len, block, out);
	mutex_lock(&st->lock);
	stream_question_begin(st, q);
	int rc = st->error != 0 ? st->error : ask_more(st, q);
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_digests_take(struct stream *st, struct question *q)
{
	struct request *r = &q->request;
	mutex_lock(&st->lock);
	int rc = converse(st, q);
	end(st, q);
	mutex_unlock(&st->lock);
	for (uint64_t i = 0; rc == 0 && i < r->dst_size / 8; i++) {
		uint64_t digest;
		memcpy(&digest, r->dst + 8 * i, 8);
		digest = le64toh(digest);
		memcpy(r->dst + 8 * i, &digest, 8);
	}
	return rc;
}

void
stream_digests_drop(struct stream *st, struct question *q)
{
	mutex_lock(&st->lock);
	end(st, q);
	mutex_unlock(&st->lock);
}

int
stream_digests(struct stream *st, uint64_t off, uint64_t len, uint32_t block,
	uint64_t *out)
{
	struct question q;
	int rc = stream_digests_ask(st, &q, off, len, block, out);
	if (rc == 0)
		return stream_digests_take(st, &q);
	stream_digests_drop(st, &q);
	return rc;
}

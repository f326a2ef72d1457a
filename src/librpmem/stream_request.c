/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_request.c -- questions to the target: read and digest
 *
 * Questions ride in the stream, so they are answered behind every record
 * appended before.  A big one is cut into frames of answers, at most
 * REQUESTS_MAX of them under way, so that the target never runs out of our
 * receive slots.
 */
#include "librpmem/stream_internal.h"

#include <endian.h>
#include <errno.h>

#include "base/checked.h"
#include "base/err.h"

#define READ_CHUNK (64u * 1024)
/* of pool memory a digest question covers: short enough for the target to
 * stay attentive */
#define DIGEST_CHUNK (16ULL * 1024 * 1024)

struct question {
	enum record_type type;
	uint64_t off;
	uint64_t len;
	uint32_t aux;
	uint64_t chunk; /* bytes of pool per record */
};

/* put the next part of a question into the open frame, if it may go */
static int
ask(struct stream *st, const struct request *r, struct question *q)
{
	int rc = stream_make_room(st, 0);
	/* making room may have let go of the lock: others ask, too */
	if (rc < 0 || st->nrequests >= REQUESTS_MAX)
		return rc;
	struct record rec = {.type = q->type,
		.aux = q->aux,
		.seq = r->tag,
		.off = q->off,
		.len = min_u64(q->len, q->chunk)};
	(void)frame_add(&st->frame, &rec, 0);
	st->nrequests++;
	q->off += rec.len;
	q->len -= rec.len;
	return 0;
}

/* as much of the question as may be under way */
static int
ask_more(struct stream *st, const struct request *r, struct question *q)
{
	int rc = 0;
	uint64_t before = q->len;
	while (rc == 0 && q->len != 0 && st->nrequests < REQUESTS_MAX)
		rc = ask(st, r, q);
	return rc == 0 && q->len != before ? stream_submit(st) : rc;
}

/* ask everything, take every answer; r is in st->requests meanwhile */
static int
converse(struct stream *st, struct request *r, struct question *q)
{
	uint64_t limit = st->cfg.disk_timeout_ms * NS_PER_MS;
	uint64_t left = r->dst_left;
	uint64_t start = now_ns();
	uint64_t incarnation = st->incarnation;
	while (r->dst_left != 0 && r->status == 0) {
		if (st->error != 0)
			return st->error;
		/* the answer went down with the connection */
		if (st->incarnation != incarnation)
			return -ECONNRESET;
		if (r->dst_left != left)
			start = now_ns();
		left = r->dst_left;
		if (now_ns() - start > limit)
			return stream_stuck(st);
		int rc = ask_more(st, r, q);
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

static int
question(struct stream *st, struct request *r, struct question *q)
{
	mutex_lock(&st->lock);
	r->tag = ++st->last_tag;
	r->dst_left = r->dst_size;
	r->next = st->requests;
	st->requests = r;
	int rc = st->error != 0 ? st->error : converse(st, r, q);
	struct request **at = &st->requests;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	mutex_unlock(&st->lock);
	return rc;
}

int
stream_read(struct stream *st, void *dst, uint64_t off, uint64_t len)
{
	struct request r = {.dst = dst, .off = off, .dst_size = len, .unit = 1};
	struct question q = {.type = REC_READ,
		.off = off,
		.len = len,
		.chunk = min_u64(READ_CHUNK,
			align_down(st->cfg.frame_max - FRAME_HDR_SIZE -
					   RECORD_HDR_SIZE,
				4096))};
	return question(st, &r, &q);
}

int
stream_digests(struct stream *st, uint64_t off, uint64_t len, uint32_t block,
	uint64_t *out)
{
	uint64_t fit = (st->cfg.frame_max - FRAME_HDR_SIZE - RECORD_HDR_SIZE) /
		       8 * block;
	struct request r = {.dst = (uint8_t *)out,
		.off = off,
		.dst_size = digest_payload(len, block),
		.unit = block / 8};
	struct question q = {.type = REC_DIGEST,
		.off = off,
		.len = len,
		.aux = block,
		.chunk = max_u64(
			align_down(min_u64(DIGEST_CHUNK, fit), block), block)};
	int rc = question(st, &r, &q);
	for (uint64_t i = 0; rc == 0 && i < r.dst_size / 8; i++)
		out[i] = le64toh(out[i]);
	return rc;
}

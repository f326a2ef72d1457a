/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * stream_rx.c -- taking in what the target says
 *
 * Every frame is checked (hash, number, types) before a byte of it is used.
 * A frame that breaks the protocol ends the stream: the target is not what
 * it says it is, or memory or network corrupts data.
 */
#include "librpmem/stream_internal.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "wire/oob.h"

static int
rx_ack(struct stream *st, const struct record *rec)
{
	/* it may cover more than was asked for: frames that left full, without
	 * a request, and were applied before the answer */
	if (rec->aux == OOB_STALE) /* asked for or not */
		return err_set(-ESTALE,
			"%s: the copy was promoted: it is a pool of its own "
			"now",
			st->cfg.target);
	if (st->acks_out == 0 || rec->seq > st->last_seq)
		return err_set(-EPROTO, "%s: an ack that nobody asked for",
			st->cfg.target);
	uint64_t now = now_ns();
	uint64_t asked = st->ack_asked_at[st->nacks_got % ACKS_MAX];
	st->nacks_got++;
	st->acks_out--;
	if (rec->aux != OOB_SUCCESS)
		return err_set(-oob_status_errno(rec->aux),
			"%s: the target's media failed; what was written since "
			"the last durable point is not safe there",
			st->cfg.target);
	stats_rtt(&st->stats, now - asked);
	st->durable_at = now;
	bool was_behind = stream_is_behind(st);
	if (rec->seq > st->acked_seq)
		st->acked_seq = rec->seq;
	st->is_stuck = false;
	if (was_behind && !stream_is_behind(st))
		cond_wake_all(&st->pulse_tick);
	/* taken into the target's journal only: should that be dropped, it has
	 * to be sent again */
	if (rec->flags & REC_F_JOURNALLED)
		return 0;
	st->real_acked = max_u64(st->real_acked, rec->seq);
	/* before a mark goes: a program may be killed here, too */
	if (st->cfg.safe_seq != NULL && !FAULT("librpmem/no-safe-seq"))
		atomic_store_explicit(
			st->cfg.safe_seq, st->real_acked, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	if (st->cfg.marks != NULL)
		marks_acked(st->cfg.marks, st->acked_seq, st->last_seq);
	if ((rec->flags & REC_F_DEEP) && rec->seq > st->deep_seq)
		st->deep_seq = rec->seq;
	return 0;
}

static struct request *
find_request(struct stream *st, uint64_t tag)
{
	for (struct request *r = st->requests; r != NULL; r = r->next)
		if (r->tag == tag)
			return r;
	return NULL;
}

/* an answer's payload to where its request wants it */
static int
rx_answer(struct stream *st, const struct record *rec)
{
	if (st->nrequests == 0)
		return err_set(-EPROTO, "%s: an answer that nobody asked for",
			st->cfg.target);
	st->nrequests--;
	struct request *r = find_request(st, rec->seq);
	if (r == NULL)
		return 0; /* its caller has gone with an error */
	if (rec->aux != OOB_SUCCESS) {
		r->status = oob_status_errno(rec->aux);
		return 0;
	}
	uint64_t at = (rec->off - r->off) / r->unit;
	if (rec->off < r->off || !range_within(at, rec->len, r->dst_size) ||
		rec->len > r->dst_left)
		return err_set(-EPROTO, "%s: an answer to another question",
			st->cfg.target);
	memcpy(r->dst + at, rec->payload, rec->len);
	r->dst_left -= rec->len;
	return 0;
}

static int
rx_record(struct stream *st, const struct record *rec)
{
	switch (rec->type) {
	case REC_ACK:
		return rx_ack(st, rec);
	case REC_READ_DATA:
	case REC_DIGEST_DATA:
		return rx_answer(st, rec);
	case REC_BEAT:
		return 0; /* that it came is all that counts, see stream_rx */
	case REC_COPY:
	case REC_FILL:
	case REC_DEEP:
	case REC_BARRIER:
	case REC_ACK_REQ:
	case REC_READ:
	case REC_DIGEST:
	case REC_HEARTBEAT:
	case REC_GROW:
	case REC_LINEAGE:
		break;
	}
	return err_set(-EPROTO, "%s: a record that only an initiator sends",
		st->cfg.target);
}

static int
rx_frame(struct stream *st, const struct conn_event *ev)
{
	struct frame_reader rd;
	struct record rec;
	int rc = frame_open(
		&rd, ev->buf, ev->len, st->cfg.seed, FRAME_FROM_TARGET);
	if (rc < 0)
		return err_wrap(rc, "%s", st->cfg.target);
	if (rd.frame_no != st->frames_taken + 1 ||
		rd.credits > st->frames_sent ||
		rd.credits < st->frames_credited)
		return err_set(-EPROTO, "%s: frame %llu out of order",
			st->cfg.target, (unsigned long long)rd.frame_no);
	st->frames_taken++;
	st->frames_credited = rd.credits;
	while ((rc = frame_next(&rd, &rec)) == 1) {
		rc = rx_record(st, &rec);
		if (rc < 0)
			return rc;
	}
	return rc;
}

void
stream_rx(struct stream *st, const struct conn_event *ev)
{
	if (st->error != 0)
		return;
	st->rx_at = now_ns();
	st->hb_sent_at = 0; /* whatever it is: the target lives */
	int rc = rx_frame(st, ev);
	if (rc == 0)
		rc = conn_repost(st->conn, ev->slot);
	if (rc < 0) {
		LOG_ERR("%s", err_msg());
		stream_die(st, rc);
	}
}

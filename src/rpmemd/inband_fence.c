/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inband_fence.c -- a session that somebody else wants to end
 *
 * Two fences, both words in the mapped page of the state file: that of an owner
 * which has come back (takeover.c), and that of a promotion (promote.c).
 * Neither orders anything: who has set one looks at the copy only when it has
 * the lock of the parts, which the session gives back at its end.  So a record
 * that is applied, and an ack that is sent, between the store of the word and
 * the look at it are in what is found then.
 *
 * An initiator that is merely cut off connects again.  One whose copy is
 * promoted must not, and its program may have to stop: so it is told, by an
 * ack with that status, asked for or not.
 */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "pool/state_hold.h"
#include "rpmemd/inband.h"

#define SLICE_MS 20u
/* how long the answer may take to get to an initiator that sends */
#define LINGER_MS 300u
/* and how long the worker may take for all of it */
#define GRACE_MS 1000u

int
inband_check_fence(const struct inband *ib)
{
	if (state_is_promoting(&ib->copy->state))
		return err_set(
			-ESTALE, "the copy is being promoted on this machine");
	if (state_is_fenced(&ib->copy->state))
		return err_set(-ECONNABORTED,
			"a later open of the same owner takes the copy over");
	return 0;
}

int
inband_tick_fence(struct inband *ib)
{
	int rc = inband_check_fence(ib);
	if (rc != -ESTALE || !atomic_load(&ib->is_up))
		return rc;
	if (ib->fenced_at == 0)
		ib->fenced_at = now_ns();
	conn_wake(ib->conn);
	return now_ns() - ib->fenced_at > GRACE_MS * NS_PER_MS ? rc : 0;
}

/* A connection that is closed with bytes in it that nobody has read is reset,
 * and what was sent last is lost: so frames are taken, and dropped, until the
 * initiator has hung up. */
static void
linger(struct inband *ib)
{
	struct inband_frame f;
	uint64_t until = deadline_in_ms(LINGER_MS);
	int rc = 0;
	while (rc >= 0 && !deadline_passed(until) && !atomic_load(&ib->stop)) {
		rc = inband_next_frame(ib, deadline_in_ms(SLICE_MS), &f);
		if (rc == 1)
			rc = conn_repost(ib->conn, f.ev.slot);
	}
}

void
inband_tell_stale(struct inband *ib)
{
	struct frame_writer w;
	struct record ack = {.type = REC_ACK,
		.aux = OOB_STALE,
		.seq = atomic_load_explicit(
			&ib->durable, memory_order_relaxed)};
	char text[ERR_MAX];
	int slot = 0;
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	int rc = inband_tx_begin(ib, &w, &slot);
	if (rc == 0) {
		(void)frame_add(&w, &ack, 0);
		rc = inband_tx_send(ib, &w, slot);
	}
	if (rc == 0)
		linger(ib);
	(void)err_set(0, "%s", text);
}

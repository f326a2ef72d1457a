/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * reach.h -- from a target's name to an open copy and a connection to it
 */
#ifndef RPMEM_LIBRPMEM_REACH_H
#define RPMEM_LIBRPMEM_REACH_H

#include "base/compiler.h"
#include "librpmem/handle.h"
#include "librpmem/stream_resend.h"

/*
 * reach_pool -- greet the target and ask for the pool
 *
 * h->ch must be free.  Asks again while another session is about to end.
 * After a create h->was_created is set, also if libfabric cannot be loaded.
 *
 * Returns 0; else with a message, and h->ch as it came out
 */
NODISCARD int reach_pool(
	struct rpmem_pool *h, const struct oob_msg *req, struct oob_msg *reply);

/* the in-band connection that a reply offers */
NODISCARD int reach_stream(struct rpmem_pool *h, const struct oob_pool_reply *r,
	struct conn **conn_out, struct stream_session *session_out);

/*
 * reach_again -- the same for an owner whose copy was lost
 *
 * The copy must still be ours.  Nothing is changed there.
 *
 *   copy_out      its facts now
 *   verdict_out   with -ESTALE: LINEAGE_FENCED or LINEAGE_REFUSE
 *
 * Returns 0; -ESTALE: it was promoted, or belongs to another primary; else
 * why it cannot be reached; with a message
 */
NODISCARD int reach_again(struct rpmem_pool *h, struct conn **conn_out,
	struct stream_session *session_out, struct oob_copy *copy_out,
	enum lineage_verdict *verdict_out);

#endif

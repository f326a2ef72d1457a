/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * compare.c -- see compare.h
 *
 * A window is asked for before this side reads its own bytes of it, and the
 * next one before the answer is waited for: so the target hashes while we
 * hash, and finds its next question when it is done.  Without, each side would
 * wait for the other, and for the way there and back, at each window.
 *
 * Two windows are under way.  What is appended because one of them differs is
 * behind the question for the next in the stream, but of other bytes than that
 * one asks for.
 */
#include "librpmem/compare.h"

#include <stdbool.h>

#include "base/checked.h"
#include "base/deadline.h"
#include "librpmem/handle.h"
#include "librpmem/stream_request.h"

struct window {
	struct question question;
	bool is_asked;
	uint64_t off;
	uint64_t end;
	uint64_t theirs[COMPARE_DIGESTS_MAX];
};

static int
ask(struct rpmem_pool *h, const struct compare *c, struct window *w,
	uint64_t off, uint64_t end)
{
	*w = (struct window){.off = off, .end = off};
	if (off >= end || deadline_passed(c->until))
		return 0;
	w->end = c->window(h, off, end);
	w->is_asked = true;
	alias_ahead(&h->keeper.alias, off, w->end - off);
	return stream_digests_ask(
		h->st, &w->question, off, w->end - off, c->block, w->theirs);
}

static int
take(struct rpmem_pool *h, struct window *w)
{
	w->is_asked = false;
	return stream_digests_take(h->st, &w->question);
}

static int
tell(struct rpmem_pool *h, const struct compare *c, const struct window *w,
	const uint64_t mine[COMPARE_DIGESTS_MAX])
{
	const uint64_t *theirs = w->theirs;
	int rc = 0;
	for (uint64_t at = w->off; rc == 0 && at < w->end; at += c->block)
		if (*mine++ != *theirs++)
			rc = c->differs(
				h, at, min_u64(c->block, w->end - at), c->arg);
	if (rc == 0 && c->passed != NULL)
		rc = c->passed(h, w->end, c->arg);
	return rc;
}

int
compare_range(struct rpmem_pool *h, const struct compare *c, uint64_t *off,
	uint64_t end)
{
	uint64_t mine[COMPARE_DIGESTS_MAX];
	struct window w[2];
	unsigned now = 0;
	int rc = ask(h, c, &w[0], *off, end);
	w[1].is_asked = false;
	while (rc == 0 && w[now].is_asked) {
		struct window *next = &w[1 - now];
		rc = ask(h, c, next, w[now].end, end);
		if (rc == 0)
			rc = c->own(h, w[now].off, w[now].end - w[now].off,
				mine, c->arg);
		if (rc == 0)
			rc = take(h, &w[now]);
		if (rc == 0)
			rc = tell(h, c, &w[now], mine);
		if (rc == 0)
			*off = w[now].end;
		now = 1 - now;
	}
	/* what was asked in vain */
	for (unsigned i = 0; i < 2; i++)
		if (w[i].is_asked)
			stream_digests_drop(h->st, &w[i].question);
	return rc;
}

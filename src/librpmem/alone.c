/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * alone.c -- see alone.h
 */
#include "librpmem/alone.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/env.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/reach.h"

#define WAIT_DEFAULT_S 60u
#define PAUSE_MIN_MS 50u
#define PAUSE_MAX_MS 1000u

enum alone_act
alone_decide(const struct alone_facts *f)
{
	if (!f->survives || !f->knows_copy || f->is_created ||
		!f->is_unreachable)
		return ALONE_FAIL;
	return f->was_alone || f->may_be_alone ? ALONE_GO : ALONE_WAIT;
}

bool
alone_is_unreachable(int neg_errno)
{
	switch (-neg_errno) {
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ENETDOWN:
	case ENOTCONN:
		return true;
	default:
		return false;
	}
}

static int
try_again(
	struct rpmem_pool *h, const struct oob_msg *req, struct oob_msg *reply)
{
	chan_fini(&h->ch);
	memset(&h->ch, 0, sizeof(h->ch));
	return reach_pool(h, req, reply);
}

static int
wait_for_it(struct rpmem_pool *h, const struct oob_msg *req,
	struct oob_msg *reply, uint64_t seconds, int rc)
{
	/* for all copies of the pool together */
	uint64_t until = h->history != NULL ? history_wait_until(h->history,
						      seconds * 1000)
					    : deadline_in_ms(seconds * 1000);
	uint64_t pause_ms = PAUSE_MIN_MS;
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	LOG_WARN("%s; waiting for it, %llu s at most (RPMEM_OPEN_WAIT)", why,
		(unsigned long long)seconds);
	while (alone_is_unreachable(rc) && !deadline_passed(until)) {
		struct timespec ts = {.tv_sec = (time_t)(pause_ms / 1000),
			.tv_nsec = (long)(pause_ms % 1000 * NS_PER_MS)};
		(void)nanosleep(&ts, NULL);
		pause_ms = min_u64(pause_ms * 2, PAUSE_MAX_MS);
		rc = try_again(h, req, reply);
	}
	if (!alone_is_unreachable(rc))
		return rc;
	return err_set(-EHOSTUNREACH,
		"%s: the copy '%s' does not answer (%s). It followed this pool "
		"when that was closed or left, so it may have been promoted "
		"since: bring it back, or set RPMEM_OPEN_ALONE=1 if it was not",
		h->target.text, h->set_name, why);
}

int
alone_wait(struct rpmem_pool *h, const struct oob_msg *req,
	struct oob_msg *reply, int rc)
{
	uint64_t seconds = WAIT_DEFAULT_S;
	uint64_t may = 0;
	h->part.id = remember_copy_id(h);
	struct alone_facts f = {.survives = h->onloss.survives,
		.knows_copy = remember_knows_copy(h),
		.was_alone = h->history != NULL &&
			     !history_expects(h->history, h->part.id),
		.is_created = req->type == OOB_CREATE,
		.is_unreachable = alone_is_unreachable(rc)};
	if (alone_decide(&f) == ALONE_FAIL)
		return rc;
	int bad = env_u64("RPMEM_OPEN_WAIT", 0, ALONE_WAIT_MAX_S, &seconds);
	if (bad == 0)
		bad = env_u64("RPMEM_OPEN_ALONE", 0, 1, &may);
	if (bad < 0)
		return bad;
	f.may_be_alone = may != 0;
	if (alone_decide(&f) == ALONE_WAIT)
		return wait_for_it(h, req, reply, seconds, rc);
	LOG_ERR("%s; the pool is opened without this copy, which catches up "
		"when it is back",
		err_msg());
	chan_fini(&h->ch);
	memset(&h->ch, 0, sizeof(h->ch));
	return ALONE;
}

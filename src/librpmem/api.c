/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * api.c -- see api.h
 */
#include "librpmem/api.h"

#include <errno.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/keeper.h"
#include "librpmem/registry.h"
#include "librpmem/stream_resend.h"

#define PAGE 4096u

/* -1 and errno; rc is negative */
int
api_fail(int rc)
{
	errno = -rc;
	return -1;
}

/* the same for a call that is rare enough for a line in the log */
int
api_fail_logged(int rc)
{
	LOG_ERR("%s", err_msg());
	return api_fail(rc);
}

/* every call on a handle starts here */
int
api_check_handle(const RPMEMpool *h)
{
	if (h == NULL)
		return err_set(-EINVAL, "the pool handle is NULL");
	if (h->fork_generation != registry_fork_generation())
		return err_set(-ECHILD,
			"this process was forked after the pool was opened: "
			"a replicated pool belongs to the process that opened "
			"it");
	return 0;
}

int
api_check_range(const RPMEMpool *h, const struct api_range *r)
{
	if (r->lane >= h->nlanes)
		return err_set(-EINVAL, "lane %u: the pool has %u lanes",
			r->lane, h->nlanes);
	if (r->off >= h->size || !range_within(r->off, r->len, h->size))
		return err_set(-EINVAL,
			"range of %zu bytes at %zu is outside the pool of %llu",
			r->len, r->off, (unsigned long long)h->size);
	if (!r->may_read_header && h->has_headers && r->off < POOL_HDR_SIZE)
		return err_set(-EINVAL,
			"offset %zu is inside the pool header, which belongs "
			"to the target",
			r->off);
	return 0;
}

int
api_check_data_call(
	const RPMEMpool *h, const struct api_range *r, unsigned flags)
{
	int rc = api_check_handle(h);
	if (rc == 0 && (flags & ~RPMEM_PERSIST_RELAXED) != 0)
		rc = err_set(-EINVAL, "unknown flags 0x%x", flags);
	return rc == 0 ? api_check_range(h, r) : rc;
}

/* result of a call on the stream, with a message when its end is the cause */
int
api_result(RPMEMpool *h, int rc)
{
	if (rc >= 0)
		return 0;
	if (rc == stream_error(h->st) && rc != -EIO)
		(void)err_sys(rc, "%s: the connection is lost", h->target.text);
	return api_fail(rc);
}

/* a handle of this process that outlives its copy, and is in use */
static bool
is_kept(const RPMEMpool *h)
{
	return h != NULL && h->onloss.survives &&
	       h->fork_generation == registry_fork_generation() &&
	       atomic_load_explicit(&h->is_equal, memory_order_acquire);
}

bool
api_is_missed(RPMEMpool *h, uint64_t off, uint64_t len, uint64_t *seq_out)
{
	uint64_t seq;
	if (!is_kept(h) || !range_within(off, len, h->size) ||
		!stream_is_missed(h->st, off, len, &seq))
		return false;
	remember_run(h, off, len);
	if (seq_out != NULL)
		*seq_out = seq;
	return true;
}

bool
api_orders_nothing(const RPMEMpool *h)
{
	return is_kept(h) && stream_is_down(h->st);
}

bool
api_goes_on(RPMEMpool *h)
{
	return is_kept(h) && keeper_goes_on(h);
}

int
api_ready(RPMEMpool *h)
{
	int rc = handle_ready(h);
	if (rc < 0)
		LOG_ERR("%s", err_msg());
	return rc;
}

int
api_append(RPMEMpool *h, const struct api_range *r, uint64_t *seq_out)
{
	uint64_t seq = 0;
	int rc = api_ready(h);
	if (rc < 0 || r->len == 0)
		return rc;
	rc = stream_append(h->st, r->off, r->len, r->lane, &seq);
	remember_run(h, r->off, r->len);
	/* what the copy has not got has a number, too: a wait for it knows */
	if (seq_out != NULL && (rc == 0 || h->onloss.survives))
		*seq_out = seq;
	return rc;
}

static int
check_open_args(const struct handle_args *a, const unsigned *nlanes)
{
	if (a->target == NULL || a->set_name == NULL)
		return err_set(-EINVAL, "target and pool set name are needed");
	if (a->addr == NULL)
		return err_set(-EINVAL, "invalid pool address");
	if ((uintptr_t)a->addr % PAGE != 0)
		return err_set(-EINVAL,
			"pool address must be aligned to the page size (%u)",
			PAGE);
	if (a->size % PAGE != 0)
		return err_set(-EINVAL,
			"pool size must be a multiple of the page size (%u)",
			PAGE);
	if (a->size == 0)
		return err_set(-EINVAL, "invalid pool size");
	if (nlanes == NULL)
		return err_set(-EINVAL, "lanes pointer cannot be NULL");
	if (*nlanes == 0)
		return err_set(-EINVAL, "number of lanes must be positive");
	return 0;
}

RPMEMpool *
api_open(struct handle_args *a, unsigned *nlanes)
{
	struct rpmem_pool *h = NULL;
	int saved = errno;
	int rc = check_open_args(a, nlanes);
	if (rc == 0) {
		a->nlanes = *nlanes;
		rc = handle_open(a, &h);
	}
	if (rc < 0) {
		(void)api_fail_logged(rc);
		return NULL;
	}
	*nlanes = h->nlanes;
	errno = saved;
	return h;
}

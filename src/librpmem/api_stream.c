/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * api_stream.c -- the functions of version 1.4: the ordered stream itself
 *
 * The calls of 1.3 wait for each range; these let the caller say what is to
 * be in order, and wait once.
 */
#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "base/err.h"
#include "base/log.h"
#include "librpmem/api.h"
#include "librpmem/keeper.h"
#include "librpmem/maps.h"
#include "wire/frame.h"

#define BLOCK_MIN 512u

/*
 * A caller that is told of a failure goes on without the copy; a record that
 * another thread appends after that would leave a hole in its history.  So
 * there is no way back: the stream has ended before the caller knows.  And
 * since its calls return without the copy from here on, that is on record
 * before.
 */
static int
tell(RPMEMpool *rpp, int rc)
{
	/* a keeper may have begun again by now */
	if (rc == -ETIMEDOUT && !rpp->onloss.survives)
		stream_kill(rpp->st, rc);
	keeper_fails(rpp, rc);
	return api_result(rpp, rc);
}

/* of a call that promises nothing */
static int
stream_result(RPMEMpool *rpp, int rc)
{
	return tell(rpp, keeper_result(rpp, rc, false, DEADLINE_NEVER));
}

API RPMEMpool *
rpmem_open_owner(const char *target, const char *pool_set_name, void *pool_addr,
	size_t pool_size, const struct rpmem_pool_attr *create_attr)
{
	NO_CANCEL;
	struct handle_args a = {.target = target,
		.set_name = pool_set_name,
		.addr = pool_addr,
		.size = pool_size,
		.create_attr = (const uint8_t *)create_attr,
		.is_owner = true};
	unsigned nlanes = 1;
	return api_open(&a, &nlanes);
}

/* what cannot be told from a lost or a promoted one is no identity */
static int
check_identity(const uint8_t *identity, int flags)
{
	if ((flags & ~RPMEM_RAW_CREATE) != 0)
		return err_set(-EINVAL, "unknown flags 0x%x", (unsigned)flags);
	if (identity != NULL && uuid16_is_zero(identity))
		return err_set(-EINVAL, "an identity may not be all zeros");
	if (identity == NULL && (flags & RPMEM_RAW_CREATE))
		return err_set(-EINVAL, "to create a copy an identity of its "
					"primary is needed");
	return 0;
}

API RPMEMpool *
rpmem_open_owner_raw(const char *target, const char *pool_set_name,
	void *pool_addr, size_t pool_size,
	const unsigned char identity[RPMEM_POOL_HDR_UUID_LEN], int flags)
{
	NO_CANCEL;
	static const struct rpmem_pool_attr none;
	struct handle_args a = {.target = target,
		.set_name = pool_set_name,
		.addr = pool_addr,
		.size = pool_size,
		.is_owner = true,
		.is_raw = true,
		.identity = identity};
	unsigned nlanes = 1;
	int rc = check_identity(identity, flags);
	if (rc < 0) {
		(void)api_fail_logged(rc);
		return NULL;
	}
	if (flags & RPMEM_RAW_CREATE)
		a.create_attr = (const uint8_t *)&none;
	return api_open(&a, &nlanes);
}

API int
rpmem_equalise(RPMEMpool *rpp)
{
	NO_CANCEL;
	int rc = api_check_handle(rpp);
	if (rc == 0)
		rc = handle_ready(rpp);
	return rc < 0 ? api_fail_logged(rc) : 0;
}

API int
rpmem_append(RPMEMpool *rpp, size_t offset, size_t length, uint64_t *seq)
{
	if (api_is_missed(rpp, offset, length, seq))
		return 0;
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length};
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc < 0)
		return api_fail(rc);
	rc = api_append(rpp, &r, seq);
	return stream_result(rpp, rc);
}

API int
rpmem_fill(RPMEMpool *rpp, size_t offset, size_t length, int c, uint64_t *seq)
{
	if (api_is_missed(rpp, offset, length, seq))
		return 0;
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length};
	uint64_t last = 0;
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc < 0)
		return api_fail(rc);
	rc = api_ready(rpp);
	if (rc == 0)
		rc = stream_fill(rpp->st, offset, length, (uint8_t)c, &last);
	if (last != 0 && seq != NULL)
		*seq = last;
	return stream_result(rpp, rc);
}

API int
rpmem_deep(RPMEMpool *rpp, size_t offset, size_t length, uint64_t *seq)
{
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length};
	uint64_t last = 0;
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc < 0)
		return api_fail(rc);
	rc = api_ready(rpp);
	if (rc == 0)
		rc = stream_deep(rpp->st, offset, length, 0, &last);
	if (last != 0 && seq != NULL)
		*seq = last;
	return stream_result(rpp, rc);
}

/* may the handle's pool have `size` bytes? */
static int
check_growth(const RPMEMpool *rpp, size_t size)
{
	struct maps_facts maps;
	uint64_t old = rpp->size;
	if (rpp->role != ROLE_OWNER)
		return err_set(-EPERM,
			"only the owner of a pool can make its copy grow");
	if (size <= old || size % GROW_UNIT != 0 || size > INT64_MAX)
		return err_set(-EINVAL,
			"a size of %zu bytes: the pool has %llu, more are "
			"needed, in whole pages",
			size, (unsigned long long)old);
	int rc = maps_look(rpp->addr + old, size - old, &maps);
	if (rc == 0 && !maps.is_shared)
		rc = err_set(-EINVAL,
			"the new memory of the pool is not a shared mapping "
			"behind the old");
	return rc;
}

API int
rpmem_grow(RPMEMpool *rpp, size_t pool_size, uint64_t *seq)
{
	NO_CANCEL;
	uint64_t last = 0;
	int rc = api_check_handle(rpp);
	if (rc == 0)
		rc = check_growth(rpp, pool_size);
	if (rc < 0)
		return api_fail(rc);
	rc = api_ready(rpp);
	if (rc == 0)
		rc = keeper_make_room(rpp, pool_size);
	if (rc == 0)
		rc = stream_grow(rpp->st, pool_size, &last);
	uint64_t old = rpp->size;
	/* also if the copy is lost: the pool has it */
	if (rc == 0 || rpp->onloss.survives) {
		atomic_store(&rpp->size, pool_size);
		keeper_grow(rpp, old, rc == -ENOMEM);
	}
	if (last != 0 && seq != NULL)
		*seq = last;
	return stream_result(rpp, rc);
}

API int
rpmem_barrier(RPMEMpool *rpp)
{
	if (api_orders_nothing(rpp))
		return 0;
	NO_CANCEL;
	int rc = api_check_handle(rpp);
	return rc < 0 ? api_fail(rc)
		      : stream_result(rpp, stream_barrier(rpp->st));
}

API int
rpmem_submit(RPMEMpool *rpp)
{
	NO_CANCEL;
	int rc = api_check_handle(rpp);
	if (rc < 0)
		return api_fail(rc);
	return stream_result(
		rpp, stream_submit_to(rpp->st, stream_last(rpp->st)));
}

API int
rpmem_wait(RPMEMpool *rpp, uint64_t seq, int timeout_ms)
{
	if (seq == RPMEM_ALL && api_goes_on(rpp))
		return 0;
	NO_CANCEL;
	int rc = api_check_handle(rpp);
	if (rc < 0)
		return api_fail(rc);
	uint64_t last = stream_last(rpp->st);
	if (seq == RPMEM_ALL)
		seq = last;
	if (seq > last)
		return api_fail(err_set(-EINVAL,
			"there is no record %llu yet, the last one is %llu",
			(unsigned long long)seq, (unsigned long long)last));
	uint64_t deadline = timeout_ms < 0
				    ? STREAM_NO_DEADLINE
				    : deadline_in_ms((uint64_t)timeout_ms);
	rc = stream_wait(rpp->st, seq, deadline);
	rc = keeper_result(rpp, rc, true, deadline);
	if (rc == -EAGAIN)
		return api_fail(err_set(rc, "%s: not durable within %d ms",
			rpp->target.text, timeout_ms));
	return tell(rpp, rc);
}

API int
rpmem_digest(RPMEMpool *rpp, size_t offset, size_t length, size_t block,
	uint64_t *digests)
{
	NO_CANCEL;
	struct api_range r = {
		.off = offset, .len = length, .may_read_header = true};
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc == 0 && (block < BLOCK_MIN || block > UINT32_MAX / 2 + 1 ||
			       (block & (block - 1)) != 0))
		rc = err_set(-EINVAL,
			"a block of %zu bytes: expected a power of two from %u",
			block, BLOCK_MIN);
	if (rc == 0 && length != 0 && digests == NULL)
		rc = err_set(-EINVAL, "no room for the digests");
	/* in pieces that end at block borders */
	size_t step = block * STREAM_DIGESTS_MAX;
	while (rc == 0 && length != 0) {
		size_t n = length < step ? length : step;
		rc = stream_digests(
			rpp->st, offset, n, (uint32_t)block, digests);
		offset += n;
		length -= n;
		digests += n / block;
	}
	if (rc == -ETIMEDOUT)
		stream_kill(rpp->st, rc);
	return api_result(rpp, rc);
}

API int
rpmem_status(RPMEMpool *rpp, struct rpmem_status *status, size_t size)
{
	NO_CANCEL;
	struct rpmem_status st = {.size = sizeof(st)};
	struct stats s;
	int rc = api_check_handle(rpp);
	if (rc == 0 && (status == NULL || size < sizeof(uint64_t)))
		rc = err_set(-EINVAL, "no room for the status");
	if (rc < 0)
		return api_fail(rc);
	stream_numbers(rpp->st, &st.appended_seq, &st.acked_seq);
	stream_stats(rpp->st, &s);
	st.error = -stream_error(rpp->st);
	st.is_equal = atomic_load(&rpp->is_equal) && keeper_is_attached(rpp);
	/* set by the open; that of a header may change until it is equal */
	if (rpp->is_raw)
		memcpy(st.primary, rpp->primary_uuid, sizeof(st.primary));
	st.appends = s.appends;
	st.records = s.records;
	st.frames = s.frames;
	st.waits = s.waits;
	st.bytes = s.bytes;
	st.rtt_p50_ns = stats_quantile(&s, 500);
	st.rtt_p99_ns = stats_quantile(&s, 990);
	memcpy(status, &st, size < sizeof(st) ? size : sizeof(st));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * librpmem.c -- the public functions: arguments checked, results translated
 *
 * The one place where a negative errno becomes -1 or NULL, errno and the
 * text of rpmem_errormsg.  What each function promises is in its man page.
 * A bad argument is an error of that call only; only the end of the
 * connection, or of the target's media, ends a handle.
 */
#include "librpmem.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/cancel.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/api.h"
#include "librpmem/handle.h"
#include "librpmem/keeper.h"
#include "librpmem/registry.h"
#include "librpmem/removal.h"

_Static_assert(sizeof(struct rpmem_pool_attr) == OOB_ATTR_SIZE,
	"the attributes travel as they lie in memory");

/* only sets what the error and log modules use; see style: State */
__attribute__((constructor)) static void
init(void)
{
	err_clear();
	log_init_env("librpmem");
}

/* is the caller's code in a file whose name begins with `lib`? */
static bool
is_from(const void *caller, const char *lib)
{
	Dl_info info;
	if (caller == NULL || dladdr(caller, &info) == 0 ||
		info.dli_fname == NULL)
		return false;
	const char *slash = strrchr(info.dli_fname, '/');
	const char *name = slash != NULL ? slash + 1 : info.dli_fname;
	return strncmp(name, lib, strlen(lib)) == 0;
}

API RPMEMpool *
rpmem_create(const char *target, const char *pool_set_name, void *pool_addr,
	size_t pool_size, unsigned *nlanes,
	const struct rpmem_pool_attr *create_attr)
{
	NO_CANCEL;
	const void *caller = __builtin_return_address(0);
	struct rpmem_pool_attr attr = {0};
	if (create_attr != NULL)
		attr = *create_attr;
	struct handle_args a = {.target = target,
		.set_name = pool_set_name,
		.addr = pool_addr,
		.size = pool_size,
		.create_attr = (const uint8_t *)&attr,
		.from_libpmemobj = is_from(caller, "libpmemobj.so"),
		.from_libpmempool = is_from(caller, "libpmempool.so")};
	return api_open(&a, nlanes);
}

API RPMEMpool *
rpmem_open(const char *target, const char *pool_set_name, void *pool_addr,
	size_t pool_size, unsigned *nlanes, struct rpmem_pool_attr *open_attr)
{
	NO_CANCEL;
	const void *caller = __builtin_return_address(0);
	struct handle_args a = {.target = target,
		.set_name = pool_set_name,
		.addr = pool_addr,
		.size = pool_size,
		.from_libpmemobj = is_from(caller, "libpmemobj.so"),
		.from_libpmempool = is_from(caller, "libpmempool.so")};
	RPMEMpool *h = api_open(&a, nlanes);
	if (h != NULL && open_attr != NULL)
		memcpy(open_attr, h->copy.attr, sizeof(*open_attr));
	return h;
}

/* what a flush of this range does while the copy is lost: its number */
static bool
is_missed(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane,
	unsigned flags)
{
	uint64_t seq = 0;
	if (flags != 0 || !api_is_missed(rpp, offset, length, &seq) ||
		lane >= rpp->nlanes)
		return false;
	rpp->lane_seq[lane] = seq;
	return true;
}

/*
 * tests/crash/points: the range is durable in the primary; stock libpmemobj
 * makes these calls on one handle after the other, so the copies before this
 * one may have it, too
 */
static inline void
may_die_here(void)
{
	if (FAULT("librpmem/die-before-persist"))
		(void)raise(SIGKILL);
}

API int
rpmem_flush(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane,
	unsigned flags)
{
	may_die_here();
	if (is_missed(rpp, offset, length, lane, flags))
		return 0;
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length, .lane = lane};
	int rc = api_check_data_call(rpp, &r, flags);
	if (rc < 0)
		return api_fail(rc);
	rc = api_append(rpp, &r, &rpp->lane_seq[r.lane]);
	return api_result(rpp, keeper_result(rpp, rc, false, DEADLINE_NEVER));
}

API int
rpmem_drain(RPMEMpool *rpp, unsigned lane, unsigned flags)
{
	if (flags == 0 && api_goes_on(rpp) && lane < rpp->nlanes)
		return 0;
	NO_CANCEL;
	int rc = api_check_handle(rpp);
	if (rc == 0 && flags != 0)
		rc = err_set(-EINVAL, "flags of rpmem_drain must be 0");
	if (rc == 0 && lane >= rpp->nlanes)
		rc = err_set(-EINVAL, "lane %u: the pool has %u lanes", lane,
			rpp->nlanes);
	if (rc < 0)
		return api_fail(rc);
	rc = stream_wait(rpp->st, rpp->lane_seq[lane], STREAM_NO_DEADLINE);
	return api_result(rpp, keeper_result(rpp, rc, true, DEADLINE_NEVER));
}

API int
rpmem_persist(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane,
	unsigned flags)
{
	may_die_here();
	if (is_missed(rpp, offset, length, lane, flags) && api_goes_on(rpp))
		return 0;
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length, .lane = lane};
	int rc = api_check_data_call(rpp, &r, flags);
	if (rc < 0)
		return api_fail(rc);
	rc = api_append(rpp, &r, &rpp->lane_seq[r.lane]);
	if (rc == 0)
		rc = stream_wait(
			rpp->st, rpp->lane_seq[lane], STREAM_NO_DEADLINE);
	return api_result(rpp, keeper_result(rpp, rc, true, DEADLINE_NEVER));
}

API int
rpmem_deep_persist(RPMEMpool *rpp, size_t offset, size_t length, unsigned lane)
{
	NO_CANCEL;
	struct api_range r = {.off = offset, .len = length, .lane = lane};
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc < 0)
		return api_fail(rc);
	rc = api_append(rpp, &r, &rpp->lane_seq[r.lane]);
	if (rc == 0)
		rc = stream_deep(
			rpp->st, r.off, r.len, lane, &rpp->lane_seq[lane]);
	if (rc == 0)
		rc = stream_wait(
			rpp->st, rpp->lane_seq[lane], STREAM_NO_DEADLINE);
	return api_result(rpp, keeper_result(rpp, rc, true, DEADLINE_NEVER));
}

API int
rpmem_read(
	RPMEMpool *rpp, void *buff, size_t offset, size_t length, unsigned lane)
{
	NO_CANCEL;
	struct api_range r = {.off = offset,
		.len = length,
		.lane = lane,
		.may_read_header = true};
	int rc = api_check_data_call(rpp, &r, 0);
	if (rc == 0 && buff == NULL && length != 0)
		rc = err_set(-EINVAL, "the buffer is NULL");
	if (rc < 0)
		return api_fail(rc);
	if (length == 0)
		return 0;
	/* An owner's copy may be behind until it is equalised, and then it
	 * becomes what this memory is: that is the answer. */
	size_t from = rpp->has_headers ? POOL_HDR_SIZE : 0;
	if (!atomic_load(&rpp->is_equal) && offset >= from) {
		memcpy(buff, rpp->addr + offset, length);
		return 0;
	}
	/* a copy that is behind does not answer for its primary; what
	 * libpmemobj wants to know the primary knows */
	if (!keeper_is_attached(rpp) && rpp->keeper.can_catch_up &&
		offset >= from)
		return api_result(rpp, keeper_read(rpp, offset, buff, length));
	if (!keeper_is_attached(rpp))
		return api_fail(err_set(-ENOTCONN,
			"%s: the copy is lost, or catching up",
			rpp->target.text));
	return api_result(rpp, stream_read(rpp->st, buff, offset, length));
}

API int
rpmem_set_attr(RPMEMpool *rpp, const struct rpmem_pool_attr *attr)
{
	NO_CANCEL;
	struct oob_msg msg = {.type = OOB_SET_ATTR};
	int rc = api_check_handle(rpp);
	if (rc < 0)
		return api_fail(rc);
	if (attr != NULL)
		memcpy(msg.u.set_attr.attr, attr, OOB_ATTR_SIZE);
	rc = handle_call(rpp, &msg, deadline_in_ms(rpp->knobs.disk_timeout_ms));
	if (rc < 0)
		return api_fail_logged(rc);
	memcpy(rpp->copy.attr, msg.u.set_attr.attr, OOB_ATTR_SIZE);
	return 0;
}

API int
rpmem_close(RPMEMpool *rpp)
{
	NO_CANCEL;
	if (rpp == NULL)
		return api_fail(err_set(-EINVAL, "the pool handle is NULL"));
	int rc = handle_close(rpp);
	return rc < 0 ? api_fail(rc) : 0;
}

static int
remove_pool(const char *target, const char *pool_set, int flags)
{
	if (flags & ~(RPMEM_REMOVE_FORCE | RPMEM_REMOVE_POOL_SET))
		return err_set(-EINVAL, "unknown flags 0x%x", (unsigned)flags);
	unsigned oob_flags =
		((flags & RPMEM_REMOVE_FORCE) ? OOB_REMOVE_F_FORCE : 0) |
		((flags & RPMEM_REMOVE_POOL_SET) ? OOB_REMOVE_F_POOL_SET : 0);
	return removal_run(target, pool_set, oob_flags);
}

API int
rpmem_remove(const char *target, const char *pool_set, int flags)
{
	NO_CANCEL;
	int rc = remove_pool(target, pool_set, flags);
	return rc < 0 ? api_fail_logged(rc) : 0;
}

API const char *
rpmem_check_version(unsigned major_required, unsigned minor_required)
{
	if (major_required != RPMEM_MAJOR_VERSION)
		(void)err_set(0,
			"librpmem major version mismatch (need %u, found %u)",
			major_required, RPMEM_MAJOR_VERSION);
	else if (minor_required > RPMEM_MINOR_VERSION)
		(void)err_set(0,
			"librpmem minor version mismatch (need %u, found %u)",
			minor_required, RPMEM_MINOR_VERSION);
	else
		return NULL;
	return err_msg();
}

API const char *
rpmem_errormsg(void)
{
	return err_msg();
}

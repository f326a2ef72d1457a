/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * libpmemreplica.c -- the public functions: arguments checked, results
 * translated
 *
 * The one place where a negative errno becomes -1 or NULL, errno and the text
 * of pmemreplica_errormsg.  What is stored goes to the medium here and to the
 * chain; hooks.c says why nothing more is needed between the two.
 * What fails here is the caller's to know; what fails there is a lost replica.
 */
#include "include/libpmemreplica.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libpmem.h>

#include "base/cancel.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/log.h"
#include "replica/mapping.h"

#define API __attribute__((visibility("default")))
#define MEM_FLAGS                                                              \
	(PMEM_F_MEM_NODRAIN | PMEM_F_MEM_NONTEMPORAL | PMEM_F_MEM_TEMPORAL |   \
		PMEM_F_MEM_WC | PMEM_F_MEM_WB | PMEM_F_MEM_NOFLUSH)

/* only sets what the error and log modules use */
__attribute__((constructor)) static void
init(void)
{
	err_clear();
	log_init_env("libpmemreplica");
}

static int
result(int rc)
{
	if (rc >= 0)
		return 0;
	errno = -rc;
	return -1;
}

static int
check_handle(const PMEMreplica *r)
{
	if (r == NULL)
		return err_set(-EINVAL, "the pool handle is NULL");
	if (!mapping_is_ours(r))
		return err_set(-ECHILD,
			"this process was forked after the pool was opened: a "
			"replicated pool belongs to the process that opened "
			"it");
	return 0;
}

/* handle and range of a call on data */
static int
check_range(
	const PMEMreplica *r, const void *addr, size_t len, uint64_t *off_out)
{
	int rc = check_handle(r);
	if (rc < 0)
		return rc;
	/* below the pool it wraps, and is outside, too */
	*off_out = (uintptr_t)addr - (uintptr_t)r->pool->base;
	if (*off_out < CHAIN_HEADER ||
		!range_within(*off_out, len, r->pool->size))
		return err_set(-EINVAL,
			"range of %zu bytes at %p is outside the pool's memory "
			"of %llu bytes at %p",
			len, addr,
			(unsigned long long)r->pool->size - CHAIN_HEADER,
			(void *)(r->pool->base + CHAIN_HEADER));
	return 0;
}

static void
count(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t
counted(atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

API PMEMreplica *
pmemreplica_create(const char *set, unsigned flags)
{
	NO_CANCEL;
	PMEMreplica *r = NULL;
	int rc = flags != 0 ? err_set(-EINVAL, "unknown flags 0x%x", flags)
			    : mapping_create(set, &r);
	(void)result(rc);
	return r;
}

API PMEMreplica *
pmemreplica_open(const char *set, unsigned flags)
{
	NO_CANCEL;
	PMEMreplica *r = NULL;
	int rc = flags & ~PMEMREPLICA_MAKE_COPIES
			 ? err_set(-EINVAL, "unknown flags 0x%x", flags)
			 : mapping_open(set,
				   (flags & PMEMREPLICA_MAKE_COPIES) != 0, &r);
	(void)result(rc);
	return r;
}

API int
pmemreplica_close(PMEMreplica *r)
{
	NO_CANCEL;
	if (r == NULL)
		return result(err_set(-EINVAL, "the pool handle is NULL"));
	/* a child gives back its own mapping only, and hears so */
	int rc = check_handle(r);
	int closed = mapping_close(r);
	return result(closed < 0 ? closed : rc);
}

API void *
pmemreplica_addr(PMEMreplica *r)
{
	return r->pool->base + CHAIN_HEADER;
}

API size_t
pmemreplica_size(PMEMreplica *r)
{
	return r->pool->size - CHAIN_HEADER;
}

/* after the range is on its way to the medium here */
static void
send(PMEMreplica *r, uint64_t off, size_t len)
{
	count(&r->flushes, 1);
	count(&r->bytes, len);
	chain_copy(&r->chain, off, len);
}

/*
 * Where the drain here is an msync, the round trips run beside it.  The
 * replicas are waited for even if it fails: what they have is what is left.
 */
static int
drain(PMEMreplica *r)
{
	char why[ERR_MAX];
	count(&r->drains, 1);
	if (!r->primary.is_pmem)
		chain_submit(&r->chain);
	int rc = primary_drain(&r->primary);
	if (rc == 0) {
		chain_wait(&r->chain);
		return !atomic_load(&r->chain.must_stop)
			       ? 0
			       : err_set(-ESTALE,
					 "a copy was promoted, or does not "
					 "come "
					 "back although it has to be waited "
					 "for: see the log");
	}
	/* a replica that is lost now has a message, too */
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	chain_wait(&r->chain);
	return err_set(rc, "%s", why);
}

API int
pmemreplica_flush(PMEMreplica *r, const void *addr, size_t len)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_range(r, addr, len, &off);
	if (rc < 0)
		return result(rc);
	primary_flush(&r->primary, off, len);
	send(r, off, len);
	return 0;
}

API int
pmemreplica_drain(PMEMreplica *r)
{
	NO_CANCEL;
	int rc = check_handle(r);
	return result(rc < 0 ? rc : drain(r));
}

API int
pmemreplica_persist(PMEMreplica *r, const void *addr, size_t len)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_range(r, addr, len, &off);
	if (rc < 0)
		return result(rc);
	primary_flush(&r->primary, off, len);
	send(r, off, len);
	return result(drain(r));
}

API int
pmemreplica_deep_persist(PMEMreplica *r, const void *addr, size_t len)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_range(r, addr, len, &off);
	if (rc < 0)
		return result(rc);
	send(r, off, len);
	chain_deep(&r->chain, off, len);
	chain_submit(&r->chain);
	rc = primary_deep(&r->primary, off, len);
	/* what was flushed before is durable afterwards, too */
	int drained = drain(r);
	return result(rc < 0 ? rc : drained);
}

static int
check_mem(const PMEMreplica *r, const void *dest, size_t len, unsigned flags,
	uint64_t *off_out)
{
	int rc = check_range(r, dest, len, off_out);
	if (rc == 0 && (flags & ~MEM_FLAGS) != 0)
		rc = err_set(-EINVAL, "unknown flags 0x%x", flags);
	return rc;
}

/* after a function of libpmem has stored with primary_flags() */
static int
stored(PMEMreplica *r, uint64_t off, size_t len, unsigned flags)
{
	if (flags & PMEM_F_MEM_NOFLUSH)
		return 0;
	primary_flushed(&r->primary, off, len);
	send(r, off, len);
	return flags & PMEM_F_MEM_NODRAIN ? 0 : drain(r);
}

API int
pmemreplica_memcpy(
	PMEMreplica *r, void *dest, const void *src, size_t len, unsigned flags)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_mem(r, dest, len, flags, &off);
	if (rc < 0)
		return result(rc);
	(void)pmem_memcpy(dest, src, len, primary_flags(&r->primary, flags));
	return result(stored(r, off, len, flags));
}

API int
pmemreplica_memmove(
	PMEMreplica *r, void *dest, const void *src, size_t len, unsigned flags)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_mem(r, dest, len, flags, &off);
	if (rc < 0)
		return result(rc);
	(void)pmem_memmove(dest, src, len, primary_flags(&r->primary, flags));
	return result(stored(r, off, len, flags));
}

API int
pmemreplica_memset(
	PMEMreplica *r, void *dest, int c, size_t len, unsigned flags)
{
	NO_CANCEL;
	uint64_t off = 0;
	int rc = check_mem(r, dest, len, flags, &off);
	if (rc < 0)
		return result(rc);
	(void)pmem_memset(dest, c, len, primary_flags(&r->primary, flags));
	if (flags & PMEM_F_MEM_NOFLUSH)
		return 0;
	primary_flushed(&r->primary, off, len);
	count(&r->flushes, 1);
	count(&r->bytes, len);
	/* a remote replica gets the byte, not the bytes */
	chain_fill(&r->chain, off, len, (uint8_t)c);
	return flags & PMEM_F_MEM_NODRAIN ? 0 : result(drain(r));
}

API int
pmemreplica_barrier(PMEMreplica *r)
{
	NO_CANCEL;
	int rc = check_handle(r);
	if (rc < 0)
		return result(rc);
	count(&r->barriers, 1);
	/* here each flush has ordered itself */
	chain_barrier(&r->chain);
	return 0;
}

API int
pmemreplica_status(
	PMEMreplica *r, struct pmemreplica_status *status, size_t size)
{
	NO_CANCEL;
	int rc = check_handle(r);
	if (rc == 0 && (status == NULL || size < sizeof(uint64_t)))
		rc = err_set(-EINVAL, "no room for the status");
	if (rc < 0)
		return result(rc);
	struct pmemreplica_status st = {.size = sizeof(st),
		.replicas = r->set->nreplicas,
		.attached = chain_attached(&r->chain) +
			    (primary_error(&r->primary) == 0),
		.flushes = counted(&r->flushes),
		.bytes = counted(&r->bytes),
		.drains = counted(&r->drains),
		.barriers = counted(&r->barriers)};
	memcpy(status, &st, min_u64(size, sizeof(st)));
	return 0;
}

API int
pmemreplica_replica_status(PMEMreplica *r, unsigned idx,
	struct pmemreplica_replica_status *status, size_t size)
{
	NO_CANCEL;
	int rc = check_handle(r);
	if (rc == 0 && (status == NULL || size < sizeof(uint64_t)))
		rc = err_set(-EINVAL, "no room for the status");
	if (rc == 0 && idx >= r->set->nreplicas)
		rc = err_set(-EINVAL, "there is no replica %u: the set has %u",
			idx, r->set->nreplicas);
	if (rc < 0)
		return result(rc);
	struct pmemreplica_replica_status st;
	mapping_replica(r, idx, &st);
	memcpy(status, &st, min_u64(size, sizeof(st)));
	return 0;
}

API const char *
pmemreplica_check_version(unsigned major_required, unsigned minor_required)
{
	if (major_required != PMEMREPLICA_MAJOR_VERSION)
		(void)err_set(0,
			"libpmemreplica major version mismatch (need %u, found "
			"%u)",
			major_required, PMEMREPLICA_MAJOR_VERSION);
	else if (minor_required > PMEMREPLICA_MINOR_VERSION)
		(void)err_set(0,
			"libpmemreplica minor version mismatch (need %u, found "
			"%u)",
			minor_required, PMEMREPLICA_MINOR_VERSION);
	else
		return NULL;
	return err_msg();
}

API const char *
pmemreplica_errormsg(void)
{
	return err_msg();
}

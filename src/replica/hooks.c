/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * hooks.c -- libpmem's functions, as the program and libpmemobj see them
 *
 * Each does what libpmem does, then tells the replicas: first the medium
 * here, then the copies.  A flush appends what the lines hold after it; a
 * drain is a barrier or a wait (inside.h).  libpmem calls itself through the
 * same symbols: what comes from its code goes straight back.  (Its last call
 * may be a jump and seem to come from here; then the work is done twice.)
 *
 * Why a copy is never ahead of a crash here.  What is appended was stored
 * before; a crash of the primary may have evicted any line at any time.  Why
 * it is never behind a promise: whoever makes one waits for everything that
 * was appended before, by any thread.
 */
#include <libpmem.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/compiler.h"
#include "base/fault.h"
#include "replica/inside.h"
#include "replica/mapfile.h"
#include "replica/ranges.h"
#include "replica/real.h"
#include "replica/window.h"

#define HOOK __attribute__((visibility("default"), noinline))

/* who called the hook, and from where on the stack */
struct call {
	const void *caller;
	const void *frame;
};
#define CALL()                                                                 \
	((struct call){__builtin_return_address(0), __builtin_frame_address(0)})

/* is anybody interested in this call? */
static inline bool
counts(const struct call *call)
{
	return (ranges_any() || window_is_open) && !real_is_pmem(call->caller);
}

/* a flush inside libpmemobj's open or create */
static void
in_window(const struct call *call, const void *addr)
{
	NO_CANCEL;
	if (real_is_internal(call->caller))
		window_flush(addr);
}

/* tests/crash/points: the lines are durable here, and no copy has them */
static inline void
may_die_here(void)
{
	if (FAULT("replica/die-before-copy"))
		(void)raise(SIGKILL);
}

/*
 * No NO_CANCEL here: behind a cache line flush its atomic exchange waits for
 * the flush, eight times in a transaction of eight ranges.  What waits or
 * writes has its own (librpmem's calls, a replica that is lost).
 */
static void
flushed(const struct call *call, const void *addr, size_t len)
{
	uint64_t off = 0;
	if (window_is_open)
		in_window(call, addr);
	struct chain *c = ranges_find(addr, &off);
	if (c == NULL)
		return;
	may_die_here();
	chain_copy(c, off, len);
}

static void
filled(const struct call *call, const void *addr, int byte, size_t len)
{
	uint64_t off = 0;
	if (window_is_open)
		in_window(call, addr);
	struct chain *c = ranges_find(addr, &off);
	if (c == NULL)
		return;
	may_die_here();
	chain_fill(c, off, len, (uint8_t)byte);
}

static void
drained(const struct call *call)
{
	NO_CANCEL;
	if (inside_drain(call->frame, real_is_internal(call->caller)))
		wait_for_all();
	else
		ranges_each(chain_barrier);
}

/* after a mem* function with flags */
static bool
flushes(unsigned flags)
{
	return (flags & PMEM_F_MEM_NOFLUSH) == 0;
}

static bool
drains(unsigned flags)
{
	return (flags & (PMEM_F_MEM_NOFLUSH | PMEM_F_MEM_NODRAIN)) == 0;
}

HOOK void
pmem_persist(const void *addr, size_t len)
{
	struct call call = CALL();
	real_pmem()->persist(addr, len);
	if (!counts(&call))
		return;
	flushed(&call, addr, len);
	drained(&call);
}

HOOK void
pmem_flush(const void *addr, size_t len)
{
	struct call call = CALL();
	real_pmem()->flush(addr, len);
	if (counts(&call))
		flushed(&call, addr, len);
}

HOOK void
pmem_drain(void)
{
	struct call call = CALL();
	real_pmem()->drain();
	if (counts(&call))
		drained(&call);
}

/* memory that is not pmem; libpmemobj's drains are empty there */
static void
synced(const struct call *call, const void *addr, size_t len)
{
	uint64_t off = 0;
	flushed(call, addr, len);
	if (ranges_find(addr, &off) != NULL && real_is_internal(call->caller))
		inside_drains_are_hidden();
	drained(call);
}

HOOK int
pmem_msync(const void *addr, size_t len)
{
	struct call call = CALL();
	int rc = real_pmem()->msync(addr, len);
	if (counts(&call) && rc == 0)
		synced(&call, addr, len);
	return rc;
}

HOOK int
msync(void *addr, size_t len, int flags)
{
	struct call call = CALL();
	int rc = (int)syscall(SYS_msync, addr, len, flags);
	/* also from a libpmemobj that has a libpmem of its own in it */
	if (counts(&call) && rc == 0 && (flags & MS_SYNC))
		synced(&call, addr, len);
	return rc;
}

/*
 * libpmemobj has mapped something at a place of its choice.  Right behind a
 * pool that grows it is the pool's new part, allocated and zero; the copies
 * hear of it before anybody can use it.  Its mode is still 0000, which says
 * "unfinished" to whoever opens it after a kill, here libpmemobj's next step
 * anyway.  In the middle of a pool it takes the pool's memory away.
 */
static void
mapped(const uint8_t *map, size_t len, int flags, int fd)
{
	NO_CANCEL;
	uint64_t off = 0;
	struct chain *c = ranges_find(map - 1, &off);
	if (c != NULL && c->can_grow && off + 1 == c->size &&
		(flags & (MAP_SHARED | MAP_SHARED_VALIDATE))) {
		struct stat st;
		if (fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0)
			IGNORE(fchmod(fd, 0600));
		chain_grow(c, off + 1 + len);
		ranges_grow(c, off + 1 + len);
		return;
	}
	ranges_drop(map, len);
}

static void *
map_memory(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *map = (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, off);
	int saved = errno;
	if (map != MAP_FAILED && (flags & MAP_FIXED) && ranges_any())
		mapped(map, len, flags, fd);
	errno = saved;
	return map;
}

HOOK void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return map_memory(addr, len, prot, flags, fd, off);
}

HOOK void *
mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return map_memory(addr, len, prot, flags, fd, off);
}

HOOK int
munmap(void *addr, size_t len)
{
	ranges_drop(addr, len);
	int rc = (int)syscall(SYS_munmap, addr, len);
	mapfile_unmapped(addr, len);
	return rc;
}

HOOK void
pmem_deep_flush(const void *addr, size_t len)
{
	struct call call = CALL();
	real_pmem()->deep_flush(addr, len);
	if (counts(&call))
		flushed(&call, addr, len);
}

static void
deepened(const struct call *call, const void *addr, size_t len)
{
	NO_CANCEL;
	uint64_t off = 0;
	struct chain *c = ranges_find(addr, &off);
	if (c != NULL)
		chain_deep(c, off, len);
	drained(call);
}

HOOK int
pmem_deep_drain(const void *addr, size_t len)
{
	struct call call = CALL();
	int rc = real_pmem()->deep_drain(addr, len);
	if (counts(&call) && rc == 0)
		deepened(&call, addr, len);
	return rc;
}

HOOK int
pmem_deep_persist(const void *addr, size_t len)
{
	struct call call = CALL();
	int rc = real_pmem()->deep_persist(addr, len);
	if (counts(&call) && rc == 0) {
		flushed(&call, addr, len);
		deepened(&call, addr, len);
	}
	return rc;
}

#define COPY_HOOK(name, params, args, does_flush, does_drain)                  \
	HOOK void *pmem_##name params                                          \
	{                                                                      \
		struct call call = CALL();                                     \
		void *rc = real_pmem()->name args;                             \
		if (!counts(&call))                                            \
			return rc;                                             \
		if (does_flush)                                                \
			flushed(&call, d, len);                                \
		if (does_drain)                                                \
			drained(&call);                                        \
		return rc;                                                     \
	}

#define FILL_HOOK(name, params, args, does_flush, does_drain)                  \
	HOOK void *pmem_##name params                                          \
	{                                                                      \
		struct call call = CALL();                                     \
		void *rc = real_pmem()->name args;                             \
		if (!counts(&call))                                            \
			return rc;                                             \
		if (does_flush)                                                \
			filled(&call, d, c, len);                              \
		if (does_drain)                                                \
			drained(&call);                                        \
		return rc;                                                     \
	}

COPY_HOOK(memcpy, (void *d, const void *s, size_t len, unsigned flags),
	(d, s, len, flags), flushes(flags), drains(flags))
COPY_HOOK(memmove, (void *d, const void *s, size_t len, unsigned flags),
	(d, s, len, flags), flushes(flags), drains(flags))
COPY_HOOK(memcpy_persist, (void *d, const void *s, size_t len), (d, s, len),
	true, true)
COPY_HOOK(memmove_persist, (void *d, const void *s, size_t len), (d, s, len),
	true, true)
COPY_HOOK(memcpy_nodrain, (void *d, const void *s, size_t len), (d, s, len),
	true, false)
COPY_HOOK(memmove_nodrain, (void *d, const void *s, size_t len), (d, s, len),
	true, false)
FILL_HOOK(memset, (void *d, int c, size_t len, unsigned flags),
	(d, c, len, flags), flushes(flags), drains(flags))
FILL_HOOK(memset_persist, (void *d, int c, size_t len), (d, c, len), true, true)
FILL_HOOK(
	memset_nodrain, (void *d, int c, size_t len), (d, c, len), true, false)

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * calls.c -- libpmemobj's calls, and what each promises on return
 *
 * A call that promises durability waits once, at its end, for everything that
 * was appended.  What a call does inside, and the calls that only prepare,
 * wait for nothing.  A call that is missing here is slow, not wrong: its
 * drains wait (inside.h).  Locks are left out on purpose: they flush once in
 * a lock's life.
 *
 * Calls that leave by longjmp never come to their end; nothing depends on it.
 */
#include <libpmemobj.h>

#include "replica/inside.h"
#include "replica/real.h"
#include "replica/window.h"

#define WRAP __attribute__((visibility("default"), noinline))

#define CALL(ret, name, params, args, promise)                                 \
	WRAP ret name params                                                   \
	{                                                                      \
		static void *_Atomic cache;                                    \
		struct inside in;                                              \
		ret(*real) params = (ret(*) params)real_obj(&cache, #name);    \
		inside_enter(&in, __builtin_frame_address(0));                 \
		ret rc = real args;                                            \
		if (inside_leave(&in, promise))                                \
			wait_for_all();                                        \
		return rc;                                                     \
	}

#define VOID_CALL(name, params, args, promise)                                 \
	WRAP void name params                                                  \
	{                                                                      \
		static void *_Atomic cache;                                    \
		struct inside in;                                              \
		void(*real) params = (void(*) params)real_obj(&cache, #name);  \
		inside_enter(&in, __builtin_frame_address(0));                 \
		real args;                                                     \
		if (inside_leave(&in, promise))                                \
			wait_for_all();                                        \
	}

/* of a mem* function with flags */
static enum promise
promised(unsigned flags)
{
	unsigned later = PMEMOBJ_F_MEM_NODRAIN | PMEMOBJ_F_MEM_NOFLUSH;
	return (flags & later) == 0 ? PROMISE_ALWAYS : PROMISE_NOTHING;
}

/* clang-format off */
VOID_CALL(pmemobj_persist, (PMEMobjpool *p, const void *a, size_t n),
	(p, a, n), PROMISE_ALWAYS)
VOID_CALL(pmemobj_drain, (PMEMobjpool *p), (p), PROMISE_ALWAYS)
VOID_CALL(pmemobj_flush, (PMEMobjpool *p, const void *a, size_t n),
	(p, a, n), PROMISE_NOTHING)
CALL(int, pmemobj_xpersist,
	(PMEMobjpool *p, const void *a, size_t n, unsigned f),
	(p, a, n, f), PROMISE_ALWAYS)
CALL(int, pmemobj_xflush,
	(PMEMobjpool *p, const void *a, size_t n, unsigned f),
	(p, a, n, f), PROMISE_NOTHING)
CALL(void *, pmemobj_memcpy,
	(PMEMobjpool *p, void *d, const void *s, size_t n, unsigned f),
	(p, d, s, n, f), promised(f))
CALL(void *, pmemobj_memmove,
	(PMEMobjpool *p, void *d, const void *s, size_t n, unsigned f),
	(p, d, s, n, f), promised(f))
CALL(void *, pmemobj_memset,
	(PMEMobjpool *p, void *d, int c, size_t n, unsigned f),
	(p, d, c, n, f), promised(f))
CALL(void *, pmemobj_memcpy_persist,
	(PMEMobjpool *p, void *d, const void *s, size_t n),
	(p, d, s, n), PROMISE_ALWAYS)
CALL(void *, pmemobj_memset_persist,
	(PMEMobjpool *p, void *d, int c, size_t n),
	(p, d, c, n), PROMISE_ALWAYS)

/* transactions: the commit promises, and tx_process may be one */
VOID_CALL(pmemobj_tx_commit, (void), (), PROMISE_DRAINED)
VOID_CALL(pmemobj_tx_process, (void), (), PROMISE_DRAINED)
VOID_CALL(pmemobj_tx_abort, (int e), (e), PROMISE_NOTHING)
CALL(int, pmemobj_tx_end, (void), (), PROMISE_NOTHING)
CALL(int, pmemobj_tx_lock, (enum pobj_tx_param t, void *l), (t, l),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_xlock, (enum pobj_tx_param t, void *l, uint64_t f),
	(t, l, f), PROMISE_NOTHING)
CALL(int, pmemobj_tx_add_range, (PMEMoid o, uint64_t off, size_t n),
	(o, off, n), PROMISE_NOTHING)
CALL(int, pmemobj_tx_add_range_direct, (const void *a, size_t n), (a, n),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_xadd_range,
	(PMEMoid o, uint64_t off, size_t n, uint64_t f), (o, off, n, f),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_xadd_range_direct,
	(const void *a, size_t n, uint64_t f), (a, n, f), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_alloc, (size_t n, uint64_t t), (n, t),
	PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_xalloc, (size_t n, uint64_t t, uint64_t f),
	(n, t, f), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_zalloc, (size_t n, uint64_t t), (n, t),
	PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_realloc, (PMEMoid o, size_t n, uint64_t t),
	(o, n, t), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_zrealloc, (PMEMoid o, size_t n, uint64_t t),
	(o, n, t), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_strdup, (const char *s, uint64_t t), (s, t),
	PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_xstrdup, (const char *s, uint64_t t, uint64_t f),
	(s, t, f), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_wcsdup, (const wchar_t *s, uint64_t t), (s, t),
	PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_tx_xwcsdup,
	(const wchar_t *s, uint64_t t, uint64_t f), (s, t, f),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_free, (PMEMoid o), (o), PROMISE_NOTHING)
CALL(int, pmemobj_tx_xfree, (PMEMoid o, uint64_t f), (o, f),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_log_append_buffer,
	(enum pobj_log_type t, void *a, size_t n), (t, a, n),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_xlog_append_buffer,
	(enum pobj_log_type t, void *a, size_t n, uint64_t f), (t, a, n, f),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_publish, (struct pobj_action *v, size_t n), (v, n),
	PROMISE_NOTHING)
CALL(int, pmemobj_tx_xpublish,
	(struct pobj_action *v, size_t n, uint64_t f), (v, n, f),
	PROMISE_NOTHING)

/* allocation: reserving prepares, publishing promises */
CALL(PMEMoid, pmemobj_reserve,
	(PMEMobjpool *p, struct pobj_action *a, size_t n, uint64_t t),
	(p, a, n, t), PROMISE_NOTHING)
CALL(PMEMoid, pmemobj_xreserve,
	(PMEMobjpool *p, struct pobj_action *a, size_t n, uint64_t t,
		uint64_t f), (p, a, n, t, f), PROMISE_NOTHING)
VOID_CALL(pmemobj_defer_free,
	(PMEMobjpool *p, PMEMoid o, struct pobj_action *a), (p, o, a),
	PROMISE_NOTHING)
VOID_CALL(pmemobj_cancel,
	(PMEMobjpool *p, struct pobj_action *v, size_t n), (p, v, n),
	PROMISE_NOTHING)
CALL(int, pmemobj_publish,
	(PMEMobjpool *p, struct pobj_action *v, size_t n), (p, v, n),
	PROMISE_DRAINED)
CALL(int, pmemobj_alloc,
	(PMEMobjpool *p, PMEMoid *o, size_t n, uint64_t t, pmemobj_constr c,
		void *a), (p, o, n, t, c, a), PROMISE_DRAINED)
CALL(int, pmemobj_xalloc,
	(PMEMobjpool *p, PMEMoid *o, size_t n, uint64_t t, uint64_t f,
		pmemobj_constr c, void *a), (p, o, n, t, f, c, a),
	PROMISE_DRAINED)
CALL(int, pmemobj_zalloc, (PMEMobjpool *p, PMEMoid *o, size_t n, uint64_t t),
	(p, o, n, t), PROMISE_DRAINED)
CALL(int, pmemobj_realloc, (PMEMobjpool *p, PMEMoid *o, size_t n, uint64_t t),
	(p, o, n, t), PROMISE_DRAINED)
CALL(int, pmemobj_zrealloc,
	(PMEMobjpool *p, PMEMoid *o, size_t n, uint64_t t), (p, o, n, t),
	PROMISE_DRAINED)
CALL(int, pmemobj_strdup,
	(PMEMobjpool *p, PMEMoid *o, const char *s, uint64_t t),
	(p, o, s, t), PROMISE_DRAINED)
CALL(int, pmemobj_wcsdup,
	(PMEMobjpool *p, PMEMoid *o, const wchar_t *s, uint64_t t),
	(p, o, s, t), PROMISE_DRAINED)
VOID_CALL(pmemobj_free, (PMEMoid *o), (o), PROMISE_DRAINED)
CALL(PMEMoid, pmemobj_root, (PMEMobjpool *p, size_t n), (p, n),
	PROMISE_DRAINED)
CALL(PMEMoid, pmemobj_root_construct,
	(PMEMobjpool *p, size_t n, pmemobj_constr c, void *a), (p, n, c, a),
	PROMISE_DRAINED)
CALL(int, pmemobj_defrag,
	(PMEMobjpool *p, PMEMoid **v, size_t n,
		struct pobj_defrag_result *r), (p, v, n, r), PROMISE_DRAINED)
CALL(int, pmemobj_ctl_set, (PMEMobjpool *p, const char *n, void *a),
	(p, n, a), PROMISE_DRAINED)
CALL(int, pmemobj_ctl_exec, (PMEMobjpool *p, const char *n, void *a),
	(p, n, a), PROMISE_DRAINED)

/* lists */
CALL(int, pmemobj_list_insert,
	(PMEMobjpool *p, size_t at, void *head, PMEMoid dest, int before,
		PMEMoid o), (p, at, head, dest, before, o), PROMISE_DRAINED)
CALL(PMEMoid, pmemobj_list_insert_new,
	(PMEMobjpool *p, size_t at, void *head, PMEMoid dest, int before,
		size_t n, uint64_t t, pmemobj_constr c, void *a),
	(p, at, head, dest, before, n, t, c, a), PROMISE_DRAINED)
CALL(int, pmemobj_list_remove,
	(PMEMobjpool *p, size_t at, void *head, PMEMoid o, int f),
	(p, at, head, o, f), PROMISE_DRAINED)
CALL(int, pmemobj_list_move,
	(PMEMobjpool *p, size_t at1, void *head1, size_t at2, void *head2,
		PMEMoid dest, int before, PMEMoid o),
	(p, at1, head1, at2, head2, dest, before, o), PROMISE_DRAINED)

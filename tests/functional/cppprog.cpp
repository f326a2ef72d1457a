/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * cppprog.cpp -- a C++ program on stock libpmemobj, as libpmemobj-cpp writes
 * them
 *
 *   cppprog SET COPY KIND N   N rounds of it; 1 at a promise that is broken
 *
 * Debian has no libpmemobj-cpp.  What it does differently from C programs is
 * here, call for call: transactions begin without a jmp_buf, end in
 * destructors, are aborted by exceptions and committed by a call or by a
 * destructor; callbacks are registered inside and hang on the user data;
 * assignments add themselves to the transaction; constructors run inside
 * allocations and may throw.  See promises.h for how promises are looked at.
 */
#include <libpmemobj.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "promises.h"

namespace
{

PMEMobjpool *pop;

void
check(int rc)
{
	if (rc != 0)
		throw std::runtime_error(pmemobj_errormsg());
}

/* ---- transactions ---- */

using callbacks = std::map<pobj_tx_stage, std::vector<std::function<void()>>>;

void
c_callback(PMEMobjpool *, pobj_tx_stage stage, void *)
{
	if (stage == TX_STAGE_NONE) /* no transaction, no user data */
		return;
	auto *all = static_cast<callbacks *>(pmemobj_tx_get_user_data());
	if (all == nullptr)
		return;
	for (auto &cb : (*all)[stage])
		cb();
	if (stage == TX_STAGE_FINALLY) {
		pmemobj_tx_set_user_data(nullptr);
		delete all;
	}
}

void
register_callback(pobj_tx_stage stage, std::function<void()> cb)
{
	auto *all = static_cast<callbacks *>(pmemobj_tx_get_user_data());
	if (all == nullptr) {
		all = new callbacks;
		pmemobj_tx_set_user_data(all);
	}
	(*all)[stage].push_back(std::move(cb));
}

/* ends with its scope; without a commit it is an abort */
class manual
{
      public:
	explicit manual(PMEMmutex *lock = nullptr)
	{
		check(pmemobj_tx_stage() == TX_STAGE_NONE
				? pmemobj_tx_begin(pop, nullptr, TX_PARAM_CB,
					  c_callback, nullptr, TX_PARAM_NONE)
				: pmemobj_tx_begin(
					  pop, nullptr, TX_PARAM_NONE));
		if (lock != nullptr)
			check(pmemobj_tx_lock(TX_PARAM_MUTEX, lock));
	}
	manual(const manual &) = delete;
	manual &operator=(const manual &) = delete;
	~manual()
	{
		if (pmemobj_tx_stage() == TX_STAGE_WORK)
			pmemobj_tx_abort(ECANCELED);
		(void)pmemobj_tx_end();
	}
};

/* commits at the end of its scope, unless an exception leaves it */
class automatic
{
	manual tx;
	int exceptions = std::uncaught_exceptions();

      public:
	~automatic()
	{
		if (std::uncaught_exceptions() == exceptions &&
			pmemobj_tx_stage() == TX_STAGE_WORK)
			pmemobj_tx_commit();
	}
};

template <typename F>
void
run(F body, PMEMmutex *lock = nullptr)
{
	manual tx(lock);
	body();
	if (pmemobj_tx_stage() != TX_STAGE_WORK)
		throw std::runtime_error("transaction aborted");
	pmemobj_tx_commit();
}

/* ---- values and objects ---- */

template <typename T> class p
{
	T value;

      public:
	p &
	operator=(const T &v)
	{
		if (pmemobj_tx_stage() == TX_STAGE_WORK)
			check(pmemobj_tx_xadd_range_direct(
				this, sizeof(*this), POBJ_XADD_NO_ABORT));
		value = v;
		return *this;
	}
	operator T() const
	{
		return value;
	}
};

struct item {
	uint64_t number;
	uint64_t inverse;
	uint8_t load[200];
	explicit item(uint64_t n) : number(n), inverse(~n)
	{
		memset(load, static_cast<int>(n), sizeof(load));
		if (n == 0)
			throw std::invalid_argument("no item has number 0");
	}
};

struct line {
	p<uint64_t> word;
	uint64_t rest[15]; /* a cache line further, wherever it begins */
};

struct root_object {
	line lines[8];
	PMEMoid oid;
	PMEMmutex lock;
};

root_object *root;

template <typename T, typename... Args>
PMEMoid
make_persistent(Args &&...args)
{
	PMEMoid oid = pmemobj_tx_xalloc(sizeof(T), 5, POBJ_XALLOC_NO_ABORT);
	if (OID_IS_NULL(oid))
		throw std::bad_alloc();
	new (pmemobj_direct(oid)) T(std::forward<Args>(args)...);
	return oid;
}

int
construct_item(PMEMobjpool *pool, void *ptr, void *arg)
{
	try {
		new (ptr) item(*static_cast<uint64_t *>(arg));
	} catch (...) {
		return -1;
	}
	pmemobj_persist(pool, ptr, sizeof(item));
	there(ptr, sizeof(item), "a persist in a constructor");
	return 0;
}

void
raise_word(unsigned i)
{
	root->lines[i].word = root->lines[i].word + 1;
}

void
all_there(const char *what)
{
	for (auto &l : root->lines)
		there(&l.word, sizeof(l.word), what);
}

void
persist_word(unsigned i)
{
	raise_word(i);
	pmemobj_persist(pop, &root->lines[i].word, sizeof(uint64_t));
	there(&root->lines[i].word, sizeof(uint64_t), "pool::persist");
}

/* ---- kinds ---- */

void
do_run()
{
	run([] {
		for (unsigned i = 0; i < 8; i++)
			raise_word(i);
	});
	all_there("transaction::run");
}

void
do_nested()
{
	run([] {
		raise_word(0);
		run([] { raise_word(1); });
		raise_word(2);
	});
	all_there("transaction::run around another");
}

void
do_locked()
{
	run([] { raise_word(0); }, &root->lock);
	all_there("transaction::run with a lock");
}

void
do_manual()
{
	manual tx;
	raise_word(0);
	raise_word(1);
	pmemobj_tx_commit();
	all_there("transaction::commit");
}

void
do_automatic()
{
	{
		automatic tx;
		raise_word(0);
		raise_word(1);
	}
	all_there("transaction::automatic");
}

void
do_callback()
{
	run([] {
		raise_word(0);
		register_callback(TX_STAGE_ONCOMMIT,
			[] { all_there("a commit, in its callback"); });
		register_callback(TX_STAGE_ONCOMMIT, [] { persist_word(1); });
	});
	all_there("transaction::run with callbacks");
}

/* an abort promises nothing; the persist behind it does */
void
do_exception()
{
	uint64_t before = root->lines[0].word;
	try {
		run([] {
			raise_word(0);
			run([] {
				raise_word(1);
				throw std::runtime_error("changed its mind");
			});
		});
		abort();
	} catch (const std::runtime_error &) {
	}
	if (root->lines[0].word != before)
		errx(1, "an exception did not abort");
	persist_word(2);
	all_there("a persist behind an abort");
}

void
do_object()
{
	run([] {
		uint64_t n = root->lines[0].word + 1;
		check(pmemobj_tx_add_range_direct(
			&root->oid, sizeof(root->oid)));
		if (!OID_IS_NULL(root->oid))
			check(pmemobj_tx_xfree(root->oid, POBJ_XFREE_NO_ABORT));
		root->oid = make_persistent<item>(n);
		raise_word(0);
	});
	there(&root->oid, sizeof(root->oid), "make_persistent");
	there(pmemobj_direct(root->oid), sizeof(item), "what it made");
	all_there("a transaction that makes an object");
}

/* a constructor that throws leaves nothing; then one that does not: its
 * persist waits, the allocation does, and the deletion */
void
do_atomic()
{
	PMEMoid oid = OID_NULL;
	uint64_t n = 0;
	if (pmemobj_xalloc(pop, &oid, sizeof(item), 5, 0, construct_item, &n) ==
		0)
		abort();
	n = root->lines[0].word + 1;
	check(pmemobj_xalloc(
		pop, &root->oid, sizeof(item), 5, 0, construct_item, &n));
	there(&root->oid, sizeof(root->oid), "make_persistent_atomic");
	there(pmemobj_direct(root->oid), sizeof(item), "what it made");
	pmemobj_free(&root->oid);
	there(&root->oid, sizeof(root->oid), "delete_persistent_atomic");
}

const struct {
	const char *name;
	void (*fn)();
} kinds[] = {
	{"run", do_run},
	{"nested", do_nested},
	{"locked", do_locked},
	{"manual", do_manual},
	{"automatic", do_automatic},
	{"callback", do_callback},
	{"exception", do_exception},
	{"object", do_object},
	{"atomic", do_atomic},
};

} /* namespace */

int
main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	pop = pmemobj_open(argv[1], "txprog");
	if (pop == nullptr)
		errx(2, "%s", pmemobj_errormsg());
	root = static_cast<root_object *>(
		pmemobj_direct(pmemobj_root(pop, sizeof(root_object))));
	map_copy(argv[2], pop);
	unsigned long n = strtoul(argv[4], nullptr, 10);
	for (auto &k : kinds)
		for (unsigned long i = 0; strcmp(k.name, argv[3]) == 0 && i < n;
			i++)
			k.fn();
	pmemobj_close(pop);
	return 0;
}

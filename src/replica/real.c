/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * real.c -- see real.h
 */
#include "replica/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/err.h"

static struct real_pmem pmem;
static pthread_once_t pmem_once = PTHREAD_ONCE_INIT;

static void __attribute__((noreturn)) die(const char *lib, const char *what)
{
	(void)fprintf(stderr, "rpmem: %s: %s: %s\n", lib, what, dlerror());
	abort();
}

/* the library the program has loaded; else the one it would load */
static void *
library(const char *name)
{
	void *lib = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
	if (lib == NULL)
		lib = dlopen(name, RTLD_NOW);
	if (lib == NULL)
		die(name, "cannot be loaded");
	return lib;
}

static void find_pmem_text(void);

static void
load_pmem(void)
{
	static const struct {
		const char *name;
		size_t at;
	} fns[] = {
#define FN(x) {"pmem_" #x, offsetof(struct real_pmem, x)}
		FN(persist),
		FN(flush),
		FN(drain),
		FN(msync),
		FN(deep_flush),
		FN(deep_drain),
		FN(deep_persist),
		FN(memcpy),
		FN(memmove),
		FN(memset),
		FN(memcpy_persist),
		FN(memmove_persist),
		FN(memset_persist),
		FN(memcpy_nodrain),
		FN(memmove_nodrain),
		FN(memset_nodrain),
#undef FN
	};
	void *lib = library("libpmem.so.1");
	for (size_t i = 0; i < ARRAY_LEN(fns); i++) {
		void *fn = dlsym(lib, fns[i].name);
		if (fn == NULL)
			die("libpmem.so.1", fns[i].name);
		memcpy((char *)&pmem + fns[i].at, &fn, sizeof(fn));
	}
	find_pmem_text();
}

const struct real_pmem *
real_pmem(void)
{
	(void)pthread_once(&pmem_once, load_pmem);
	return &pmem;
}

void *
real_fn(void *_Atomic *cache, const char *lib, const char *name)
{
	void *fn = atomic_load_explicit(cache, memory_order_relaxed);
	if (fn != NULL)
		return fn;
	fn = dlsym(library(lib), name);
	if (fn == NULL)
		die(lib, name);
	atomic_store_explicit(cache, fn, memory_order_relaxed);
	return fn;
}

void *
real_obj(void *_Atomic *cache, const char *name)
{
	return real_fn(cache, "libpmemobj.so.1", name);
}

bool
real_is_first(void)
{
	static const char ours;
	Dl_info first;
	Dl_info own_lib;
	const void *fn = dlsym(RTLD_DEFAULT, "pmem_persist");
	return fn != NULL && dladdr(fn, &first) != 0 &&
	       dladdr(&ours, &own_lib) != 0 &&
	       first.dli_fbase == own_lib.dli_fbase;
}

int
real_not_hooked(const char *lib)
{
	return err_set(-ENOTSUP,
		"the flushes of %s do not come by here: libpmem is linked "
		"statically or stands before this library (LD_PRELOAD), or "
		"%s was loaded with RTLD_DEEPBIND; the pool would not be "
		"replicated. Link libpmem dynamically and let rpmem run load "
		"its library first",
		lib, lib);
}

/* ---- who calls ---- */

struct text {
	uintptr_t from;
	uintptr_t to;
};

/* where code is; 0 .. 0: not loaded yet */
static struct text own;
static struct text pmem_text; /* set once, before the first hook returns */
static struct text obj;
static atomic_bool have_obj;
static pthread_mutex_t text_lock = PTHREAD_MUTEX_INITIALIZER;

static void
executable(const struct dl_phdr_info *info, struct text *text_out)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		text_out->from = info->dlpi_addr + p->p_vaddr;
		text_out->to = text_out->from + p->p_memsz;
	}
}

/* does the file's name begin so? */
static bool
is_named(const struct dl_phdr_info *info, const char *lib)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash != NULL ? slash + 1 : info->dlpi_name;
	return strncmp(name, lib, strlen(lib)) == 0;
}

static int
look(struct dl_phdr_info *info, size_t size UNUSED, void *arg UNUSED)
{
	struct text t = {0, 0};
	executable(info, &t);
	if ((uintptr_t)look >= t.from && (uintptr_t)look < t.to)
		own = t;
	if (is_named(info, "libpmemobj.so"))
		obj = t;
	return 0;
}

static int
look_for_pmem(struct dl_phdr_info *info, size_t size UNUSED, void *arg UNUSED)
{
	if (is_named(info, "libpmem.so"))
		executable(info, &pmem_text);
	return 0;
}

static void
find_pmem_text(void)
{
	(void)dl_iterate_phdr(look_for_pmem, NULL);
}

static bool
is_in(const struct text *t, uintptr_t at)
{
	return at >= t->from && at < t->to;
}

bool
real_is_pmem(const void *caller)
{
	return is_in(&pmem_text, (uintptr_t)caller);
}

bool
real_is_internal(const void *caller)
{
	/* acquire: pairs with the release below */
	if (!atomic_load_explicit(&have_obj, memory_order_acquire)) {
		(void)pthread_mutex_lock(&text_lock);
		(void)dl_iterate_phdr(look, NULL);
		if (obj.to != 0)
			atomic_store_explicit(
				&have_obj, true, memory_order_release);
		(void)pthread_mutex_unlock(&text_lock);
		if (obj.to == 0)
			return false;
	}
	return is_in(&obj, (uintptr_t)caller) || is_in(&own, (uintptr_t)caller);
}

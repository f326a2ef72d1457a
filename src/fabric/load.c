/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * load.c -- libfabric at run time; see fabric.h
 *
 * The library is opened once and stays: its providers own threads,
 * destructors and memory that outlive any one connection, so there is no
 * dlclose.  A failed attempt leaves nothing behind and may be repeated.
 *
 * We are a guest in somebody else's process.  Debian's libfabric depends on
 * libinfinipath, whose constructor takes SIGINT, SIGTERM, SIGABRT, SIGSEGV,
 * SIGBUS and SIGILL, and a provider may do likewise when it is first asked.
 * So the dispositions of all signals are noted before and put back after
 * both.  The environment (IPATH_NO_BACKTRACE) is not touched: setenv is not
 * safe beside other threads' getenv.
 *
 * A signal that arrived inside these 0.3 s would meet the guest's handler,
 * which calls exit() in the middle of fi_getinfo and hangs there.  So this
 * thread takes none meanwhile: a program of one thread, as most are when they
 * open their pool, gets it when its own dispositions are back.  Another thread
 * that takes signals cannot be helped.
 */
#include "fabric/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"

#define LIBRARY "libfabric.so.1"
#define SIGNALS 64

static struct {
	struct mutex lock; /* guards what follows while it is not ready */
	bool ready;
	struct fab_lib lib;
	char providers[256]; /* "tcp, verbs", in libfabric's order */
} fab = {.lock = {PTHREAD_MUTEX_INITIALIZER}};

const struct fab_lib *
fab_lib(void)
{
	return &fab.lib;
}

/* all but those that the thread itself causes */
static void
signals_hold(sigset_t *before)
{
	static const int own[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
	sigset_t all;
	(void)sigfillset(&all);
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		(void)sigdelset(&all, own[i]);
	(void)pthread_sigmask(SIG_BLOCK, &all, before);
}

struct dispositions {
	bool known[SIGNALS + 1]; /* the C library keeps some to itself */
	struct sigaction action[SIGNALS + 1];
};

static void
dispositions_save(struct dispositions *d)
{
	for (int sig = 1; sig <= SIGNALS; sig++)
		d->known[sig] = sigaction(sig, NULL, &d->action[sig]) == 0;
}

static bool
same_action(const struct sigaction *a, const struct sigaction *b)
{
	/* bit by bit: the rest of a mask is whatever lay on the stack of the C
	 * library */
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (sigismember(&a->sa_mask, sig) !=
			sigismember(&b->sa_mask, sig))
			return false;
	/* a union: the handler's bits are the sigaction's bits */
	return a->sa_handler == b->sa_handler && a->sa_flags == b->sa_flags;
}

static void
dispositions_restore(const struct dispositions *d)
{
	for (int sig = 1; sig <= SIGNALS; sig++) {
		struct sigaction now;
		if (!d->known[sig] || sigaction(sig, NULL, &now) != 0)
			continue;
		/* only what changed, so that a handler another thread sets
		 * meanwhile has the smallest chance to be lost */
		if (!same_action(&now, &d->action[sig]))
			(void)sigaction(sig, &d->action[sig], NULL);
	}
}

struct symbol {
	const char *name;
	const char *version;
	void **to;
};

static int
resolve(void *handle, const struct symbol *sym)
{
	/*
	 * The version decides the layout of struct fi_info.  A plain dlsym
	 * takes the library's newest, which need not be that of the headers
	 * this was compiled with.  Those of 1.17 are in every later library,
	 * and fields were only ever added behind.
	 */
	*sym->to = dlvsym(handle, sym->name, sym->version);
	if (*sym->to == NULL)
		*sym->to =
			dlsym(handle, sym->name); /* built without versions */
	if (*sym->to == NULL)
		return err_set(-ENOMEDIUM,
			"%s has no %s: it is not libfabric "
			"1.17 or later",
			LIBRARY, sym->name);
	return 0;
}

static int
resolve_all(void *handle, struct fab_lib *lib)
{
	/* void ** into a function pointer: what POSIX wants of dlsym users */
	const struct symbol symbols[] = {
		{"fi_getinfo", "FABRIC_1.3", (void **)(void *)&lib->getinfo},
		{"fi_freeinfo", "FABRIC_1.3", (void **)(void *)&lib->freeinfo},
		{"fi_dupinfo", "FABRIC_1.3", (void **)(void *)&lib->dupinfo},
		{"fi_fabric", "FABRIC_1.1", (void **)(void *)&lib->fabric},
		{"fi_strerror", "FABRIC_1.0", (void **)(void *)&lib->strerror},
		{"fi_version", "FABRIC_1.0", (void **)(void *)&lib->version},
	};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(symbols) && rc == 0; i++)
		rc = resolve(handle, &symbols[i]);
	if (rc == 0 && lib->version() < FAB_API)
		return err_set(-ENOMEDIUM,
			"%s is version %u.%u; 1.17 or later "
			"is needed",
			LIBRARY, FI_MAJOR(lib->version()),
			FI_MINOR(lib->version()));
	return rc;
}

/* is it one of the names in "a, b, c"? */
static bool
listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = list; *p != '\0'; p += strspn(p, ", ")) {
		size_t word = strcspn(p, ",");
		if (word == len && memcmp(p, name, len) == 0)
			return true;
		p += word;
	}
	return false;
}

static int
ask_providers(void)
{
	CLEANUP(info_freep) struct fi_info *list = NULL;
	CLEANUP(info_freep) struct fi_info *hints = info_hints(NULL);
	if (hints == NULL)
		return err_set(-ENOMEM, "no memory for libfabric's hints");
	int rc = fab.lib.getinfo(FAB_API, NULL, NULL, 0, hints, &list);
	if (rc != 0 && rc != -FI_ENODATA)
		return ferr_set(rc, "fi_getinfo of %s", LIBRARY);
	size_t used = 0;
	fab.providers[0] = '\0';
	for (struct fi_info *i = list; i != NULL; i = i->next) {
		const char *name = i->fabric_attr->prov_name;
		if (name == NULL || listed(fab.providers, name))
			continue;
		if (used + strlen(name) + 3 > sizeof(fab.providers))
			break;
		used += (size_t)snprintf(fab.providers + used,
			sizeof(fab.providers) - used, "%s%s",
			used == 0 ? "" : ", ", name);
	}
	return 0;
}

static int
load_locked(void)
{
	void *handle = FAULT("fabric_load")
			       ? NULL
			       : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		const char *why = dlerror();
		return err_set(-ENOMEDIUM,
			"cannot load %s (%s); install "
			"libfabric: package libfabric1 on Debian, libfabric "
			"elsewhere",
			LIBRARY, why == NULL ? "?" : why);
	}
	int rc = resolve_all(handle, &fab.lib);
	if (rc == 0)
		rc = ask_providers();
	if (rc < 0)
		return rc;
	fab.ready = true;
	LOG_DEBUG("libfabric %u.%u: providers %s", FI_MAJOR(fab.lib.version()),
		FI_MINOR(fab.lib.version()), fab.providers);
	return 0;
}

int
fabric_load(const char *provider)
{
	const char *name =
		provider == NULL ? FABRIC_DEFAULT_PROVIDER : provider;
	int rc = 0;
	mutex_lock(&fab.lock);
	if (!fab.ready) {
		struct dispositions before;
		sigset_t mask;
		signals_hold(&mask);
		dispositions_save(&before);
		rc = load_locked();
		dispositions_restore(&before);
		(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
	}
	mutex_unlock(&fab.lock);
	if (rc < 0)
		return rc;
	if (!listed(fab.providers, name))
		return err_set(-ENOMEDIUM,
			"libfabric has no provider \"%s\" "
			"with connected endpoints here; it has: %s",
			name,
			fab.providers[0] == '\0' ? "none" : fab.providers);
	return 0;
}

struct fabric_facts
fabric_describe(void)
{
	struct fabric_facts facts = {.providers = ""};
	mutex_lock(&fab.lock);
	if (fab.ready)
		facts = (struct fabric_facts){
			.major = FI_MAJOR(fab.lib.version()),
			.minor = FI_MINOR(fab.lib.version()),
			.providers = fab.providers};
	mutex_unlock(&fab.lock);
	return facts;
}

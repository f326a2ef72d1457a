/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * librpmem_fns.c -- see librpmem_fns.h
 */
#include "replica/librpmem_fns.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/mutex.h"

#define LIBRARY "librpmem.so.1"

struct librpmem_fns rpmem;

static struct mutex lock = {PTHREAD_MUTEX_INITIALIZER};
static void *library;

static int
find_all(void *lib)
{
	static const struct {
		const char *name;
		size_t at;
	} fns[] = {
#define FN(x) {"rpmem_" #x, offsetof(struct librpmem_fns, x)}
		FN(open_owner),
		FN(equalise),
		FN(append),
		FN(fill),
		FN(deep),
		FN(barrier),
		FN(submit),
		FN(wait),
		FN(status),
		FN(close),
		FN(remove),
		FN(check_version),
		FN(errormsg),
#undef FN
	};
	for (size_t i = 0; i < ARRAY_LEN(fns); i++) {
		void *fn = dlsym(lib, fns[i].name);
		if (fn == NULL)
			return err_set(-ELIBBAD, "%s is too old: no %s",
				LIBRARY, fns[i].name);
		memcpy((char *)&rpmem + fns[i].at, &fn, sizeof(fn));
	}
	const char *why = rpmem.check_version(1, 4);
	return why == NULL ? 0 : err_set(-ELIBBAD, "%s", why);
}

int
librpmem_load(void)
{
	int rc = 0;
	mutex_lock(&lock);
	if (library == NULL) {
		void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		rc = lib != NULL ? find_all(lib)
				 : err_set(-ELIBACC, "cannot load %s: %s",
					   LIBRARY, dlerror());
		if (rc == 0)
			library = lib;
		else if (lib != NULL)
			(void)dlclose(lib);
	}
	mutex_unlock(&lock);
	return rc;
}

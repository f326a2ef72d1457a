/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * loading.c -- a program that is not linked with libpmemobj but loads it
 *
 *   loading SET create|open local|global|deep handle|default
 *
 * local, global, deep: RTLD_LOCAL, RTLD_GLOBAL, RTLD_DEEPBIND.
 * handle, default: functions are those of the library that was loaded, or
 * the first ones of the process.
 *
 * Makes one word durable, prints its value.
 */
#include <libpmemobj.h>

#include <dlfcn.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

static void *from;

static void *
fn(const char *name)
{
	void *f = dlsym(from, name);
	if (f == NULL)
		errx(2, "%s: %s", name, dlerror());
	return f;
}

#define FN(name) ((__typeof__(&name))fn(#name))

int
main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int flags = RTLD_LOCAL;
	if (strcmp(argv[3], "global") == 0)
		flags = RTLD_GLOBAL;
	else if (strcmp(argv[3], "deep") == 0)
		flags = RTLD_DEEPBIND;
	void *lib = dlopen("libpmemobj.so.1", RTLD_NOW | flags);
	if (lib == NULL)
		errx(2, "%s", dlerror());
	from = strcmp(argv[4], "handle") == 0 ? lib : RTLD_DEFAULT;
	PMEMobjpool *pop = strcmp(argv[2], "create") == 0
				   ? FN(pmemobj_create)(argv[1], "x", 0, 0600)
				   : FN(pmemobj_open)(argv[1], "x");
	if (pop == NULL)
		errx(1, "%s", FN(pmemobj_errormsg)());
	from = lib;
	unsigned long *word = FN(pmemobj_direct)(FN(pmemobj_root)(pop, 4096));
	++*word;
	FN(pmemobj_persist)(pop, word, sizeof(*word));
	printf("%lu\n", *word);
	FN(pmemobj_close)(pop);
	return 0;
}

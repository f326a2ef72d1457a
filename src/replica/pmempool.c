/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pmempool.c -- the pmempool command reads pool set files itself
 *
 * Its own copy of the parser would open the remote replicas, as strict mode
 * has them, or (from PMDK 1.13 on) refuse their lines.  So in that
 * program, and in no other, a pool set file that is opened for reading shows
 * its local part only; what pmempool does by libpmemobj's calls goes the way of
 * every program.  A pmempool that has the libraries in it does not: it sees
 * the file as it is.
 *
 * The hooks have other names here, since fcntl.h may define the real ones
 * inline.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"
#include "replica/plan.h"

#define HOOK __attribute__((visibility("default")))

HOOK int hook_open(const char *path, int flags, ...) __asm__("open");
HOOK int hook_open64(const char *path, int flags, ...) __asm__("open64");
HOOK int hook_open_2(const char *path, int flags) __asm__("__open_2");
HOOK int hook_open64_2(const char *path, int flags) __asm__("__open64_2");

static int
real_open(const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static bool
is_pmempool(void)
{
	if (strcmp(program_invocation_short_name, "pmempool") != 0)
		return false;
	void *lib = dlopen("libpmemobj.so.1", RTLD_NOW | RTLD_NOLOAD);
	if (lib == NULL)
		return false;
	(void)dlclose(lib);
	return true;
}

/* fd, or one of the local part in its place */
static int
local_part(int fd, const char *path, int flags)
{
	struct plan p;
	int saved = errno;
	if (plan_make(path, &p) == 0) {
		int local = real_open(p.path, flags & ~(O_CREAT | O_EXCL), 0);
		if (local >= 0) {
			(void)close(fd);
			fd = local;
		}
		plan_free(&p);
	}
	errno = saved;
	return fd;
}

static int
open_any(const char *path, int flags, mode_t mode)
{
	int fd = real_open(path, flags, mode);
	if (fd < 0 || (flags & O_ACCMODE) != O_RDONLY || !is_pmempool())
		return fd;
	return local_part(fd, path, flags);
}

static mode_t
mode_of(int flags, va_list ap)
{
	bool has_mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	return has_mode ? (mode_t)va_arg(ap, unsigned) : 0;
}

int
hook_open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return open_any(path, flags, mode);
}

int
hook_open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	return open_any(path, flags | O_LARGEFILE, mode);
}

int
hook_open_2(const char *path, int flags)
{
	return open_any(path, flags, 0);
}

int
hook_open64_2(const char *path, int flags)
{
	return open_any(path, flags | O_LARGEFILE, 0);
}

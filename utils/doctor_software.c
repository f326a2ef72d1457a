/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_software.c -- what is installed, as a program on libpmemobj finds it
 */
#include "doctor.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/fileio.h"
#include "include/librpmem.h"
#include "setfile.h"

#define LIBRPMEM "librpmem.so.1"
#define TOOL_MS 5000u
#define LIBRARY_MAX (64u << 20)

bool
find_ours(const char *file, char *path, size_t size)
{
	static const char *const places[] = {("/../" RPMEM_LIBDIR),
		"/../src/librpmem", "", "/../src/rpmemd"};
	char self[PATH_MAX];
	char real[PATH_MAX];
	char name[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		(void)snprintf(
			name, sizeof(name), "%s%s/%s", self, places[i], file);
		if (realpath(name, real) != NULL && strlen(real) < size) {
			(void)snprintf(path, size, "%s", real);
			return true;
		}
	}
	return false;
}

/* where dlopen found it */
static bool
path_of(void *handle, char path[PATH_MAX])
{
	struct link_map *map = NULL;
	return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != NULL &&
	       realpath(map->l_name, path) != NULL;
}

static const char *
librpmem_refuses(void *handle)
{
	const char *(*check)(unsigned major, unsigned minor) = NULL;
	*(void **)(void *)&check = dlsym(handle, "rpmem_check_version");
	if (check == NULL)
		return "it has no rpmem_check_version";
	return check(RPMEM_MAJOR_VERSION, RPMEM_MINOR_VERSION);
}

static void
missing_librpmem(struct doctor *d)
{
	char path[PATH_MAX];
	char word[SHELL_WORD_MAX];
	findings_add(&d->f, LEVEL_NOTE, "librpmem", LIBRPMEM,
		"the loader does not find it: libpmemobj without rpmem run "
		"cannot open a set with remote replicas");
	if (!find_ours(LIBRPMEM, path, sizeof(path))) {
		findings_fix(&d->f, "install rpmem's libraries");
		return;
	}
	*strrchr(path, '/') = '\0';
	findings_fix(&d->f,
		"export LD_LIBRARY_PATH=%s, or add that directory "
		"to /etc/ld.so.conf.d and run ldconfig",
		shell_word(path, word));
}

static void
look_at_librpmem(struct doctor *d)
{
	char path[PATH_MAX] = "?";
	char ours[PATH_MAX] = "";
	void *handle = dlopen(LIBRPMEM, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		missing_librpmem(d);
		return;
	}
	(void)path_of(handle, path);
	const char *why = librpmem_refuses(handle);
	if (why != NULL) {
		findings_add(&d->f, LEVEL_PROBLEM, "librpmem", path,
			"the loader finds this library, and it is too old: %s",
			why);
		findings_fix(&d->f,
			"remove it, or put the directory of rpmem's "
			"in front of it in LD_LIBRARY_PATH");
	} else if (find_ours(LIBRPMEM, ours, sizeof(ours)) &&
		   strcmp(ours, path) != 0) {
		findings_add(&d->f, LEVEL_NOTE, "librpmem", path,
			"the loader finds this library, not the one beside "
			"this command, %s",
			ours);
		findings_fix(&d->f, "if that is not meant, change "
				    "LD_LIBRARY_PATH");
	} else {
		findings_add(&d->f, LEVEL_OK, "librpmem", path,
			"the loader finds it; API %d.%d", RPMEM_MAJOR_VERSION,
			RPMEM_MINOR_VERSION);
	}
	(void)dlclose(handle);
}

/* is the name of librpmem in the library?  From 1.13 on it is not. */
static bool
loads_librpmem(const char *path)
{
	struct stat st;
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > LIBRARY_MAX)
		return true;
	size_t size = (size_t)st.st_size;
	CLEANUP(freep) char *bytes = malloc(size + 1);
	ssize_t n = bytes == NULL ? -1 : file_read_some(fd, bytes, size, 0);
	return n < 0 ||
	       memmem(bytes, (size_t)n, LIBRPMEM, strlen(LIBRPMEM)) != NULL;
}

static void
look_at_library(struct doctor *d, const char *file, const char *package)
{
	char path[PATH_MAX] = "?";
	void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		const char *why = dlerror();
		findings_add(&d->f, LEVEL_NOTE, "library", file,
			"it cannot be loaded: %s", why != NULL ? why : "?");
		findings_fix(&d->f,
			"if a program here needs it, install the "
			"package %s",
			package);
		return;
	}
	(void)path_of(handle, path);
	findings_add(&d->f, LEVEL_OK, "library", file, "%s", path);
	if (strcmp(file, "libpmemobj.so.1") == 0 && !loads_librpmem(path)) {
		findings_add(&d->f, LEVEL_NOTE, "only-run", file,
			"this version knows no remote replicas");
		findings_fix(&d->f, "start programs as: rpmem run -- PROGRAM");
	}
	(void)dlclose(handle);
}

static void
look_at_pmempool(struct doctor *d)
{
	static const char *const argv[] = {"pmempool", "--version", NULL};
	char out[256];
	int rc = exec_read(argv, out, sizeof(out), deadline_in_ms(TOOL_MS));
	out[strcspn(out, "\n")] = '\0';
	if (rc == 0) {
		findings_add(
			&d->f, LEVEL_OK, "pmempool", "pmempool", "%s", out);
		return;
	}
	findings_add(&d->f, LEVEL_NOTE, "pmempool", "pmempool",
		"it cannot be run: %s",
		rc < 0 ? strerror(-rc) : "it fails, or is not in PATH");
	findings_fix(&d->f,
		"to make and check pools by hand, install the package "
		"pmdk-tools");
}

/* the fallback of find_ours is PATH, as a remote shell would look */
static void
look_at_rpmemd(struct doctor *d)
{
	char path[PATH_MAX];
	const char *argv[] = {"rpmemd", "--version", NULL};
	char out[256];
	if (find_ours("rpmemd", path, sizeof(path)))
		argv[0] = path;
	int rc = exec_read(argv, out, sizeof(out), deadline_in_ms(TOOL_MS));
	out[strcspn(out, "\n")] = '\0';
	findings_add(&d->f, LEVEL_OK, "version", "rpmem", "rpmem %s; %s",
		RPMEM_VERSION,
		rc == 0 ? out : "no rpmemd here (a target needs it)");
}

void
doctor_software(struct doctor *d)
{
	look_at_rpmemd(d);
	look_at_librpmem(d);
	look_at_library(d, "libpmem.so.1", "libpmem1");
	look_at_library(d, "libpmemobj.so.1", "libpmemobj1");
	look_at_pmempool(d);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * notify_env.c -- see notify_env.h
 *
 * Under `rpmem run` the program has our library in LD_PRELOAD.  A shell that
 * only sends a mail must not get it: it would look at RPMEM_MAP and the like,
 * and replicate what it maps.  Other libraries in the list stay, since
 * whoever put them there may need them everywhere (a sanitizer, a container's
 * shim).
 *
 * One block of memory: the pointers, then the strings.
 */
#include "librpmem/notify_env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PRELOAD "LD_PRELOAD="
#define OUR_LIBRARY "libpmemreplica_preload.so"
#define SEPARATORS ": " /* the loader's */

static bool
begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool
is_ours(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);
	const char *name = slash != NULL ? slash + 1 : path;
	return begins_with(name, OUR_LIBRARY);
}

/* returns the end of what it wrote, not more than it read; dst itself if
 * nothing is left of the list */
static char *
put_preload(char *dst, const char *entry)
{
	const char *p = entry + strlen(PRELOAD);
	char *end = dst + strlen(PRELOAD);
	char *first = end;
	memcpy(dst, PRELOAD, strlen(PRELOAD));
	for (p += strspn(p, SEPARATORS); *p != '\0';
		p += strspn(p, SEPARATORS)) {
		size_t len = strcspn(p, SEPARATORS);
		if (!is_ours(p, len)) {
			if (end != first)
				*end++ = ':';
			memcpy(end, p, len);
			end += len;
		}
		p += len;
	}
	if (end == first)
		return dst;
	*end++ = '\0';
	return end;
}

static char *
put(char *dst, const char *entry)
{
	if (begins_with(entry, NOTIFY_DROPPED "="))
		return dst;
	if (begins_with(entry, PRELOAD))
		return put_preload(dst, entry);
	size_t size = strlen(entry) + 1;
	memcpy(dst, entry, size);
	return dst + size;
}

char **
notify_env_new(char *const *env, char *dropped)
{
	static char *const empty[] = {NULL};
	size_t count = 0;
	size_t bytes = 0;
	if (env == NULL)
		env = empty;
	for (; env[count] != NULL; count++)
		bytes += strlen(env[count]) + 1;
	/* dropped, and the NULL behind it */
	char **copy = malloc((count + 2) * sizeof(*copy) + bytes);
	if (copy == NULL)
		return NULL;
	char *dst = (char *)(copy + count + 2);
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		char *end = put(dst, env[i]);
		if (end != dst)
			copy[n++] = dst;
		dst = end;
	}
	copy[n++] = dropped;
	copy[n] = NULL;
	return copy;
}

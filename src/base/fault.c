/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * fault.c -- see fault.h
 *
 * The table is parsed once; each entry counts down atomically.
 */
#include "base/fault.h"

#if defined(RPMEM_FAULTS_BUILT)

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAULTS_MAX 16

static struct {
	char name[64];
	atomic_long left; /* negative: always */
	bool last_only;
	const char *file; /* NULL: it counts */
} table[FAULTS_MAX];
static unsigned nfaults;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load(void)
{
	static char text[1024];
	const char *env = getenv("RPMEM_FAULTS");
	if (env == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%s", env);
	char *save = NULL;
	for (char *w = strtok_r(text, ",", &save); w != NULL && nfaults < 16;
		w = strtok_r(NULL, ",", &save)) {
		char *eq = strpbrk(w, "=@:");
		long left = -1;
		if (eq != NULL && *eq == ':') {
			table[nfaults].file = eq + 1;
			*eq = '\0';
		} else if (eq != NULL) {
			table[nfaults].last_only = *eq == '@';
			*eq = '\0';
			left = strtol(eq + 1, NULL, 10);
		}
		(void)snprintf(table[nfaults].name, sizeof(table[nfaults].name),
			"%s", w);
		/* relaxed: pthread_once publishes it */
		atomic_store_explicit(
			&table[nfaults].left, left, memory_order_relaxed);
		nfaults++;
	}
}

bool
fault_fires(const char *name)
{
	(void)pthread_once(&once, load);
	for (unsigned i = 0; i < nfaults; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		if (table[i].file != NULL)
			return access(table[i].file, F_OK) == 0;
		/* relaxed: a counter that orders nothing */
		long left = atomic_load_explicit(
			&table[i].left, memory_order_relaxed);
		while (left > 0)
			if (atomic_compare_exchange_weak_explicit(
				    &table[i].left, &left, left - 1,
				    memory_order_relaxed, memory_order_relaxed))
				return left == 1 || !table[i].last_only;
		return left < 0;
	}
	return false;
}

#else
/* ISO C wants something in each translation unit */
typedef int fault_not_built;
#endif

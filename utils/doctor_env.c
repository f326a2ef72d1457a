/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_env.c -- what the environment says to us
 *
 * A name that is misspelt is read by nobody, and nobody says so.  Values are
 * judged by the functions that take them at an open.
 */
#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/env.h"
#include "librpmem/alone.h"
#include "librpmem/minreplicas.h"
#include "librpmem/notify.h"
#include "librpmem/onloss.h"
#include "librpmem/role.h"

#define PREFIX "RPMEM_"
#define NAME_MAX_LEN 40u /* longer ones are near nothing */

/* those of knobs_load first */
static const char *const names[] = {
	"RPMEM_TIMEOUT_MS",
	"RPMEM_DISK_TIMEOUT_MS",
	"RPMEM_SPIN_US",
	"RPMEM_COMPARE_MS",
	"RPMEM_RESYNC_RATE",
	"RPMEM_PROVIDER",
#define NKNOBS 6u
	"RPMEM_CMD",
	"RPMEM_ENABLE_SOCKETS",
	"RPMEM_ENABLE_VERBS",
	"RPMEM_FAULTS",
	"RPMEM_LOG_FILE",
	"RPMEM_LOG_LEVEL",
	"RPMEM_MAKE_COPIES",
	"RPMEM_MAP",
	"RPMEM_MAX_NLANES",
	"RPMEM_MIN_REPLICAS",
	"RPMEM_NOTIFY",
	"RPMEM_NOTIFY_DROPPED",
	"RPMEM_ON_FENCED",
	"RPMEM_ON_LOSS",
	"RPMEM_OPEN_ALONE",
	"RPMEM_OPEN_WAIT",
	"RPMEM_OWNER",
	"RPMEM_PSK_FILE",
	"RPMEM_RECORD",
	"RPMEM_SSH",
	"RPMEM_STATE_DIR",
	"RPMEM_STATS",
	"RPMEM_WORK_QUEUE_SIZE",
};

/* letters to change, add or leave out (Levenshtein) */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t nb = strlen(b);
	for (unsigned k = 0; k <= nb; k++)
		row[k] = k;
	for (size_t i = 0; a[i] != '\0'; i++) {
		unsigned diagonal = row[0]++;
		for (size_t k = 1; k <= nb; k++) {
			unsigned change = diagonal + (a[i] != b[k - 1]);
			unsigned gap = MIN_OF(row[k], row[k - 1]) + 1;
			diagonal = row[k];
			row[k] = MIN_OF(change, gap);
		}
	}
	return row[nb];
}

/* one is the beginning of the other */
static bool
begins(const char *a, const char *b)
{
	size_t len = MIN_OF(strlen(a), strlen(b));
	return len >= strlen(PREFIX) + 4 && strncmp(a, b, len) == 0;
}

const char *
doctor_nearest(const char *name)
{
	const char *near = NULL;
	unsigned least = 3;
	if (strlen(name) > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		unsigned far = distance(name, names[i]);
		if (far == 0)
			return names[i];
		if (far < least) {
			least = far;
			near = names[i];
		} else if (near == NULL && begins(name, names[i])) {
			near = names[i];
		}
	}
	return near;
}

static void
look_at_name(struct doctor *d, const char *entry)
{
	char name[256];
	size_t len = strcspn(entry, "=");
	if (strncmp(entry, PREFIX, strlen(PREFIX)) != 0 || len >= sizeof(name))
		return;
	memcpy(name, entry, len);
	name[len] = '\0';
	const char *near = doctor_nearest(name);
	if (near != NULL && strcmp(near, name) == 0)
		return;
	findings_add(&d->f, near != NULL ? LEVEL_PROBLEM : LEVEL_NOTE,
		"unknown-variable", name, "rpmem reads no such variable");
	if (near != NULL)
		findings_fix(&d->f, "is %s meant? unset %s", near, name);
	else
		findings_fix(&d->f, "librpmem(7) lists them; unset it if it is "
				    "not for something else");
}

static void
bad_value(struct doctor *d, const char *name)
{
	findings_add(&d->f, LEVEL_PROBLEM, "variable", name, "%s", err_msg());
	findings_fix(&d->f,
		"set it as librpmem(7) says, or unset %s; until then opens "
		"fail",
		name);
	(void)unsetenv(name);
}

/* the message names the variable: without it the next one is found */
static void
load_knobs(struct doctor *d)
{
	for (unsigned i = 0; i <= NKNOBS && knobs_load(&d->knobs) < 0; i++)
		for (unsigned k = 0; k < NKNOBS; k++)
			if (getenv(names[k]) != NULL &&
				strstr(err_msg(), names[k]) != NULL) {
				bad_value(d, names[k]);
				break;
			}
}

static void
check_number(struct doctor *d, const char *name, uint64_t min, uint64_t max)
{
	uint64_t value = 0;
	if (env_u64(name, min, max, &value) < 0)
		bad_value(d, name);
}

static void
check_words(struct doctor *d)
{
	struct onloss onloss;
	struct role_facts role = {.override = getenv("RPMEM_OWNER")};
	enum role as;
	bool aborts = false;
	unsigned min = 0;
	if (onloss_parse(getenv("RPMEM_ON_LOSS"), true, &onloss) < 0)
		bad_value(d, "RPMEM_ON_LOSS");
	if (onfenced_parse(getenv("RPMEM_ON_FENCED"), &aborts) < 0)
		bad_value(d, "RPMEM_ON_FENCED");
	if (minreplicas_parse(getenv(MINREPLICAS_VARIABLE), &min) < 0)
		bad_value(d, MINREPLICAS_VARIABLE);
	if (role_decide(&role, &as) == -EINVAL)
		bad_value(d, "RPMEM_OWNER");
}

static void
check_notify(struct doctor *d)
{
	struct notify n;
	if (notify_parse(getenv(NOTIFY_VARIABLE), &n) < 0)
		bad_value(d, NOTIFY_VARIABLE);
	notify_fini(&n);
}

/* what belongs to libpmem and libfabric, and changes what is promised */
static void
check_others(struct doctor *d)
{
	const char *force = getenv("PMEM_IS_PMEM_FORCE");
	const char *filter = getenv("FI_PROVIDER");
	if (force != NULL && strcmp(force, "1") == 0) {
		findings_add(&d->f, LEVEL_NOTE, "pmem-force",
			"PMEM_IS_PMEM_FORCE",
			"libpmem flushes no page cache: on a file system with "
			"one, pools here do not survive a power failure");
		findings_fix(&d->f, "unset it outside of tests");
	}
	if (filter != NULL && filter[0] != '\0') {
		findings_add(&d->f, LEVEL_NOTE, "fi-provider", "FI_PROVIDER",
			"libfabric offers only what it names: '%s'", filter);
		findings_fix(
			&d->f, "unset it: RPMEM_PROVIDER says what is used");
	}
}

void
doctor_env(struct doctor *d)
{
	unsigned before = d->f.n;
	for (char **e = environ; *e != NULL; e++)
		look_at_name(d, *e);
	load_knobs(d);
	check_words(d);
	check_notify(d);
	check_number(d, "RPMEM_OPEN_WAIT", 0, ALONE_WAIT_MAX_S);
	check_number(d, "RPMEM_OPEN_ALONE", 0, 1);
	check_number(d, "RPMEM_MAX_NLANES", 1, UINT32_MAX);
	check_number(d, "RPMEM_WORK_QUEUE_SIZE", 1, UINT32_MAX);
	check_number(d, "RPMEM_ENABLE_SOCKETS", 0, UINT32_MAX);
	check_number(d, "RPMEM_ENABLE_VERBS", 0, UINT32_MAX);
	if (d->f.n == before)
		findings_add(&d->f, LEVEL_OK, "environment", "environment",
			"every RPMEM_ variable that is set is known and has a "
			"good value");
	check_others(d);
}

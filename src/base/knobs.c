/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * knobs.c -- see knobs.h
 *
 * Only the form of a value is judged here.  Whether a provider exists is
 * libfabric's to say; here its name is kept to the characters that provider
 * names have, so that it can stand in a message and in a hint as it is.
 */
#include "base/knobs.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "base/env.h"
#include "base/err.h"

#define TIMEOUT_MIN_MS 100
#define TIMEOUT_MAX_MS 3600000
#define TIMEOUT_DEFAULT_MS 5000
#define DISK_TIMEOUT_DEFAULT_MS 30000
#define COMPARE_DEFAULT_MS 100
#define RESYNC_RATE_MAX (1ULL << 40)
#define SPIN_MAX_US 1000000
#define SPIN_DEFAULT_US 20

/*
 * With two CPUs or fewer a spinning thread takes the CPU from the one it
 * waits for.
 */
static uint64_t
default_spin_us(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	/* fails with more CPUs than the set has bits: there are enough */
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return SPIN_DEFAULT_US;
	return CPU_COUNT(&set) <= 2 ? 0 : SPIN_DEFAULT_US;
}

static int
load_provider(char *name_out)
{
	const char *name = getenv("RPMEM_PROVIDER");
	if (name == NULL || name[0] == '\0')
		name = "tcp";
	size_t len = strlen(name);
	bool good = len < KNOBS_PROVIDER_MAX;
	for (size_t i = 0; good && i < len; i++)
		good = isalnum((unsigned char)name[i]) ||
		       strchr("_-;.", name[i]) != NULL;
	if (!good)
		return err_set(-EINVAL,
			"environment variable RPMEM_PROVIDER is '%.100s': "
			"expected the name of a libfabric provider, for "
			"example tcp or verbs",
			name);
	memcpy(name_out, name, len + 1);
	return 0;
}

int
knobs_load(struct knobs *knobs_out)
{
	uint64_t timeout = TIMEOUT_DEFAULT_MS;
	uint64_t disk = DISK_TIMEOUT_DEFAULT_MS;
	uint64_t spin = default_spin_us();
	uint64_t compare = COMPARE_DEFAULT_MS;
	struct knobs k = {.resync_rate = 0};

	int rc = env_u64(
		"RPMEM_TIMEOUT_MS", TIMEOUT_MIN_MS, TIMEOUT_MAX_MS, &timeout);
	if (rc == 0)
		rc = env_u64("RPMEM_DISK_TIMEOUT_MS", TIMEOUT_MIN_MS,
			TIMEOUT_MAX_MS, &disk);
	if (rc == 0)
		rc = env_u64("RPMEM_SPIN_US", 0, SPIN_MAX_US, &spin);
	if (rc == 0)
		rc = env_u64("RPMEM_COMPARE_MS", 0, TIMEOUT_MAX_MS, &compare);
	if (rc == 0)
		rc = env_u64("RPMEM_RESYNC_RATE", 0, RESYNC_RATE_MAX,
			&k.resync_rate);
	if (rc == 0)
		rc = load_provider(k.provider);
	if (rc < 0)
		return rc;
	k.timeout_ms = (uint32_t)timeout;
	k.disk_timeout_ms = (uint32_t)disk;
	k.spin_us = (uint32_t)spin;
	k.compare_ms = (uint32_t)compare;
	*knobs_out = k;
	return 0;
}

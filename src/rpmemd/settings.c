/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * settings.c -- values that command line and configuration files share
 *
 * Values are judged for their form; whether a directory exists is found out
 * by whoever uses it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "poolset/poolset.h"
#include "rpmemd/options.h"

#define DEFAULT_LOG_FILE "/var/log/rpmemd.log"

static const struct {
	const char *name;
	const char *expected;
} keys[KEY_END] = {
	[KEY_LOG_FILE] = {"log-file", "a file name"},
	[KEY_POOLSET_DIR] = {"poolset-dir", "a directory"},
	[KEY_PERSIST_APM] = {"persist-apm", "yes or no"},
	[KEY_PERSIST_GENERAL] = {"persist-general", "yes or no"},
	[KEY_USE_SYSLOG] = {"use-syslog", "yes or no"},
	[KEY_LOG_LEVEL] = {"log-level", "err, warn, notice, info or debug"},
	[KEY_DURABILITY] = {"durability", "media or memory"},
	[KEY_ACCESS_FILE] = {"access-file", "a file name"},
	[KEY_DATA_PORT] = {"data-port", "a port or FIRST-LAST"},
	[KEY_CATCHUP_MAX] = {"catchup-max",
		"bytes, or a number with a unit as in 64K, 512M, 4G; 0: none"},
};

enum option_key
options_key(const char *name)
{
	size_t key = 0;
	while (key < KEY_END && strcmp(keys[key].name, name) != 0)
		key++;
	return (enum option_key)key;
}

const char *
options_expected(enum option_key key)
{
	return keys[key].expected;
}

static int
set_bool(const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0;
	return *out || strcmp(value, "no") == 0 ? 0 : -EINVAL;
}

/* made absolute: sessions and messages outlive the working directory */
static int
set_path(const char *value, char out[PATH_MAX])
{
	CLEANUP(freep) char *cwd = NULL;
	if (value[0] == '\0')
		return -EINVAL;
	if (value[0] != '/') {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return -EINVAL;
	}
	int n = snprintf(out, PATH_MAX, "%s%s%s", cwd != NULL ? cwd : "",
		cwd != NULL ? "/" : "", value);
	return n < 0 || n >= PATH_MAX ? -EINVAL : 0;
}

static int
set_durability(const char *value, enum pool_durability *out)
{
	if (strcmp(value, "media") == 0)
		*out = POOL_DURABLE_MEDIA;
	else if (strcmp(value, "memory") == 0)
		*out = POOL_DURABLE_MEMORY;
	else
		return -EINVAL;
	return 0;
}

static int
set_size(const char *value, uint64_t *out)
{
	uint64_t size = 0;
	if (strcmp(value, "0") != 0 && !poolset_size(value, &size))
		return -EINVAL;
	*out = size;
	return 0;
}

/* "A" or "A-B" */
static int
set_ports(const char *value, struct options *o)
{
	char first[8];
	uint64_t min = 0;
	uint64_t max = 0;
	size_t len = strcspn(value, "-");
	if (len >= sizeof(first))
		return -EINVAL;
	memcpy(first, value, len);
	first[len] = '\0';
	const char *last = value[len] == '-' ? value + len + 1 : first;
	if (parse_u64(first, 1, UINT16_MAX, &min) < 0 ||
		parse_u64(last, min, UINT16_MAX, &max) < 0)
		return -EINVAL;
	o->data_port_min = (uint16_t)min;
	o->data_port_max = (uint16_t)max;
	return 0;
}

static int
set(struct options *o, enum option_key key, const char *value)
{
	bool ignored;
	switch (key) {
	case KEY_LOG_FILE:
		/* naming a file turns syslog off */
		if (!(o->fixed & (1u << KEY_USE_SYSLOG)))
			o->use_syslog = false;
		o->given |= 1u << KEY_USE_SYSLOG;
		return set_path(value, o->log_file);
	case KEY_POOLSET_DIR:
		return set_path(value, o->poolset_dir);
	case KEY_ACCESS_FILE:
		return set_path(value, o->access_file);
	case KEY_PERSIST_APM:
		return set_bool(value, &o->persist_apm);
	case KEY_PERSIST_GENERAL:
		return set_bool(value, &ignored);
	case KEY_USE_SYSLOG:
		return set_bool(value, &o->use_syslog);
	case KEY_LOG_LEVEL:
		return log_level_parse(value, &o->log_level);
	case KEY_DURABILITY:
		return set_durability(value, &o->durability);
	case KEY_DATA_PORT:
		return set_ports(value, o);
	case KEY_CATCHUP_MAX:
		return set_size(value, &o->catchup_max);
	case KEY_END:
		break;
	}
	return -EINVAL;
}

int
options_set(struct options *o, enum option_key key, const char *value)
{
	int rc = set(o, key, value);
	if (rc == 0)
		o->given |= 1u << key;
	return rc;
}

void
options_finish(struct options *o)
{
	bool serves_ssh = o->mode == MODE_SSH;
	/* by ssh standard error is the initiator's, and only at the start */
	if (!(o->given & (1u << KEY_USE_SYSLOG)))
		o->use_syslog = serves_ssh;
	if (serves_ssh && !o->use_syslog && o->log_file[0] == '\0')
		memcpy(o->log_file, DEFAULT_LOG_FILE, sizeof(DEFAULT_LOG_FILE));
	if (!(o->given & (1u << KEY_LOG_LEVEL)))
		o->log_level = serves_ssh ? LOG_LEVEL_ERR : LOG_LEVEL_NOTICE;
}

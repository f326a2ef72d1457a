/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * launcher.c -- see launcher.h
 */
#include "librpmem/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"

static bool
lacks_launcher(const struct handle_args *a, const struct rpmem_pool *h)
{
	const char *ssh = getenv("RPMEM_SSH");
	if (!a->from_libpmempool || a->create_attr == NULL ||
		h->target.kind != TARGET_TCP)
		return false;
	const char *slash = ssh != NULL ? strrchr(ssh, '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : ssh;
	return name == NULL || strcmp(name, "rpmem-ssh") != 0;
}

int
launcher_hint(const struct handle_args *a, const struct rpmem_pool *h, int rc)
{
	char why[ERR_MAX];
	if (rc != -EEXIST || !lacks_launcher(a, h))
		return rc;
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	return err_set(rc,
		"%s; set RPMEM_SSH=rpmem-ssh, so that libpmempool can remove "
		"the old replica of a tcp:// target",
		why);
}

void
launcher_warn(const struct handle_args *a, const struct rpmem_pool *h)
{
	if (lacks_launcher(a, h))
		LOG_WARN("%s: without RPMEM_SSH=rpmem-ssh libpmempool cannot "
			 "remove this replica later, so pmempool sync cannot "
			 "replace a damaged one: set it",
			h->target.text);
}

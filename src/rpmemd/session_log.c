/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * session_log.c -- see session_log.h
 *
 * Scripts have looked for these words since the historical daemon.
 */
#include "rpmemd/session_log.h"

#include "base/log.h"

static const char *
media_name(enum pool_media media)
{
	switch (media) {
	case POOL_MEDIA_PMEM:
		return "pmem";
	case POOL_MEDIA_PAGECACHE:
		return "page cache";
	case POOL_MEDIA_TMPFS:
		return "tmpfs";
	}
	return "?";
}

void
session_log_request(const struct peer *peer, const struct oob_msg *m)
{
	const struct oob_pool_req *req = &m->u.pool_req;
	LOG_INFO("%s request:", m->type == OOB_CREATE ? "create" : "open");
	LOG_INFO("    peer: %s", peer->text);
	LOG_INFO("    pool descriptor: '%s'", req->desc);
	LOG_INFO("    pool size: %llu", (unsigned long long)req->pool_size);
	LOG_INFO("    nlanes: %u", req->nlanes);
	LOG_INFO("    provider: %s", req->provider);
}

static void
log_policy(enum pool_media media, bool memory)
{
	const char *flush = memory ? "none" : "pmem_msync";
	if (media == POOL_MEDIA_PMEM)
		flush = "pmem_persist";
	LOG_NOTICE("persistency policy:");
	LOG_NOTICE("    persist method: General Purpose Server Persistency "
		   "Method");
	LOG_NOTICE("    persist flush: %s", flush);
}

void
session_log_start(const struct rpmemd_cfg *cfg, const struct peer *peer,
	const struct copy *copy, const char *program)
{
	enum pool_media media = pool_media(copy->pool);
	bool memory = cfg->durability == POOL_DURABLE_MEMORY;
	LOG_NOTICE("session start: peer %s identity %s program %s %s '%s' size "
		   "%llu media %s durability %s provider %s as %s",
		peer->text, peer->identity, program,
		copy->was_created ? "create" : "open", copy->desc,
		(unsigned long long)copy->pool->size, media_name(media),
		memory ? "memory" : "media", cfg->provider,
		copy->is_owner ? "owner" : "passive");
	log_policy(media, memory);
}

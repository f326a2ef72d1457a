/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info.c -- what we ask of libfabric, and the fabric object it leads to
 *
 * One set of hints for all providers: connected endpoints, messages only.
 * The modes in the hints are what we can live with, not what we want; what
 * comes back is obeyed by rings.c.  Remote access is never asked for: the
 * software providers' bounds check can be overflowed by a hostile length,
 * so memory of the pool is only written by our own code.
 */
#include "fabric/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <rdma/fi_errno.h>

#include "base/err.h"

void
info_freep(struct fi_info **info)
{
	if (*info != NULL)
		fab_lib()->freeinfo(*info);
	*info = NULL;
}

struct fi_info *
info_hints(const char *provider)
{
	/* dupinfo of nothing is libfabric's allocinfo */
	CLEANUP(info_freep) struct fi_info *hints = fab_lib()->dupinfo(NULL);
	if (hints == NULL)
		return NULL;
	if (provider != NULL) {
		hints->fabric_attr->prov_name = strdup(provider);
		if (hints->fabric_attr->prov_name == NULL)
			return NULL;
	}
	hints->caps = FI_MSG;
	hints->mode = FI_CONTEXT | FI_RX_CQ_DATA;
	hints->ep_attr->type = FI_EP_MSG;
	hints->domain_attr->threading = FI_THREAD_SAFE;
	hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_VIRT_ADDR |
				      FI_MR_ALLOCATED | FI_MR_PROV_KEY |
				      FI_MR_ENDPOINT;
	return TAKE_PTR(hints);
}

static size_t
addr_len(const struct sockaddr *addr)
{
	switch (addr->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return 0;
	}
}

/* the copy becomes the hints' own: freeinfo frees it */
static int
set_dest(struct fi_info *hints, const struct sockaddr *addr)
{
	size_t len = addr_len(addr);
	hints->dest_addr = malloc(len);
	if (hints->dest_addr == NULL)
		return -FI_ENOMEM;
	memcpy(hints->dest_addr, addr, len);
	hints->dest_addrlen = len;
	return 0;
}

/*
 * fi_getinfo for an address.  A source goes as text: the tcp provider finds
 * nothing for FI_SOURCE with the address in the hints.
 */
static int
ask(struct fi_info *hints, const struct sockaddr *addr, uint64_t flags,
	struct fi_info **list_out)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	hints->addr_format =
		addr->sa_family == AF_INET ? FI_SOCKADDR_IN : FI_SOCKADDR_IN6;
	if (!(flags & FI_SOURCE)) {
		int rc = set_dest(hints, addr);
		return rc < 0 ? rc
			      : fab_lib()->getinfo(FAB_API, NULL, NULL, flags,
					hints, list_out);
	}
	/* numeric: asks no resolver, keeps the scope of fe80::1%eth0 */
	int gai =
		getnameinfo(addr, (socklen_t)addr_len(addr), host, sizeof(host),
			port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	if (gai != 0)
		return -FI_EINVAL;
	return fab_lib()->getinfo(
		FAB_API, host, port, flags | FI_NUMERICHOST, hints, list_out);
}

/* a layered provider's name ("tcp;ofi_rxm") also matches the hint */
static const struct fi_info *
find_exact(const struct fi_info *list, const char *name)
{
	while (list != NULL && strcmp(list->fabric_attr->prov_name, name) != 0)
		list = list->next;
	return list;
}

int
info_for(const char *provider, const struct sockaddr *addr, uint64_t flags,
	struct fi_info **info_out)
{
	char text[PEER_TEXT_MAX];
	const char *name =
		provider == NULL ? FABRIC_DEFAULT_PROVIDER : provider;
	CLEANUP(info_freep) struct fi_info *list = NULL;
	if (addr_len(addr) == 0)
		return err_set(-EAFNOSUPPORT,
			"address family %d is neither IPv4 nor IPv6",
			addr->sa_family);
	CLEANUP(info_freep) struct fi_info *hints = info_hints(name);
	if (hints == NULL)
		return err_set(-ENOMEM, "no memory for libfabric's hints");
	addr_text(addr, text);
	int rc = ask(hints, addr, flags, &list);
	if (rc == -FI_ENODATA)
		return err_set(-EADDRNOTAVAIL,
			"provider \"%s\" has no way "
			"to %s",
			name, text);
	if (rc != 0)
		return ferr_set(rc, "fi_getinfo for %s", text);
	const struct fi_info *found = find_exact(list, name);
	if (found == NULL)
		return err_set(-ENOMEDIUM,
			"provider \"%s\" does not offer itself for %s", name,
			text);
	*info_out = fab_lib()->dupinfo(found);
	if (*info_out == NULL)
		return err_set(-ENOMEM, "no memory for an offer");
	return 0;
}

void
addr_text(const struct sockaddr *addr, char text[PEER_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN];
	(void)snprintf(text, PEER_TEXT_MAX, "?");
	if (addr == NULL)
		return;
	if (addr->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, addr, sizeof(in));
		if (inet_ntop(AF_INET, &in.sin_addr, ip, sizeof(ip)) != NULL)
			(void)snprintf(text, PEER_TEXT_MAX, "%s:%u", ip,
				ntohs(in.sin_port));
	} else if (addr->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, addr, sizeof(in6));
		if (inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof(ip)) != NULL)
			(void)snprintf(text, PEER_TEXT_MAX, "[%s]:%u", ip,
				ntohs(in6.sin6_port));
	}
}

int
fab_open(struct fi_info *info, struct fab **fab_out)
{
	struct fab *fab = calloc(1, sizeof(*fab));
	if (fab == NULL)
		return err_set(-ENOMEM, "no memory for a fabric");
	atomic_init(&fab->refs, 1);
	int rc = fab_lib()->fabric(info->fabric_attr, &fab->fid, NULL);
	if (rc != 0) {
		free(fab);
		return ferr_set(rc, "fi_fabric of provider \"%s\"",
			info->fabric_attr->prov_name);
	}
	*fab_out = fab;
	return 0;
}

struct fab *
fab_get(struct fab *fab)
{
	/* relaxed: the caller holds a reference already */
	(void)atomic_fetch_add_explicit(&fab->refs, 1, memory_order_relaxed);
	return fab;
}

void
fab_put(struct fab *fab)
{
	if (fab == NULL)
		return;
	/* acq_rel: the last one must see what the others did to the fid */
	if (atomic_fetch_sub_explicit(&fab->refs, 1, memory_order_acq_rel) > 1)
		return;
	(void)fi_close(&fab->fid->fid);
	free(fab);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info_read.c -- what set_look.h has not: names for people
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fileio.h"
#include "info.h"

void
info_layout(const struct inspect *in, char out[LAYOUT_MAX])
{
	const struct hdr *h = inspect_hdr(in);
	out[0] = '\0';
	if (h == NULL || memcmp(h->signature, "PMEMOBJ", 8) != 0)
		return;
	CLEANUP(closep)
	int fd = open(in->parts[0].path,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || file_read_all(fd, out, LAYOUT_MAX, HDR_SIZE) < 0)
		out[0] = '\0';
	out[LAYOUT_MAX - 1] = '\0';
	for (char *ch = out; *ch != '\0'; ch++)
		if (!isascii((unsigned char)*ch) ||
			!isprint((unsigned char)*ch))
			*ch = '?';
}

const char *
info_media(unsigned media)
{
	static const char *const names[] = {[OOB_MEDIA_PMEM] = "pmem",
		[OOB_MEDIA_PAGECACHE] = "page cache",
		[OOB_MEDIA_TMPFS] = "tmpfs"};
	return media < OOB_MEDIA_END ? names[media] : "?";
}

void
info_features(const struct hdr *h, char *out, size_t size)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {{HDR_INCOMPAT_SINGLEHDR, "SINGLEHDR"},
		{HDR_INCOMPAT_CKSUM_2K, "CKSUM_2K"},
		{HDR_INCOMPAT_SDS, "SHUTDOWN_STATE"},
		{HDR_INCOMPAT_UNEQUAL, "UNEQUAL"}};
	size_t at = 0;
	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((h->incompat & names[i].flag) != 0 && at < size)
			at += (size_t)snprintf(out + at, size - at, "%s%s",
				at == 0 ? "" : ", ", names[i].name);
	if (inspect_unknown_features(h) != 0 && at < size)
		(void)snprintf(out + at, size - at, "%s0x%x",
			at == 0 ? "" : ", ", inspect_unknown_features(h));
}

const char *
info_links(const struct pool_attr *primary)
{
	return uuid16_equal(primary->next_uuid, primary->uuid)
		       ? "each copy names the primary (rpmem run)"
		       : "a ring of replicas (libpmemobj)";
}

void
info_generation(const struct lineage *l, char out[9])
{
	const struct lineage_entry *e = lineage_last(l);
	out[0] = '\0';
	if (e != NULL)
		generation_text(e->generation, out);
}

/* an older target cannot tell of parts */
static bool
is_told(const struct remote_look *r)
{
	struct pool_attr attr;
	bool is_raw = (r->told.look.flags & OOB_LOOK_F_NOHDRS) != 0;
	if (r->asked != 0 || r->told.told != 0)
		return false;
	return r->told.looked == -EOPNOTSUPP ||
	       (r->told.looked == 0 && (is_raw || remote_attr(r, &attr)));
}

bool
info_is_whole(const struct set_look *l)
{
	bool is_whole = l->knows_primary;
	for (unsigned i = 0; i < l->nremotes; i++)
		is_whole = is_whole && is_told(&l->remotes[i]);
	return is_whole;
}

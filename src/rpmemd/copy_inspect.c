/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * copy_inspect.c -- see copy_inspect.h
 */
#include "rpmemd/copy_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "pool/inspect.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/session.h"

_Static_assert(PART_GOOD == (int)OOB_PART_GOOD &&
		       PART_MISSING == (int)OOB_PART_MISSING &&
		       PART_UNREADABLE == (int)OOB_PART_UNREADABLE &&
		       PART_NO_FILE == (int)OOB_PART_NO_FILE &&
		       PART_UNFINISHED == (int)OOB_PART_UNFINISHED &&
		       PART_SIZE == (int)OOB_PART_SIZE &&
		       PART_EMPTY == (int)OOB_PART_EMPTY &&
		       PART_DAMAGED == (int)OOB_PART_DAMAGED &&
		       PART_STRANGE == (int)OOB_PART_STRANGE &&
		       PART_LINKS == (int)OOB_PART_LINKS &&
		       PART_IS_END == (int)OOB_PART_IS_END,
	"what a part is travels as it is");
_Static_assert(POOLSET_F_SINGLEHDR == OOB_LOOK_F_SINGLEHDR &&
		       POOLSET_F_NOHDRS == OOB_LOOK_F_NOHDRS,
	"options travel as they are");
_Static_assert(
	POOLSET_NPARTS_MAX <= OOB_NPARTS_MAX, "any number of parts travels");

/* does NAME with this suffix exist?  desc was found to be a name below. */
static bool
has_beside(const struct rpmemd_cfg *cfg, const char *desc, const char *suffix)
{
	const char *base = NULL;
	char name[OOB_DESC_MAX + 32];
	CLEANUP(closep)
	int dir = pooldir_parent(cfg->poolset_dirfd, desc, &base);
	if (dir < 0)
		return false;
	(void)snprintf(name, sizeof(name), "%s%s", base, suffix);
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
tell_bad_part(
	const struct inspect *in, uint32_t from, struct oob_look_reply *out)
{
	char text[ERR_MAX];
	out->at = in->nparts;
	for (unsigned i = from; i < in->nparts; i++) {
		if (in->parts[i].is == PART_GOOD)
			continue;
		out->at = i;
		out->is = (uint8_t)in->parts[i].is;
		inspect_text(in, i, text);
		(void)snprintf(out->text, sizeof(out->text), "%.1023s", text);
		return;
	}
}

static void
tell(const struct rpmemd_cfg *cfg, const struct oob_look *req,
	const struct inspect *in, struct oob_look_reply *out)
{
	struct pool_attr attr;
	const struct hdr *first = inspect_hdr(in);
	*out = (struct oob_look_reply){.flags = in->options,
		.nparts = in->nparts,
		.nbad = in->nbad,
		.nmissing = in->nmissing,
		.media = (uint8_t)in->media,
		.durability = (uint8_t)cfg->durability,
		.pool_size = in->size,
		.version = RPMEM_VERSION};
	if (has_beside(cfg, req->desc, POOLDIR_JOURNAL_SUFFIX))
		out->flags |= OOB_LOOK_F_JOURNAL;
	if (has_beside(cfg, req->desc, POOLDIR_OLD_SUFFIX))
		out->flags |= OOB_LOOK_F_OLD;
	if (first != NULL) {
		hdr_attr(first, &attr);
		attr_encode(&attr, out->attr);
		out->crtime = first->crtime;
	}
	tell_bad_part(in, req->from, out);
}

int
copy_inspect(const struct rpmemd_cfg *cfg, const struct oob_look *req,
	struct oob_look_reply *out)
{
	struct poolset *set = NULL;
	struct inspect in = {0};
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, req->desc, &set);
	if (rc == 0)
		rc = inspect_replica(set->options, &set->replicas[0], &in);
	if (rc == 0)
		tell(cfg, req, &in, out);
	inspect_free(&in);
	poolset_free(set);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * check_local.c -- what is wrong with the parts on this machine (pure)
 */
#include "check.h"

#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>

#define XFS_MAGIC 0x58465342u
#define SDS_DIRTY 16u /* of the shutdown state: the pool is, or was, open */

const char *
check_part_code(unsigned is)
{
	static const char *const codes[PART_IS_END] = {
		[PART_GOOD] = "parts",
		[PART_MISSING] = "part-missing",
		[PART_UNREADABLE] = "part-unreadable",
		[PART_NO_FILE] = "part-type",
		[PART_UNFINISHED] = "part-unfinished",
		[PART_SIZE] = "part-size",
		[PART_EMPTY] = "header-missing",
		[PART_DAMAGED] = "header-damaged",
		[PART_STRANGE] = "header-features",
		[PART_LINKS] = "header-links",
	};
	return is < PART_IS_END ? codes[is] : "part";
}

void
check_fs_name(uint64_t fs_type, char out[FS_NAME_MAX])
{
	static const struct {
		uint64_t type;
		const char *name;
	} names[] = {{EXT4_SUPER_MAGIC, "ext4"}, {XFS_MAGIC, "xfs"},
		{TMPFS_MAGIC, "tmpfs"}, {BTRFS_SUPER_MAGIC, "btrfs"},
		{OVERLAYFS_SUPER_MAGIC, "overlay"}, {NFS_SUPER_MAGIC, "nfs"}};
	(void)snprintf(out, FS_NAME_MAX, "0x%" PRIx64, fs_type);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == fs_type)
			(void)snprintf(out, FS_NAME_MAX, "%s", names[i].name);
}

static void
local_title(const struct set_look *l, const struct local_look *here, char *out)
{
	if (here->at == 0)
		(void)snprintf(out, ERR_MAX, "this pool");
	else
		(void)snprintf(out, ERR_MAX, "local replica of line %u",
			l->set->replicas[here->at].line);
}

/* a rebuild puts the parts that are here aside, whatever they are like, so
 * nothing is to be removed by hand */
#define REBUILD                                                                \
	"if a copy is good: rpmem sync %s rebuilds the pool from there (with " \
	"--dry-run it only shows how); what is here of it is kept, as "        \
	"PART.rpmem-old"

/* Under rpmem run the replicas on this machine are a ring of their own, without
 * the copies; then pmempool has to see no more of the set than those. */
static const char *
maker(const struct set_look *l)
{
	const struct pool_attr *a = &l->pasts.primary.attr;
	bool is_ring_of_all =
		l->nlocals == 2 && !uuid16_equal(a->next_uuid, a->prev_uuid);
	return l->nremotes == 0 || is_ring_of_all
		       ? "pmempool sync"
		       : "rpmem run -- pmempool sync";
}

static void
fix_primary(const struct set_look *l, const struct local_look *here,
	struct findings *f, enum part_is is)
{
	if (is == PART_UNFINISHED)
		findings_fix(f,
			"If the pool was only being created, delete the parts "
			"that were made, and run the same command again. "
			"Else, " REBUILD,
			l->word);
	else if (is == PART_SIZE && here->inspect.nbad == 1)
		findings_fix(f,
			"If the set file is wrong, correct the size in it. If "
			"the part was cut short: " REBUILD,
			l->word);
	else if (is == PART_STRANGE)
		findings_fix(f,
			"Use the tools of the version that made the pool, or "
			"correct the OPTION line of %s",
			l->word);
	else
		findings_fix(f,
			"If it is only in another place, or not mounted, bring "
			"it back. Else, " REBUILD,
			l->word);
}

/* what to do about a part that is not as it should be */
static void
fix_part(const struct set_look *l, const struct local_look *here,
	struct findings *f, enum part_is is)
{
	if (is == PART_UNREADABLE)
		findings_fix(f,
			"Run this as the user whose pool it is, or give it the "
			"right to read the part; if the disk fails, replace "
			"it");
	else if (inspect_blames_set(&here->inspect))
		findings_fix(f,
			"The pool in it is whole: correct the %s in %s. "
			"Delete nothing",
			is == PART_SIZE ? "size" : "OPTION line", l->word);
	else if (here->at == 0)
		fix_primary(l, here, f, is);
	else
		findings_fix(f,
			"Move the replica's parts out of the way and run: "
			"%s %s",
			maker(l), l->word);
}

static bool
is_promoted(const struct set_look *l)
{
	for (unsigned i = 0; i < l->nremotes; i++)
		if (remote_whose(l, &l->remotes[i]) == WHOSE_PROMOTED)
			return true;
	return false;
}

static void
no_pool(const struct set_look *l, const struct local_look *here,
	const char *who, struct findings *f)
{
	const struct inspect *in = &here->inspect;
	if (in->nparts == 0)
		findings_add(f, LEVEL_PROBLEM, "no-pool", who,
			"there is no pool: no part is in its directories");
	else
		findings_add(f, LEVEL_PROBLEM, "no-pool", who,
			"there is no pool: none of its parts is there (%s%s)",
			in->parts[0].path, in->nparts == 1 ? "" : ", ...");
	if (here->at != 0)
		findings_fix(f, "Make it: %s %s", maker(l), l->word);
	else if (is_promoted(l))
		findings_fix(f, "A copy was promoted, and is the pool now: see "
				"what is said of it");
	else
		findings_fix(f,
			"If a copy is good, rebuild the pool from there: rpmem "
			"sync %s (with --dry-run it only shows how). To begin "
			"with an empty pool, remove each "
			"copy first (rpmem rm --force %s \"TARGET NAME\"), "
			"then: rpmem run --make-copies -- pmempool create obj "
			"%s",
			l->word, l->word, l->word);
}

static void
check_parts(const struct set_look *l, const struct local_look *here,
	const char *who, struct findings *f)
{
	char text[ERR_MAX];
	char fs[FS_NAME_MAX];
	const struct inspect *in = &here->inspect;
	for (unsigned i = 0; i < in->nparts; i++) {
		if (in->parts[i].is == PART_GOOD)
			continue;
		inspect_text(in, i, text);
		findings_add(f, LEVEL_PROBLEM, check_part_code(in->parts[i].is),
			who, "%s", text);
		fix_part(l, here, f, in->parts[i].is);
	}
	if (in->nbad != 0)
		return;
	if (inspect_blames_set(in)) {
		findings_add(f, LEVEL_PROBLEM, "part-missing", who,
			"the pool needs %" PRIu64 " bytes, and the parts that "
			"its set names have %" PRIu64,
			in->heap_end, in->size);
		findings_fix(f, "A line is missing in %s: name all its parts",
			l->word);
		return;
	}
	check_fs_name(in->parts[0].fs_type, fs);
	findings_add(f, LEVEL_OK, "parts", who,
		"%u %s, %" PRIu64 " bytes, on %s: sizes and headers are right",
		in->nparts, in->nparts == 1 ? "part" : "parts", in->size, fs);
	if (in->media != POOL_MEDIA_TMPFS)
		return;
	findings_add(f, LEVEL_NOTE, "volatile", who,
		"it is on a file system in memory, which is empty after a "
		"reboot");
	findings_fix(f, "If that is not what you want, move the parts to a "
			"disk and correct the set file");
}

static void
check_header(const struct set_look *l, const struct local_look *here,
	const char *who, struct findings *f)
{
	const struct hdr *h = inspect_hdr(&here->inspect);
	if (h == NULL)
		return;
	if ((h->incompat & HDR_INCOMPAT_UNEQUAL) != 0) {
		findings_add(f, LEVEL_PROBLEM, "unequal", who,
			"it was being made equal to its primary, and is no "
			"point of the pool");
		findings_fix(f, "Open the pool with its program: that makes "
				"it equal");
	}
	if (here->at != 0 && l->knows_primary &&
		!uuid16_equal(h->poolset_uuid, l->pasts.primary.poolset_uuid)) {
		findings_add(f, LEVEL_PROBLEM, "other-pool", who,
			"it is of another pool");
		findings_fix(f,
			"Name its own parts in the set file; or move those "
			"that are there out of the way, and run: %s %s",
			maker(l), l->word);
	}
	if ((h->incompat & HDR_INCOMPAT_SDS) == 0 || h->sds[SDS_DIRTY] == 0 ||
		set_look_is_running(l))
		return;
	findings_add(f, LEVEL_NOTE, "shutdown", who,
		"its header says that it is open, and no program is known to "
		"have it: the last one did not close it");
	findings_fix(f, "The next open recovers it, unless this machine lost "
			"power meanwhile: pmempool(1) check tells");
}

/* files that go with its parts */
static void
check_left(const struct local_look *here, const char *who, struct findings *f)
{
	if (here->nleft != 0) {
		findings_add(f, LEVEL_NOTE, "left-over", who,
			"%u %s left by something that was cut short: %s%s",
			here->nleft,
			here->nleft == 1 ? "file was" : "files were",
			here->left, here->nleft == 1 ? "" : ", ...");
		findings_fix(f, "Run the same command again; it finishes what "
				"it began, or removes them");
	}
	if (here->nold == 0)
		return;
	findings_add(f, LEVEL_NOTE, "set-aside", who,
		"%u %s set aside by a rebuild or a restore: %s%s", here->nold,
		here->nold == 1 ? "file was" : "files were", here->old,
		here->nold == 1 ? "" : ", ...");
	findings_fix(f, "Remove what nobody needs any more: the next rebuild "
			"of the pool wants these names");
}

static void
check_local(const struct set_look *l, const struct local_look *here,
	struct findings *f)
{
	char who[ERR_MAX];
	local_title(l, here, who);
	if (here->inspect.nmissing == here->inspect.nparts) {
		no_pool(l, here, who, f);
		return;
	}
	check_parts(l, here, who, f);
	check_header(l, here, who, f);
	check_left(here, who, f);
}

static void
check_past(const struct set_look *l, struct findings *f)
{
	const struct pool_past *p = &l->pasts.pool;
	if (l->knows_primary && !set_look_is_whole(l)) {
		findings_add(f, LEVEL_NOTE, "identity", "this pool",
			"what its copies are to it cannot be told while its "
			"parts are not whole");
		findings_fix(f, "See what is said of its parts");
		return;
	}
	if (!l->knows_primary) {
		/* else what is wrong with the parts is a problem already */
		bool is_whole = set_look_is_whole(l);
		findings_add(f, is_whole ? LEVEL_PROBLEM : LEVEL_NOTE,
			"identity", "this pool",
			"whose copies they are cannot be told: %s",
			l->no_primary);
		findings_fix(f, "%s",
			is_whole ? "Run this as the user whose programs have "
				   "the pool, with their RPMEM_STATE_DIR"
				 : "See what is said of its parts");
		return;
	}
	if (p->past == PAST_KNOWN)
		findings_add(f, LEVEL_OK, "lineage", "this pool",
			"its lineage can be read%s",
			p->is_running ? "; a program has the pool open: what "
					"is said here may be a step behind"
				      : "");
	else if (p->past == PAST_NONE)
		findings_add(f, LEVEL_OK, "lineage", "this pool",
			"it has no lineage: %s", p->why);
	else
		findings_add(f, LEVEL_PROBLEM, "lineage-lost", "this pool",
			"its lineage does not count: %s", p->why);
	if (p->past == PAST_LOST)
		findings_fix(f,
			"rpmem sync %s compares the copies with the pool, and "
			"begins a new one with those that are equal. For one "
			"that is not, see what is said of it; rpmem lineage %s "
			"shows both sides",
			l->word, l->word);
}

void
check_locals(const struct set_look *l, struct findings *f)
{
	for (unsigned i = 0; i < l->nlocals; i++)
		check_local(l, &l->locals[i], f);
	check_past(l, f);
}

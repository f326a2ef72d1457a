/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * set_check.c -- what is wrong with the text of a pool set (pure)
 *
 * The parser ends at the first error.  To find the others, the line that is
 * wrong is put in the shape of one that is right and means nothing here, and
 * the text is parsed again; where nobody can tell what was meant (the first
 * line, a REPLICA line), it is the last error that is told.
 */
#include "setfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "librpmem/target.h"

#define ERRORS_MAX 100u
#define PART_MIN (2ULL << 20) /* librpmem and libpmemobj */
#define POOL_MIN (8ULL << 20) /* libpmemobj */
#define PAGE 4096ULL
#define WHO_MAX 512

/* stands for a part line that was wrong: blanks behind it are fine */
static const char some_part[] = "1 /";

/* false: what the rest means depends on the line, or it has no room */
static bool
put_right(struct settext *text, unsigned line)
{
	char *p = text->p;
	char *end = text->p + text->len;
	for (unsigned i = 1; i < line && p < end; i++) {
		char *lf = memchr(p, '\n', (size_t)(end - p));
		p = lf != NULL ? lf + 1 : end;
	}
	char *lf = memchr(p, '\n', (size_t)(end - p));
	size_t len = (size_t)((lf != NULL ? lf : end) - p);
	bool is_option = len >= 6 && memcmp(p, "OPTION", 6) == 0;
	if (line == 1 || len < sizeof(some_part) - 1 ||
		(len >= 7 && memcmp(p, "REPLICA", 7) == 0))
		return false;
	memset(p, ' ', len);
	if (is_option)
		p[0] = '#';
	else
		memcpy(p, some_part, sizeof(some_part) - 1);
	return true;
}

static int
copy_text(const struct settext *text, struct settext *out)
{
	out->p = malloc(text->len + 1);
	if (out->p == NULL)
		return -ENOMEM;
	memcpy(out->p, text->p, text->len);
	out->p[text->len] = '\0';
	out->len = text->len;
	return 0;
}

void
set_check_grammar(struct findings *f, const struct settext *text,
	const char *name, struct poolset **set_out)
{
	struct settext copy = {.p = NULL};
	struct poolset *other = NULL;
	unsigned line = 0;
	unsigned before = 0;
	int rc = poolset_parse_where(text->p, text->len, name, set_out, &line);
	if (rc == 0)
		return;
	if (copy_text(text, &copy) != 0) {
		f->error = -ENOMEM;
		return;
	}
	for (unsigned i = 0; rc != 0 && i < ERRORS_MAX && line != before; i++) {
		findings_add(
			f, LEVEL_PROBLEM, "grammar", name, "%s", err_msg());
		findings_fix(f,
			"change line %u; poolset(5) has the grammar, "
			"'rpmem set new' writes such files",
			line);
		before = line;
		if (!put_right(&copy, line))
			break;
		rc = poolset_parse_where(copy.p, copy.len, name, &other, &line);
	}
	poolset_free(other);
	settext_free(&copy);
}

static const char *
who_part(const struct poolset_part *part, char who[WHO_MAX])
{
	(void)snprintf(who, WHO_MAX, "line %u, %s", part->line, part->path);
	return who;
}

static const char *
who_replica(const struct poolset_replica *r, char who[WHO_MAX])
{
	if (poolset_replica_is_remote(r))
		(void)snprintf(who, WHO_MAX, "line %u, %s %s", r->line, r->node,
			r->desc);
	else
		(void)snprintf(who, WHO_MAX, "line %u, local replica", r->line);
	return who;
}

/* headers of the replica, of which each but the first takes a page */
static unsigned
nheaders(const struct poolset *set, const struct poolset_replica *r)
{
	return set->options != 0 ? 1 : r->nparts;
}

uint64_t
set_replica_size(const struct poolset *set, const struct poolset_replica *r)
{
	uint64_t sum = 0;
	uint64_t behind = (uint64_t)(nheaders(set, r) - 1) * PAGE;
	for (unsigned i = 0; i < r->nparts; i++)
		if (r->parts[i].is_auto ||
			!add_u64(sum, align_down(r->parts[i].size, PAGE), &sum))
			return 0;
	return sum > behind ? sum - behind : 0;
}

uint64_t
set_pool_size(const struct poolset *set)
{
	uint64_t size = UINT64_MAX;
	for (unsigned i = 0; i < set->nreplicas; i++)
		if (!poolset_replica_is_remote(&set->replicas[i]))
			size = min_u64(
				size, set_replica_size(set, &set->replicas[i]));
	return size;
}

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* the first part with this path; the part itself if there is none before */
static const struct poolset_part *
first_of(const struct poolset *set, const struct poolset_part *part)
{
	for (unsigned i = 0; i < set->nreplicas; i++)
		for (unsigned k = 0; k < set->replicas[i].nparts; k++)
			if (same_text(
				    set->replicas[i].parts[k].path, part->path))
				return &set->replicas[i].parts[k];
	return part;
}

static void
check_part(struct findings *f, const struct poolset *set,
	const struct poolset_part *part)
{
	char who[WHO_MAX];
	const struct poolset_part *first = first_of(set, part);
	if (first != part) {
		findings_add(f, LEVEL_PROBLEM, "part-shared",
			who_part(part, who),
			"it is a part in line %u already: one would overwrite "
			"the other",
			first->line);
		findings_fix(f, "give it a file of its own");
	}
	if (!part->is_auto && part->size < PART_MIN) {
		findings_add(f, LEVEL_PROBLEM, "part-small",
			who_part(part, who),
			"a part of %" PRIu64 " bytes: the least is 2 MiB",
			part->size);
		findings_fix(f, "make it 2M or more");
	}
}

static void
check_local(struct findings *f, const struct poolset *set,
	const struct poolset_replica *r)
{
	char who[WHO_MAX];
	char own[POOLSET_SIZE_TEXT_MAX];
	char primary[POOLSET_SIZE_TEXT_MAX];
	uint64_t size = set_replica_size(set, r);
	uint64_t first = set_replica_size(set, &set->replicas[0]);
	for (unsigned i = 0; i < r->nparts; i++)
		check_part(f, set, &r->parts[i]);
	if (size == 0 || first == 0 || size >= first)
		return;
	findings_add(f, LEVEL_NOTE, "replica-small", who_replica(r, who),
		"it has %s, the primary %s: libpmemobj makes the pool as small "
		"as the smaller one, libpmemreplica refuses the set",
		poolset_size_text(size, own),
		poolset_size_text(first, primary));
	findings_fix(f, "give its parts the sizes of the primary's");
}

/* is a name below the directory that it starts from? */
static bool
stays_below(const char *name)
{
	int depth = 0;
	for (const char *p = name; *p != '\0';) {
		size_t len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else if (len > 0 && !(len == 1 && p[0] == '.'))
			depth++;
		if (depth < 0)
			return false;
		p += len + (p[len] == '/');
	}
	return true;
}

/* the same copy, in whatever words? */
static bool
same_copy(const struct poolset_replica *a, const struct poolset_replica *b)
{
	struct target t;
	struct target u;
	if (!same_text(a->desc, b->desc))
		return false;
	if (same_text(a->node, b->node))
		return true;
	return target_parse(a->node, &t) == 0 &&
	       target_parse(b->node, &u) == 0 && t.kind == u.kind &&
	       t.port == u.port && strcmp(t.node, u.node) == 0 &&
	       strcmp(t.user, u.user) == 0 &&
	       strcmp(t.identity, u.identity) == 0;
}

static void
check_remote(struct findings *f, const struct poolset *set, unsigned at)
{
	char who[WHO_MAX];
	struct target t;
	const struct poolset_replica *r = &set->replicas[at];
	(void)who_replica(r, who);
	if (target_parse(r->node, &t) < 0) {
		findings_add(f, LEVEL_PROBLEM, "target", who, "%s", err_msg());
		findings_fix(f, "write tcp://NODE for a listening rpmemd, NODE "
				"for one that ssh starts");
	}
	if (!stays_below(r->desc)) {
		findings_add(f, LEVEL_PROBLEM, "name-outside", who,
			"the name leads out of the target's pool set "
			"directory: rpmemd refuses it");
		findings_fix(f, "name a file below that directory");
	}
	for (unsigned i = 0; i < at; i++) {
		if (!same_copy(&set->replicas[i], r))
			continue;
		findings_add(f, LEVEL_PROBLEM, "copy-twice", who,
			"it is the copy of line %u", set->replicas[i].line);
		findings_fix(f, "remove one of the lines, or name another "
				"pool set file");
		return;
	}
}

static void
check_role(struct findings *f, const struct poolset *set, bool is_for_target)
{
	bool is_raw = (set->options & POOLSET_F_NOHDRS) != 0;
	if (is_for_target && set->nreplicas > 1) {
		char who[WHO_MAX];
		findings_add(f, LEVEL_PROBLEM, "target-replica",
			who_replica(&set->replicas[1], who),
			"a target's set has no REPLICA lines: rpmemd refuses "
			"it");
		findings_fix(f, "remove them; they belong into the set at the "
				"initiator");
	} else if (!is_for_target && is_raw && set->nreplicas > 1) {
		findings_add(f, LEVEL_PROBLEM, "nohdrs", "OPTION NOHDRS",
			"libpmemobj and libpmemreplica refuse a local set with "
			"it: it is for the set of a raw pool at a target");
		findings_fix(f, "remove the option here");
	} else if (!is_for_target && set->nreplicas == 1) {
		findings_add(f, LEVEL_NOTE, "no-replica", "the set",
			"no REPLICA line: right at a target; at an initiator "
			"the pool has no copy");
		findings_fix(f, "at an initiator: rpmem set add-replica");
	}
}

void
set_check_value(
	struct findings *f, const struct poolset *set, bool is_for_target)
{
	char text[POOLSET_SIZE_TEXT_MAX];
	uint64_t size = set_pool_size(set);
	for (unsigned i = 0; i < set->nreplicas; i++)
		if (poolset_replica_is_remote(&set->replicas[i]))
			check_remote(f, set, i);
		else
			check_local(f, set, &set->replicas[i]);
	if (size != 0 && size < POOL_MIN) {
		findings_add(f, LEVEL_NOTE, "pool-small", "the set",
			"a pool of %s: libpmemobj wants 8 MiB at least",
			poolset_size_text(size, text));
		findings_fix(f, "for libpmemobj, make the parts larger");
	}
	check_role(f, set, is_for_target);
}

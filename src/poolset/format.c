/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * format.c -- pool set value to text, and questions to a value
 *
 * poolset_format() keeps one promise: the text means the value.  It does so
 * by reading its own output back and comparing, instead of repeating the
 * parser's rules here; a value put together by hand with a blank in a path
 * or without parts is refused and never becomes a file that means something
 * else.  Comments and line numbers of the text a value came from are not
 * part of the value and are lost.
 */
#include "poolset/poolset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static const char *
text_or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

const char *
poolset_size_text(uint64_t size, char text[POOLSET_SIZE_TEXT_MAX])
{
	static const char suffixes[] = "KMGTP";
	unsigned nshifts = 0;
	while (size > 0 && size % 1024 == 0 && suffixes[nshifts] != '\0') {
		size /= 1024;
		nshifts++;
	}
	(void)snprintf(text, POOLSET_SIZE_TEXT_MAX, "%" PRIu64 "%.*s", size,
		nshifts > 0 ? 1 : 0,
		suffixes + (nshifts > 0 ? nshifts - 1 : 0));
	return text;
}

static void
put_part(FILE *f, const struct poolset_part *part)
{
	char size[POOLSET_SIZE_TEXT_MAX];
	(void)fprintf(f, "%s %s\n",
		part->is_auto ? "AUTO" : poolset_size_text(part->size, size),
		text_or_empty(part->path));
}

static void
put_set(FILE *f, const struct poolset *set)
{
	(void)fputs(POOLSET_SIG "\n", f);
	if (set->options & POOLSET_F_SINGLEHDR)
		(void)fputs("OPTION SINGLEHDR\n", f);
	if (set->options & POOLSET_F_NOHDRS)
		(void)fputs("OPTION NOHDRS\n", f);
	for (unsigned r = 0; r < set->nreplicas; r++) {
		const struct poolset_replica *replica = &set->replicas[r];
		if (poolset_replica_is_remote(replica))
			(void)fprintf(f, "REPLICA %s %s\n", replica->node,
				text_or_empty(replica->desc));
		else if (r > 0)
			(void)fputs("REPLICA\n", f);
		for (unsigned i = 0; i < replica->nparts; i++)
			put_part(f, &replica->parts[i]);
	}
}

/* does the text mean the value? */
static int
check_meaning(const struct poolset *set, const char *text, size_t len)
{
	struct poolset *back;
	int rc = poolset_parse(text, len, "formatted", &back);
	if (rc != 0)
		return err_wrap(rc, "pool set value cannot be written");
	bool same = poolset_equal(set, back);
	poolset_free(back);
	if (!same)
		return err_set(-EINVAL, "pool set value cannot be written: "
					"its text means another value");
	return 0;
}

int
poolset_format(const struct poolset *set, char **text_out)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	*text_out = NULL;
	FILE *f = open_memstream(&text, &len);
	if (f == NULL)
		return err_set(-ENOMEM, "pool set text: out of memory");
	put_set(f, set);
	int failed = ferror(f);
	/* the stream fails for no other reason than memory */
	if (fclose(f) != 0 || failed)
		return err_set(-ENOMEM, "pool set text: out of memory");
	int rc = check_meaning(set, text, len);
	if (rc != 0)
		return rc;
	*text_out = TAKE_PTR(text);
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static bool
same_part(const struct poolset_part *a, const struct poolset_part *b)
{
	return a->size == b->size && a->is_auto == b->is_auto &&
	       same_text(a->path, b->path);
}

static bool
same_replica(const struct poolset_replica *a, const struct poolset_replica *b)
{
	if (!same_text(a->node, b->node) || !same_text(a->desc, b->desc) ||
		a->nparts != b->nparts)
		return false;
	for (unsigned i = 0; i < a->nparts; i++) {
		if (!same_part(&a->parts[i], &b->parts[i]))
			return false;
	}
	return true;
}

bool
poolset_equal(const struct poolset *a, const struct poolset *b)
{
	if (a->options != b->options || a->nreplicas != b->nreplicas)
		return false;
	for (unsigned r = 0; r < a->nreplicas; r++) {
		if (!same_replica(&a->replicas[r], &b->replicas[r]))
			return false;
	}
	return true;
}

bool
poolset_replica_is_remote(const struct poolset_replica *r)
{
	return r->node != NULL;
}

bool
poolset_has_remote(const struct poolset *set)
{
	for (unsigned r = 0; r < set->nreplicas; r++) {
		if (poolset_replica_is_remote(&set->replicas[r]))
			return true;
	}
	return false;
}

int
poolset_check_target(const struct poolset *set)
{
	if (set->nreplicas == 1)
		return 0;
	return err_set(-EINVAL,
		"line %u: expected one replica in a target's pool set, "
		"found 'REPLICA'",
		set->replicas[1].line);
}

int
poolset_check_local(const struct poolset *set)
{
	if (!(set->options & POOLSET_F_NOHDRS))
		return 0;
	return err_set(-EINVAL,
		"expected no NOHDRS option in a local pool set: "
		"it is for a target's raw pools only");
}

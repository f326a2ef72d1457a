/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * describe.c -- lineages in words, for messages and reports
 *
 * A generation is called by its first four bytes: enough to tell those of one
 * pool apart, and short enough for a message that shows two of them.
 */
#include "lineage/lineage.h"

#include <inttypes.h>
#include <stdio.h>

const char *
lineage_relation_name(enum lineage_relation r)
{
	switch (r) {
	case LINEAGE_NONE_OURS:
		return "without a known past here";
	case LINEAGE_NONE_THEIRS:
		return "without a known past there";
	case LINEAGE_SAME:
		return "the same";
	case LINEAGE_ANCESTOR:
		return "an ancestor";
	case LINEAGE_DESCENDANT:
		return "a descendant";
	case LINEAGE_SUPERSEDED:
		return "promoted";
	case LINEAGE_FORKED:
		return "forked";
	case LINEAGE_UNRELATED:
		return "unrelated";
	case LINEAGE_UNKNOWN:
		return "unknown";
	case LINEAGE_RELATION_END:
		break;
	}
	return "?";
}

const char *
lineage_kind_name(uint8_t kind)
{
	static const char *const names[LINEAGE_KIND_END] = {
		[LINEAGE_FIRST] = "first",
		[LINEAGE_SHRUNK] = "without a copy",
		[LINEAGE_RESTART] = "restarted",
		[LINEAGE_PROMOTE] = "promoted",
	};
	if (kind < LINEAGE_FIRST || kind >= LINEAGE_KIND_END)
		return "?";
	return names[kind];
}

static uint32_t
short_name(const struct lineage_entry *e)
{
	return (uint32_t)e->generation[0] << 24 |
	       (uint32_t)e->generation[1] << 16 |
	       (uint32_t)e->generation[2] << 8 | e->generation[3];
}

void
lineage_describe(const struct lineage *l, char *out, uint32_t size)
{
	const struct lineage_entry *last = lineage_last(l);
	if (last == NULL) {
		(void)snprintf(out, size, "none");
		return;
	}
	char after[64] = "";
	if (l->n > 1)
		(void)snprintf(after, sizeof(after),
			", after %08x ended at %" PRIu64, short_name(last - 1),
			(last - 1)->end);
	else if (l->is_cut)
		(void)snprintf(after, sizeof(after), ", older ones forgotten");
	(void)snprintf(out, size, "%08x (%s%s), %u member%s", short_name(last),
		lineage_kind_name(last->kind), after, last->nmembers,
		last->nmembers == 1 ? "" : "s");
}

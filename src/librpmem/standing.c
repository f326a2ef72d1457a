/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * standing.c -- see standing.h
 *
 * "Good" is said only of what is known: everything else is somebody's to look
 * at, also a program that was killed while its copy was attached, since the
 * next open may have something to send.
 */
#include "librpmem/standing.h"

#include <string.h>

#include "base/checked.h"

static void
catching_up(struct standing *s, const struct statefile_view *v)
{
	uint64_t size = v->record.pool_size;
	uint64_t speed = live_get(&v->live.speed);
	bool is_sending = live_get(&v->live.is_settled) != 0;
	s->phase = is_sending ? "sending" : "comparing";
	s->left = is_sending
			  ? s->missing
			  : size - min_u64(live_get(&v->live.scanned_to), size);
	s->eta_s = speed == 0 ? UINT64_MAX : s->left / speed;
}

static struct standing
running(const struct statefile_view *v)
{
	uint64_t state = live_get(&v->live.state);
	const char *word = "?";
	if (v->has_live && state < STATEFILE_LIVE_STATES)
		word = state_name((enum state)state);
	if (strcmp(word, "?") == 0)
		return (struct standing){.word = "unknown"};
	struct standing s = {.word = word,
		.is_good = state == STATE_ATTACHED,
		.knows_missing = true,
		.missing = live_get(&v->live.dirty_bytes)};
	if (state == STATE_CATCHING_UP)
		catching_up(&s, v);
	return s;
}

struct standing
standing_of(const struct statefile_view *v)
{
	struct standing s = {.word = "unknown"};
	if (v == NULL)
		return s;
	if (v->is_running)
		return running(v);
	s.knows_missing = v->maps_count;
	if (v->maps_count)
		s.missing = min_u64(v->marked_blocks * STATEFILE_BLOCK,
			v->record.pool_size);
	bool is_clean = (v->record.flags & STATEFILE_F_CLEAN) != 0;
	bool is_alone = (v->record.flags & STATEFILE_F_ALONE) != 0;
	if (!is_clean)
		s.word = "interrupted";
	else if (v->maps_count && s.missing == 0 && !is_alone)
		s.word = "closed";
	else if (v->maps_count)
		s.word = "behind";
	s.is_good = strcmp(s.word, "closed") == 0;
	return s;
}

struct standing
standing_beside(const struct statefile_view *v, uint64_t run_id)
{
	struct standing s = standing_of(v);
	if (!s.is_good || v->is_running || run_id == 0)
		return s;
	uint64_t closed_at = live_get(&v->live.run_id);
	if (closed_at == 0 || closed_at == run_id)
		return s;
	/* how much the pool has changed since, no mark tells */
	return (struct standing){.word = "behind"};
}

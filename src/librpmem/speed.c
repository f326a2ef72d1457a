/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * speed.c -- see speed.h
 */
#include "librpmem/speed.h"

#include "base/deadline.h"

#define TAKE_NS (500 * NS_PER_MS)

void
speed_take(struct speed *s, bool is_comparing, uint64_t done, uint64_t now)
{
	/* a copy that was lost meanwhile may have begun anew */
	if (s->at == 0 || s->is_comparing != is_comparing || done < s->done) {
		*s = (struct speed){
			.is_comparing = is_comparing, .at = now, .done = done};
		return;
	}
	uint64_t elapsed = now - s->at;
	if (elapsed < TAKE_NS)
		return;
	uint64_t rate = (uint64_t)((double)(done - s->done) *
				   (double)NS_PER_SEC / (double)elapsed);
	s->bytes_per_s =
		s->bytes_per_s == 0 ? rate : s->bytes_per_s / 4 + rate / 4 * 3;
	s->at = now;
	s->done = done;
}

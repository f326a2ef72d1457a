/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * snapshot.c -- reading of memory that other threads write
 *
 * A crash leaves, of each cache line, a state that the line went through.  A
 * plain copy of a line under a writer may show a later store without an
 * earlier one, which no crash can.  So a line is read twice, by 8-byte
 * atomic loads, until both passes agree: every word then had its value from
 * before the end of the first pass to after the start of the second, and
 * at the moment between the passes all of them had it together.  (A word that
 * changed and changed back in between escapes; it would have to do so in the
 * nanoseconds of one pass, with the same bytes.)
 *
 * The loads are relaxed, the order of the passes is the acquire fence: loads
 * of the second pass may not move up into the first.  x86 does not reorder
 * loads; the fence stops the compiler and is what other machines need.
 *
 * These two functions are the only ones that thread sanitizers must not see:
 * racing with the program's stores is their purpose.
 */
#include "base/snapshot.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "base/fault.h"

#define LINE_WORDS (LINE_SIZE / 8)

NO_TSAN static inline uint64_t
load_word(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

NO_TSAN static bool
read_line(uint64_t *dst, const uint64_t *src, unsigned nwords)
{
	bool same = true;
	for (unsigned i = 0; i < nwords; i++)
		dst[i] = load_word(&src[i]);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (unsigned i = 0; i < nwords; i++)
		same &= dst[i] == load_word(&src[i]);
	/* a mutant: what one pass has seen */
	return same || FAULT("librpmem/single-read");
}

NO_TSAN void
snapshot_lines(void *dst, const void *src, uint64_t len)
{
	uint64_t line[LINE_WORDS];
	for (uint64_t at = 0; at < len; at += LINE_SIZE) {
		uint64_t n = MIN_OF(len - at, LINE_SIZE);
		const void *from = (const uint8_t *)src + at;
		/* a writer cannot win for ever: it would have to hit the
		 * nanoseconds between the passes each time */
		while (!read_line(line, from, (unsigned)(n / 8)))
			;
		memcpy((uint8_t *)dst + at, line, n);
	}
}

NO_TSAN void
snapshot_bytes(void *dst, const void *src, uint64_t len)
{
	/* through a volatile-free builtin: the instrumented memcpy would
	 * report the race that this function is there for */
	__builtin_memcpy(dst, src, len);
}

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

/* inline, and the differences gathered without a branch: with a number of
 * words that is known, all of a line stays in registers */
NO_TSAN static inline bool
read_line(uint64_t *dst, const uint64_t *src, unsigned nwords)
{
	uint64_t differs = 0;
	for (unsigned i = 0; i < nwords; i++)
		dst[i] = load_word(&src[i]);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (unsigned i = 0; i < nwords; i++)
		differs |= dst[i] ^ load_word(&src[i]);
	/* a mutant: what one pass has seen */
	return differs == 0 || FAULT("librpmem/single-read");
}

NO_TSAN void
snapshot_lines(void *dst, const void *src, uint64_t len)
{
	uint64_t line[LINE_WORDS];
	uint8_t *to = dst;
	const uint8_t *from = src;
	/* a writer cannot win for ever: it would have to hit the nanoseconds
	 * between the passes each time */
	for (; len >= LINE_SIZE; len -= LINE_SIZE) {
		while (!read_line(line, (const void *)from, LINE_WORDS))
			;
		memcpy(to, line, LINE_SIZE);
		to += LINE_SIZE;
		from += LINE_SIZE;
	}
	while (!read_line(line, (const void *)from, (unsigned)(len / 8)))
		;
	memcpy(to, line, len);
}

NO_TSAN void
snapshot_bytes(void *dst, const void *src, uint64_t len)
{
	/* through a volatile-free builtin: the instrumented memcpy would
	 * report the race that this function is there for */
	__builtin_memcpy(dst, src, len);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * words.h -- lines, words and sizes of pool set text (inside the module)
 */
#ifndef RPMEM_POOLSET_WORDS_H
#define RPMEM_POOLSET_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* room for what span_quote() writes: 40 bytes of the word, "...", quotes */
#define QUOTE_MAX 48

/* bytes of somebody else's text, borrowed; p is never NULL */
struct span {
	const char *p;
	size_t len;
};

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* a byte that no name may hold; the tab is a blank */
static inline bool
is_control(char c)
{
	unsigned char u = (unsigned char)c;
	return (u < 0x20 && u != '\t') || u == 0x7f;
}

bool span_is(struct span s, const char *text);
bool span_starts(struct span s, const char *text);

/* what is left after the first n bytes; n is at most s.len */
struct span span_skip(struct span s, size_t n);

/* what comes before the first c; all of it without one */
struct span span_cut(struct span s, char c);

/* the next word, taken off the front of rest; empty when none is left */
struct span span_take_word(struct span *rest);

/*
 * The next line without its LF or CRLF, taken off the front of rest.  A last
 * line without LF is not ended; its CR, if any, stays.
 */
struct span span_take_line(struct span *rest, bool *is_ended_out);

/*
 * span_quote -- a word for a message: in quotes, shortened, safe to print
 *
 * Returns text, or a constant for the empty word, which means that the line
 * ended too early.
 */
const char *span_quote(struct span word, char text[QUOTE_MAX]);

/*
 * span_to_size -- read a decimal number with an optional unit
 *
 * *size_out is in bytes; 0 for 0 and for what is beyond INT64_MAX, since no
 * file can have either size.  False: the word is no size at all.
 */
bool span_to_size(struct span word, uint64_t *size_out);

#endif

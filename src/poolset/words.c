/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * words.c -- lines, words and sizes of pool set text
 *
 * Everything works on spans of the caller's bytes, which need not end with a
 * NUL and may hold any byte; nothing is copied and nothing allocated.  What
 * is right or wrong in which place is the business of parse.c; here is only
 * what a line, a word and a size are.
 */
#include "poolset/words.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"

#define SHOWN_MAX 40

_Static_assert(QUOTE_MAX >= SHOWN_MAX + sizeof("'...'"), "a quote fits");

/* case decides: kB is 1000, KiB and K are 1024, KB is nothing */
static const struct {
	const char *suffix;
	uint64_t factor;
} units[] = {
	{"", 1},
	{"B", 1},
	{"K", 1ull << 10},
	{"M", 1ull << 20},
	{"G", 1ull << 30},
	{"T", 1ull << 40},
	{"P", 1ull << 50},
	{"KiB", 1ull << 10},
	{"MiB", 1ull << 20},
	{"GiB", 1ull << 30},
	{"TiB", 1ull << 40},
	{"PiB", 1ull << 50},
	{"kB", 1000ull},
	{"MB", 1000000ull},
	{"GB", 1000000000ull},
	{"TB", 1000000000000ull},
	{"PB", 1000000000000000ull},
};

bool
span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

bool
span_starts(struct span s, const char *text)
{
	size_t len = strlen(text);
	return s.len >= len && memcmp(s.p, text, len) == 0;
}

struct span
span_skip(struct span s, size_t n)
{
	return (struct span){s.p + n, s.len - n};
}

struct span
span_cut(struct span s, char c)
{
	const char *at = memchr(s.p, c, s.len);
	if (at != NULL)
		s.len = (size_t)(at - s.p);
	return s;
}

struct span
span_take_word(struct span *rest)
{
	while (rest->len > 0 && is_blank(*rest->p))
		*rest = span_skip(*rest, 1);
	struct span word = {rest->p, 0};
	while (word.len < rest->len && !is_blank(rest->p[word.len]))
		word.len++;
	*rest = span_skip(*rest, word.len);
	return word;
}

struct span
span_take_line(struct span *rest, bool *is_ended_out)
{
	struct span line = span_cut(*rest, '\n');
	*is_ended_out = line.len < rest->len;
	*rest = span_skip(*rest, line.len + (*is_ended_out ? 1 : 0));
	if (*is_ended_out && line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

const char *
span_quote(struct span word, char text[QUOTE_MAX])
{
	if (word.len == 0)
		return "the end of the line";
	size_t n = MIN_OF(word.len, (size_t)SHOWN_MAX);
	/* do not cut a UTF-8 sequence in two */
	while (n < word.len && n > 0 && (word.p[n] & 0xc0) == 0x80)
		n--;
	text[0] = '\'';
	for (size_t i = 0; i < n; i++) {
		char c = word.p[i];
		if (is_control(c) || c == '\t')
			c = '?';
		text[i + 1] = c;
	}
	(void)snprintf(text + 1 + n, QUOTE_MAX - 1 - n, "%s'",
		n < word.len ? "..." : "");
	return text;
}

bool
span_to_size(struct span word, uint64_t *size_out)
{
	uint64_t size = 0;
	size_t ndigits = 0;
	bool fits = true;
	for (; ndigits < word.len; ndigits++) {
		char c = word.p[ndigits];
		if (c < '0' || c > '9')
			break;
		fits = fits && mul_u64(size, 10, &size) &&
		       add_u64(size, (uint64_t)(c - '0'), &size);
	}
	if (ndigits == 0)
		return false;
	struct span suffix = span_skip(word, ndigits);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!span_is(suffix, units[i].suffix))
			continue;
		fits = fits && mul_u64(size, units[i].factor, &size);
		*size_out = fits && size <= INT64_MAX ? size : 0;
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * settext.c -- pool set text, changed by whole lines (pure)
 *
 * Only lines are counted here; which line is what, the parser has said.  So
 * every byte of the lines that stay is what somebody typed.
 */
#include "setfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ends `f`; what was written is text */
static int
finish(FILE *f, struct settext *out)
{
	int failed = ferror(f);
	if (fclose(f) == 0 && !failed && out->p != NULL)
		return 0;
	settext_free(out);
	return err_set(-ENOMEM, "no memory for the text of a pool set");
}

static FILE *
begin(struct settext *out)
{
	*out = (struct settext){.p = NULL};
	return open_memstream(&out->p, &out->len);
}

/* does the first line end with CR LF? */
static bool
has_crlf(const struct settext *t)
{
	const char *lf = memchr(t->p, '\n', t->len);
	return lf != NULL && lf > t->p && lf[-1] == '\r';
}

int
settext_add(const struct settext *text, const char *lines, struct settext *out)
{
	const char *end = has_crlf(text) ? "\r\n" : "\n";
	FILE *f = begin(out);
	if (f == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	(void)fwrite(text->p, 1, text->len, f);
	if (text->len > 0 && text->p[text->len - 1] != '\n')
		(void)fputs(end, f);
	for (const char *p = lines; *p != '\0';) {
		size_t len = strcspn(p, "\n");
		(void)fwrite(p, 1, len, f);
		(void)fputs(end, f);
		p += len + (p[len] == '\n');
	}
	return finish(f, out);
}

static bool
has_line(const struct poolset_replica *r, unsigned line)
{
	if (r->line == line)
		return true;
	for (unsigned i = 0; i < r->nparts; i++)
		if (r->parts[i].line == line)
			return true;
	return false;
}

int
settext_remove(const struct settext *text, const struct poolset_replica *r,
	struct settext *out)
{
	const char *p = text->p;
	const char *end = text->p + text->len;
	FILE *f = begin(out);
	if (f == NULL)
		return err_set(-ENOMEM, "no memory for a pool set");
	for (unsigned line = 1; p < end; line++) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *next = lf != NULL ? lf + 1 : end;
		if (!has_line(r, line))
			(void)fwrite(p, 1, (size_t)(next - p), f);
		p = next;
	}
	return finish(f, out);
}

const char *
shell_word(const char *word, char buf[SHELL_WORD_MAX])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+@%,=:";
	size_t n = 0;
	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		(void)snprintf(buf, SHELL_WORD_MAX, "%s", word);
		return buf;
	}
	buf[n++] = '\'';
	/* room for the longest step, the quote and the NUL */
	for (const char *p = word; *p != '\0' && n + 6 < SHELL_WORD_MAX; p++) {
		if (*p == '\'') {
			memcpy(buf + n, "'\\''", 4);
			n += 4;
		} else {
			buf[n++] = *p;
		}
	}
	buf[n++] = '\'';
	buf[n] = '\0';
	return buf;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * parse.c -- pool set text to value
 *
 * The text is taken line by line, a line word by word; both are spans of the
 * caller's bytes, nothing is copied until it goes into the value.  The last
 * replica is the open one: parts belong to it, and the next REPLICA line or
 * the end of the text closes it, which is when a replica without parts is
 * noticed.  Every refusal goes through expected(), so that each message has
 * the same form: where, what would be right, what is there.
 *
 * It takes what libpmemobj 1.12 takes, with the exceptions that poolset(5)
 * lists under "Stricter on purpose".  It does not look at any file: minimum
 * sizes, AUTO, directories and doubles are the business of whoever opens
 * the parts.
 */
#include "poolset/poolset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "poolset/words.h"

#define SIZE_WANTED "a size such as 16M, 16MiB or 16MB, or AUTO"
#define OPTION_WANTED "an option name (SINGLEHDR or NOHDRS)"

struct parser {
	const char *name;
	unsigned line;	 /* of the line being parsed, from 1 */
	unsigned nparts; /* in all replicas */
	struct poolset *set;
};

static const struct {
	const char *name;
	unsigned flag;
} options[] = {
	{"SINGLEHDR", POOLSET_F_SINGLEHDR},
	{"NOHDRS", POOLSET_F_NOHDRS},
};

static int
expected(const struct parser *p, const char *what, const char *found)
{
	return err_set(-EINVAL, "pool set '%s' line %u: expected %s, found %s",
		p->name, p->line, what, found);
}

static int
expected_word(const struct parser *p, const char *what, struct span word)
{
	char text[QUOTE_MAX];
	return expected(p, what, span_quote(word, text));
}

static int
no_memory(const struct parser *p)
{
	return err_set(-ENOMEM, "pool set '%s': out of memory", p->name);
}

/*
 * Room for one more element after n.  The capacity is always the power of two
 * at or above n, so it needs no field of its own.  NULL: no memory, and array
 * is as it was.
 */
static void *
grow(void *array, unsigned n, size_t size)
{
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	return realloc(array, (n == 0 ? 1 : (size_t)n * 2) * size);
}

/* copy a word into the value */
static int
keep_word(const struct parser *p, struct span word, char **out)
{
	if (word.len > POOLSET_WORD_MAX)
		return expected_word(p, "words of at most 4095 bytes", word);
	char *copy = malloc(word.len + 1);
	if (copy == NULL)
		return no_memory(p);
	memcpy(copy, word.p, word.len);
	copy[word.len] = '\0';
	*out = copy;
	return 0;
}

static struct poolset_replica *
last_replica(const struct parser *p)
{
	return &p->set->replicas[p->set->nreplicas - 1];
}

/* open a replica, without parts and local so far */
static int
add_replica(struct parser *p)
{
	struct poolset *set = p->set;
	if (set->nreplicas == POOLSET_NREPLICAS_MAX)
		return expected(p, "at most 1024 replicas", "one more");
	struct poolset_replica *replicas =
		grow(set->replicas, set->nreplicas, sizeof(*replicas));
	if (replicas == NULL)
		return no_memory(p);
	set->replicas = replicas;
	set->replicas[set->nreplicas++] =
		(struct poolset_replica){.line = p->line};
	return 0;
}

/* a part without size and path so far, in the open replica */
static int
add_part(struct parser *p)
{
	struct poolset_replica *r = last_replica(p);
	if (p->nparts == POOLSET_NPARTS_MAX)
		return expected(p, "at most 65536 parts", "one more");
	struct poolset_part *parts = grow(r->parts, r->nparts, sizeof(*parts));
	if (parts == NULL)
		return no_memory(p);
	r->parts = parts;
	parts[r->nparts++] = (struct poolset_part){.line = p->line};
	p->nparts++;
	return 0;
}

/* the open replica gets no more parts: has it what it needs? */
static int
close_replica(const struct parser *p, const char *found)
{
	const struct poolset_replica *r = last_replica(p);
	if (r->nparts > 0 || poolset_replica_is_remote(r))
		return 0;
	if (p->set->nreplicas == 1)
		return expected(p, "a part ('SIZE /PATH') first", found);
	char what[64];
	(void)snprintf(what, sizeof(what), "a part for the replica of line %u",
		r->line);
	return expected(p, what, found);
}

static int
parse_size(const struct parser *p, struct span word, struct poolset_part *part)
{
	if (span_is(word, "AUTO")) {
		part->is_auto = true;
		return 0;
	}
	if (!span_to_size(word, &part->size))
		return expected_word(p, SIZE_WANTED, word);
	if (part->size == 0)
		return expected_word(
			p, "a size from 1 to 2^63 - 1 bytes", word);
	return 0;
}

/* SIZE /PATH */
static int
parse_part(struct parser *p, struct span line)
{
	struct poolset_replica *r = last_replica(p);
	struct span rest = line;
	struct span size = span_take_word(&rest);
	if (size.len == 0)
		return expected(p, "a statement, or '#' in the first column",
			"only blanks");
	if (span_is(size, "REPLICA") || span_is(size, "OPTION"))
		return expected_word(
			p, "keywords to start in the first column", size);
	if (poolset_replica_is_remote(r))
		return expected_word(p,
			"'REPLICA' (a remote replica has no parts here)", size);
	int rc = add_part(p);
	if (rc != 0)
		return rc;
	struct poolset_part *part = &r->parts[r->nparts - 1];
	rc = parse_size(p, size, part);
	if (rc != 0)
		return rc;
	struct span path = span_take_word(&rest);
	if (path.len == 0 || *path.p != '/')
		return expected_word(
			p, "an absolute path after the size", path);
	rc = keep_word(p, path, &part->path);
	if (rc != 0)
		return rc;
	struct span more = span_take_word(&rest);
	if (more.len > 0)
		return expected_word(
			p, "the end of the line after the path", more);
	return 0;
}

/* what follows REPLICA on a remote replica's line: NODE DESCRIPTOR */
static int
parse_remote(struct parser *p, struct span rest)
{
	struct poolset_replica *r = last_replica(p);
	struct span node = span_take_word(&rest);
	if (node.len == 0)
		return expected(p,
			"'REPLICA' alone or with a node and a descriptor",
			"a blank after it");
	struct span desc = span_take_word(&rest);
	if (desc.len == 0)
		return expected_word(p, "a pool set name after the node", desc);
	if (*desc.p == '/')
		return expected_word(
			p, "a relative pool set name after the node", desc);
	struct span more = span_take_word(&rest);
	if (more.len > 0)
		return expected_word(
			p, "the end of the line after the pool set name", more);
	int rc = keep_word(p, node, &r->node);
	return rc != 0 ? rc : keep_word(p, desc, &r->desc);
}

/* REPLICA, or REPLICA NODE DESCRIPTOR */
static int
parse_replica(struct parser *p, struct span line)
{
	struct span rest = span_skip(line, strlen("REPLICA"));
	if (rest.len > 0 && !is_blank(*rest.p))
		return expected_word(
			p, "'REPLICA' followed by a blank, or alone", line);
	int rc = close_replica(p, "'REPLICA'");
	if (rc == 0)
		rc = add_replica(p);
	if (rc == 0 && rest.len > 0)
		rc = parse_remote(p, rest);
	return rc;
}

static int
parse_option(const struct parser *p, struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (!span_is(word, options[i].name))
			continue;
		p->set->options |= options[i].flag;
		if (p->set->options == (POOLSET_F_SINGLEHDR | POOLSET_F_NOHDRS))
			return expected_word(
				p, "either SINGLEHDR or NOHDRS", word);
		return 0;
	}
	return expected_word(p, OPTION_WANTED, word);
}

/* OPTION NAME ...; the blank after the keyword may be missing */
static int
parse_options(const struct parser *p, struct span line)
{
	struct span rest = span_skip(line, strlen("OPTION"));
	struct span word = span_take_word(&rest);
	int rc;
	do {
		rc = parse_option(p, word);
		word = span_take_word(&rest);
	} while (rc == 0 && word.len > 0);
	return rc;
}

static int
parse_line(struct parser *p, struct span line)
{
	if (line.len == 0 || *line.p == '#')
		return 0;
	line = span_cut(line, '#');
	for (size_t i = 0; i < line.len; i++) {
		char found[32];
		if (!is_control(line.p[i]))
			continue;
		(void)snprintf(found, sizeof(found), "the byte 0x%02x",
			(unsigned char)line.p[i]);
		return expected(p, "no control characters", found);
	}
	if (span_starts(line, "REPLICA"))
		return parse_replica(p, line);
	if (span_starts(line, "OPTION"))
		return parse_options(p, line);
	return parse_part(p, line);
}

static int
parse_text(struct parser *p, struct span rest)
{
	bool is_ended;
	struct span line = span_take_line(&rest, &is_ended);
	p->line = 1;
	if (!span_is(line, POOLSET_SIG))
		return expected_word(
			p, "'" POOLSET_SIG "' and nothing else", line);
	if (!is_ended)
		return expected(p, "a newline after '" POOLSET_SIG "'",
			"the end of the file");
	int rc = add_replica(p);
	while (rc == 0 && rest.len > 0) {
		line = span_take_line(&rest, &is_ended);
		p->line++;
		/* in a comment too: text with a NUL is no text */
		if (memchr(line.p, '\0', line.len) != NULL)
			return expected(p, "text", "a NUL byte");
		rc = parse_line(p, line);
	}
	return rc != 0 ? rc : close_replica(p, "the end of the file");
}

static void
poolset_freep(struct poolset **set)
{
	poolset_free(*set);
	*set = NULL;
}

int
poolset_parse(const char *text, size_t len, const char *name,
	struct poolset **set_out)
{
	unsigned line;
	return poolset_parse_where(text, len, name, set_out, &line);
}

int
poolset_parse_where(const char *text, size_t len, const char *name,
	struct poolset **set_out, unsigned *line_out)
{
	struct parser p = {.name = name};
	*set_out = NULL;
	*line_out = 0;
	if (len > POOLSET_TEXT_MAX)
		return err_set(-EINVAL,
			"pool set '%s': expected at most %u bytes, found %zu",
			name, POOLSET_TEXT_MAX, len);
	CLEANUP(poolset_freep) struct poolset *set = calloc(1, sizeof(*set));
	if (set == NULL)
		return no_memory(&p);
	p.set = set;
	/* an empty text may come as NULL, which memchr() must not see */
	int rc = parse_text(&p, (struct span){len > 0 ? text : "", len});
	if (rc != 0) {
		*line_out = p.line;
		return rc;
	}
	*set_out = TAKE_PTR(set);
	return 0;
}

void
poolset_free(struct poolset *set)
{
	if (set == NULL)
		return;
	for (unsigned r = 0; r < set->nreplicas; r++) {
		struct poolset_replica *replica = &set->replicas[r];
		for (unsigned i = 0; i < replica->nparts; i++)
			free(replica->parts[i].path);
		free(replica->parts);
		for (unsigned i = 0; i < replica->ndirs; i++)
			free(replica->dirs[i]);
		free(replica->dirs);
		free(replica->node);
		free(replica->desc);
	}
	free(set->replicas);
	free(set);
}

bool
poolset_is_set(const void *buf, size_t len)
{
	return len >= POOLSET_SIG_LEN &&
	       memcmp(buf, POOLSET_SIG, POOLSET_SIG_LEN) == 0;
}

bool
poolset_size(const char *text, uint64_t *size_out)
{
	struct span word = {.p = text, .len = strlen(text)};
	return span_to_size(word, size_out) && *size_out != 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * findings.c -- see findings.h
 */
#include "findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tint.h"

static struct finding *
next(struct findings *f)
{
	if (f->n == f->room) {
		unsigned room = f->room == 0 ? 16 : 2 * f->room;
		struct finding *list =
			reallocarray(f->list, room, sizeof(*list));
		if (list == NULL) {
			f->error = -ENOMEM;
			return NULL;
		}
		f->list = list;
		f->room = room;
	}
	return &f->list[f->n++];
}

void
findings_add(struct findings *f, enum level level, const char *code,
	const char *who, const char *what, ...)
{
	va_list args;
	struct finding *one = next(f);
	if (one == NULL)
		return;
	*one = (struct finding){.level = level, .code = code};
	(void)snprintf(one->who, sizeof(one->who), "%s", who);
	va_start(args, what);
	(void)vsnprintf(one->what, sizeof(one->what), what, args);
	va_end(args);
}

void
findings_fix(struct findings *f, const char *fix, ...)
{
	va_list args;
	if (f->n == 0 || f->error != 0)
		return;
	struct finding *one = &f->list[f->n - 1];
	va_start(args, fix);
	(void)vsnprintf(one->fix, sizeof(one->fix), fix, args);
	va_end(args);
}

bool
findings_are_good(const struct findings *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->list[i].level == LEVEL_PROBLEM)
			return false;
	return f->error == 0;
}

static const char *const names[] = {
	[LEVEL_OK] = "ok", [LEVEL_NOTE] = "note", [LEVEL_PROBLEM] = "problem"};

void
findings_print(const struct findings *f, bool all)
{
	static const enum tint tints[] = {[LEVEL_OK] = TINT_GOOD,
		[LEVEL_NOTE] = TINT_NOTE,
		[LEVEL_PROBLEM] = TINT_BAD};
	for (unsigned i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		if (one->level == LEVEL_OK && !all)
			continue;
		(void)printf("%s%-7s%s  %s: %s\n", tint_on(tints[one->level]),
			names[one->level], tint_off(), one->who, one->what);
		if (one->fix[0] != '\0')
			(void)printf("         -> %s\n", one->fix);
	}
}

json_t *
findings_json(const struct findings *f)
{
	json_t *list = json_array();
	for (unsigned i = 0; list != NULL && i < f->n; i++) {
		const struct finding *one = &f->list[i];
		json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "level",
			names[one->level], "code", one->code, "who", one->who,
			"what", one->what, "fix", one->fix);
		if (json_array_append_new(list, o) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int
findings_end(const struct findings *f)
{
	return f->error == 0
		       ? 0
		       : err_set(f->error, "no memory for all that was found");
}

void
findings_free(struct findings *f)
{
	freep(&f->list);
	*f = (struct findings){.list = NULL};
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info_print.c -- a pool and its copies as text, as pmempool info has it
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "info.h"

/* "Layout              : txprog" */
static void line(const char *key, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
line(const char *key, const char *fmt, ...)
{
	va_list args;
	(void)printf("%-20s: ", key);
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	(void)printf("\n");
}

static void
print_time(const char *key, uint64_t seconds)
{
	char text[64];
	struct tm tm;
	time_t t = (time_t)seconds;
	if (localtime_r(&t, &tm) == NULL ||
		strftime(text, sizeof(text), "%F %T %z", &tm) == 0)
		(void)snprintf(text, sizeof(text), "%" PRIu64, seconds);
	line(key, "%s", text);
}

static void
print_uuid(const char *key, const uint8_t uuid[UUID16_LEN])
{
	char text[UUID16_TEXT_LEN];
	line(key, "%s", uuid16_text(uuid, text));
}

static void
print_signature(const uint8_t signature[8])
{
	char text[9] = "";
	for (unsigned i = 0; i < 8 && signature[i] != 0; i++)
		text[i] = signature[i] > ' ' && signature[i] < 0x7f
				  ? (char)signature[i]
				  : '?';
	line("Signature", "%s", text);
}

static void
print_attr(const struct pool_attr *a)
{
	print_signature(a->signature);
	line("Major", "%u", a->major);
	print_uuid("Pool set UUID", a->poolset_uuid);
	print_uuid("UUID", a->uuid);
	print_uuid("Previous replica", a->prev_uuid);
	print_uuid("Next replica", a->next_uuid);
}

static void
print_parts(const struct inspect *in)
{
	char fs[FS_NAME_MAX];
	char text[ERR_MAX];
	line("Size", "%" PRIu64, in->size);
	line("Media", "%s", info_media((unsigned)in->media));
	line("Parts", "%u", in->nparts);
	for (unsigned i = 0; i < in->nparts; i++) {
		const struct inspect_part *p = &in->parts[i];
		check_fs_name(p->fs_type, fs);
		inspect_text(in, i, text);
		if (p->is == PART_GOOD)
			line("  part", "%s, %" PRIu64 " bytes, %s", p->path,
				p->size, fs);
		else
			line("  part", "%s", text);
	}
}

static void
print_header(const struct inspect *in)
{
	char layout[LAYOUT_MAX];
	char features[128];
	struct pool_attr attr;
	const struct hdr *h = inspect_hdr(in);
	if (h == NULL) {
		line("Header", "none that can be read");
		return;
	}
	hdr_attr(h, &attr);
	print_attr(&attr);
	info_layout(in, layout);
	info_features(h, features, sizeof(features));
	if (layout[0] != '\0')
		line("Layout", "%s", layout);
	line("Features", "%s", features);
	print_time("Created", h->crtime);
}

static void
print_pool(const struct set_look *l)
{
	char generation[9];
	line("Pool set file", "%s", l->path);
	print_parts(&l->locals[0].inspect);
	print_header(&l->locals[0].inspect);
	line("rpmem", "%s", RPMEM_VERSION);
	if (!l->knows_primary)
		return;
	const struct pool_past *p = &l->pasts.pool;
	line("Replicas", "%u", l->set->nreplicas);
	line("Links", "%s", info_links(&l->pasts.primary.attr));
	line("Open", "%s",
		set_look_is_running(l) ? "a program has it open" : "no");
	line("Lineage", "%s", past_name(p->past));
	info_generation(&p->lineage, generation);
	if (generation[0] != '\0')
		line("Generation", "%s", generation);
	line("Lineage file", "%s", p->path);
}

static void
print_look(const struct oob_look_reply *k)
{
	struct pool_attr attr;
	line("rpmemd", "%s", k->version);
	line("Size", "%" PRIu64, k->pool_size);
	line("Parts", "%u, %u of them good", k->nparts, k->nparts - k->nbad);
	line("Media", "%s", info_media(k->media));
	line("Durability", "%s",
		k->durability == OOB_DURABLE_MEMORY ? "memory" : "media");
	if ((k->flags & OOB_LOOK_F_JOURNAL) != 0)
		line("Beside it", "what it missed, on its way in "
				  "(NAME.rpmem-catchup)");
	if ((k->flags & OOB_LOOK_F_OLD) != 0)
		line("Beside it", "a former copy (NAME.rpmem-old)");
	attr_decode(k->attr, &attr);
	if (attr_is_zero(&attr)) {
		line("Header", "none that can be read");
		return;
	}
	print_attr(&attr);
	print_time("Created", k->crtime);
}

static void
print_told(const struct set_look *l, const struct remote_look *r)
{
	char flags[256];
	char generation[9] = "";
	const struct oob_lineage_reply *t = &r->told.lineage;
	copy_flags_text(t->flags, flags, sizeof(flags));
	line("Record", "%s", flags);
	if ((t->flags & OOB_COPY_F_RECORD) != 0)
		print_uuid(remote_whose(l, r) == WHOSE_ANOTHER
				   ? "Another primary"
				   : "Primary",
			t->primary_uuid);
	line("Last record", "%" PRIu64, t->last_seq);
	line("Copy id", "%016" PRIx64, t->copy_id);
	if (r->past != NULL)
		info_generation(&r->past->lineage, generation);
	if (generation[0] != '\0')
		line("Generation", "%s", generation);
}

static void
print_remote(const struct set_look *l, const struct remote_look *r)
{
	(void)printf("\n");
	line("Replica", "%s %s", r->target, r->name);
	if (r->asked < 0) {
		line("Answer", "none: %s", r->why);
	} else {
		line("Answer", "in %" PRIu64 " us", r->told.round_us);
		if (r->told.looked == 0)
			print_look(&r->told.look);
		else
			line("Parts", "%s", r->told.looked_why);
		if (r->told.told == 0)
			print_told(l, r);
		else
			line("Record", "%s", r->told.told_why);
	}
	if (r->past == NULL)
		return;
	line("State file", "%s", r->memory.path);
	line("State", "%s", r->memory.standing.word);
}

/* info has no verdict, but knows who has */
static bool
needs_check(const struct set_look *l)
{
	bool needs = !info_is_whole(l) || !set_look_is_whole(l);
	for (unsigned i = 0; i < l->nremotes; i++) {
		const struct inquiry_copy *told = &l->remotes[i].told;
		needs |= told->looked == 0 && told->look.nbad != 0;
	}
	return needs;
}

void
info_print(const struct set_look *l)
{
	print_pool(l);
	if (l->of_copy[0] != '\0')
		line("Beware", "%s", l->of_copy);
	for (unsigned i = 1; i < l->nlocals; i++) {
		(void)printf("\n");
		line("Local replica", "line %u of the set",
			l->set->replicas[l->locals[i].at].line);
		print_parts(&l->locals[i].inspect);
		print_header(&l->locals[i].inspect);
	}
	for (unsigned i = 0; i < l->nremotes; i++)
		print_remote(l, &l->remotes[i]);
	if (needs_check(l))
		(void)printf("\nNot all of it is there as it should be, or can "
			     "be reached: rpmem check %s tells what to do.\n",
			l->word);
}

void
info_print_copy(const struct copy_look *c)
{
	char flags[256];
	line("Copy", "%s", c->name);
	line("Directory", "%s", c->dir);
	print_parts(&c->inspect);
	print_header(&c->inspect);
	line("rpmem", "%s", RPMEM_VERSION);
	if (!c->has_record) {
		line("Record", "none: %s", c->no_record);
		return;
	}
	copy_flags_text(c->flags, flags, sizeof(flags));
	line("Record", "%s", flags);
	if ((c->flags & OOB_COPY_F_RECORD) != 0)
		print_uuid("Primary", c->primary_uuid);
	line("Copy id", "%016" PRIx64, c->id);
	if (c->generation[0] != '\0')
		line("Generation", "%s", c->generation);
}

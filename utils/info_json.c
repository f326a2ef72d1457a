/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * info_json.c -- a pool and its copies as JSON
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "info.h"

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
attr_json(const struct pool_attr *a)
{
	char set[UUID16_TEXT_LEN];
	char uuid[UUID16_TEXT_LEN];
	char prev[UUID16_TEXT_LEN];
	char next[UUID16_TEXT_LEN];
	char signature[9] = "";
	for (unsigned i = 0; i < 8 && a->signature[i] != 0; i++)
		signature[i] = a->signature[i] > ' ' && a->signature[i] < 0x7f
				       ? (char)a->signature[i]
				       : '?';
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s}",
		"signature", signature, "major", (json_int_t)a->major, "compat",
		(json_int_t)a->compat, "incompat", (json_int_t)a->incompat,
		"ro_compat", (json_int_t)a->ro_compat, "poolset_uuid",
		uuid16_text(a->poolset_uuid, set), "uuid",
		uuid16_text(a->uuid, uuid), "prev_uuid",
		uuid16_text(a->prev_uuid, prev), "next_uuid",
		uuid16_text(a->next_uuid, next));
}

static json_t *
time_json(uint64_t seconds)
{
	return seconds <= INT64_MAX ? json_integer((json_int_t)seconds)
				    : json_null();
}

static json_t *
parts_json(const struct inspect *in)
{
	char fs[FS_NAME_MAX];
	json_t *list = json_array();
	int rc = 0;
	for (unsigned i = 0; i < in->nparts; i++) {
		const struct inspect_part *p = &in->parts[i];
		check_fs_name(p->fs_type, fs);
		rc |= json_array_append_new(list,
			json_pack("{s:s, s:I, s:s, s:s, s:b}", "path", p->path,
				"size", (json_int_t)p->size, "file_system", fs,
				"is", check_part_code(p->is), "good",
				p->is == PART_GOOD));
	}
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* a replica on this machine */
static json_t *
parts_and_header(const struct inspect *in)
{
	char layout[LAYOUT_MAX];
	char features[128] = "";
	struct pool_attr attr;
	const struct hdr *h = inspect_hdr(in);
	if (h != NULL) {
		hdr_attr(h, &attr);
		info_features(h, features, sizeof(features));
	}
	info_layout(in, layout);
	return json_pack("{s:I, s:s, s:o, s:o, s:o, s:s, s:o}", "size",
		(json_int_t)in->size, "media", info_media((unsigned)in->media),
		"parts", parts_json(in), "header",
		h != NULL ? attr_json(&attr) : json_null(), "created",
		h != NULL ? time_json(h->crtime) : json_null(), "features",
		features, "layout", text_or_null(layout));
}

/* members of b in a, whose new reference it is */
static json_t *
joined(json_t *a, json_t *b)
{
	if (a != NULL && b != NULL && json_object_update_new(a, b) == 0)
		return a;
	json_decref(a);
	return NULL;
}

static json_t *
pool_json(const struct set_look *l)
{
	char generation[9] = "";
	const struct pool_past *p = &l->pasts.pool;
	if (!l->knows_primary)
		return parts_and_header(&l->locals[0].inspect);
	info_generation(&p->lineage, generation);
	return joined(parts_and_header(&l->locals[0].inspect),
		json_pack("{s:b, s:b, s:s, s:o, s:s}", "running",
			set_look_is_running(l), "ring",
			!uuid16_equal(l->pasts.primary.attr.next_uuid,
				l->pasts.primary.uuid),
			"lineage", past_name(p->past), "generation",
			text_or_null(generation), "lineage_file", p->path));
}

static json_t *
look_json(const struct oob_look_reply *k)
{
	struct pool_attr attr;
	attr_decode(k->attr, &attr);
	bool has_hdr = !attr_is_zero(&attr);
	return json_pack("{s:s, s:b, s:b, s:o, s:I, s:I, s:s, s:s, s:o, s:o}",
		"rpmemd", k->version, "journal",
		(k->flags & OOB_LOOK_F_JOURNAL) != 0, "former_copy",
		(k->flags & OOB_LOOK_F_OLD) != 0, "size",
		k->pool_size <= INT64_MAX
			? json_integer((json_int_t)k->pool_size)
			: json_null(),
		"nparts", (json_int_t)k->nparts, "nbad", (json_int_t)k->nbad,
		"media", info_media(k->media), "durability",
		k->durability == OOB_DURABLE_MEMORY ? "memory" : "media",
		"header", has_hdr ? attr_json(&attr) : json_null(), "created",
		has_hdr ? time_json(k->crtime) : json_null());
}

static json_t *
told_json(const struct remote_look *r)
{
	char id[17];
	char generation[9] = "";
	char primary[UUID16_TEXT_LEN] = "";
	const struct oob_lineage_reply *t = &r->told.lineage;
	(void)snprintf(id, sizeof(id), "%016" PRIx64, t->copy_id);
	if (r->past != NULL)
		info_generation(&r->past->lineage, generation);
	if ((t->flags & OOB_COPY_F_RECORD) != 0)
		(void)uuid16_text(t->primary_uuid, primary);
	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "flags",
		copy_flags_json(t->flags), "primary", text_or_null(primary),
		"last_seq", time_json(t->last_seq), "id", id, "generation",
		text_or_null(generation));
}

static json_t *
remote_json(const struct remote_look *r)
{
	bool is_asked = r->asked == 0;
	json_t *o = json_pack("{s:s, s:s, s:b}", "target", r->target, "name",
		r->name, "answered", is_asked);
	if (!is_asked)
		o = joined(o, json_pack("{s:s}", "why", r->why));
	else
		o = joined(
			o, json_pack("{s:I, s:I}", "round_us",
				   (json_int_t)r->told.round_us, "connect_us",
				   (json_int_t)r->told.connect_us));
	if (is_asked)
		o = joined(o, r->told.looked == 0
				      ? look_json(&r->told.look)
				      : json_pack("{s:s}", "parts_why",
						r->told.looked_why));
	if (is_asked)
		o = joined(o, r->told.told == 0
				      ? told_json(r)
				      : json_pack("{s:s}", "record_why",
						r->told.told_why));
	if (r->past != NULL)
		o = joined(o, json_pack("{s:s, s:s}", "file", r->memory.path,
				      "state", r->memory.standing.word));
	return o;
}

json_t *
info_json(const struct set_look *l)
{
	json_t *locals = json_array();
	json_t *remotes = json_array();
	int rc = 0;
	for (unsigned i = 1; i < l->nlocals; i++)
		rc |= json_array_append_new(
			locals, parts_and_header(&l->locals[i].inspect));
	for (unsigned i = 0; i < l->nremotes; i++)
		rc |= json_array_append_new(
			remotes, remote_json(&l->remotes[i]));
	if (rc != 0) {
		json_decref(locals);
		json_decref(remotes);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:s, s:b, s:o, s:o, s:o}", "version", 1,
		"poolset", l->path, "rpmem", RPMEM_VERSION, "whole",
		info_is_whole(l), "pool", pool_json(l), "local_replicas",
		locals, "replicas", remotes);
}

static json_t *
record_json(const struct copy_look *c)
{
	char id[17];
	char primary[UUID16_TEXT_LEN];
	(void)snprintf(id, sizeof(id), "%016" PRIx64, c->id);
	return json_pack("{s:o, s:s, s:s, s:o}", "flags",
		copy_flags_json(c->flags), "primary",
		uuid16_text(c->primary_uuid, primary), "id", id, "generation",
		text_or_null(c->generation));
}

json_t *
info_copy_json(const struct copy_look *c)
{
	json_t *o = joined(
		json_pack("{s:i, s:s, s:s, s:s}", "version", 1, "directory",
			c->dir, "name", c->name, "rpmem", RPMEM_VERSION),
		parts_and_header(&c->inspect));
	return joined(o,
		c->has_record ? record_json(c)
			      : json_pack("{s:s}", "record_why", c->no_record));
}

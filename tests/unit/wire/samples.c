/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * samples.c -- messages and frames that the tests of src/wire share
 *
 * Written by hand, field by field, without the tables of src/wire: a field
 * that a table forgets or swaps shows as a difference.
 */
#include "samples.h"

#include <time.h>

struct rng
rng_new(void)
{
	const char *text = getenv("RPMEM_TEST_SEED");
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	uint64_t seed = text != NULL ? strtoull(text, NULL, 10)
				     : (uint64_t)ts.tv_nsec + 1;
	print_message("RPMEM_TEST_SEED=%llu\n", (unsigned long long)seed);
	return (struct rng){.state = seed};
}

/* splitmix64 */
uint64_t
rng_next(struct rng *r)
{
	r->state += 0x9e3779b97f4a7c15ull;
	uint64_t z = r->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	return rng_next(r) % n;
}

uint64_t
rng_in(struct rng *r, uint64_t lo, uint64_t hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

void
rng_fill(struct rng *r, void *p, size_t len)
{
	uint8_t *b = p;
	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)rng_next(r);
}

/* bytes first, first + 1, ... */
static void
count_up(void *p, size_t len, unsigned first)
{
	uint8_t *b = p;
	for (size_t i = 0; i < len; i++)
		b[i] = (uint8_t)(first + i);
}

static void
put(char *to, const char *text)
{
	memcpy(to, text, strlen(text) + 1);
}

static void
sample_copy(struct oob_copy *c)
{
	c->pool_size = 0x0102030405060708ull;
	c->flags = OOB_COPY_F_CLEAN | OOB_COPY_F_RECORD;
	c->media = OOB_MEDIA_PAGECACHE;
	c->durability = OOB_DURABLE_MEMORY;
	c->applied_seq = 0x1112131415161718ull;
	count_up(c->primary_uuid, sizeof(c->primary_uuid), 0x20);
	count_up(c->boot_id, sizeof(c->boot_id), 0x30);
	count_up(c->owner_id, sizeof(c->owner_id), 0x40);
	c->open_counter = 0x3132333435363738ull;
	count_up(c->attr, sizeof(c->attr), 0x80);
}

static void
sample_pool_req(struct oob_pool_req *q)
{
	q->pool_size = 8ull << 20;
	q->nlanes = 64;
	q->flags = OOB_OPEN_F_OWNER;
	count_up(q->owner_id, sizeof(q->owner_id), 0x40);
	q->open_counter = 0x2122232425262728ull;
	put(q->provider, "tcp");
	put(q->desc, "dir/replica.set");
}

static void
sample_pool_reply(struct oob_pool_reply *p)
{
	p->port = 0x4142;
	p->nlanes = 0x43;
	p->credits = 0x44;
	p->frame_max = FRAME_MAX;
	p->session_id = 0x5152535455565758ull;
	p->seed = SAMPLE_SEED;
	count_up(p->token, sizeof(p->token), 0x60);
	sample_copy(&p->copy);
	put(p->addr, "192.0.2.7");
}

static void
sample_lineage(struct oob_lineage_reply *l)
{
	l->flags = OOB_COPY_F_RECORD | OOB_COPY_F_UNKNOWN;
	l->copy_id = 0x0102030405060708ull;
	l->last_seq = 0x1112131415161718ull;
	l->is = OOB_LINEAGE_HAS;
	count_up(l->primary_uuid, sizeof(l->primary_uuid), 0x20);
	l->lineage.len = 24;
	count_up(l->lineage.bytes, 24, 0xb0);
	put(l->text, "all is well");
}

static void
sample_look_for(struct oob_look *l)
{
	l->from = 0x0102;
	put(l->desc, "dir/replica.set");
}

static void
sample_look(struct oob_look_reply *l)
{
	l->flags = OOB_LOOK_F_SINGLEHDR | OOB_LOOK_F_OLD;
	l->nparts = 0x0405;
	l->nbad = 0x0304;
	l->nmissing = 0x0203;
	l->at = 0x0102;
	l->is = OOB_PART_DAMAGED;
	l->media = OOB_MEDIA_TMPFS;
	l->durability = OOB_DURABLE_MEMORY;
	l->pool_size = 0x0102030405060708ull;
	l->crtime = 0x1112131415161718ull;
	count_up(l->attr, sizeof(l->attr), 0x80);
	put(l->version, "1.2.3");
	put(l->text, "its header is damaged");
}

static void
sample_room(struct oob_room_reply *l)
{
	l->flags = OOB_ROOM_F_WRITABLE | OOB_ROOM_F_SET;
	l->free = 0x0102030405060708ull;
	l->wanted = 0x1112131415161718ull;
	l->found = 0x2122232425262728ull;
	put(l->text, "no room");
}

static void
sample_hello(struct oob_hello *h)
{
	h->version_min = 1;
	h->version_max = 0x0203;
	h->timeout_ms = 5000;
	count_up(h->initiator_id, sizeof(h->initiator_id), 0x10);
	h->pid = 0x01020304;
	put(h->program, "program");
}

static void
sample_hello_reply(struct oob_hello_reply *h)
{
	h->version = 1;
	h->silent_ms = 0x1234;
}

/* what is asked without an open, and the answers */
static void
sample_question(struct oob_msg *msg)
{
	if (msg->type == OOB_LINEAGE)
		put(msg->u.lineage.desc, "dir/replica.set");
	else if (msg->type == OOB_LINEAGE_REPLY)
		sample_lineage(&msg->u.lineage_reply);
	else if (msg->type == OOB_LOOK)
		sample_look_for(&msg->u.look);
	else if (msg->type == OOB_LOOK_REPLY)
		sample_look(&msg->u.look_reply);
	else if (msg->type == OOB_ROOM)
		put(msg->u.room.desc, "dir/replica.set");
	else
		sample_room(&msg->u.room_reply);
}

void
sample_msg(enum oob_type type, struct oob_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = type;
	msg->tag = 0xa0a1a2a3;
	switch (type) {
	case OOB_HELLO:
		sample_hello(&msg->u.hello);
		break;
	case OOB_HELLO_REPLY:
		sample_hello_reply(&msg->u.hello_reply);
		break;
	case OOB_CREATE:
		sample_pool_req(&msg->u.pool_req);
		count_up(msg->u.pool_req.attr, OOB_ATTR_SIZE, 0x80);
		break;
	case OOB_OPEN:
		sample_pool_req(&msg->u.pool_req);
		break;
	case OOB_POOL_REPLY:
		sample_pool_reply(&msg->u.pool_reply);
		break;
	case OOB_ATTACH:
		msg->u.attach.step = OOB_ATTACH_EQUALISED;
		count_up(msg->u.attach.primary_uuid, UUID16_LEN, 0x20);
		break;
	case OOB_SET_ATTR:
		count_up(msg->u.set_attr.attr, OOB_ATTR_SIZE, 0x80);
		break;
	case OOB_STAT:
		break;
	case OOB_STAT_REPLY:
		sample_copy(&msg->u.stat_reply.copy);
		put(msg->u.stat_reply.text, "all is well");
		break;
	case OOB_LINEAGE:
	case OOB_LINEAGE_REPLY:
	case OOB_LOOK:
	case OOB_LOOK_REPLY:
	case OOB_ROOM:
	case OOB_ROOM_REPLY:
		sample_question(msg);
		break;
	case OOB_REMOVE:
		msg->u.remove.flags = OOB_REMOVE_F_POOL_SET;
		put(msg->u.remove.desc, "replica.set");
		break;
	case OOB_CLOSE:
		msg->u.close.flags = OOB_CLOSE_F_REMOVE;
		break;
	case OOB_REPLY:
		msg->u.reply.status = OOB_NOEXIST;
		put(msg->u.reply.text, "replica.set: not found");
		break;
	}
}

/* printable, up to size - 1 characters; blanks only where they are allowed */
static void
random_string(struct rng *r, char *to, size_t size, size_t min, char first)
{
	/* short ones, long ones, and full ones */
	size_t max = rng_below(r, 4) == 0 ? size - 1 : MIN_OF(size - 1, 40);
	size_t len = rng_below(r, 8) == 0 ? max : rng_in(r, min, max);
	for (size_t i = 0; i < len; i++)
		to[i] = (char)rng_in(r, (uint64_t)first, '~');
}

static uint32_t
random_status(struct rng *r)
{
	return rng_below(r, 3) == 0 ? (uint32_t)rng_below(r, OOB_STATUS_END)
				    : OOB_SUCCESS;
}

static void
random_copy(struct rng *r, struct oob_copy *c)
{
	c->pool_size = rng_next(r);
	c->flags = (uint32_t)rng_in(r, 0, OOB_COPY_F_ALL);
	c->media = (uint8_t)rng_below(r, OOB_MEDIA_END);
	c->durability = (uint8_t)rng_below(r, 2);
	c->applied_seq = rng_next(r);
	rng_fill(r, c->primary_uuid, sizeof(c->primary_uuid));
	rng_fill(r, c->boot_id, sizeof(c->boot_id));
	rng_fill(r, c->attr, sizeof(c->attr));
}

static void
random_hello(struct rng *r, struct oob_hello *h)
{
	h->version_min = (uint16_t)rng_in(r, 1, UINT16_MAX);
	h->version_max = (uint16_t)rng_in(r, h->version_min, UINT16_MAX);
	h->timeout_ms = (uint32_t)rng_in(r, 1, OOB_TIMEOUT_MAX_MS);
	rng_fill(r, h->initiator_id, sizeof(h->initiator_id));
	h->pid = (uint32_t)rng_next(r);
	random_string(r, h->program, sizeof(h->program), 0, ' ');
}

static void
random_hello_reply(struct rng *r, struct oob_hello_reply *h)
{
	h->status = random_status(r);
	if (h->status == OOB_SUCCESS) {
		h->version = 1;
		h->silent_ms = (uint32_t)rng_in(r, 1, OOB_SILENT_MAX_MS);
	}
	random_string(r, h->text, sizeof(h->text), 0, ' ');
}

static void
random_pool_req(struct rng *r, struct oob_pool_req *q)
{
	q->pool_size = rng_in(r, 1, INT64_MAX);
	q->nlanes = (uint32_t)rng_in(r, 1, UINT32_MAX);
	q->flags = (uint32_t)rng_below(r, 2);
	random_string(r, q->provider, sizeof(q->provider), 0, '!');
	random_string(r, q->desc, sizeof(q->desc), 1, ' ');
}

static void
random_pool_reply(struct rng *r, struct oob_pool_reply *p)
{
	p->status = random_status(r);
	random_string(r, p->text, sizeof(p->text), 0, ' ');
	if (p->status == OOB_BUSY)
		p->busy_ms = (uint32_t)rng_in(r, 0, OOB_SILENT_MAX_MS);
	if (p->status != OOB_SUCCESS)
		return;
	p->port = (uint16_t)rng_in(r, 1, UINT16_MAX);
	p->nlanes = (uint32_t)rng_in(r, 1, OOB_NLANES_MAX);
	p->credits = (uint32_t)rng_in(r, 1, OOB_CREDITS_MAX);
	p->frame_max = (uint32_t)rng_in(r, FRAME_MIN_MAX, FRAME_MAX);
	p->session_id = rng_next(r);
	p->seed = rng_next(r);
	rng_fill(r, p->token, sizeof(p->token));
	random_copy(r, &p->copy);
	random_string(r, p->addr, sizeof(p->addr), 0, '!');
}

static void
random_stat_reply(struct rng *r, struct oob_stat_reply *s)
{
	s->status = random_status(r);
	random_string(r, s->text, sizeof(s->text), 0, ' ');
	if (s->status == OOB_SUCCESS)
		random_copy(r, &s->copy);
}

static void
random_lineage(struct rng *r, struct oob_lineage_reply *l)
{
	l->status = random_status(r);
	random_string(r, l->text, sizeof(l->text), 0, ' ');
	if (l->status != OOB_SUCCESS)
		return;
	l->flags = (uint32_t)rng_in(r, 0, OOB_LINEAGE_F_ALL);
	l->copy_id = rng_next(r);
	l->last_seq = rng_next(r);
	rng_fill(r, l->primary_uuid, sizeof(l->primary_uuid));
	l->is = (uint8_t)rng_below(r, OOB_LINEAGE_IS_END);
	if (l->is != OOB_LINEAGE_HAS)
		return;
	bool full = rng_below(r, 8) == 0;
	l->lineage.len = (uint16_t)(full ? OOB_LINEAGE_MAX
					 : rng_in(r, 1, OOB_LINEAGE_MAX));
	rng_fill(r, l->lineage.bytes, l->lineage.len);
}

static void
random_look_for(struct rng *r, struct oob_look *l)
{
	l->from = (uint32_t)rng_in(r, 0, OOB_NPARTS_MAX);
	random_string(r, l->desc, OOB_DESC_MAX, 1, ' ');
}

static void
random_look(struct rng *r, struct oob_look_reply *l)
{
	l->status = random_status(r);
	random_string(r, l->text, sizeof(l->text), 0, ' ');
	if (l->status != OOB_SUCCESS)
		return;
	l->flags = (uint32_t)rng_in(r, 0, OOB_LOOK_F_ALL);
	l->nparts = (uint32_t)rng_in(r, 0, OOB_NPARTS_MAX);
	l->nbad = (uint32_t)rng_in(r, 0, l->nparts);
	l->nmissing = (uint32_t)rng_in(r, 0, l->nbad);
	l->at = l->nparts;
	if (l->nbad != 0 && rng_below(r, 4) != 0) {
		l->at = (uint32_t)rng_below(r, l->nparts);
		l->is = (uint8_t)rng_in(
			r, OOB_PART_MISSING, OOB_PART_IS_END - 1);
	}
	l->media = (uint8_t)rng_below(r, OOB_MEDIA_END);
	l->durability = (uint8_t)rng_below(r, 2);
	l->pool_size = rng_next(r);
	l->crtime = rng_next(r);
	rng_fill(r, l->attr, sizeof(l->attr));
	random_string(r, l->version, sizeof(l->version), 0, '!');
}

static void
random_room(struct rng *r, struct oob_room_reply *l)
{
	l->status = random_status(r);
	random_string(r, l->text, sizeof(l->text), 0, ' ');
	if (l->status != OOB_SUCCESS)
		return;
	l->flags = (uint32_t)rng_below(r, OOB_ROOM_F_ALL + 1);
	l->free = rng_next(r);
	l->wanted = rng_next(r);
	l->found = rng_next(r);
}

static uint32_t
random_manner(struct rng *r)
{
	return (uint32_t)rng_below(r, 4) * OOB_OPEN_F_DISCARD;
}

static void
random_remove(struct rng *r, struct oob_remove *m)
{
	m->flags = (uint32_t)rng_below(r, 8);
	random_string(r, m->desc, OOB_DESC_MAX, 1, ' ');
}

static void
random_question(struct rng *r, struct oob_msg *msg)
{
	if (msg->type == OOB_LINEAGE)
		random_string(r, msg->u.lineage.desc, OOB_DESC_MAX, 1, ' ');
	else if (msg->type == OOB_LINEAGE_REPLY)
		random_lineage(r, &msg->u.lineage_reply);
	else if (msg->type == OOB_LOOK)
		random_look_for(r, &msg->u.look);
	else if (msg->type == OOB_LOOK_REPLY)
		random_look(r, &msg->u.look_reply);
	else if (msg->type == OOB_ROOM)
		random_string(r, msg->u.room.desc, OOB_DESC_MAX, 1, ' ');
	else
		random_room(r, &msg->u.room_reply);
}

void
random_msg(struct rng *r, enum oob_type type, struct oob_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = type;
	msg->tag = (uint32_t)rng_next(r);
	switch (type) {
	case OOB_HELLO:
		random_hello(r, &msg->u.hello);
		break;
	case OOB_HELLO_REPLY:
		random_hello_reply(r, &msg->u.hello_reply);
		break;
	case OOB_CREATE:
		random_pool_req(r, &msg->u.pool_req);
		rng_fill(r, msg->u.pool_req.attr, OOB_ATTR_SIZE);
		break;
	case OOB_OPEN:
		random_pool_req(r, &msg->u.pool_req);
		msg->u.pool_req.flags |= random_manner(r);
		break;
	case OOB_POOL_REPLY:
		random_pool_reply(r, &msg->u.pool_reply);
		break;
	case OOB_ATTACH:
		msg->u.attach.step = (uint32_t)rng_in(
			r, OOB_ATTACH_RECORD, OOB_ATTACH_END - 1);
		rng_fill(r, msg->u.attach.primary_uuid, UUID16_LEN);
		break;
	case OOB_SET_ATTR:
		rng_fill(r, msg->u.set_attr.attr, OOB_ATTR_SIZE);
		break;
	case OOB_STAT:
		break;
	case OOB_STAT_REPLY:
		random_stat_reply(r, &msg->u.stat_reply);
		break;
	case OOB_LINEAGE:
	case OOB_LINEAGE_REPLY:
	case OOB_LOOK:
	case OOB_LOOK_REPLY:
	case OOB_ROOM:
	case OOB_ROOM_REPLY:
		random_question(r, msg);
		break;
	case OOB_REMOVE:
		random_remove(r, &msg->u.remove);
		break;
	case OOB_CLOSE:
		msg->u.close.flags = (uint32_t)rng_below(r, 2);
		break;
	case OOB_REPLY:
		msg->u.reply.status = random_status(r);
		random_string(r, msg->u.reply.text, OOB_TEXT_MAX, 0, ' ');
		break;
	}
}

uint32_t
msg_strings(const struct oob_msg *msg)
{
	switch (msg->type) {
	case OOB_HELLO:
		return (uint32_t)strlen(msg->u.hello.program);
	case OOB_HELLO_REPLY:
		return (uint32_t)strlen(msg->u.hello_reply.text);
	case OOB_CREATE:
	case OOB_OPEN:
		return (uint32_t)(strlen(msg->u.pool_req.provider) +
				  strlen(msg->u.pool_req.desc));
	case OOB_POOL_REPLY:
		return (uint32_t)(strlen(msg->u.pool_reply.addr) +
				  strlen(msg->u.pool_reply.text));
	case OOB_STAT_REPLY:
		return (uint32_t)strlen(msg->u.stat_reply.text);
	case OOB_REMOVE:
		return (uint32_t)strlen(msg->u.remove.desc);
	case OOB_LINEAGE:
		return (uint32_t)strlen(msg->u.lineage.desc);
	case OOB_LINEAGE_REPLY:
		return (uint32_t)strlen(msg->u.lineage_reply.text) +
		       msg->u.lineage_reply.lineage.len;
	case OOB_LOOK:
		return (uint32_t)strlen(msg->u.look.desc);
	case OOB_ROOM:
		return (uint32_t)strlen(msg->u.room.desc);
	case OOB_ROOM_REPLY:
		return (uint32_t)strlen(msg->u.room_reply.text);
	case OOB_LOOK_REPLY:
		return (uint32_t)(strlen(msg->u.look_reply.version) +
				  strlen(msg->u.look_reply.text));
	case OOB_REPLY:
		return (uint32_t)strlen(msg->u.reply.text);
	case OOB_ATTACH:
	case OOB_SET_ATTR:
	case OOB_STAT:
	case OOB_CLOSE:
		break;
	}
	return 0;
}

static const struct record from_initiator[] = {
	{.type = REC_COPY,
		.lane = 0x0102,
		.seq = 0x11,
		.off = 0x2000,
		.len = 13},
	{.type = REC_FILL,
		.lane = 3,
		.aux = 0xee,
		.seq = 0x12,
		.off = 0x3000,
		.len = 0x40},
	{.type = REC_DEEP, .lane = 4, .seq = 0x13, .off = 0x2000, .len = 64},
	{.type = REC_BARRIER, .lane = 5, .seq = 0x14},
	{.type = REC_ACK_REQ, .lane = 6, .seq = 0x14},
	{.type = REC_READ, .seq = 0x71, .off = 0x1000, .len = 0x200},
	{.type = REC_DIGEST, .aux = 4096, .seq = 0x72, .off = 0, .len = 65536},
	{.type = REC_HEARTBEAT, .seq = 0x73},
	{.type = REC_GROW, .lane = 7, .seq = 0x15, .len = 0x4000000},
	{.type = REC_LINEAGE, .lane = 8, .seq = 0x16, .len = 21},
};

static const struct record from_target[] = {
	{.type = REC_ACK, .flags = REC_F_DEEP, .seq = 0x14},
	{.type = REC_ACK, .aux = OOB_MEDIA, .seq = 0x14},
	{.type = REC_ACK, .flags = REC_F_JOURNALLED, .seq = 0x16},
	{.type = REC_READ_DATA, .seq = 0x71, .off = 0x1000, .len = 11},
	{.type = REC_READ_DATA, .aux = OOB_FATAL, .seq = 0x71, .off = 0x1000},
	{.type = REC_DIGEST_DATA, .seq = 0x72, .len = 16},
	{.type = REC_BEAT, .seq = 0x73, .len = BEAT_PAYLOAD},
};

uint32_t
sample_frame(enum frame_side from, uint8_t *buf, uint32_t size)
{
	struct frame_writer w;
	bool target = from == FRAME_FROM_TARGET;
	const struct record *recs = target ? from_target : from_initiator;
	size_t n = target ? ARRAY_LEN(from_target) : ARRAY_LEN(from_initiator);
	frame_begin(&w, buf, size);
	for (size_t i = 0; i < n; i++) {
		bool carries = target || recs[i].type == REC_COPY ||
			       recs[i].type == REC_LINEAGE;
		uint32_t len = carries ? (uint32_t)recs[i].len : 0;
		assert_true(frame_fits(&w, len));
		uint8_t *to = frame_add(&w, &recs[i], len);
		count_up(to, len, 0xa0);
	}
	return frame_end(&w, 7, 5, SAMPLE_SEED);
}

void
sample_cm(struct cm_request *req)
{
	req->version = 1;
	req->session_id = 0x5152535455565758ull;
	count_up(req->token, sizeof(req->token), 0x60);
}

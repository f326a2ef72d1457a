/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * catchprog.c -- an initiator that says exactly what its arguments say
 *
 *   catchprog TARGET SET SIZE WORD...
 *
 *   as:CHAR:N                    what the next one says of its owner
 *   create, open, passive        the pool; raw, SIZE bytes
 *   discarding                   open, to be discarded
 *   was                          what its reply said of the owner before
 *   record, equalising, equalised, catching, caught, discard
 *                                steps of ATTACH
 *   copy:OFF:LEN:CHAR, fill:OFF:LEN:CHAR, deep:OFF:LEN, grow:SIZE, barrier
 *                                a change, in a frame of its own
 *   lineage:N, foreign:N, junk   a lineage of N generations with the copy as a
 *                                member, without it; none
 *   tell                         what is on record of the copy's lineage
 *   ack                          asks for one, and waits for it
 *   hear                         waits for one without asking
 *   flood:N                      that many times: copy:0:64:G, ack
 *   read:OFF, digest:OFF         a byte there; of the block of 4096 there
 *   stat                         the copy's flags, applied_seq and owner
 *   pause                        waits for a line on standard input
 *   close                        in order; without it the process just ends
 *
 * Each word but a change prints a line with the status.  Exit status 3: the
 * target is gone.  The heartbeat of a whole library is left out: a test that
 * pauses for longer than a time-out hears of it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fabric/fabric.h"
#include "librpmem/handle.h"
#include "lineage/lineage.h"
#include "wire/cm.h"
#include "wire/frame.h"

#define PATIENCE_MS 20000u

static struct chan ch;
static struct knobs knobs;
static struct conn *conn;
static struct oob_pool_reply facts;
static const char *set_name;
static uint64_t size;
static uint64_t seq;
static uint64_t nsent;	/* frames */
static uint64_t ntaken; /* the target's */
static uint64_t credited;
static const uint8_t me[UUID16_LEN] = "this is a primar";
static uint8_t owner[UUID16_LEN];
static uint64_t counter;
static const uint8_t *payload; /* of the next LINEAGE */

static _Noreturn void
lost(const char *what)
{
	(void)printf("lost: %s\n", what);
	(void)fflush(stdout);
	(void)fprintf(stderr, "catchprog: %s: %s\n", what, err_msg());
	exit(3);
}

static uint64_t
patience(void)
{
	return deadline_in_ms(PATIENCE_MS);
}

static uint32_t
call(struct oob_msg *msg, enum oob_type want, struct oob_msg *reply)
{
	if (chan_call(&ch, msg, want, reply, patience()) < 0)
		lost(oob_type_name(msg->type));
	/* the status is the first field of each reply */
	return reply->u.reply.status;
}

/* ---- in-band ---- */

struct answer {
	enum record_type type; /* that is waited for */
	struct record rec;
	uint8_t bytes[8]; /* of its payload */
	bool found;
};

static void
take_frame(const struct conn_event *ev, struct answer *a)
{
	struct frame_reader rd;
	struct record rec;
	if (frame_open(&rd, ev->buf, ev->len, facts.seed, FRAME_FROM_TARGET) <
			0 ||
		rd.frame_no != ++ntaken)
		lost("a frame");
	credited = rd.credits;
	while (frame_next(&rd, &rec) == 1) {
		if (a == NULL || rec.type != a->type)
			continue;
		a->rec = rec;
		if (rec.len != 0)
			memcpy(a->bytes, rec.payload, sizeof(a->bytes));
		a->found = true;
	}
	if (conn_repost(conn, ev->slot) < 0)
		lost("in-band");
}

/* move the connection on; false: nothing until the deadline */
static bool
poll_once(uint64_t deadline, struct answer *a)
{
	struct conn_event ev;
	int n = conn_poll(conn, &ev, 1, deadline);
	if (n < 0)
		lost("in-band");
	if (n == 1)
		take_frame(&ev, a);
	return n == 1 || !deadline_passed(deadline);
}

static void
receive(struct answer *a)
{
	uint64_t until = patience();
	while (!a->found)
		if (!poll_once(until, a))
			lost("an answer");
}

static void
send_record(const struct record *rec, int byte)
{
	struct frame_writer w;
	while (nsent - credited >= facts.credits)
		if (!poll_once(patience(), NULL))
			lost("credits");
	int slot;
	while ((slot = conn_slot(conn)) == -EAGAIN)
		IGNORE(poll_once(deadline_in_ms(1), NULL));
	if (slot < 0)
		lost("in-band");
	frame_begin(&w, conn_slot_buf(conn, slot), facts.frame_max);
	bool has_bytes = rec->type == REC_COPY || rec->type == REC_LINEAGE;
	uint32_t n = has_bytes ? (uint32_t)rec->len : 0;
	uint8_t *to = frame_add(&w, rec, n);
	if (rec->type == REC_LINEAGE)
		memcpy(to, payload, n);
	else
		memset(to, byte, n);
	uint32_t len = frame_end(&w, ++nsent, ntaken, facts.seed);
	int rc;
	while ((rc = conn_send(conn, slot, len)) == -EAGAIN)
		IGNORE(poll_once(deadline_in_ms(1), NULL));
	if (rc < 0)
		lost("in-band");
}

static void
dial(const struct oob_pool_reply *r)
{
	struct sockaddr_storage peer;
	socklen_t len;
	uint8_t data[CM_DATA_SIZE];
	struct cm_request cm = {
		.version = OOB_VERSION_MAX, .session_id = r->session_id};
	struct conn_cfg cfg = {.provider = knobs.provider,
		.nsend = r->credits + 4,
		.nrecv = 32,
		.slot_size = r->frame_max};
	memcpy(cm.token, r->token, sizeof(cm.token));
	cm_encode(&cm, data);
	if (chan_addr(&ch, 0, &peer, &len) < 0)
		lost("address");
	((struct sockaddr_in *)(void *)&peer)->sin_port = htons(r->port);
	if (conn_connect((struct sockaddr *)&peer, &cfg, data, sizeof(data),
		    patience(), &conn) < 0)
		lost("in-band connection");
}

/* ---- words ---- */

static void
pool(enum oob_type type, uint32_t flags)
{
	struct oob_msg msg = {.type = type};
	struct oob_msg reply;
	struct oob_pool_req *q = &msg.u.pool_req;
	q->pool_size = size;
	q->nlanes = 1;
	q->flags = flags;
	memcpy(q->owner_id, owner, UUID16_LEN);
	q->open_counter = counter;
	(void)snprintf(q->provider, sizeof(q->provider), "%s", knobs.provider);
	(void)snprintf(q->desc, sizeof(q->desc), "%s", set_name);
	uint32_t status = call(&msg, OOB_POOL_REPLY, &reply);
	facts = reply.u.pool_reply;
	(void)printf("open %u flags %u applied %llu size %llu\n", status,
		facts.copy.flags, (unsigned long long)facts.copy.applied_seq,
		(unsigned long long)facts.copy.pool_size);
	if (status != 0) {
		(void)fprintf(stderr, "%s\n", facts.text);
		exit(4);
	}
	seq = facts.copy.applied_seq;
	dial(&facts);
}

static void
say_owner(const char *what, const struct oob_copy *c)
{
	(void)printf("%s %c %llu\n", what,
		c->owner_id[0] == 0 ? '-' : c->owner_id[0],
		(unsigned long long)c->open_counter);
}

static void
attach(const char *name, uint32_t step)
{
	struct oob_msg msg = {.type = OOB_ATTACH, .u.attach.step = step};
	struct oob_msg reply;
	memcpy(msg.u.attach.primary_uuid, me, UUID16_LEN);
	uint32_t status = call(&msg, OOB_REPLY, &reply);
	(void)printf("%s %u\n", name, status);
	if (status != 0)
		(void)fprintf(stderr, "%s\n", reply.u.reply.text);
}

static void
stat_copy(void)
{
	struct oob_msg msg = {.type = OOB_STAT};
	struct oob_msg reply;
	uint32_t status = call(&msg, OOB_STAT_REPLY, &reply);
	const struct oob_copy *c = &reply.u.stat_reply.copy;
	(void)printf("stat %u flags %u applied %llu\n", status, c->flags,
		(unsigned long long)c->applied_seq);
	say_owner("is", c);
}

static uint32_t
ask_lineage(struct oob_msg *reply)
{
	struct oob_msg msg = {.type = OOB_LINEAGE};
	(void)snprintf(
		msg.u.lineage.desc, sizeof(msg.u.lineage.desc), "%s", set_name);
	return call(&msg, OOB_LINEAGE_REPLY, reply);
}

static void
tell(void)
{
	struct oob_msg reply;
	struct lineage l = {0};
	uint32_t status = ask_lineage(&reply);
	const struct oob_lineage_reply *r = &reply.u.lineage_reply;
	if (r->lineage.len != 0 &&
		lineage_decode(r->lineage.bytes, r->lineage.len, &l) < 0)
		lost("a lineage");
	(void)printf("tell %u is %u n %u flags %u last %llu id %016llx of %c\n",
		status, (unsigned)r->is, l.n, r->flags,
		(unsigned long long)r->last_seq, (unsigned long long)r->copy_id,
		r->primary_uuid[0] == 0 ? '-' : r->primary_uuid[0]);
	if (status != 0)
		(void)fprintf(stderr, "%s\n", r->text);
}

/* "lineage:n", "foreign:n", "junk": a change */
static bool
change_lineage(const char *word)
{
	static uint8_t bytes[LINEAGE_SIZE_MAX];
	char name[16] = "";
	unsigned n = 0;
	struct lineage l = {0};
	struct oob_msg reply;
	(void)sscanf(word, "%15[a-z]:%u", name, &n);
	bool is_foreign = strcmp(name, "foreign") == 0;
	bool is_junk = strcmp(name, "junk") == 0;
	if (strcmp(name, "lineage") != 0 && !is_foreign && !is_junk)
		return false;
	IGNORE(ask_lineage(&reply));
	struct lineage_entry e = {.kind = LINEAGE_FIRST,
		.nmembers = 2,
		.members = {1, is_foreign ? 2 : reply.u.lineage_reply.copy_id}};
	for (unsigned i = 1; i <= n; i++) {
		memset(e.generation, (int)i, sizeof(e.generation));
		lineage_begin(&l, i, &e);
		e.kind = LINEAGE_SHRUNK;
	}
	payload = bytes;
	struct record rec = {.type = REC_LINEAGE,
		.seq = ++seq,
		.len = is_junk ? 24 : lineage_encode(&l, bytes)};
	send_record(&rec, 0);
	return true;
}

static void
end_in_order(void)
{
	struct oob_msg msg = {.type = OOB_CLOSE};
	struct oob_msg reply;
	(void)printf("close %u\n", call(&msg, OOB_REPLY, &reply));
}

static void
hear_ack(void)
{
	struct answer a = {.type = REC_ACK};
	receive(&a);
	struct record rec = a.rec;
	(void)printf("ack %llu flags %u status %u\n",
		(unsigned long long)(rec.seq - facts.copy.applied_seq),
		rec.flags, rec.aux);
}

static void
ask_ack(void)
{
	struct record rec = {.type = REC_ACK_REQ, .seq = seq};
	send_record(&rec, 0);
	hear_ack();
}

static void
ask(const char *name, enum record_type type, uint64_t off)
{
	bool digest = type == REC_DIGEST;
	struct answer a = {.type = digest ? REC_DIGEST_DATA : REC_READ_DATA};
	struct record rec = {.type = type,
		.seq = 1,
		.off = off,
		.len = digest ? 4096 : 8,
		.aux = digest ? 4096 : 0};
	send_record(&rec, 0);
	receive(&a);
	(void)printf("%s status %u", name, a.rec.aux);
	if (!digest && a.rec.aux == 0)
		(void)printf(" %c", a.bytes[0]);
	for (unsigned i = 0; digest && a.rec.aux == 0 && i < 8; i++)
		(void)printf("%s%02x", i == 0 ? " " : "", a.bytes[i]);
	(void)printf("\n");
}

/* a change: "name:off:len:char" */
static bool
change(const char *word)
{
	static const struct {
		const char *name;
		enum record_type type;
	} changes[] = {
		{"copy", REC_COPY},
		{"fill", REC_FILL},
		{"deep", REC_DEEP},
		{"grow", REC_GROW},
		{"barrier", REC_BARRIER},
	};
	char name[16] = "";
	unsigned long long a = 0;
	unsigned long long b = 0;
	char c = 0;
	(void)sscanf(word, "%15[a-z]:%llu:%llu:%c", name, &a, &b, &c);
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		if (strcmp(name, changes[i].name) != 0)
			continue;
		struct record rec = {.type = changes[i].type, .seq = ++seq};
		rec.off = rec.type == REC_GROW ? 0 : a;
		rec.len = rec.type == REC_GROW ? a : b;
		rec.aux = rec.type == REC_FILL ? (uint32_t)c : 0;
		send_record(&rec, c);
		return true;
	}
	return false;
}

/* "as:char:counter" */
static bool
be(const char *word)
{
	char id = 0;
	unsigned long long n = 0;
	if (sscanf(word, "as:%c:%llu", &id, &n) != 2)
		return false;
	memset(owner, id, UUID16_LEN);
	counter = n;
	return true;
}

/* "flood:times" */
static bool
flood(const char *word)
{
	unsigned long long n = 0;
	if (sscanf(word, "flood:%llu", &n) != 1)
		return false;
	for (; n != 0; n--) {
		IGNORE(change("copy:0:64:G"));
		ask_ack();
		(void)fflush(stdout);
	}
	return true;
}

static bool
step(const char *word)
{
	static const char *const names[] = {[OOB_ATTACH_RECORD] = "record",
		[OOB_ATTACH_EQUALISING] = "equalising",
		[OOB_ATTACH_EQUALISED] = "equalised",
		[OOB_ATTACH_CATCHING_UP] = "catching",
		[OOB_ATTACH_CAUGHT_UP] = "caught",
		[OOB_ATTACH_DISCARD] = "discard"};
	for (uint32_t i = OOB_ATTACH_RECORD; i < ARRAY_LEN(names); i++)
		if (strcmp(word, names[i]) == 0) {
			attach(word, i);
			return true;
		}
	return false;
}

static void
say(const char *word)
{
	char line[16];
	unsigned long long off = 0;
	if (strcmp(word, "create") == 0)
		pool(OOB_CREATE, OOB_OPEN_F_OWNER);
	else if (strcmp(word, "open") == 0)
		pool(OOB_OPEN, OOB_OPEN_F_OWNER);
	else if (strcmp(word, "discarding") == 0)
		pool(OOB_OPEN, OOB_OPEN_F_OWNER | OOB_OPEN_F_DISCARD);
	else if (strcmp(word, "passive") == 0)
		pool(OOB_OPEN, 0);
	else if (strcmp(word, "tell") == 0)
		tell();
	else if (strcmp(word, "was") == 0)
		say_owner("was", &facts.copy);
	else if (strcmp(word, "ack") == 0)
		ask_ack();
	else if (strcmp(word, "hear") == 0)
		hear_ack();
	else if (strcmp(word, "stat") == 0)
		stat_copy();
	else if (strcmp(word, "close") == 0)
		end_in_order();
	else if (sscanf(word, "read:%llu", &off) == 1)
		ask("read", REC_READ, off);
	else if (sscanf(word, "digest:%llu", &off) == 1)
		ask("digest", REC_DIGEST, off);
	else if (strcmp(word, "pause") == 0)
		IGNORE(fgets(line, sizeof(line), stdin) == NULL);
	else if (!be(word) && !step(word) && !flood(word) &&
		 !change_lineage(word) && !change(word))
		exit(2);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct target target;
	if (argc < 5)
		return 2;
	set_name = argv[2];
	size = strtoull(argv[3], NULL, 10);
	if (target_parse(argv[1], &target) < 0 || knobs_load(&knobs) < 0 ||
		oob_greet(&ch, &target, &knobs) < 0 ||
		fabric_load(knobs.provider) < 0)
		lost("target");
	for (int i = 4; i < argc; i++)
		say(argv[i]);
	conn_close(conn);
	chan_fini(&ch);
	return 0;
}

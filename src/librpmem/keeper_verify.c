/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * keeper_verify.c -- a copy that is attached is compared, because a tool asks
 *
 * The tool writes its flags, then the number of its request into the live page
 * (verify_ask.c); the program answers with the number, behind zeroed results,
 * and last with how it ended.  Whatever is in the tool's words is somebody's
 * claim: a number that is another than the last begins a walk, of the flags one
 * bit counts, and the rest of the page is written only.
 *
 * The walk.  Windows are compared as a scan compares them (keeper_catchup.c):
 * the question first, then our own bytes, beside the program.  Equal is right
 * by that: let D be what the copy holds at the place of the question, and B
 * what memory holds later.  A line that is the same in both is one that the
 * copy has, or that was stored to since; then its flush, if there is one, is a
 * record behind the question.  Different means nothing yet: so what differs is
 * looked at closely (walk.c), both sides at one point of the stream
 * (stream_look.c).  A sector that is never equal there was stored to and not
 * flushed for all that time, or is missed in the copy: nobody can tell which.
 * Sent again, it is equal behind that record, or the target's memory does not
 * hold what it was given.
 *
 * What is known of holes here is as old as the walk.  Zeros at the copy, in a
 * hole that was stored to since, are a record on its way, or one of the time
 * since: the next walk finds that.
 *
 * The program's calls go first, as in send_some: while it appends, windows are
 * small, and there is a pause of SHARE times as long as each step.
 */
#include "librpmem/keeper_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/compare.h"
#include "librpmem/stream_resend.h"
#include "wire/frame.h"

#define SHARE 3u
#define STEP_MS 5u
#define BUSY_STEP_MS 1u
#define WINDOW (16 * WALK_BLOCK)
#define LOOKS 8u /* under way */

static struct verify_words *
words(struct rpmem_pool *h)
{
	return &h->keeper.memory.file.live->verify;
}

/* ---- what is told ---- */

static void
show(struct rpmem_pool *h)
{
	struct verify_words *out = words(h);
	const struct walk *w = &h->keeper.verify.walk;
	live_set(&out->compared, walk_compared(w));
	live_set(&out->total, walk_total(w));
	live_set(&out->different, w->different);
	live_set(&out->settled, w->settled);
	live_set(&out->sent, w->sent);
	for (unsigned i = 0; i < w->nranges; i++)
		live_set(&out->ranges[i],
			w->ranges[i].off | (uint64_t)w->ranges[i].kind);
	live_set(&out->nranges, w->nranges);
}

/* release: who reads the state finds the numbers of it */
static void
tell(struct rpmem_pool *h, enum verify_state state)
{
	show(h);
	atomic_store_explicit(
		&words(h)->state, (uint64_t)state, memory_order_release);
}

static void
end(struct rpmem_pool *h, enum verify_state state)
{
	const struct walk *w = &h->keeper.verify.walk;
	h->keeper.verify.is_running = false;
	tell(h, state);
	LOG_INFO("'%s' at %s is verified%s: %llu blocks of 4 KiB different, "
		 "%llu settled",
		h->set_name, h->target.text,
		state == VERIFY_DONE ? "" : ", but not to the end",
		(unsigned long long)w->different,
		(unsigned long long)w->settled);
}

static void
begin(struct rpmem_pool *h, uint64_t number)
{
	struct keeper *k = &h->keeper;
	struct verify *v = &k->verify;
	struct verify_words *out = words(h);
	bool repairs = (live_get(&out->flags) & VERIFY_F_REPAIR) != 0;
	bool has_runtime = memcmp(h->copy.attr, "PMEMOBJ", 8) == 0;
	v->request = number;
	v->is_running = true;
	v->next = AT_ONCE;
	walk_begin(&v->walk, h->has_headers ? POOL_HDR_SIZE : 0, h->size,
		h->has_headers && has_runtime, repairs);
	alias_forget(&k->alias);
	live_set(&out->left_out,
		v->walk.has_runtime ? WALK_RUNTIME_TO - WALK_RUNTIME_FROM : 0);
	tell(h, VERIFY_RUNNING);
	/* release: its results are of this request from here on */
	atomic_store_explicit(&out->taken, number, memory_order_release);
}

/* ---- windows ---- */

struct scan {
	struct walk *walk;
	struct compare *compare;
};

static int
own_digests(struct rpmem_pool *h, uint64_t off, uint64_t len, uint64_t *out,
	void *arg UNUSED)
{
	struct keeper *k = &h->keeper;
	struct zeros_digest zeros = {.len = 0};
	for (uint64_t at = off; at < off + len; at += WALK_BLOCK) {
		uint64_t n = min_u64(WALK_BLOCK, off + len - at);
		const uint8_t *mem = NULL;
		if (alias_look(&k->alias, at, n, &mem) == ALIAS_HOLE) {
			*out++ = zeros_digest(&zeros, n);
			continue;
		}
		int rc = alias_read(&k->alias, at, k->block, n);
		/* a line that is never quiet differs, so that it is looked at
		 * again */
		if (rc < 0 && rc != -EAGAIN)
			return err_sys(rc, "cannot read the pool's memory");
		*out++ = block_digest(k->block, n) +
			 (rc < 0 || FAULT("librpmem/resend-all"));
	}
	return 0;
}

static uint64_t
window(struct rpmem_pool *h, uint64_t off, uint64_t end)
{
	struct verify *v = &h->keeper.verify;
	return walk_window(
		&v->walk, off, v->is_busy ? WALK_BLOCK : WINDOW, end);
}

static int
suspect(struct rpmem_pool *h UNUSED, uint64_t off, uint64_t len, void *arg)
{
	struct scan *s = arg;
	walk_suspect(s->walk, off, len);
	for (unsigned i = 0;
		FAULT("librpmem/resend-all") && i < s->walk->nsuspects; i++)
		s->walk->suspects[i].is_sent = s->walk->repairs;
	s->compare->until = 0; /* not more than the window that is asked for */
	return 0;
}

/* up to the end of a stretch, for some time, or until something differs */
static int
scan(struct rpmem_pool *h)
{
	struct verify *v = &h->keeper.verify;
	struct walk *w = &v->walk;
	struct compare c = {.block = (uint32_t)WALK_BLOCK,
		.until = deadline_in_ms(v->is_busy ? BUSY_STEP_MS : STEP_MS),
		.window = window,
		.own = own_digests,
		.differs = suspect};
	struct scan s = {.walk = w, .compare = &c};
	c.arg = &s;
	uint64_t to = w->size;
	if (w->has_runtime && w->off < WALK_RUNTIME_FROM)
		to = WALK_RUNTIME_FROM;
	int rc = compare_range(h, &c, &w->off, to);
	w->off = walk_next(w, w->off);
	return rc;
}

/* ---- a closer look ---- */

struct looks {
	unsigned n;
	struct walk_suspect *who[LOOKS];
	struct stream_look look[LOOKS];
	struct question question[LOOKS];
};

/* look at those that are due, a few at a time; none of them twice */
static int
ask(struct rpmem_pool *h, struct looks *a)
{
	struct walk *w = &h->keeper.verify.walk;
	uint64_t now = now_ns();
	int rc = 0;
	while (rc == 0 && a->n < LOOKS) {
		struct walk_suspect *s = walk_due(w, now);
		if (s == NULL)
			break;
		struct stream_look *l = &a->look[a->n];
		*l = (struct stream_look){.off = s->off,
			.len = s->len,
			.unit = WALK_SECTOR,
			.sends = s->is_sent,
			.read = keeper_read_alias,
			.arg = h};
		s->due = UINT64_MAX;
		a->who[a->n] = s;
		rc = stream_look_ask(h->st, l, &a->question[a->n]);
		if (rc == 0 && l->sends)
			w->sent += l->len;
		if (rc == 0) {
			a->n++;
			continue;
		}
		stream_digests_drop(h->st, &a->question[a->n]);
		if (rc == -EAGAIN || rc == -EBUSY) {
			walk_was_busy(w, s, now);
			return 0;
		}
	}
	return rc;
}

static uint8_t
equal_sectors(const struct stream_look *l)
{
	uint8_t bits = 0;
	for (unsigned i = 0; i < WALK_SECTORS; i++)
		if (i * WALK_SECTOR < l->len && l->mine[i] == l->theirs[i])
			bits |= (uint8_t)(1u << i);
	return bits;
}

/* from the last to the first: a suspect that goes is replaced by the last one
 * of the list, which must not be one whose answer is still to be judged */
static int
judge(struct rpmem_pool *h, struct looks *a, int rc)
{
	struct walk *w = &h->keeper.verify.walk;
	uint64_t now = now_ns();
	for (unsigned i = 0; i < a->n; i++) {
		if (rc == 0)
			rc = stream_digests_take(h->st, &a->question[i]);
		else
			stream_digests_drop(h->st, &a->question[i]);
	}
	for (unsigned i = a->n; rc == 0 && i-- > 0;)
		walk_looked(w, a->who[i], equal_sectors(&a->look[i]), now);
	return rc;
}

static int
look(struct rpmem_pool *h)
{
	struct walk *w = &h->keeper.verify.walk;
	struct looks a = {.n = 0};
	uint64_t sent = w->sent;
	int rc = judge(h, &a, ask(h, &a));
	/* what is settled is durable */
	if (rc == 0 && w->sent != sent)
		rc = stream_wait(h->st, stream_last(h->st),
			deadline_in_ms(h->knobs.disk_timeout_ms));
	if (w->sent != sent && FAULT("librpmem/die-verifying"))
		(void)raise(SIGKILL);
	return rc;
}

/* ---- the hook ---- */

/* why is in the live page, too; of a stream that has ended or lags, the keeper
 * says it */
static void
failed(struct rpmem_pool *h, int rc)
{
	bool is_lost =
		stream_error(h->st) != 0 || rc == -EAGAIN || rc == -ETIMEDOUT;
	if (!is_lost)
		keeper_say(&h->keeper);
	end(h, is_lost ? VERIFY_LOST : VERIFY_UNABLE);
}

static void
step(struct rpmem_pool *h)
{
	struct verify *v = &h->keeper.verify;
	uint64_t start = now_ns();
	uint64_t appends = stream_appends(h->st);
	v->is_busy = appends != v->appends;
	v->appends = appends;
	int rc = v->walk.nsuspects != 0 ? look(h) : scan(h);
	uint64_t now = now_ns();
	v->next = now + (v->is_busy ? SHARE * (now - start) : 0);
	if (rc < 0)
		failed(h, rc);
	else if (walk_is_done(&v->walk))
		end(h, VERIFY_DONE);
	else
		show(h);
	if (v->walk.nsuspects != 0)
		v->next = max_u64(v->next, walk_due_at(&v->walk));
	if (FAULT("librpmem/slow-verify"))
		v->next = deadline_in_ms(100);
}

uint64_t
keeper_verify(struct rpmem_pool *h)
{
	struct keeper *k = &h->keeper;
	struct verify *v = &k->verify;
	if (!k->memory.has_file)
		return NOTHING_TO_DO;
	struct verify_words *in = words(h);
	/* acquire: the flags are of this number */
	uint64_t asked = atomic_load_explicit(&in->asked, memory_order_acquire);
	if (asked != v->request)
		begin(h, asked);
	if (!v->is_running)
		return NOTHING_TO_DO;
	if (live_get(&in->cancelled) == v->request)
		end(h, VERIFY_CANCELLED);
	else if (keeper_state(h) != STATE_ATTACHED)
		end(h, VERIFY_LOST);
	else if (k->alias.npieces == 0)
		failed(h, err_set(-ENOTSUP, "the program's memory of the pool "
					    "cannot be read beside it"));
	else if (deadline_passed(v->next))
		step(h);
	return v->is_running ? v->next : NOTHING_TO_DO;
}

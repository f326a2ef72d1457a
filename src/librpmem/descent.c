/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * descent.c -- see descent.h; history.c has the argument
 */
#include "librpmem/descent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "librpmem/copyfacts.h"
#include "librpmem/maps.h"
#include "librpmem/reach.h"
#include "librpmem/stream_resend.h"

#define LINE_MAX_LEN 256u
#define PAGE0_LEN 64u

int
descent_enter(struct rpmem_pool *h)
{
	uint8_t page[PAGE0_LEN] = {0};
	if (h->role != ROLE_OWNER || h->history != NULL ||
		uuid16_is_zero(h->primary_uuid))
		return 0;
	if (!h->is_raw)
		IGNORE(maps_read(h->addr, page, sizeof(page)));
	struct history_key key = {.addr = h->addr,
		.has_begun = h->is_explicit && !h->is_tool,
		.size = h->size,
		.poolset_uuid = page + HDR_POOLSET_UUID,
		.primary_uuid = h->primary_uuid};
	return history_enter(&key, &h->part, &h->history);
}

/* ---- may it be brought forward? ---- */

static int
ask(struct rpmem_pool *h, struct oob_lineage_reply *r_out)
{
	struct oob_msg req = {.type = OOB_LINEAGE};
	struct oob_msg reply;
	memcpy(req.u.lineage.desc, h->set_name, sizeof(req.u.lineage.desc));
	int rc = chan_call(&h->ch, &req, OOB_LINEAGE_REPLY, &reply,
		deadline_in_ms(h->knobs.disk_timeout_ms));
	if (rc < 0)
		return err_wrap(rc, "%s: LINEAGE", h->target.text);
	*r_out = reply.u.lineage_reply;
	return reply_error(
		h->target.text, "LINEAGE", r_out->status, r_out->text);
}

static const char *
number(uint64_t n, char text[32])
{
	if (n == UINT64_MAX)
		return "an unknown number of";
	(void)snprintf(text, 32, "up to %llu", (unsigned long long)n);
	return text;
}

/* what follows from it, and what goes on */
static int
refuse(struct rpmem_pool *h, const struct lineage_facts *f,
	const struct lineage_decision *d)
{
	char ours[LINE_MAX_LEN];
	char theirs[LINE_MAX_LEN];
	char lost[32];
	enum attach how;
	/* of another primary: no lineage says it as well */
	if (d->relation == LINEAGE_UNRELATED ||
		d->relation == LINEAGE_UNKNOWN) {
		int rc = attach_decide(
			&h->copy, h->primary_uuid, h->target.text, &how);
		if (rc < 0)
			return rc;
	}
	lineage_describe(f->ours, ours, sizeof(ours));
	lineage_describe(f->theirs, theirs, sizeof(theirs));
	const char *what = d->verdict == LINEAGE_FENCED
				   ? "it was promoted, and is the primary now: "
				     "open the pool there. If that promotion "
				     "was a mistake"
				   : "neither is overwritten. If this pool is "
				     "the right one";
	return err_set(-ESTALE,
		"the copy '%s' at %s is %s: it is in generation %s; this pool "
		"is in %s; %s, 'rpmem discard SET \"%s %s\"' gives the copy "
		"back to this pool; %s records that only the copy has are lost "
		"then",
		h->set_name, h->target.text, lineage_relation_name(d->relation),
		theirs, ours, what, h->target.text, h->set_name,
		number(d->theirs_alone, lost));
}

/* promoted, and nothing is known of lineages: fenced, if no call has returned
 * without it */
static int
refuse_promoted(struct rpmem_pool *h, enum lineage_verdict *verdict_out)
{
	*verdict_out =
		atomic_load(&h->part.is_out) ? LINEAGE_REFUSE : LINEAGE_FENCED;
	return err_set(-ESTALE,
		"the copy '%s' at %s was promoted: it is a primary of its own. "
		"If it is the right one, open the pool there; if this one is, "
		"'rpmem discard SET \"%s %s\"' gives the copy back to it",
		h->set_name, h->target.text, h->target.text, h->set_name);
}

static int
decide(struct rpmem_pool *h, const struct oob_lineage_reply *r,
	enum lineage_verdict *verdict_out)
{
	static struct lineage none;
	struct lineage ours;
	struct lineage theirs = {.n = 0};
	uint64_t last = 0;
	bool is_lost = r->is == OOB_LINEAGE_LOST ||
		       (r->flags & OOB_COPY_F_UNKNOWN) != 0;
	if (r->is == OOB_LINEAGE_HAS &&
		lineage_decode(r->lineage.bytes, r->lineage.len, &theirs) < 0)
		is_lost = true;
	if (is_lost)
		theirs = none;
	history_get(h->history, &ours, &last);
	struct lineage_facts f = copyfacts_of(r, &ours, &theirs, is_lost);
	struct lineage_decision d = lineage_decide(&f, last);
	*verdict_out = d.verdict;
	/* this primary was made from it, by somebody who meant to */
	if (ours.n == 0 && (r->flags & OOB_COPY_F_REBUILT) != 0) {
		*verdict_out = LINEAGE_ATTACH;
		return theirs.n != 0 ? history_adopt(h->history, &theirs,
					       r->last_seq, true)
				     : 0;
	}
	if (d.verdict == LINEAGE_ATTACH &&
		history_is_adopted(h->history, &theirs))
		*verdict_out = LINEAGE_IF_EQUAL;
	bool is_promoted = (r->flags & OOB_COPY_F_PROMOTED) != 0;
	bool is_known = d.relation != LINEAGE_NONE_OURS &&
			d.relation != LINEAGE_NONE_THEIRS;
	/* its state says where it was promoted, and not what it did since: as
	 * an ancestor it is no copy either */
	if (is_promoted && is_known && d.verdict != LINEAGE_FENCED)
		*verdict_out = d.verdict = LINEAGE_REFUSE;
	if (d.verdict == LINEAGE_FENCED || d.verdict == LINEAGE_REFUSE)
		return refuse(h, &f, &d);
	return is_promoted ? refuse_promoted(h, verdict_out) : 0;
}

static int
refuse_twin(const struct rpmem_pool *h)
{
	return err_set(-ESTALE,
		"the copy '%s' at %s has the id of another copy of this pool, "
		"or of the pool: its files were copied from there, its record, "
		"too. If nobody needs what it has, rpmem sync SET --discard "
		"\"%s %s\" makes it a copy of its own",
		h->set_name, h->target.text, h->target.text, h->set_name);
}

int
descent_judge(struct rpmem_pool *h, enum lineage_verdict *verdict_out)
{
	struct oob_lineage_reply r;
	*verdict_out = LINEAGE_ATTACH;
	if (h->role != ROLE_OWNER)
		return 0;
	int rc = ask(h, &r);
	if (rc < 0)
		return rc;
	h->copy_last = r.last_seq;
	memcpy(&h->copy_lineage, &r.lineage, sizeof(r.lineage));
	if (h->history == NULL) {
		h->part.id = r.copy_id;
	} else if (!history_meet(h->history, &h->part, r.copy_id)) {
		*verdict_out = LINEAGE_REFUSE;
		return refuse_twin(h);
	}
	/* one that was just made has none, and a pool that is being made */
	return h->history == NULL ? 0 : decide(h, &r, verdict_out);
}

int
descent_explain(struct rpmem_pool *h, int rc, enum lineage_verdict *verdict_out)
{
	char text[ERR_MAX];
	struct oob_lineage_reply r;
	*verdict_out = LINEAGE_ATTACH;
	/* EINVAL: the set file of a primary that has copies is no copy's */
	bool may_be_told = rc == -ESTALE || rc == -EBUSY || rc == -EINVAL;
	if (!may_be_told || h->history == NULL || !chan_is_open(&h->ch))
		return rc;
	(void)snprintf(text, sizeof(text), "%s", err_msg());
	if (ask(h, &r) == 0 && decide(h, &r, verdict_out) == -ESTALE)
		return -ESTALE;
	*verdict_out = rc == -ESTALE ? LINEAGE_REFUSE : LINEAGE_ATTACH;
	return err_set(rc, "%s", text);
}

/*
 * The copy has followed this pool, and nothing is on record of that here.  A
 * program has its own state directory.  A tool may have been started with
 * another one, by another user: what it begins there would be somebody else's
 * to the program, whose opens would then be refused.
 */
static int
check_adopts(const struct rpmem_pool *h)
{
	if (!h->is_tool || h->adopts || h->history == NULL ||
		h->copy_lineage.len == 0 || !history_is_new(h->history))
		return 0;
	return err_set(-EPERM,
		"the copy '%s' at %s has followed this pool, and nothing is on "
		"record of that in the state directory here: do this as the "
		"user of the pool's programs, and with their RPMEM_STATE_DIR; "
		"if what was on record is lost, rpmem sync --force puts it "
		"there anew",
		h->set_name, h->target.text);
}

int
descent_compared(struct rpmem_pool *h, bool is_equal)
{
	struct lineage theirs;
	int rc = check_adopts(h);
	if (rc < 0)
		return rc;
	if (!is_equal)
		return err_set(-ESTALE,
			"the copy '%s' at %s differs from this pool, and "
			"nothing is on record that says which of the two is "
			"newer (the lineage of %s is lost). If this pool is "
			"the right one: rpmem discard SET \"%s %s\"; if the "
			"copy is, promote it there",
			h->set_name, h->target.text,
			h->copy_lineage.len != 0 ? "this pool" : "the copy",
			h->target.text, h->set_name);
	if (h->history == NULL || h->copy_lineage.len == 0 ||
		lineage_decode(h->copy_lineage.bytes, h->copy_lineage.len,
			&theirs) < 0)
		return 0;
	/* a rebuild from it was cut short before its target was told */
	bool is_made = (h->copy.flags & OOB_COPY_F_LENT) != 0;
	return history_adopt(h->history, &theirs, h->copy_last, is_made);
}

/* ---- following ---- */

int
descent_begin(struct rpmem_pool *h)
{
	int rc = descent_enter(h);
	if (rc == 0 && h->history != NULL)
		rc = history_begin(h->history, stream_numbers_of(h->st));
	return rc;
}

/* behind everything before it, and durable */
static int
tell(struct rpmem_pool *h, const struct lineage *l, uint64_t epoch)
{
	uint8_t bytes[LINEAGE_SIZE_MAX];
	uint64_t seq = 0;
	uint32_t len = lineage_encode(l, bytes);
	if (FAULT("librpmem/die-untold"))
		(void)raise(SIGKILL);
	int rc = stream_lineage(h->st, bytes, len, &seq);
	if (rc == 0)
		rc = stream_wait(
			h->st, seq, deadline_in_ms(h->knobs.disk_timeout_ms));
	if (rc == 0 && FAULT("librpmem/die-told"))
		(void)raise(SIGKILL);
	if (rc == 0)
		history_confirm(h->history, &h->part, epoch);
	return rc != -EAGAIN
		       ? rc
		       : err_set(-ETIMEDOUT,
				 "%s did not make the lineage durable "
				 "for %u ms (RPMEM_DISK_TIMEOUT_MS)",
				 h->target.text, h->knobs.disk_timeout_ms);
}

int
descent_list(struct rpmem_pool *h)
{
	return h->history != NULL ? history_list(h->history, &h->part) : 0;
}

int
descent_follow(struct rpmem_pool *h)
{
	struct lineage l;
	uint64_t epoch = 0;
	/* before it comes: see descent_release */
	atomic_store(&h->keeper.has_all, true);
	if (h->history == NULL)
		return 0;
	int rc = history_in(h->history, &h->part, &l, &epoch);
	if (rc < 0 || !history_is_kept(h->history))
		return rc;
	return tell(h, &l, epoch);
}

int
descent_tell(struct rpmem_pool *h)
{
	struct lineage l;
	uint64_t epoch = 0;
	if (h->history == NULL ||
		!history_has_news(h->history, &h->part, &l, &epoch))
		return 0;
	return tell(h, &l, epoch);
}

int
descent_release(struct rpmem_pool *h)
{
	if (h->history == NULL)
		return 0;
	if (!h->onloss.survives)
		return history_drop(h->history, &h->part);
	/* first: one that comes back behind this line has what the call is
	 * about */
	uint64_t comings = atomic_load(&h->part.comings);
	if (atomic_load(&h->keeper.has_all) && !stream_lacks(h->st))
		return 0;
	return history_out(h->history, &h->part, comings);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inquiry.c -- see inquiry.h
 *
 * A discard is an owner's session without a stream: it says whose copy it is
 * to be, and ends in order.  It goes by no lineage, so it is nothing that a
 * program does by itself.  The record comes before the headers: between the
 * two it is a copy that cannot be promoted, with the links of a pool, which
 * every open refuses.
 */
#include "librpmem/inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uuid/uuid.h>

#include "base/err.h"
#include "librpmem/inquiry_internal.h"

int
inquiry_copy_name(char out[OOB_DESC_MAX], const char *set_name)
{
	size_t len = strlen(set_name);
	if (len == 0 || len >= OOB_DESC_MAX)
		return err_set(-EINVAL,
			"the name of a copy's pool set file has 1 to %u bytes",
			OOB_DESC_MAX - 1);
	memcpy(out, set_name, len + 1);
	return 0;
}

int
inquiry_begin(struct inquiry *q, const char *target)
{
	*q = (struct inquiry){0};
	int rc = target_parse(target, &q->target);
	if (rc == 0)
		rc = knobs_load(&q->knobs);
	if (rc == 0)
		rc = oob_greet(&q->ch, &q->target, &q->knobs);
	/* a key file, or an ssh, that is missing here is no missing copy */
	return rc == -ENOENT ? -ENOKEY : rc;
}

int
inquiry_call(struct inquiry *q, const struct oob_msg *req, enum oob_type answer,
	struct oob_msg *reply)
{
	int rc = chan_call(&q->ch, req, answer, reply,
		deadline_in_ms(q->knobs.disk_timeout_ms));
	return rc < 0 ? err_wrap(rc, "%s: %s", q->target.text,
				oob_type_name(req->type))
		      : 0;
}

int
inquiry_ask_lineage(struct inquiry *q, const char *set_name,
	struct oob_lineage_reply *r_out)
{
	struct oob_msg req = {.type = OOB_LINEAGE};
	struct oob_msg reply;
	int rc = inquiry_copy_name(req.u.lineage.desc, set_name);
	if (rc == 0)
		rc = inquiry_call(q, &req, OOB_LINEAGE_REPLY, &reply);
	if (rc < 0)
		return rc;
	*r_out = reply.u.lineage_reply;
	return reply_error(
		q->target.text, "lineage", r_out->status, r_out->text);
}

int
inquiry_lineage(const char *target, const char *set_name,
	struct oob_lineage_reply *r_out)
{
	struct inquiry q;
	int rc = inquiry_begin(&q, target);
	if (rc == 0)
		rc = inquiry_ask_lineage(&q, set_name, r_out);
	chan_fini(&q.ch);
	return rc;
}

static int
open_copy(struct inquiry *q, const struct inquiry_discard *d,
	struct pool_attr *theirs_out)
{
	struct oob_msg req = {.type = OOB_OPEN};
	struct oob_msg reply;
	struct oob_pool_req *p = &req.u.pool_req;
	int rc = inquiry_copy_name(p->desc, d->set_name);
	(void)snprintf(
		p->provider, sizeof(p->provider), "%s", q->knobs.provider);
	p->pool_size = d->pool_size;
	p->nlanes = 1;
	p->flags = OOB_OPEN_F_OWNER | OOB_OPEN_F_DISCARD;
	if (rc == 0)
		rc = inquiry_call(q, &req, OOB_POOL_REPLY, &reply);
	if (rc == 0)
		rc = reply_error(q->target.text, "open",
			reply.u.pool_reply.status, reply.u.pool_reply.text);
	if (rc == 0)
		attr_decode(reply.u.pool_reply.copy.attr, theirs_out);
	return rc;
}

static int
make_attr(const struct inquiry_discard *d, const struct pool_attr *theirs,
	struct oob_set_attr *out)
{
	struct pool_attr a = *d->attr;
	if (memcmp(theirs->signature, a.signature, sizeof(a.signature)) != 0 ||
		!uuid16_equal(theirs->poolset_uuid, a.poolset_uuid))
		return err_set(-ESTALE,
			"'%s' at %s is no copy of this pool, but of another: "
			"if nobody needs it, remove it there (rpmemd --remove "
			"%s)",
			d->set_name, d->target, d->set_name);
	if (uuid16_is_zero(a.uuid))
		memcpy(a.uuid, theirs->uuid, UUID16_LEN);
	/* parts of the pool itself that were copied there */
	if (uuid16_equal(a.uuid, d->primary_uuid))
		uuid_generate(a.uuid);
	attr_encode(&a, out->attr);
	return 0;
}

static int
call_plain(struct inquiry *q, const struct oob_msg *req, const char *what)
{
	struct oob_msg reply;
	int rc = inquiry_call(q, req, OOB_REPLY, &reply);
	return rc < 0 ? rc
		      : reply_error(q->target.text, what, reply.u.reply.status,
				reply.u.reply.text);
}

int
inquiry_is_same(const struct oob_lineage_reply *before,
	const struct oob_lineage_reply *now, const char *target,
	const char *set_name)
{
	const uint32_t promoted = OOB_COPY_F_PROMOTED;
	/* an id is given at an open; a number may turn out to count as less */
	if ((before->flags & promoted) == (now->flags & promoted) &&
		(before->copy_id == 0 || before->copy_id == now->copy_id) &&
		before->last_seq >= now->last_seq && before->is == now->is &&
		before->lineage.len == now->lineage.len &&
		memcmp(before->lineage.bytes, now->lineage.bytes,
			now->lineage.len) == 0)
		return 0;
	return err_set(-ESTALE,
		"'%s' at %s has changed since the plan was shown (%s): nothing "
		"of it is given up; try again, and look at what would be lost "
		"then",
		set_name, target,
		(before->flags & promoted) != (now->flags & promoted)
			? "it was promoted, or given up"
			: "it was written to");
}

/* The session holds the copy: from here on nobody else changes it, and a
 * promote ends the session first. */
static int
check_agreed(struct inquiry *q, const struct inquiry_discard *d)
{
	struct oob_lineage_reply now;
	int rc = inquiry_ask_lineage(q, d->set_name, &now);
	return rc < 0 ? rc
		      : inquiry_is_same(
				d->agreed, &now, d->target, d->set_name);
}

int
inquiry_discard(const struct inquiry_discard *d)
{
	struct inquiry q;
	struct oob_msg step = {.type = OOB_ATTACH};
	struct oob_msg links = {.type = OOB_SET_ATTR};
	struct oob_msg bye = {.type = OOB_CLOSE};
	struct pool_attr theirs;
	step.u.attach.step = OOB_ATTACH_DISCARD;
	memcpy(step.u.attach.primary_uuid, d->primary_uuid, UUID16_LEN);
	int rc = inquiry_begin(&q, d->target);
	if (rc == 0)
		rc = open_copy(&q, d, &theirs);
	if (rc == 0)
		rc = make_attr(d, &theirs, &links.u.set_attr);
	if (rc == 0)
		rc = check_agreed(&q, d);
	if (rc == 0)
		rc = call_plain(&q, &step, "discard");
	if (rc == 0)
		rc = call_plain(&q, &links, "set attributes");
	if (rc == 0)
		rc = call_plain(&q, &bye, "close");
	chan_fini(&q.ch);
	return rc;
}

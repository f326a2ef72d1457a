/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inquiry_look.c -- what a target has on record of a copy, and what it sees
 *
 * The record is asked for first: a target that is older than LOOK ends the
 * connection there, and has told what it can.  Bad parts are told one by one,
 * each answer naming the first one from a number on; so their number is
 * bounded here, and an answer that does not go on ends it.
 */
#include "librpmem/inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "librpmem/inquiry_internal.h"

static int
ask(struct inquiry *q, const char *set_name, uint32_t from,
	struct oob_look_reply *r_out)
{
	struct oob_msg req = {.type = OOB_LOOK};
	struct oob_msg reply;
	req.u.look.from = from;
	int rc = inquiry_copy_name(req.u.look.desc, set_name);
	if (rc == 0)
		rc = inquiry_call(q, &req, OOB_LOOK_REPLY, &reply);
	if (rc == -ECONNRESET)
		return err_set(-EOPNOTSUPP,
			"%s: the target ends the connection when it is asked "
			"to look at the parts of a copy: its rpmemd is older "
			"than this; update it",
			q->target.text);
	if (rc < 0)
		return rc;
	*r_out = reply.u.look_reply;
	return reply_error(q->target.text, "look", r_out->status, r_out->text);
}

static int
ask_parts(struct inquiry *q, const char *set_name, struct inquiry_copy *out)
{
	struct oob_look_reply more;
	int rc = ask(q, set_name, 0, &out->look);
	if (rc < 0)
		return rc;
	more = out->look;
	uint32_t from = 0;
	while (more.at < more.nparts && more.at >= from &&
		out->nbad < INQUIRY_BAD_MAX) {
		struct inquiry_part *p = &out->bad[out->nbad++];
		p->at = more.at;
		p->is = more.is;
		memcpy(p->text, more.text, sizeof(p->text));
		from = more.at + 1;
		rc = ask(q, set_name, from, &more);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void
keep_why(char why[ERR_MAX], int rc)
{
	(void)snprintf(why, ERR_MAX, "%s", rc < 0 ? err_msg() : "");
}

int
inquiry_look(const char *target, const char *set_name, struct inquiry_copy *out)
{
	struct inquiry q;
	uint64_t start = now_ns();
	*out = (struct inquiry_copy){0};
	int rc = inquiry_begin(&q, target);
	if (rc == 0) {
		uint64_t greeted = now_ns();
		out->connect_us = (greeted - start) / 1000;
		out->told = inquiry_ask_lineage(&q, set_name, &out->lineage);
		out->round_us = (now_ns() - greeted) / 1000;
		keep_why(out->told_why, out->told);
		out->looked = ask_parts(&q, set_name, out);
		keep_why(out->looked_why, out->looked);
	}
	chan_fini(&q.ch);
	return rc;
}

int
inquiry_room(
	const char *target, const char *set_name, struct oob_room_reply *r_out)
{
	struct inquiry q;
	struct oob_msg req = {.type = OOB_ROOM};
	struct oob_msg reply;
	int rc = inquiry_begin(&q, target);
	if (rc == 0)
		rc = inquiry_copy_name(req.u.room.desc, set_name);
	if (rc == 0)
		rc = inquiry_call(&q, &req, OOB_ROOM_REPLY, &reply);
	if (rc == -ECONNRESET)
		rc = err_set(-EOPNOTSUPP,
			"%s: the target ends the connection when it is asked "
			"for the room it has: its rpmemd is older than this",
			q.target.text);
	if (rc == 0) {
		*r_out = reply.u.room_reply;
		rc = reply_error(
			q.target.text, "room", r_out->status, r_out->text);
	}
	chan_fini(&q.ch);
	return rc;
}

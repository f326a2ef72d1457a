/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_room.c -- the place at the target where copies are: may rpmemd write
 * there, and is there room?
 *
 * Without a name the pool set directory itself is looked at; with one, the
 * places of its parts, too.
 */
#include <errno.h>
#include <inttypes.h>

#include "doctor.h"
#include "librpmem/inquiry.h"
#include "wire/oob.h"

#define MIB (1024u * 1024u)
/* records are small; what a copy has missed is not, and lies beside them */
#define LOW (64ull * MIB)

static void
no_answer(struct doctor *d, int rc)
{
	if (rc == -ENOENT) {
		findings_add(&d->f, LEVEL_PROBLEM, "place", d->target, "%s",
			err_msg());
		findings_fix(&d->f, "make that directory there, for rpmemd's "
				    "account, or correct the name");
	} else if (rc == -EOPNOTSUPP && d->name == NULL) {
		findings_add(&d->f, LEVEL_NOTE, "old-target", d->target, "%s",
			err_msg());
		findings_fix(&d->f, "update rpmemd there, when convenient");
	}
	/* else it is said already of the copy, or there is no right to ask */
}

static void
check_rights(struct doctor *d, const struct oob_room_reply *r)
{
	bool has_set = (r->flags & OOB_ROOM_F_SET) != 0;
	if ((r->flags & OOB_ROOM_F_WRITABLE) == 0) {
		findings_add(&d->f, LEVEL_PROBLEM, "place", d->target,
			"rpmemd cannot keep the records of copies: %s",
			r->text);
		findings_fix(&d->f,
			"there, let rpmemd's account write to its pool set "
			"directory (chown, chmod, or mount it for writing), or "
			"name another one: rpmemd --poolset-dir");
	} else if (has_set && (r->flags & OOB_ROOM_F_PARTS) == 0) {
		findings_add(&d->f, LEVEL_PROBLEM, "parts-place", d->name, "%s",
			r->text);
		findings_fix(&d->f,
			"there, let rpmemd's account read and write the parts, "
			"and make them in their directories (mkdir, chown, "
			"chmod), or correct their paths in the set file");
	}
}

static void
check_space(struct doctor *d, const struct oob_room_reply *r)
{
	if (r->wanted > r->found) {
		findings_add(&d->f, LEVEL_PROBLEM, "space", d->name,
			"its parts that are not there yet need %" PRIu64
			" MiB, and %" PRIu64 " MiB are free where they belong",
			r->wanted / MIB, r->found / MIB);
		findings_fix(&d->f, "there, make room, or name parts on "
				    "another disk in its set file");
	}
	if (r->free >= LOW)
		return;
	findings_add(&d->f, LEVEL_NOTE, "space", d->target,
		"only %" PRIu64 " MiB are free in the pool set directory, "
		"where what a copy has missed is kept until all of it is there",
		r->free / MIB);
	findings_fix(&d->f, "there, make room, or rpmemd --poolset-dir on "
			    "another disk");
}

void
doctor_room(struct doctor *d)
{
	struct oob_room_reply r;
	int rc = inquiry_room(
		d->target, d->name != NULL ? d->name : DOCTOR_NO_NAME, &r);
	if (rc < 0) {
		no_answer(d, rc);
		return;
	}
	check_rights(d, &r);
	check_space(d, &r);
	if ((r.flags & OOB_ROOM_F_WRITABLE) != 0)
		findings_add(&d->f, LEVEL_OK, "place", d->target,
			"rpmemd can write to its pool set directory, where "
			"%" PRIu64 " MiB are free",
			r.free / MIB);
}

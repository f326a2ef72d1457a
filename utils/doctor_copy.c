/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_copy.c -- a copy, as its target sees it
 *
 * What comes before an open that changes nothing: the set file and the parts
 * are there, the record says that all is well, nobody has it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/deadline.h"
#include "doctor.h"
#include "include/librpmem.h"
#include "librpmem/handle.h"
#include "librpmem/inquiry.h"
#include "setfile.h"

void
doctor_in_use(struct doctor *d)
{
	findings_add(&d->f, LEVEL_NOTE, "in-use", d->name,
		"a program has the copy, so its in-band connection works; it "
		"is not disturbed (%s)",
		err_msg());
	findings_fix(&d->f, "rpmem status SET, at its initiator, shows the "
			    "round trips");
}

void
doctor_version(struct doctor *d, const char *version)
{
	d->knows_version = true;
	if (strcmp(version, RPMEM_VERSION) == 0) {
		findings_add(&d->f, LEVEL_OK, "version", d->target, "rpmemd %s",
			version);
		return;
	}
	findings_add(&d->f, LEVEL_NOTE, "version", d->target,
		"there '%.60s', here %s: they have a protocol in common",
		version, RPMEM_VERSION);
	findings_fix(&d->f, "install the same version on both sides, when "
			    "convenient");
}

static void
no_set(struct doctor *d, const char *why)
{
	char word[SHELL_WORD_MAX];
	findings_add(&d->f, LEVEL_PROBLEM, "no-set", d->name, "%s", why);
	findings_fix(&d->f,
		"there, in its pool set directory: rpmem set new %s "
		"--for-target --part SIZE:/PATH",
		shell_word(d->name, word));
}

static void
refused(struct doctor *d, int rc, const char *why)
{
	findings_add(&d->f, LEVEL_PROBLEM, rc == -EACCES ? "rights" : "copy",
		d->name, "%s", why);
	findings_fix(&d->f, "at the target: the rights of this identity in "
			    "rpmemd's --access-file, and what rpmem set check "
			    "--for-target says of the set file, as rpmemd's "
			    "account");
}

/* true: there is a copy */
static bool
look_at_parts(struct doctor *d, const struct inquiry_copy *c)
{
	const struct oob_look_reply *k = &c->look;
	if (c->looked == -ENOENT) {
		no_set(d, c->looked_why);
	} else if (c->looked == -EOPNOTSUPP) {
		findings_add(&d->f, LEVEL_NOTE, "old-target", d->target, "%s",
			c->looked_why);
		findings_fix(&d->f, "update rpmemd there, when convenient");
		return true;
	} else if (c->looked < 0) {
		refused(d, c->looked, c->looked_why);
	} else if (k->nparts > 0 && k->nmissing == k->nparts) {
		findings_add(&d->f, LEVEL_NOTE, "no-copy", d->name,
			"the set file is there, its %u parts are not yet: so "
			"the in-band connection is not tried",
			k->nparts);
		findings_fix(&d->f,
			"create the pool; for one that is there: rpmem sync "
			"SET, at its initiator");
	} else if (k->nbad > 0) {
		findings_add(&d->f, LEVEL_PROBLEM, "parts", d->name,
			"%u of its %u parts are not good: %s", k->nbad,
			k->nparts, c->bad[0].text);
		findings_fix(&d->f, "rpmem check SET, at its initiator, says "
				    "what to do");
	} else {
		return true;
	}
	return false;
}

/* true: an open of it, and the close, change nothing */
static bool
look_at_record(struct doctor *d, const struct inquiry_copy *c)
{
	const uint32_t not_a_point = OOB_COPY_F_CREATING | OOB_COPY_F_LENT |
				     OOB_COPY_F_EQUALISING |
				     OOB_COPY_F_SUSPECT | OOB_COPY_F_UNWRITTEN |
				     OOB_COPY_F_PROMOTED | OOB_COPY_F_UNKNOWN |
				     OOB_LINEAGE_F_PROMOTING;
	if (c->told < 0) {
		refused(d, c->told, c->told_why);
		return false;
	}
	if ((c->lineage.flags & not_a_point) == 0)
		return true;
	findings_add(&d->f, LEVEL_NOTE, "not-tried", d->name,
		"the copy is in a state in which it is left alone, so the "
		"in-band connection is not tried");
	findings_fix(&d->f, "rpmem check SET, at its initiator, says what to "
			    "do");
	return false;
}

/* may it be opened, and at once?  An open waits for whoever has it. */
static int
try_open(struct doctor *d, struct chan *ch)
{
	struct oob_msg m = {.type = OOB_OPEN};
	struct oob_msg bye = {.type = OOB_CLOSE};
	struct oob_pool_req *p = &m.u.pool_req;
	uint64_t deadline = deadline_in_ms(d->knobs.disk_timeout_ms);
	(void)snprintf(p->desc, sizeof(p->desc), "%s", d->name);
	(void)snprintf(
		p->provider, sizeof(p->provider), "%s", d->knobs.provider);
	p->pool_size = RPMEM_MIN_POOL;
	p->nlanes = 1;
	int rc = chan_call(ch, &m, OOB_POOL_REPLY, &m, deadline);
	if (rc == 0)
		rc = reply_error(d->target, "open", m.u.pool_reply.status,
			m.u.pool_reply.text);
	if (rc == 0)
		rc = chan_call(ch, &bye, OOB_REPLY, &bye, deadline);
	return rc;
}

bool
doctor_copy(struct doctor *d, struct chan *ch)
{
	struct inquiry_copy c;
	int rc = inquiry_look(d->target, d->name, &c);
	if (rc < 0) {
		refused(d, rc, err_msg());
		return false;
	}
	if (c.looked == 0)
		doctor_version(d, c.look.version);
	if (!look_at_parts(d, &c) || !look_at_record(d, &c))
		return false;
	rc = try_open(d, ch);
	if (rc == -EBUSY)
		doctor_in_use(d);
	else if (rc < 0)
		refused(d, rc, err_msg());
	return rc == 0;
}

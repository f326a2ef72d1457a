/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * check_remote.c -- what is wrong with a copy at its target (pure)
 *
 * From the outside in: does the target answer, is there a set file, are the
 * parts there and whole, is it a copy of this pool, what is on record of it,
 * and what would an open make of it.  What rules out the rest ends it.
 */
#include "check_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "links.h"

/* ---- the target ---- */

static const char *
unreached_code(int asked)
{
	switch (-asked) {
	case EACCES:
	case EPERM:
	case ENOKEY:
		return "key";
	case EINVAL:
		return "target";
	default:
		return "unreachable";
	}
}

static void
unreached(const struct judging *j)
{
	const char *code = unreached_code(j->r->asked);
	findings_add(j->f, LEVEL_PROBLEM, code, j->who, "%s", j->r->why);
	if (strcmp(code, "key") == 0)
		findings_fix(j->f,
			"Give both sides the same key file (rpmem-keygen(1), "
			"RPMEM_PSK_FILE), readable by this user alone");
	else if (strcmp(code, "target") == 0)
		findings_fix(
			j->f, "Correct the REPLICA line of %s", j->l->path);
	else
		findings_fix(j->f,
			"See that rpmemd runs there and its port can be "
			"reached; rpmem doctor %s looks for the reason.%s%s",
			j->r->target, j->r->past != NULL ? " " : "",
			j->r->past != NULL ? j->r->past->advice : "");
}

/* false: the rest cannot be told */
static bool
check_set_file(const struct judging *j)
{
	const struct inquiry_copy *t = &j->r->told;
	findings_add(j->f, LEVEL_OK, "reachable", j->who,
		"the target answers in %" PRIu64 " us (connecting took %" PRIu64
		" us)",
		t->round_us, t->connect_us);
	if (t->looked == 0)
		return true;
	if (t->looked == -EOPNOTSUPP) {
		findings_add(j->f, LEVEL_NOTE, "old-target", j->who,
			"its parts cannot be checked: %s", t->looked_why);
		findings_fix(j->f, "Update rpmemd at the target");
		return true;
	}
	if (t->told == 0 && (t->lineage.flags & OOB_COPY_F_PROMOTED) != 0) {
		findings_add(j->f, LEVEL_NOTE, "primary-set", j->who,
			"its parts are not looked at: it was promoted, and its "
			"set file is a primary's now (%s)",
			t->looked_why);
		findings_fix(j->f, "Leave that file as it is");
		return true;
	}
	findings_add(j->f, LEVEL_PROBLEM,
		t->looked == -ENOENT   ? "no-set"
		: t->looked == -EACCES ? "rights"
				       : "set",
		j->who, "%s", t->looked_why);
	if (t->looked == -ENOENT)
		findings_fix(j->f,
			"At the target, in that directory: rpmem set new %s "
			"--for-target --part SIZE:/PATH, with the sizes of "
			"this set. Then make the copy: rpmem sync %s; or make "
			"it with the pool, if there is none yet",
			j->r->name, j->l->word);
	else
		findings_fix(j->f, "%s",
			t->looked == -EACCES
				? "Give the identity the right at the target "
				  "(rpmemd --access-file)"
				: "Correct it at the target");
	return false;
}

/* ---- its parts ---- */

static void
fix_bad(const struct judging *j, unsigned is)
{
	if (is == OOB_PART_UNREADABLE)
		findings_fix(j->f,
			"At the target, give rpmemd's user the right to read "
			"and write it; if the disk fails, name a part on "
			"another one in the set file there. Then run this "
			"again");
	else if (is == OOB_PART_UNFINISHED)
		findings_fix(j->f,
			"Something that makes a part, or copies one, was cut "
			"short there. At the target, give the part its mode "
			"back (chmod 600), and run this again");
	else if (is == OOB_PART_STRANGE)
		findings_fix(j->f,
			"Update rpmemd at the target, or correct the OPTION "
			"line of the set file there. If this pool is good, and "
			"nothing else helps, remove the copy and make it anew: "
			"rpmem rm --force %s %s, then rpmem sync %s",
			j->l->word, j->word, j->l->word);
	else
		findings_fix(j->f,
			"%s this pool is good, remove the copy and make it "
			"anew: rpmem rm --force %s %s, then rpmem sync %s",
			is == OOB_PART_MISSING
				? "If its file system is not mounted at the "
				  "target, mount it. Else, if"
			: is == OOB_PART_SIZE
				? "If its set file at the target was changed, "
				  "correct it there. Else, if"
				: "If",
			j->l->word, j->word, j->l->word);
}

/* of the copy nothing is there but one that a removal has kept */
static void
only_former(const struct judging *j)
{
	char name[SHELL_WORD_MAX];
	findings_add(j->f, LEVEL_PROBLEM, "no-copy", j->who,
		"there is no copy, but a former one, which is kept as "
		"%s.rpmem-old",
		j->r->name);
	if (set_look_is_whole(j->l))
		findings_fix(j->f,
			"Make the copy: rpmem sync %s; the former one goes "
			"when it is consistent",
			j->l->word);
	else
		findings_fix(j->f,
			"If no other copy is good, make it a pool of its own, "
			"at its target: rpmem promote --poolset-dir DIR --old "
			"%s",
			shell_word(j->r->name, name));
}

/* false: there is no copy */
static bool
check_parts(const struct judging *j)
{
	const struct inquiry_copy *t = &j->r->told;
	if (t->looked != 0)
		return true;
	if (!remote_has_parts(j->r) && t->told != -ENOENT) {
		findings_add(j->f, LEVEL_PROBLEM, "no-copy", j->who,
			"its parts are gone, and its record is there%s",
			t->told == -EUCLEAN ? ", but damaged" : "");
		findings_fix(j->f,
			"If their file system is not mounted at the target, "
			"mount it. Else, if this pool is good, give the copy "
			"up and make it anew: rpmem rm --force %s %s, then "
			"rpmem sync %s",
			j->l->word, j->word, j->l->word);
		return false;
	}
	if (!remote_has_parts(j->r) && (t->look.flags & OOB_LOOK_F_OLD) != 0) {
		only_former(j);
		return false;
	}
	if (!remote_has_parts(j->r)) {
		findings_add(j->f, LEVEL_PROBLEM, "no-copy", j->who,
			"there is no copy: none of the parts of its set file "
			"is there");
		findings_fix(j->f, "Make it: rpmem sync %s", j->l->word);
		return false;
	}
	for (unsigned i = 0; i < t->nbad; i++) {
		findings_add(j->f, LEVEL_PROBLEM, check_part_code(t->bad[i].is),
			j->who,
			"at the target: "
			"%s",
			t->bad[i].text);
		fix_bad(j, t->bad[i].is);
	}
	if (t->look.nbad > t->nbad) {
		findings_add(j->f, LEVEL_PROBLEM, "parts-more", j->who,
			"%u more parts are not good either",
			t->look.nbad - t->nbad);
		findings_fix(j->f, "As above");
	}
	if (t->look.nbad == 0)
		findings_add(j->f, LEVEL_OK, "parts", j->who,
			"%u %s, %" PRIu64 " bytes: sizes and headers are right",
			t->look.nparts, t->look.nparts == 1 ? "part" : "parts",
			t->look.pool_size);
	return true;
}

static void
check_media(const struct judging *j)
{
	const struct oob_look_reply *k = &j->r->told.look;
	if (j->r->told.looked != 0)
		return;
	if (k->durability == OOB_DURABLE_MEMORY) {
		findings_add(j->f, LEVEL_NOTE, "memory", j->who,
			"the target counts what is in its memory as durable: "
			"it is lost when that machine goes down");
		findings_fix(j->f, "rpmemd --durability media there, if that "
				   "is not what you want");
	} else if (k->media == OOB_MEDIA_TMPFS) {
		findings_add(j->f, LEVEL_NOTE, "volatile", j->who,
			"it is on a file system in memory, which is empty "
			"after a reboot of the target");
		findings_fix(j->f, "If that is not what you want, name parts "
				   "on a disk in its set file there");
	}
	if ((k->flags & OOB_LOOK_F_OLD) != 0) {
		findings_add(j->f, LEVEL_NOTE, "former-copy", j->who,
			"a former copy is kept beside it as %s.rpmem-old, "
			"until this one is consistent",
			j->r->name);
		findings_fix(j->f,
			"If nobody needs it, at the target: rpmemd "
			"--remove %s.rpmem-old --pool-set",
			j->r->name);
	}
}

/* ---- whose it is ---- */

/* does its header name this pool?  Under rpmem run each copy names the primary,
 * also of a set with local replicas, which are a ring without the copies;
 * otherwise all replicas are one, as far as the primary's header tells. */
static bool
has_links(const struct judging *j, const struct pool_attr *copy)
{
	struct pool_attr want;
	const struct pool_attr *mine = &j->l->pasts.primary.attr;
	if (uuid16_equal(copy->prev_uuid, mine->uuid) &&
		uuid16_equal(copy->next_uuid, mine->uuid))
		return true;
	if (links_of(mine, j->l->set->nreplicas, j->r->at, &want) < 0) {
		err_clear();
		return true;
	}
	return uuid16_equal(copy->prev_uuid, want.prev_uuid) &&
	       uuid16_equal(copy->next_uuid, want.next_uuid);
}

/* false: it is another pool's */
static bool
check_identity(const struct judging *j)
{
	struct pool_attr attr;
	enum whose whose = remote_whose(j->l, j->r);
	if (!j->l->knows_primary || !remote_attr(j->r, &attr))
		return true;
	if (!uuid16_equal(
		    attr.poolset_uuid, j->l->pasts.primary.poolset_uuid)) {
		findings_add(j->f, LEVEL_PROBLEM, "other-pool", j->who,
			"what is there is a copy of another pool");
		findings_fix(j->f,
			"Name another set file in the REPLICA line; or, if "
			"nobody needs that pool: rpmem rm --force %s %s",
			j->l->word, j->word);
		return false;
	}
	if (whose == WHOSE_PROMOTED || whose == WHOSE_ANOTHER ||
		has_links(j, &attr))
		return true;
	findings_add(j->f, LEVEL_PROBLEM, "links", j->who,
		"its header does not name this pool as its primary: it was "
		"made a copy of another one, or this pool's header has "
		"changed");
	findings_fix(j->f,
		"If this pool is the right one, remove the copy and make it "
		"anew: rpmem rm --force %s %s, then rpmem sync %s",
		j->l->word, j->word, j->l->word);
	return true;
}

static void
check_size(const struct judging *j)
{
	const struct inquiry_copy *t = &j->r->told;
	uint64_t size = j->l->pasts.pool.size;
	if (!j->l->knows_primary || t->looked != 0 || t->look.nbad != 0 ||
		t->look.pool_size >= size)
		return;
	findings_add(j->f, LEVEL_PROBLEM, "size", j->who,
		"it has %" PRIu64 " bytes, and the pool has %" PRIu64,
		t->look.pool_size, size);
	findings_fix(j->f,
		"Remove the copy: rpmem rm --force %s %s. Enlarge the sizes in "
		"its set file at the target. Then make it anew: rpmem sync %s",
		j->l->word, j->word, j->l->word);
}

void
check_remote(const struct set_look *l, const struct remote_look *r,
	struct findings *f)
{
	struct judging j = {.l = l, .r = r, .f = f};
	remote_title(r, j.who);
	(void)shell_word(j.who, j.word);
	if (l->is_asked && r->asked < 0)
		unreached(&j);
	else if (l->is_asked && check_set_file(&j) && check_parts(&j)) {
		check_media(&j);
		if (check_identity(&j)) {
			check_size(&j);
			check_record(&j);
		}
	}
	check_memory(&j);
}

void
check_judge(const struct set_look *l, struct findings *f)
{
	check_locals(l, f);
	for (unsigned i = 0; i < l->nremotes; i++)
		check_remote(l, &l->remotes[i], f);
	if (l->nremotes != 0)
		return;
	if (l->of_copy[0] != '\0') {
		findings_add(f, LEVEL_PROBLEM, "copy-set", l->path,
			"this is no set of a primary");
		findings_fix(f, "%s", l->of_copy);
		return;
	}
	findings_add(f, LEVEL_NOTE, "no-replica", l->path,
		"the set has no remote replica");
	findings_fix(f, "rpmem set add-replica %s adds one", l->word);
}

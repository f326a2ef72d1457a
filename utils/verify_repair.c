/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * verify_repair.c -- making copies equal while no program has the pool
 *
 * By what an open of the pool does: all of its copies are opened as an owner
 * opens them, not only those that differ, since each open begins a generation
 * with those that it has opened, and a copy that is left out would be one that
 * does not follow any more.  So what keeps a program's open waiting, or makes
 * it fail, does the same here.  A repair that is cut short is finished by the
 * next one, or by the next program: the target has on record what it is.
 *
 * What is remembered of a copy does not say what is to be sent here, as what is
 * repaired is what nobody has marked.  It does say whether the two are what
 * they were when they were closed together; a copy of which it does is looked
 * at first, and if they are not, nothing is sent to any (equal.c).
 */
#include "verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "librpmem/alone.h"
#include "librpmem/handle.h"
#include "librpmem/keeper.h"
#include "librpmem/stream_resend.h"
#include "progress.h"
#include "state_room.h"

#define LOOK_EVERY_MS 100u

struct owners {
	unsigned n;
	struct rpmem_pool **list;
	const struct poolset_replica **reps;
	/* which of the copies is not what it was; NULL: none is known to be */
	const struct poolset_replica *restored;
};

static int
open_owner(struct owners *o, const struct poolset_replica *rep,
	struct pool *pool, uint64_t size)
{
	struct handle_args a = {.target = rep->node,
		.set_name = rep->desc,
		.addr = pool->base,
		.size = size,
		.nlanes = 1,
		.is_owner = true,
		.is_tool = true,
		/* what is repaired is what nobody has marked */
		.compares_all = true};
	int rc = handle_open(&a, &o->list[o->n]);
	if (rc == 0)
		o->reps[o->n++] = rep;
	return rc < 0 ? err_wrap(rc, "'%s' at %s", rep->desc, rep->node) : 0;
}

static int
open_owners(struct owners *o, const struct verify_run *run, struct pool *pool)
{
	int rc = 0;
	o->list = calloc(run->set->nreplicas, sizeof(*o->list));
	o->reps = calloc(run->set->nreplicas, sizeof(*o->reps));
	if (o->list == NULL || o->reps == NULL)
		return err_set(-ENOMEM, "no memory for the copies");
	for (unsigned i = 0; rc == 0 && i < run->set->nreplicas; i++)
		if (poolset_replica_is_remote(&run->set->replicas[i]))
			rc = open_owner(
				o, &run->set->replicas[i], pool, run->size);
	return rc;
}

/* of one whose target is away nobody knows when it is back; a program would
 * not wait for it either */
static bool
is_on_its_way(enum state s)
{
	return s == STATE_CATCHING_UP || s == STATE_LAGGING;
}

/* what could not be compared at once is sent beside the program: that is us */
static int
catch_up(struct rpmem_pool *h, const struct verify_run *run)
{
	struct keeper *k = &h->keeper;
	struct progress p;
	char who[TARGET_TEXT_MAX + OOB_DESC_MAX + 2];
	(void)snprintf(who, sizeof(who), "%s %s", h->target.text, h->set_name);
	progress_begin(&p, run->args->progress, "repair", who, h->size);
	mutex_lock(&k->lock);
	while (is_on_its_way(keeper_state(h))) {
		cond_wait(&k->changed, &k->lock, deadline_in_ms(LOOK_EVERY_MS));
		mutex_unlock(&k->lock);
		progress_show(
			&p, h->size - min_u64(stream_dirty(h->st), h->size));
		mutex_lock(&k->lock);
	}
	mutex_unlock(&k->lock);
	bool is_there = keeper_state(h) == STATE_ATTACHED;
	progress_end(&p, h->size, is_there);
	return is_there ? 0
			: err_set(-ENOTCONN,
				  "'%s' at %s was lost while it was made equal",
				  h->set_name, h->target.text);
}

static int
make_ready(struct owners *o, bool only_known)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < o->n; i++) {
		struct rpmem_pool *h = o->list[i];
		if (only_known && !h->keeper.is_known &&
			!h->keeper.memory.was_equal)
			continue;
		rc = handle_ready(h);
		if (h->is_restored)
			o->restored = o->reps[i];
	}
	return rc;
}

static int
make_equal(struct owners *o, const struct verify_run *run)
{
	int rc = make_ready(o, true);
	if (rc == 0)
		rc = make_ready(o, false);
	for (unsigned i = 0; rc == 0 && i < o->n; i++)
		if (keeper_state(o->list[i]) != STATE_DEGRADED)
			rc = catch_up(o->list[i], run);
	return rc;
}

static int
close_owners(struct owners *o, int rc)
{
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	for (unsigned i = o->n; i-- > 0;) {
		int bad = handle_close(o->list[i]);
		if (rc == 0 && bad < 0 && !alone_is_unreachable(bad)) {
			rc = bad;
			(void)snprintf(why, sizeof(why), "%s", err_msg());
		}
	}
	free(o->list);
	free(o->reps);
	return rc < 0 ? err_set(rc, "%s", why) : 0;
}

/* what was found before, as far as it is not found again */
static void
merge(struct verified *v, const struct verified *before,
	const struct verify_args *a)
{
	if (v->how == VERIFY_NOT || v->different != 0)
		return;
	/* it could not be looked at before, so what differed is not known */
	if (before->wants_owner && before->different == 0)
		findings_add(&v->findings, LEVEL_NOTE, "settled", v->who,
			"nothing that is on record of it could be believed: "
			"all of it was compared, what differed was sent "
			"again, and both are equal now");
	if (before->different == 0)
		return;
	v->settled = before->different;
	v->sent = before->different * WALK_FINE;
	v->nranges = before->nranges;
	for (unsigned i = 0; i < v->nranges; i++) {
		v->ranges[i] = before->ranges[i];
		v->ranges[i].kind = WALK_SETTLED;
	}
	findings_free(&v->findings);
	verify_conclude(v, a, true);
}

/* a repair is what has just failed: what to do is said behind it */
static void
take_advice_back(struct verified *v)
{
	for (unsigned i = 0; i < v->findings.n; i++) {
		struct finding *f = &v->findings.list[i];
		if (strstr(f->fix, "--repair") != NULL)
			(void)snprintf(f->fix, sizeof(f->fix),
				"see why it was not repaired");
	}
}

/* false: it is not the one */
static bool
say_restored(struct verified *v, const struct verify_run *run,
	const struct poolset_replica *restored)
{
	char who[SHELL_WORD_MAX];
	const char *word = run->args->word;
	if (v->rep != restored)
		return false;
	(void)shell_word(v->who, who);
	findings_add(&v->findings, LEVEL_PROBLEM, "restored", v->who,
		"it differs where nothing was written since it was closed "
		"together with the pool: was one of the two restored in place? "
		"Nothing was sent to any copy");
	findings_fix(&v->findings,
		"if the pool is the right one: rpmem sync %.900s --discard "
		"%.900s; if the copy is: rpmem sync %.900s --from %.900s",
		word, who, word, who);
	return true;
}

static void
not_done(struct verify_run *run, const struct poolset_replica *restored,
	bool was_lost)
{
	for (unsigned i = 0; i < run->ncopies; i++) {
		struct verified *v = &run->copies[i];
		if (v->different == 0 && !v->wants_owner)
			continue;
		take_advice_back(v);
		if (say_restored(v, run, restored))
			continue;
		findings_add(&v->findings, LEVEL_PROBLEM, "not-repaired",
			v->who, "it was not repaired: %s", err_msg());
		if (was_lost)
			findings_fix(&v->findings,
				"wait until the target can be reached, and run "
				"it again");
		else
			findings_fix(&v->findings,
				"what keeps an open of the pool from its "
				"copies keeps this from it, too: rpmem check "
				"'%s' tells how to put that right; then run it "
				"again",
				run->args->set);
		v->is_cut_short = was_lost;
	}
}

int
verify_repair(struct verify_run *run, struct pool *pool)
{
	struct owners o = {.n = 0};
	int rc = state_room_check(run->set, &run->primary, run->size);
	if (rc == 0)
		rc = pool_sync_files(pool);
	if (rc == 0)
		rc = open_owners(&o, run, pool);
	bool is_open = rc == 0;
	if (rc == 0)
		rc = make_equal(&o, run);
	rc = close_owners(&o, rc);
	if (rc < 0) {
		not_done(run, o.restored, is_open && alone_is_unreachable(rc));
		return 0;
	}
	CLEANUP(freep)
	struct verified *before = calloc(run->ncopies, sizeof(*before));
	if (before == NULL)
		return err_set(-ENOMEM, "no memory for the copies");
	for (unsigned i = 0; i < run->ncopies; i++) {
		before[i] = run->copies[i];
		run->copies[i].findings = (struct findings){.list = NULL};
		verified_clear(&run->copies[i]);
	}
	rc = verify_with_pool(run, pool, true);
	for (unsigned i = 0; i < run->ncopies; i++) {
		if (rc == 0)
			merge(&run->copies[i], &before[i], run->args);
		findings_free(&before[i].findings);
	}
	return rc;
}

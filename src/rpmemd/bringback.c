/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * bringback.c -- rpmem promote --old: the copy that was set aside comes back
 *
 * NAME.rpmem-old and NAME change places: records, then parts, as a list of
 * inodes says (swap.h), with all parts locked.  Both records are fenced before
 * the first name changes, so a death in between leaves two copies that no
 * session gets, and the next call, whatever it was asked for, finishes it: a
 * list whose first file has its new name.  One whose first file has not is of
 * no meaning and goes.  What was NAME loses its fence in the end; what is NAME
 * keeps it until it is promoted.
 *
 * The set files stay, since they name the same parts but for the suffix; where
 * they do not, the former copy is not brought back.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "pool/hooked.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/promote_internal.h"
#include "rpmemd/retire_internal.h"
#include "rpmemd/swap.h"
#include "wire/oob.h"

struct bring {
	struct promotion *p;
	const char *name;
	char old[OOB_DESC_MAX + 16];
	char state[OOB_DESC_MAX + 32];
	char old_state[OOB_DESC_MAX + 48];
	char list[OOB_DESC_MAX + 32];
	struct poolset *now;  /* of NAME; NULL: there is none */
	struct poolset *then; /* of NAME.rpmem-old */
	struct swap swap;
	bool has_list; /* of an earlier call */
	bool has_begun;
};

static int
make_names(struct bring *b)
{
	int n = snprintf(
		b->old, sizeof(b->old), "%s" POOLDIR_OLD_SUFFIX, b->name);
	if (n < 0 || n >= OOB_DESC_MAX)
		return err_sys(-ENAMETOOLONG, "'%.100s...'", b->name);
	(void)snprintf(
		b->list, sizeof(b->list), "%s" PROMOTE_LIST_SUFFIX, b->name);
	int rc = pooldir_state_path(b->name, b->state, sizeof(b->state));
	return rc < 0 ? rc
		      : pooldir_state_path(
				b->old, b->old_state, sizeof(b->old_state));
}

static int
load(const struct bring *b, const char *name, struct poolset **set_out)
{
	return pooldir_load(b->p->dirfd, b->p->args->dir, name, set_out);
}

static bool
has_parts(const struct poolset *set)
{
	for (unsigned i = 0; set != NULL && i < set->replicas[0].nparts; i++)
		if (access(set->replicas[0].parts[i].path, F_OK) == 0)
			return true;
	return false;
}

/* ---- may it? ---- */

/* `to` of a part that is called `from` now */
static bool
without_suffix(const char *from, char *to, size_t size)
{
	size_t tail = strlen(POOLDIR_OLD_SUFFIX);
	size_t len = strlen(from);
	if (len <= tail || len - tail >= size ||
		strcmp(from + len - tail, POOLDIR_OLD_SUFFIX) != 0)
		return false;
	(void)snprintf(to, size, "%.*s", (int)(len - tail), from);
	return true;
}

static bool
same_places(const struct bring *b)
{
	const struct poolset_replica *then = &b->then->replicas[0];
	const struct poolset_replica *now =
		b->now != NULL ? &b->now->replicas[0] : NULL;
	if (then->ndirs != 0 ||
		(now != NULL &&
			(now->ndirs != 0 || now->nparts != then->nparts ||
				b->now->options != b->then->options)))
		return false;
	for (unsigned i = 0; i < then->nparts; i++) {
		char to[PATH_MAX];
		if (!without_suffix(then->parts[i].path, to, sizeof(to)) ||
			(now != NULL && strcmp(to, now->parts[i].path) != 0))
			return false;
	}
	return true;
}

static int
check_places(const struct bring *b)
{
	if (same_places(b))
		return 0;
	return err_set(-EINVAL,
		"'%s' names other parts than '%s', or directories: it cannot "
		"take its place; promote it as it is, with rpmem promote "
		"'%s', and open it with that set file",
		b->old, b->name, b->old);
}

static int
judge_old(const struct bring *b)
{
	struct state_file f;
	int rc = state_open(&f, b->p->dirfd, b->old_state);
	if (rc < 0)
		return err_set(-ESTALE,
			"'%s' has no record that can be read, and cannot take "
			"the place of '%s'; rpmem promote --force '%s' makes "
			"it a pool where it is",
			b->old, b->name, b->old);
	rc = promote_may(&f.state, state_is_this_boot(&f.state), true);
	state_close(&f);
	if (rc == 0 || (b->p->args->flags & PROMOTE_F_FORCE))
		return 0;
	return err_wrap(rc,
		"the former copy '%s' is not promoted without --force", b->old);
}

/* the one that is there may be the better one */
static int
judge_now(const struct bring *b)
{
	struct state_file f;
	if (!has_parts(b->now) || state_open(&f, b->p->dirfd, b->state) < 0)
		return 0;
	bool is_good =
		promote_may(&f.state, state_is_this_boot(&f.state), true) == 0;
	bool is_primary = (f.state.flags & STATE_F_PROMOTED) != 0;
	state_close(&f);
	if (is_primary)
		return err_set(-ESTALE,
			"'%s' is being promoted, and that was cut short: "
			"finish it first, without --old",
			b->name);
	if (!is_good || (b->p->args->flags & PROMOTE_F_FORCE))
		return 0;
	return err_set(-ESTALE,
		"'%s' is consistent, and may be newer than the former copy: "
		"promote it without --old; with --force the former copy comes "
		"back all the same, and '%s' is set aside as '%s'",
		b->name, b->name, b->old);
}

/* has NAME its place already, and only its promotion is to be finished, if
 * that? Its fence says so as long as there is no list: the fence that an
 * exchange begins with comes behind the list. */
static bool
is_in_place(const struct bring *b)
{
	struct state_file f;
	if (b->has_list || state_open(&f, b->p->dirfd, b->state) < 0)
		return false;
	bool is = (f.state.flags & STATE_F_PROMOTED) != 0 ||
		  state_is_promoting(&f);
	state_close(&f);
	return is;
}

/* ---- doing it ---- */

static int
fence(const struct bring *b, const char *state, bool is_on)
{
	struct state_file f;
	int rc = state_open(&f, b->p->dirfd, state);
	if (rc == -ENOENT || rc == -EUCLEAN)
		return 0;
	if (rc == 0)
		rc = is_on ? state_promote_begin(&f) : state_promote_end(&f);
	state_close(&f);
	return rc;
}

static int
make_list(struct bring *b)
{
	const struct poolset_replica *then = &b->then->replicas[0];
	/* the record first: with it comes the fence */
	int rc = swap_add(&b->swap, b->old_state, b->state);
	for (unsigned i = 0; rc == 0 && i < then->nparts; i++) {
		char to[PATH_MAX];
		if (!without_suffix(then->parts[i].path, to, sizeof(to)))
			return err_sys(
				-ENAMETOOLONG, "'%s'", then->parts[i].path);
		rc = swap_add(&b->swap, then->parts[i].path, to);
	}
	return rc < 0 ? rc : swap_write(&b->swap, b->list);
}

static int
begin(struct bring *b)
{
	/* a session may have come and gone before the lock */
	int rc = judge_now(b);
	if (rc == 0)
		rc = make_list(b);
	promote_step();
	if (rc == 0)
		rc = fence(b, b->old_state, true);
	if (rc == 0)
		rc = fence(b, b->state, true);
	promote_step();
	return rc;
}

/* every name is right; nothing is left of NAME.rpmem-old if there was no NAME
 */
static int
end(struct bring *b)
{
	int rc = fence(b, b->old_state, false);
	if (rc == 0 && !has_parts(b->then) &&
		faccessat(b->p->dirfd, b->old_state, F_OK, 0) != 0) {
		rc = pooldir_unlink_set(b->p->dirfd, b->old);
		rc = rc == -ENOENT ? 0 : rc;
	} else {
		b->p->result->is_aside = true;
	}
	promote_step();
	return rc < 0 ? rc : swap_forget(b->p->dirfd, b->list);
}

/* with all parts locked, both copies' */
static int
exchange(void *arg)
{
	struct bring *b = arg;
	int rc = b->has_begun ? 0 : begin(b);
	if (rc == 0)
		rc = swap_run(&b->swap);
	b->p->result->is_back = rc == 0;
	return rc < 0 ? rc : end(b);
}

static int
hold_now(void *arg)
{
	struct bring *b = arg;
	struct pool_hook hook = {.fn = exchange, .arg = b};
	return b->now == NULL ? exchange(b) : pool_hold_hooked(b->now, &hook);
}

static int
hold_both(struct bring *b)
{
	struct pool_hook hook = {.fn = hold_now, .arg = b};
	int rc = b->then == NULL ? hold_now(b)
				 : pool_hold_hooked(b->then, &hook);
	return rc == -EBUSY ? err_wrap(rc, "'%s' and '%s' cannot change places",
				      b->name, b->old)
			    : rc;
}

/* is the pool a file without a set? */
static bool
is_own_set(const struct bring *b)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", b->p->args->dir, b->old);
	return n > 0 && (size_t)n < sizeof(path) &&
	       strcmp(b->then->replicas[0].parts[0].path, path) == 0;
}

/* a set file that is gone is the former one's, with the names of before */
static int
restore_set(const struct bring *b)
{
	struct poolset *set = NULL;
	if (b->now != NULL || is_own_set(b))
		return 0;
	int rc = load(b, b->old, &set);
	for (unsigned i = 0; rc == 0 && i < set->replicas[0].nparts; i++) {
		char *path = set->replicas[0].parts[i].path;
		path[strlen(path) - strlen(POOLDIR_OLD_SUFFIX)] = '\0';
	}
	if (rc == 0)
		rc = retire_restore_set(b->p->dirfd, set, b->name);
	poolset_free(set);
	return rc;
}

static int
bring(struct bring *b)
{
	struct rpmemd_cfg cfg = {.poolset_dir = b->p->args->dir,
		.poolset_dirfd = b->p->dirfd,
		.durability = POOL_DURABLE_MEDIA,
		.timeout_ms = b->p->args->wait_ms};
	int rc = check_places(b);
	if (rc == 0)
		rc = judge_old(b);
	if (rc == 0)
		rc = judge_now(b);
	if (rc < 0)
		return rc;
	if (b->p->args->flags & PROMOTE_F_DRY_RUN) {
		b->p->result->is_back = true;
		b->p->result->is_aside = has_parts(b->now);
		return PROMOTE_HELD;
	}
	if (b->now != NULL)
		rc = retire_finish(&cfg, b->name, b->now);
	if (rc == 0)
		rc = restore_set(b);
	return rc < 0 ? rc : hold_both(b);
}

/* what an earlier call has left */
static int
look_back(struct bring *b)
{
	int rc = swap_read(&b->swap, b->p->args->dir, b->list);
	b->has_list = rc == 0 || rc == -EBADMSG;
	b->has_begun = rc == 0 && swap_has_begun(&b->swap);
	if (!b->has_begun)
		swap_fini(&b->swap);
	return rc == -ENOENT || b->has_list ? 0 : rc;
}

static int
load_both(struct bring *b)
{
	int rc = load(b, b->name, &b->now);
	if (rc == 0 || rc == -ENOENT)
		rc = load(b, b->old, &b->then);
	/* of what was a file without a set, nothing may be left */
	if (rc == -ENOENT && b->has_begun)
		return 0;
	if (rc == -ENOENT)
		return err_set(rc,
			"'%s' has no former copy: there is no '%s' below %s",
			b->name, b->old, b->p->args->dir);
	return rc;
}

static int
bring_back(struct bring *b)
{
	int rc = make_names(b);
	if (rc == 0)
		rc = look_back(b);
	if (rc < 0)
		return rc;
	if (b->has_begun && (b->p->args->flags & PROMOTE_F_DRY_RUN))
		return err_set(-ESTALE,
			"'%s' and '%s' are changing places, and that was cut "
			"short: run rpmem promote without --dry-run",
			b->name, b->old);
	bool is_asked = (b->p->args->flags & PROMOTE_F_OLD) != 0;
	bool is_dry = (b->p->args->flags & PROMOTE_F_DRY_RUN) != 0;
	if (!b->has_begun && !is_asked)
		return is_dry ? 0 : swap_forget(b->p->dirfd, b->list);
	if (!b->has_begun && is_in_place(b))
		return 0;
	rc = load_both(b);
	if (rc < 0)
		return rc;
	return b->has_begun ? hold_both(b) : bring(b);
}

int
promote_bring_back(struct promotion *p)
{
	struct bring b = {
		.p = p, .name = p->args->name, .swap = {.dirfd = p->dirfd}};
	int rc = bring_back(&b);
	swap_fini(&b.swap);
	poolset_free(b.now);
	poolset_free(b.then);
	return rc;
}

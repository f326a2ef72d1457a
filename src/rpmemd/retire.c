/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * retire.c -- see retire.h
 *
 * Setting aside, with every part locked: the set file of the former copy is
 * written (retire_set.c), the state file is renamed, then the parts.  A crash
 * before the state moved is undone by the next attempt (a set file whose parts
 * are not there); one after it is finished by it: no state under the name, but
 * a former copy of it, means that the parts which are still here belong there.
 * A journal of catching up is applied or dropped before that: parts that have
 * another name must not miss what is in it.
 */
#include "rpmemd/retire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "pool/hooked.h"
#include "pool/state.h"
#include "rpmemd/copy.h"
#include "rpmemd/journal.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/redo.h"
#include "rpmemd/retire_internal.h"

/* beyond the time-out: when the holder of a dead session has noticed */
#define GRACE_MS 1000u

struct names {
	char old[OOB_DESC_MAX + 16];
	char state[OOB_DESC_MAX + 32];
	char old_state[OOB_DESC_MAX + 48];
	char journal[OOB_DESC_MAX + 32];
};

/* What was decided before the parts were locked is looked at again behind
 * the lock: a session may have come and gone in between. */
struct job {
	const struct rpmemd_cfg *cfg;
	const struct names *names;
	const char *desc;
	bool state_moved; /* by an attempt that was cut off */
	bool keep;	  /* a consistent copy must not be removed */
};

static int
make_names(const char *desc, struct names *n)
{
	int len =
		snprintf(n->old, sizeof(n->old), "%s" POOLDIR_OLD_SUFFIX, desc);
	if (len < 0 || len >= OOB_DESC_MAX)
		return err_set(-ENAMETOOLONG, "'%.100s...' is too long", desc);
	(void)snprintf(n->journal, sizeof(n->journal),
		"%s" POOLDIR_JOURNAL_SUFFIX, desc);
	int rc = pooldir_state_path(desc, n->state, sizeof(n->state));
	return rc < 0 ? rc
		      : pooldir_state_path(
				n->old, n->old_state, sizeof(n->old_state));
}

void
retire_step(void)
{
	if (FAULT("retire/die"))
		(void)raise(SIGKILL);
}

static bool
exists(const struct rpmemd_cfg *cfg, const char *name)
{
	return faccessat(cfg->poolset_dirfd, name, F_OK, 0) == 0;
}

/* ---- deciding ---- */

struct facts {
	bool has_state;
	bool is_good;  /* it may be the best that is left */
	bool is_fresh; /* not clean, and its session may be remembered */
};

static void
look(const struct rpmemd_cfg *cfg, const struct names *n, struct facts *f_out)
{
	struct state_file file = {.fd = -1};
	struct stat st = {0};
	struct timespec now;
	*f_out = (struct facts){.is_good = true};
	f_out->has_state = exists(cfg, n->state);
	/* no record, or none that can be read: nobody says that it is bad */
	if (state_open(&file, cfg->poolset_dirfd, n->state) < 0)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	uint64_t limit_ms = cfg->timeout_ms + GRACE_MS;
	f_out->is_good = copy_is_worth_keeping(&file.state);
	/* one that is being caught up is clean and has a program all the same
	 */
	bool in_use =
		!(file.state.flags & STATE_F_CLEAN) || exists(cfg, n->journal);
	if (in_use && fstat(file.fd, &st) == 0) {
		int64_t age_ms =
			((int64_t)now.tv_sec - st.st_mtim.tv_sec) * 1000;
		f_out->is_fresh = age_ms >= 0 && (uint64_t)age_ms < limit_ms;
	}
	state_close(&file);
}

/* has the last session's program had the time to come back? */
static int
check_settled(const struct job *job)
{
	struct facts f;
	look(job->cfg, job->names, &f);
	if (!f.is_fresh)
		return 0;
	return err_set(-EBUSY,
		"'%s': its last session ended only just now, and not in order: "
		"try again in %u s",
		job->desc, (job->cfg->timeout_ms + GRACE_MS) / 1000 + 1);
}

/* parts that could not be opened, or a session that came and went meanwhile,
 * leave a journal: one that is not complete may go */
static int
drop_journal(const struct job *job)
{
	struct journal j;
	enum journal_kind kind;
	int rc = journal_open(&j, job->cfg->poolset_dirfd, job->desc, &kind);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (kind == JOURNAL_INCOMPLETE)
		rc = journal_remove(&j);
	else
		rc = err_set(-EBUSY,
			"'%s': what it has caught up is not applied to it yet: "
			"open it once, or remove it for good",
			job->desc);
	journal_close(&j);
	return rc;
}

/* the parts are locked, none is renamed yet */
static int
before_renaming(void *arg)
{
	const struct job *job = arg;
	int dir = job->cfg->poolset_dirfd;
	int rc = check_settled(job);
	if (rc < 0 || job->state_moved)
		return rc;
	rc = drop_journal(job);
	if (rc == 0)
		rc = retire_write_set(job->cfg, job->desc, job->names->old);
	if (rc == 0 &&
		renameat(dir, job->names->state, dir, job->names->old_state) !=
			0 &&
		errno != ENOENT)
		rc = err_sys(-errno, "cannot rename the state file of '%s'",
			job->desc);
	retire_step();
	return rc;
}

/* a primary now: no copy's coming and going concerns it */
static bool
was_promoted(const struct rpmemd_cfg *cfg, const char *state)
{
	struct state_file f;
	if (state_open(&f, cfg->poolset_dirfd, state) < 0)
		return false;
	bool was = (f.state.flags & STATE_F_PROMOTED) != 0;
	state_close(&f);
	return was;
}

/*
 * A copy that was made since takes the place of the former one only if it is
 * of the same pool.  One of a pool that somebody has begun anew, under the old
 * name, has nothing of it: the former copy may be all that is left of the
 * other pool.
 */
static bool
is_another_pool(const struct rpmemd_cfg *cfg, const struct names *n)
{
	struct state_file now = {.fd = -1};
	struct state_file old = {.fd = -1};
	bool is = state_open(&now, cfg->poolset_dirfd, n->state) == 0 &&
		  state_open(&old, cfg->poolset_dirfd, n->old_state) == 0 &&
		  !uuid16_is_zero(now.state.poolset_uuid) &&
		  !uuid16_is_zero(old.state.poolset_uuid) &&
		  !uuid16_equal(now.state.poolset_uuid, old.state.poolset_uuid);
	state_close(&now);
	state_close(&old);
	return is;
}

static int
drop(const struct rpmemd_cfg *cfg, const struct names *n)
{
	if (is_another_pool(cfg, n))
		return err_set(-EBUSY,
			"'%s' is of another pool: drop it with rpmemd --remove "
			"'%s' --pool-set, or make a pool of it with rpmem "
			"promote '%s'",
			n->old, n->old, n->old);
	if (was_promoted(cfg, n->old_state))
		return err_set(-EBUSY,
			"'%s' was promoted: it is a pool of its own; give its "
			"parts other names, with a set file that has them",
			n->old);
	struct oob_remove old = {
		.flags = OOB_REMOVE_F_FORCE | OOB_REMOVE_F_POOL_SET};
	(void)snprintf(old.desc, sizeof(old.desc), "%.4095s", n->old);
	return copy_remove(cfg, &old);
}

static int
set_aside(const struct rpmemd_cfg *cfg, const struct oob_remove *req,
	const struct names *n, const struct poolset *set)
{
	struct facts f;
	look(cfg, n, &f);
	bool has_old = exists(cfg, n->old);
	struct job job = {.cfg = cfg,
		.names = n,
		.desc = req->desc,
		.state_moved = has_old && !f.has_state};
	struct pool_hook hook = {.fn = before_renaming, .arg = &job};
	int rc = check_settled(&job);
	if (rc == 0 && has_old && f.has_state)
		rc = drop(cfg, n);
	if (rc == 0)
		rc = pool_rename_hooked(set, POOLDIR_OLD_SUFFIX, &hook);
	if (rc == 0)
		LOG_NOTICE("'%s': the copy is kept as '%s' until the next one "
			   "is consistent",
			req->desc, n->old);
	return rc;
}

static int
unlink_state(void *arg)
{
	const struct job *job = arg;
	struct facts f;
	look(job->cfg, job->names, &f);
	if (job->keep && f.has_state && f.is_good)
		return err_set(-EBUSY,
			"'%s' became consistent just now: it is not removed",
			job->desc);
	int rc = pooldir_unlink_state(job->cfg->poolset_dirfd, job->desc);
	/* behind the record: without one, what it left counts as half a copy */
	return rc < 0 ? rc : journal_forget(job->cfg->poolset_dirfd, job->desc);
}

static bool
any_part(const struct poolset *set)
{
	const struct poolset_replica *rep = &set->replicas[0];
	for (unsigned i = 0; i < rep->nparts; i++)
		if (access(rep->parts[i].path, F_OK) == 0)
			return true;
	return false;
}

static int
remove_set(const struct rpmemd_cfg *cfg, const struct oob_remove *req,
	const struct poolset *set)
{
	struct names n;
	struct facts f;
	struct job job = {.cfg = cfg,
		.names = &n,
		.desc = req->desc,
		.keep = (req->flags & OOB_REMOVE_F_KEEP) != 0};
	struct pool_hook hook = {.fn = unlink_state, .arg = &job};
	int rc = make_names(req->desc, &n);
	if (rc < 0)
		return rc;
	if (job.keep && was_promoted(cfg, n.state))
		return err_set(-ESTALE,
			"'%s' was promoted: it is a primary, and nobody's "
			"copy; it is not removed by itself",
			req->desc);
	look(cfg, &n, &f);
	bool has_part = any_part(set);
	if (job.keep && f.is_good && has_part)
		return set_aside(cfg, req, &n, set);
	/* a record without parts is no copy */
	job.keep = job.keep && has_part;
	return pool_remove_hooked(set,
		(req->flags & OOB_REMOVE_F_FORCE) ? POOL_REMOVE_F_FORCE : 0,
		&hook);
}

/* a copy that may be kept, as a whole: apply or drop its journal.  Parts that
 * cannot be opened are looked at later. */
static int
finish_journal(const struct rpmemd_cfg *cfg, const char *desc,
	const struct poolset *set)
{
	struct names n;
	struct job job = {.cfg = cfg, .names = &n, .desc = desc};
	struct state_file state = {.fd = -1};
	struct pool_attr attr;
	struct redo r = {
		.dirfd = cfg->poolset_dirfd, .desc = desc, .state = &state};
	int rc = make_names(desc, &n);
	if (rc == 0)
		rc = check_settled(&job);
	if (rc < 0)
		return rc;
	rc = pool_open(set, cfg->durability, &attr, &r.pool);
	if (rc < 0)
		return rc == -EBUSY ? rc : 0;
	/* no record that can be read: drop_journal decides */
	if (state_open(&state, cfg->poolset_dirfd, n.state) == 0)
		rc = redo_run(&r);
	state_close(&state);
	int closed = pool_close(r.pool);
	return rc < 0 ? rc : closed;
}

int
retire_finish(const struct rpmemd_cfg *cfg, const char *desc,
	const struct poolset *set)
{
	struct job job = {.cfg = cfg, .desc = desc};
	if (!journal_exists(cfg->poolset_dirfd, desc))
		return 0;
	int rc = finish_journal(cfg, desc, set);
	return rc < 0 ? rc : drop_journal(&job);
}

static int
load(const struct rpmemd_cfg *cfg, const struct oob_remove *req,
	struct poolset **set_out)
{
	int rc = pooldir_load(
		cfg->poolset_dirfd, cfg->poolset_dir, req->desc, set_out);
	if (rc < 0 || !(req->flags & OOB_REMOVE_F_KEEP) ||
		!journal_exists(cfg->poolset_dirfd, req->desc))
		return rc;
	rc = finish_journal(cfg, req->desc, *set_out);
	poolset_free(*set_out);
	*set_out = NULL;
	/* it may have more parts now */
	return rc < 0 ? rc
		      : pooldir_load(cfg->poolset_dirfd, cfg->poolset_dir,
				req->desc, set_out);
}

int
copy_remove(const struct rpmemd_cfg *cfg, const struct oob_remove *req)
{
	struct poolset *set = NULL;
	bool force = (req->flags & OOB_REMOVE_F_FORCE) != 0;
	int rc = load(cfg, req, &set);
	if (rc < 0)
		return force && rc == -ENOENT ? 0 : rc;
	rc = remove_set(cfg, req, set);
	poolset_free(set);
	if (rc == 0 && (req->flags & OOB_REMOVE_F_POOL_SET)) {
		rc = pooldir_unlink_set(cfg->poolset_dirfd, req->desc);
		/* a pool without a set file was its own */
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

void
retire_drop(const struct rpmemd_cfg *cfg, const char *desc)
{
	struct names n;
	if (make_names(desc, &n) < 0 || !exists(cfg, n.old))
		return;
	if (drop(cfg, &n) < 0)
		LOG_WARN("'%s': the former copy stays: %s", desc, err_msg());
	else
		LOG_NOTICE(
			"'%s' is consistent: the former copy is removed", desc);
}

int
retire_hint(const struct rpmemd_cfg *cfg, const char *desc, int rc)
{
	struct names n;
	char why[ERR_MAX];
	(void)snprintf(why, sizeof(why), "%s", err_msg());
	if (rc != -ENOSPC || make_names(desc, &n) < 0 || !exists(cfg, n.old))
		return err_set(rc, "%s", why);
	return err_set(rc,
		"%s; the former copy is kept as '%s': if it is not needed any "
		"more, drop it at the target with rpmemd --remove '%s' "
		"--pool-set",
		why, n.old, n.old);
}

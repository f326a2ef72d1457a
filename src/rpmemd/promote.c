/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * promote.c -- see promote.h
 */
#include "rpmemd/promote.h"

#include <errno.h>
#include <string.h>

#include "base/bootid.h"
#include "base/err.h"
#include "pool/promote.h"
#include "rpmemd/pooldir.h"
#include "wire/oob.h"

int
promote_may(const struct state *s, bool same_boot, enum pool_media media)
{
	if (s == NULL)
		return err_set(-ESTALE,
			"there is no record of it: nobody can say whether it "
			"is complete");
	if (s->flags & STATE_F_CREATING)
		return err_set(-ESTALE,
			"it was never finished: its first session has not "
			"ended in order, and no later one made it equal");
	if (s->flags & STATE_F_EQUALISING)
		return err_set(-ESTALE,
			"it was being made equal when its session ended: it is "
			"no point of its primary's history");
	if (!(s->flags & STATE_F_CLEAN) && !same_boot &&
		media == POOL_MEDIA_PAGECACHE)
		return err_set(-ESTALE,
			"this machine went down while it was in use, and the "
			"kernel writes pages back in any order: it is suspect");
	return 0;
}

struct job {
	int dirfd;
	const char *name;
	unsigned flags;
	struct pool *pool;
	struct state_file state;
};

static int
read_state(struct job *job, bool *has_out)
{
	char path[OOB_DESC_MAX + 32];
	int rc = pooldir_state_path(job->name, path, sizeof(path));
	if (rc == 0)
		rc = state_open(&job->state, job->dirfd, path);
	*has_out = rc == 0;
	return rc == -ENOENT ? 0 : rc;
}

static int
judge(struct job *job, bool has_state)
{
	uint8_t boot[UUID16_LEN];
	const struct state *s = &job->state.state;
	boot_id(boot);
	int rc = promote_may(has_state ? s : NULL,
		has_state && uuid16_equal(boot, s->boot_id),
		pool_media(job->pool));
	if (rc == 0 || (job->flags & PROMOTE_F_FORCE))
		return 0;
	return err_wrap(rc, "'%s' is not promoted without --force", job->name);
}

/*
 * With headers: until they are done, which role.c recognises, the old primary
 * could attach only if it had exactly the same bytes.  Raw: nothing but the
 * record can tell a copy from a pool of its own, so it names nobody as the
 * primary, and copy_may_open refuses every owner.
 */
static int
forget_primary(struct job *job)
{
	struct state *s = &job->state.state;
	memset(s->primary_uuid, 0, UUID16_LEN);
	s->flags &= ~(STATE_F_RECORD | STATE_F_LENT | STATE_F_CREATING |
		      STATE_F_EQUALISING);
	if (job->pool->nhdrs == 0)
		s->flags |= STATE_F_RECORD;
	return state_write(&job->state);
}

/* forced, without a record that can be read: a raw copy gets one */
static int
make_record(struct job *job)
{
	char path[OOB_DESC_MAX + 32];
	struct state s = {.flags = STATE_F_RAW | STATE_F_RECORD};
	boot_id(s.boot_id);
	int rc = pooldir_state_path(job->name, path, sizeof(path));
	return rc < 0 ? rc : state_create(&job->state, job->dirfd, path, &s);
}

static int
redo(struct job *job, struct promote_result *result)
{
	struct redo r = {.dirfd = job->dirfd,
		.desc = job->name,
		.pool = job->pool,
		.state = &job->state};
	int rc = redo_run(&r);
	result->journal = r.result;
	result->seq = r.seq;
	return rc;
}

static int
promote_locked(struct job *job, struct promote_result *result)
{
	bool has_state = false;
	int rc = read_state(job, &has_state);
	if (rc < 0 && (job->flags & PROMOTE_F_FORCE))
		rc = 0; /* a record that cannot be read is as good as none */
	/* without a record nobody knows what a journal was for */
	if (rc == 0 && !has_state)
		rc = judge(job, false);
	if (rc == 0)
		rc = redo(job, result);
	if (rc == 0 && has_state)
		rc = judge(job, true);
	if (rc == 0 && has_state)
		rc = forget_primary(job);
	else if (rc == 0 && job->pool->nhdrs == 0)
		rc = make_record(job);
	if (rc == 0)
		rc = pool_sync(job->pool);
	return rc == 0 ? pool_promote(job->pool) : rc;
}

int
promote_run(const char *dir, const char *name, unsigned flags,
	struct promote_result *result_out)
{
	struct job job = {.name = name,
		.flags = flags,
		.state = {.fd = -1},
		.dirfd = pooldir_open(dir)};
	struct poolset *set = NULL;
	if (job.dirfd < 0)
		return job.dirfd;
	int rc = pooldir_load(job.dirfd, dir, name, &set);
	if (rc == 0)
		rc = pool_open_to_promote(set, POOL_DURABLE_MEDIA, &job.pool);
	if (rc == 0) {
		result_out->size = job.pool->size;
		result_out->is_raw = job.pool->nhdrs == 0;
		rc = promote_locked(&job, result_out);
		int closed = pool_close(job.pool);
		rc = rc == 0 ? closed : rc;
	}
	state_close(&job.state);
	poolset_free(set);
	closep(&job.dirfd);
	return rc;
}

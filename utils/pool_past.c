/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * pool_past.c -- see pool_past.h
 *
 * Whether the file's lineage counts is asked as an open asks it (history.c),
 * but of the files by their names: nothing is mapped or locked.
 */
#include "pool_past.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fileio.h"
#include "librpmem/history_files.h"
#include "pool/descriptor.h"
#include "pool/hdr.h"

/* bytes of the pool in its part i */
static uint64_t
part_len(const struct poolset *set, unsigned i)
{
	struct stat st;
	if (stat(set->replicas[0].parts[i].path, &st) != 0)
		return 0;
	uint64_t len = (uint64_t)st.st_size / HDR_SIZE * HDR_SIZE;
	bool has_hdr = i == 0 || (set->options & POOLSET_F_SINGLEHDR) == 0;
	return has_hdr && i != 0 && len != 0 ? len - HDR_SIZE : len;
}

static uint64_t
pool_len(const struct poolset *set)
{
	uint64_t len = 0;
	for (unsigned i = 0; i < set->replicas[0].nparts; i++)
		len += part_len(set, i);
	return len;
}

/* of the files that hold the first `len` bytes */
static uint64_t
identity(const struct poolset *set, uint64_t len)
{
	uint64_t sum = 0;
	uint64_t off = 0;
	for (unsigned i = 0; i < set->replicas[0].nparts && off < len; i++) {
		sum = history_identity_add(set->replicas[0].parts[i].path, sum);
		off += part_len(set, i);
	}
	return sum;
}

static uint64_t
run_id(const struct poolset *set)
{
	uint8_t sig[8];
	uint64_t id = 0;
	CLEANUP(closep)
	int fd = open(set->replicas[0].parts[0].path,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || file_read_all(fd, sig, sizeof(sig), 0) < 0 ||
		memcmp(sig, "PMEMOBJ", sizeof(sig)) != 0 ||
		file_read_all(fd, &id, sizeof(id), OBJ_RUN_ID_OFF) < 0)
		return 0;
	return id;
}

static void
take_record(struct pool_past *p, const struct poolset *set,
	const struct lineagefile_record *r)
{
	bool is_promoted = (r->flags & LINEAGEFILE_F_PROMOTED) != 0;
	p->writer = r->writer;
	p->last = r->last;
	p->is_clean = (r->flags & LINEAGEFILE_F_CLEAN) != 0;
	if (r->lineage.n == 0) {
		(void)snprintf(p->why, sizeof(p->why),
			"no program has changed the pool with its copies yet");
		return;
	}
	if (!is_promoted && !history_fits(r->identity, r->run_id,
				    identity(set, r->pool_size), p->run_id)) {
		p->past = PAST_LOST;
		(void)snprintf(p->why, sizeof(p->why),
			"the lineage is of other files, or of a later state of "
			"the pool (was it restored?): it does not count");
		return;
	}
	p->past = PAST_KNOWN;
	p->lineage = r->lineage;
	p->has_run_since = p->is_clean && !p->is_running && r->run_id != 0 &&
			   p->run_id > r->run_id;
}

int
pool_past_read(struct pool_past *p, const struct poolset *set,
	const struct primary *primary)
{
	char dir[STATEDIR_PATH_MAX];
	char name[LINEAGEFILE_NAME_MAX];
	struct lineagefile_record r;
	*p = (struct pool_past){.past = PAST_NONE};
	int rc = statedir_path(dir);
	if (rc < 0)
		return rc;
	lineagefile_name(primary->poolset_uuid, primary->uuid, name);
	(void)snprintf(p->path, sizeof(p->path), "%s/%s", dir, name);
	p->size = pool_len(set);
	p->run_id = run_id(set);
	rc = lineagefile_read(p->path, &r, &p->is_running);
	if (rc == 0) {
		take_record(p, set, &r);
		return 0;
	}
	if (rc == -ENOENT) {
		(void)snprintf(p->why, sizeof(p->why),
			"no program of this user has written to the pool and "
			"its copies on this machine, with this "
			"RPMEM_STATE_DIR");
		return 0;
	}
	p->past = PAST_LOST;
	(void)snprintf(p->why, sizeof(p->why), "%s", err_msg());
	if (rc == -EACCES || rc == -EPERM)
		return err_wrap(rc,
			"it is another user's: run this as the user whose "
			"programs have the pool, or with its RPMEM_STATE_DIR "
			"readable");
	return rc == -EBADMSG ? 0 : rc;
}

/* Has the pool been open with others of its copies alone?  Then its lineage is
 * of that run, and this copy's state file of an earlier one. */
static bool
has_run_without(const struct pool_past *p, const struct statefile_view *view)
{
	uint64_t id = view != NULL ? view->record.copy_id : 0;
	return p->past == PAST_KNOWN && id != 0 &&
	       !lineage_has_member(&p->lineage, id);
}

struct standing
pool_past_standing(const struct pool_past *p, const struct statefile_view *view)
{
	struct standing s =
		standing_beside(view, p->has_run_since ? p->run_id : 0);
	if (s.is_good && !view->is_running && has_run_without(p, view))
		return (struct standing){.word = "behind"};
	return s;
}

enum without
pool_past_without(const struct pool_past *p, const struct statefile_view *view)
{
	if (view == NULL || view->record.open_counter == 0)
		return WITHOUT_FAILS;
	uint64_t id = view->record.copy_id;
	return p->lineage.n == 0 || id == 0 ||
			       lineage_has_member(&p->lineage, id)
		       ? WITHOUT_WAITS
		       : WITHOUT_GOES_ON;
}

const char *
without_name(enum without without)
{
	static const char *const names[] = {[WITHOUT_FAILS] = "fails",
		[WITHOUT_WAITS] = "waits",
		[WITHOUT_GOES_ON] = "goes on"};
	return names[without];
}

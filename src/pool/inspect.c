/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * inspect.c -- see inspect.h
 *
 * First the files, one after the other, then the verdict on all of them
 * together: a part whose header cannot be read is no reason to say something
 * about its neighbours' links.
 */
#include "pool/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/checked.h"
#include "base/fileio.h"
#include "pool/devdax.h"
#include "pool/dirset.h"
#include "pool/heap_end.h"
#include "pool/part.h"

#define KNOWN_INCOMPAT                                                         \
	(HDR_INCOMPAT_SINGLEHDR | HDR_INCOMPAT_CKSUM_2K | HDR_INCOMPAT_SDS |   \
		HDR_INCOMPAT_UNEQUAL)

/* parts from the first on that have a header */
static unsigned
nhdrs(const struct inspect *in)
{
	if ((in->options & POOLSET_F_NOHDRS) != 0)
		return 0;
	return (in->options & POOLSET_F_SINGLEHDR) != 0 && in->nparts != 0
		       ? 1
		       : in->nparts;
}

/* ---- the files ---- */

static int
read_page(int fd, bool is_device, dev_t dev, uint8_t page[HDR_SIZE])
{
	if (!is_device)
		return file_read_all(fd, page, HDR_SIZE, 0);
	/* a device DAX has no read() */
	uint64_t len = devdax_align(dev);
	void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	memcpy(page, map, HDR_SIZE);
	(void)munmap(map, len);
	return 0;
}

static void
read_hdr(struct inspect_part *p, int fd, dev_t dev)
{
	uint8_t page[HDR_SIZE];
	int rc = read_page(fd, p->is_device, dev, page);
	if (rc == -EIO && p->size < HDR_SIZE)
		return; /* its size says it */
	if (rc < 0) {
		p->is = PART_UNREADABLE;
		p->error = rc;
		return;
	}
	rc = hdr_decode(page, &p->hdr);
	p->has_hdr = rc == 0;
	if (rc != 0)
		p->is = rc == HDR_EMPTY ? PART_EMPTY : PART_DAMAGED;
}

static void
look_at_file(struct inspect_part *p, int fd, bool wants_hdr)
{
	struct stat st;
	struct statfs fs;
	if (fstat(fd, &st) != 0) {
		p->is = PART_UNREADABLE;
		p->error = -errno;
		return;
	}
	p->is_device =
		S_ISCHR(st.st_mode) && devdax_size(st.st_rdev, &p->size) == 0;
	if (S_ISREG(st.st_mode))
		p->size = (uint64_t)st.st_size;
	else if (!p->is_device) {
		p->is = PART_NO_FILE;
		return;
	}
	if (fstatfs(fd, &fs) == 0)
		p->fs_type = (uint64_t)fs.f_type;
	p->media = part_classify(fd, p->is_device ? st.st_rdev : 0, PROT_READ);
	if (!p->is_device && (st.st_mode & 0777) == 0)
		p->is = PART_UNFINISHED;
	else if (wants_hdr)
		read_hdr(p, fd, st.st_rdev);
}

/* mode 0000 is what it is also for those who may not read it */
static bool
is_unfinished(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 0777) == 0;
}

static void
look_at_part(struct inspect_part *p, bool wants_hdr)
{
	CLEANUP(closep)
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		look_at_file(p, fd, wants_hdr);
		return;
	}
	p->error = -errno;
	p->is = errno == ENOENT ? PART_MISSING : PART_UNREADABLE;
	if (p->error == -EACCES && is_unfinished(p->path))
		p->is = PART_UNFINISHED;
}

static int
no_memory(struct inspect *in, unsigned n)
{
	in->nparts = n;
	inspect_free(in);
	return err_set(-ENOMEM, "no memory to look at pool parts");
}

/* one of a pool in directories has no line in the set; it counts as the last */
static int
add_missing(const struct poolset_replica *rep, struct inspect *out)
{
	unsigned idx = 0;
	int rc = dirset_find_missing(rep, &idx);
	if (rc <= 0)
		return rc;
	struct inspect_part *p = &out->parts[rep->nparts];
	p->path = dirset_path(rep->dirs, rep->ndirs, idx);
	p->why = strdup(err_msg());
	p->is = PART_MISSING;
	p->error = -ENOENT;
	out->nparts++;
	return p->path != NULL && p->why != NULL ? 0 : -ENOMEM;
}

int
inspect_replica(unsigned options, const struct poolset_replica *rep,
	struct inspect *out)
{
	*out = (struct inspect){.options = options, .nparts = rep->nparts};
	out->parts = calloc((size_t)rep->nparts + 1, sizeof(*out->parts));
	if (out->parts == NULL)
		return no_memory(out, 0);
	for (unsigned i = 0; i < rep->nparts; i++) {
		struct inspect_part *p = &out->parts[i];
		p->path = strdup(rep->parts[i].path);
		if (p->path == NULL)
			return no_memory(out, i);
		p->want = rep->parts[i].is_auto ? 0 : rep->parts[i].size;
		look_at_part(p, i < nhdrs(out));
	}
	if (rep->nparts != 0)
		out->heap_end = heap_end(rep->parts[0].path);
	if (add_missing(rep, out) < 0)
		return no_memory(out, out->nparts);
	inspect_judge(out);
	return 0;
}

/* ---- the verdict ---- */

uint32_t
inspect_unknown_features(const struct hdr *h)
{
	return h->incompat & ~KNOWN_INCOMPAT;
}

static const struct hdr *
hdr_at(const struct inspect *in, unsigned i)
{
	return in->parts[i].has_hdr ? &in->parts[i].hdr : NULL;
}

/* 0, or -EBADMSG with a message */
static int
check_links(const struct inspect *in, unsigned i)
{
	unsigned n = nhdrs(in);
	return hdr_check_part(i, &in->parts[i].hdr, hdr_at(in, 0),
		hdr_at(in, (i + n - 1) % n), hdr_at(in, (i + 1) % n));
}

static bool
is_strange(const struct inspect *in, const struct hdr *h)
{
	bool in_hdr = (h->incompat & HDR_INCOMPAT_SINGLEHDR) != 0;
	bool in_set = (in->options & POOLSET_F_SINGLEHDR) != 0;
	return in_hdr != in_set || inspect_unknown_features(h) != 0;
}

static enum part_is
judge_part(const struct inspect *in, unsigned i)
{
	const struct inspect_part *p = &in->parts[i];
	if (p->is != PART_GOOD && p->is != PART_EMPTY && p->is != PART_DAMAGED)
		return p->is;
	if (p->want != 0 && p->size != p->want)
		return PART_SIZE;
	if (p->is != PART_GOOD || !p->has_hdr)
		return p->is;
	if (is_strange(in, &p->hdr))
		return PART_STRANGE;
	return check_links(in, i) < 0 ? PART_LINKS : PART_GOOD;
}

void
inspect_judge(struct inspect *in)
{
	in->nbad = 0;
	in->nmissing = 0;
	in->size = 0;
	in->media = POOL_MEDIA_PMEM;
	for (unsigned i = 0; i < in->nparts; i++) {
		struct inspect_part *p = &in->parts[i];
		bool skips = i != 0 && i < nhdrs(in) && p->size >= HDR_SIZE;
		p->is = judge_part(in, i);
		in->nbad += p->is != PART_GOOD;
		in->nmissing += p->is == PART_MISSING;
		in->size +=
			p->size / HDR_SIZE * HDR_SIZE - (skips ? HDR_SIZE : 0);
		if (p->media > in->media)
			in->media = p->media;
	}
}

/* a header where one belongs, and nothing wrong but its size */
static bool
is_whole_part(const struct inspect *in, unsigned i)
{
	const struct inspect_part *p = &in->parts[i];
	return p->is == PART_GOOD ||
	       (p->is == PART_SIZE && (i >= nhdrs(in) || p->has_hdr));
}

/*
 * The header is right, so somebody has put a pool there, and the files have all
 * of it: by the end of its heap, or, where nothing tells that, since none of
 * them is shorter than it should be.
 */
bool
inspect_blames_set(const struct inspect *in)
{
	const struct hdr *first = inspect_hdr(in);
	bool is_short = false;
	if (first == NULL)
		return false;
	if (in->parts[0].is == PART_STRANGE)
		return inspect_unknown_features(first) == 0;
	for (unsigned i = 0; i < in->nparts; i++) {
		if (!is_whole_part(in, i))
			return false;
		is_short |= in->parts[i].size < in->parts[i].want;
	}
	if (in->nbad == 0)
		return in->heap_end > in->size;
	return in->heap_end != 0 ? in->heap_end <= in->size : !is_short;
}

static void
strange_text(const struct inspect *in, const struct inspect_part *p,
	char out[ERR_MAX])
{
	uint32_t unknown = inspect_unknown_features(&p->hdr);
	if (unknown != 0)
		(void)snprintf(out, ERR_MAX,
			"pool part '%.800s': its header has features that are "
			"not known here (0x%x)",
			p->path, unknown);
	else
		(void)snprintf(out, ERR_MAX,
			"pool part '%.800s': its header is %s SINGLEHDR, its "
			"set is not",
			p->path,
			(in->options & POOLSET_F_SINGLEHDR) != 0 ? "without"
								 : "with");
}

void
inspect_text(const struct inspect *in, unsigned i, char out[ERR_MAX])
{
	static const char *const texts[PART_IS_END] = {
		[PART_GOOD] = "it is as it should be",
		[PART_MISSING] = "it is not there",
		[PART_NO_FILE] = "it is neither a file nor a device DAX",
		[PART_UNFINISHED] = "its mode is 0000: a create or sync of a "
				    "stock tool did not finish it",
		[PART_EMPTY] = "it has no pool header: there is no pool in it",
		[PART_DAMAGED] =
			"its pool header is damaged: its checksum is wrong",
	};
	const struct inspect_part *p = &in->parts[i];
	if (p->why != NULL)
		(void)snprintf(out, ERR_MAX, "%s", p->why);
	else if (p->is == PART_SIZE)
		(void)snprintf(out, ERR_MAX,
			"pool part '%.800s': it has %llu bytes, its set says "
			"%llu",
			p->path, (unsigned long long)p->size,
			(unsigned long long)p->want);
	else if (p->is == PART_UNREADABLE)
		(void)snprintf(out, ERR_MAX,
			"pool part '%.800s': it cannot be read: %s", p->path,
			strerror(-p->error));
	else if (p->is == PART_STRANGE)
		strange_text(in, p, out);
	else if (p->is == PART_LINKS && check_links(in, i) < 0)
		(void)snprintf(out, ERR_MAX, "pool part '%.600s': %.360s",
			p->path, err_msg());
	else
		(void)snprintf(out, ERR_MAX, "pool part '%.800s': %s", p->path,
			texts[p->is] != NULL ? texts[p->is] : "");
}

const struct hdr *
inspect_hdr(const struct inspect *in)
{
	return in->nparts != 0 && nhdrs(in) != 0 ? hdr_at(in, 0) : NULL;
}

void
inspect_free(struct inspect *in)
{
	for (unsigned i = 0; i < in->nparts; i++) {
		free(in->parts[i].path);
		free(in->parts[i].why);
	}
	freep(&in->parts);
	*in = (struct inspect){0};
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_local.c -- the key file, the state directory, ssh, processors
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "librpmem/statedir.h"
#include "oob/psk.h"
#include "setfile.h"

/* is the key needed for what is looked at? */
static bool
is_for(const struct doctor *d, enum target_kind kind)
{
	return d->target != NULL && d->at.text[0] != '\0' && d->at.kind == kind;
}

static void
bad_key(struct doctor *d, int rc, const char *path)
{
	char word[SHELL_WORD_MAX];
	bool is_missing = rc == -ENOENT;
	/* who uses ssh only needs none */
	bool is_wanted = !is_missing || is_for(d, TARGET_TCP);
	findings_add(&d->f,
		is_wanted && !is_for(d, TARGET_SSH) ? LEVEL_PROBLEM
						    : LEVEL_NOTE,
		"key-file", path, "%s", err_msg());
	if (is_missing)
		findings_fix(&d->f,
			"for tcp:// targets: rpmem keygen, then add its line "
			"to "
			"the target's key file; ssh targets need none");
	else if (rc == -EINVAL)
		findings_fix(&d->f, "correct that line, or make a new file: "
				    "rpmem keygen OTHER, RPMEM_PSK_FILE=OTHER");
	else
		findings_fix(&d->f, "chown %u %s; chmod 600 %s",
			(unsigned)geteuid(), shell_word(path, word),
			shell_word(path, word));
}

static void
look_at_key(struct doctor *d)
{
	char path[PATH_MAX] = "key file";
	struct psk_keys keys = {0};
	int rc = psk_default_path(path, sizeof(path));
	if (rc == 0)
		rc = psk_load(path, &keys);
	if (rc < 0) {
		bad_key(d, rc, path);
		return;
	}
	const struct psk_key *key =
		psk_find(&keys, is_for(d, TARGET_TCP) ? d->at.identity : NULL);
	if (key == NULL) {
		findings_add(&d->f, LEVEL_PROBLEM, "identity", path,
			"no line is for identity '%s', which the target string "
			"names",
			d->at.identity);
		findings_fix(&d->f, "add the line, or write tcp://NODE for the "
				    "first identity of the file");
	} else {
		findings_add(&d->f, LEVEL_OK, "key-file", path,
			"%zu keys; identity '%s' is used", keys.nkeys,
			key->identity);
	}
	psk_free(&keys);
}

/* the directory, or the first one above it that is there */
static void
nearest(const char *path, char out[PATH_MAX])
{
	struct stat st;
	(void)snprintf(out, PATH_MAX, "%s", path);
	while (stat(out, &st) != 0 && strrchr(out, '/') != out)
		*strrchr(out, '/') = '\0';
	if (stat(out, &st) != 0)
		(void)snprintf(out, PATH_MAX, "/");
}

/* NULL: a file system of this machine's own */
static const char *
shared_name(const char *dir)
{
	static const struct {
		uint32_t magic;
		const char *name;
	} kinds[] = {{0x6969, "NFS"}, {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},
		{0x00c36400, "Ceph"}, {0x01021997, "9P"}, {0x65735546, "FUSE"},
		{0x0bd00bd0, "Lustre"}};
	struct statfs fs;
	if (statfs(dir, &fs) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((uint32_t)fs.f_type == kinds[i].magic)
			return kinds[i].name;
	return NULL;
}

static void
bad_statedir(struct doctor *d, const char *path, const char *why)
{
	findings_add(&d->f, LEVEL_PROBLEM, "state-dir", path, "%s", why);
	findings_fix(&d->f, "export RPMEM_STATE_DIR to a directory of this "
			    "user on a disk of this machine");
}

static void
look_at_statedir(struct doctor *d)
{
	char path[STATEDIR_PATH_MAX] = "state directory";
	char dir[PATH_MAX];
	int rc = statedir_path(path);
	if (rc < 0) {
		bad_statedir(d, path, err_msg());
		return;
	}
	nearest(path, dir);
	bool is_there = strcmp(dir, path) == 0;
	/* one that is missing is made by the first open, not by us */
	CLEANUP(closep) int fd = is_there ? statedir_open(path) : -1;
	const char *shared = shared_name(dir);
	if (is_there && fd < 0)
		bad_statedir(d, path, err_msg());
	else if (access(dir, W_OK | X_OK) != 0)
		bad_statedir(d, path,
			"this user may not write there: opens of owners fail");
	else if (shared != NULL)
		bad_statedir(d, path,
			"it is on a file system that other machines may have, "
			"or that is slow: its locks and maps need a local one");
	else
		findings_add(&d->f, LEVEL_OK, "state-dir", path,
			is_there ? "there, and can be written"
				 : "not there yet: the first open makes it");
}

static bool
is_in_path(const char *program)
{
	char name[PATH_MAX];
	const char *path = getenv("PATH");
	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0;
	for (const char *p = path; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, ":");
		(void)snprintf(
			name, sizeof(name), "%.*s/%s", (int)len, p, program);
		if (access(name, X_OK) == 0)
			return true;
		p += len + (p[len] == ':');
	}
	return false;
}

static void
look_at_ssh(struct doctor *d)
{
	const char *ssh = getenv("RPMEM_SSH");
	bool is_set = ssh != NULL && ssh[0] != '\0';
	const char *program = is_set ? ssh : "ssh";
	const char *who = is_set ? "RPMEM_SSH" : "ssh";
	if (is_in_path(program)) {
		findings_add(&d->f, LEVEL_OK, "ssh", who,
			"%s can be run (for targets without tcp://)", program);
		return;
	}
	findings_add(&d->f, is_for(d, TARGET_SSH) ? LEVEL_PROBLEM : LEVEL_NOTE,
		"ssh", who,
		"'%s' cannot be run: no target without tcp:// can be reached",
		program);
	findings_fix(&d->f,
		is_set ? "set RPMEM_SSH to the name of a program, without "
			 "arguments, or unset it"
		       : "install the package openssh-client, if ssh targets "
			 "are used");
}

static void
look_at_processors(struct doctor *d)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
							     : 0;
	findings_add(&d->f, LEVEL_OK, "processors", "processors",
		"%d; a waiting call polls %" PRIu32
		" us before it sleeps (RPMEM_SPIN_US)",
		n, d->knobs.spin_us);
}

void
doctor_local(struct doctor *d)
{
	look_at_key(d);
	look_at_statedir(d);
	look_at_ssh(d);
	look_at_processors(d);
	findings_add(&d->f, LEVEL_OK, "clocks", "clocks",
		"nothing compares the clocks of two machines: generations and "
		"records are numbers, time-outs are each side's own; clocks "
		"that differ only make logs harder to read");
}

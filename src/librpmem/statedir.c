/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * statedir.c -- see statedir.h
 *
 * What is in the directory decides what a copy is thought to have, so nobody
 * else may put a file there or move one away.  Each directory on the way is
 * opened from the one before it and checked when it is open: anybody may
 * write to none of them, but for one like /tmp, where what we make stays ours.
 */
#include "librpmem/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/fileio.h"
#include "librpmem/target.h"
#include "wire/oob.h"

#define ROOTS_DIR "/var/lib/rpmem"
#define PWD_BUF_SIZE 4096
/* longer than any name may be: what is cut off is refused by the kernel */
#define COMPONENT_MAX 512u

static bool
is_set(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int
join(char path[STATEDIR_PATH_MAX], const char *dir, const char *tail)
{
	int n = snprintf(path, STATEDIR_PATH_MAX, "%s%s", dir, tail);
	if (n < 0 || (size_t)n >= STATEDIR_PATH_MAX)
		return err_set(-ENAMETOOLONG,
			"the path of the state directory, '%.64s...', is too "
			"long: set RPMEM_STATE_DIR",
			dir);
	return 0;
}

int
statedir_choose(const struct statedir_env *env, char path[STATEDIR_PATH_MAX])
{
	if (is_set(env->env_dir) && env->env_dir[0] != '/')
		return err_set(-EINVAL,
			"RPMEM_STATE_DIR=%.256s: it has to be an absolute path",
			env->env_dir);
	if (is_set(env->env_dir))
		return join(path, env->env_dir, "");
	if (env->is_root)
		return join(path, ROOTS_DIR, "");
	/* the specification of the variable: a relative path does not count */
	if (is_set(env->xdg) && env->xdg[0] == '/')
		return join(path, env->xdg, "/rpmem");
	if (is_set(env->home) && env->home[0] == '/')
		return join(path, env->home, "/.local/state/rpmem");
	return err_set(-ENOENT,
		"there is no directory for the state of replicas: set "
		"RPMEM_STATE_DIR or HOME");
}

int
statedir_path(char path[STATEDIR_PATH_MAX])
{
	char text[PWD_BUF_SIZE];
	struct passwd pw;
	struct passwd *found = NULL;
	struct statedir_env env = {
		.env_dir = secure_getenv("RPMEM_STATE_DIR"),
		.xdg = secure_getenv("XDG_STATE_HOME"),
		.home = secure_getenv("HOME"),
		.is_root = geteuid() == 0,
	};
	if (!is_set(env.env_dir) && !env.is_root && !is_set(env.xdg) &&
		!is_set(env.home)) {
		(void)getpwuid_r(geteuid(), &pw, text, sizeof(text), &found);
		env.home = found != NULL ? found->pw_dir : NULL;
	}
	return statedir_choose(&env, path);
}

static int
check_dir(int fd, const char *path, bool is_last)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return err_sys(-errno, "state directory '%s'", path);
	if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
		return err_set(-EACCES,
			"state directory '%s': anybody may rename what is in "
			"it or in one above it: chmod o-w, or set "
			"RPMEM_STATE_DIR to another",
			path);
	if (is_last && st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(-EACCES,
			"state directory '%s' belongs to user %u, not to user "
			"%u: set RPMEM_STATE_DIR to a directory of your own",
			path, (unsigned)st.st_uid, (unsigned)geteuid());
	return 0;
}

/* a directory below `at`, made, durably, when it is missing; or -errno */
static int
enter(int at, const char *name)
{
	const int flags = O_DIRECTORY | O_CLOEXEC | O_PATH;
	int fd = openat(at, name, flags);
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : -errno;
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -errno;
	int rc = file_sync_parent(at, name);
	if (rc < 0)
		return rc;
	fd = openat(at, name, flags);
	return fd >= 0 ? fd : -errno;
}

/* the next component of a path and what is behind it; false: no more */
static bool
next_name(const char **rest, char name[COMPONENT_MAX])
{
	const char *p = *rest;
	while (*p == '/')
		p++;
	size_t len = strcspn(p, "/");
	(void)snprintf(name, COMPONENT_MAX, "%.*s",
		(int)MIN_OF(len, COMPONENT_MAX - 1), p);
	*rest = p + len;
	return len > 0;
}

int
statedir_open(const char *path)
{
	char name[COMPONENT_MAX];
	const char *rest = path;
	CLEANUP(closep)
	int fd = open("/", O_DIRECTORY | O_CLOEXEC | O_PATH);
	if (fd < 0)
		return err_sys(-errno, "state directory '%s'", path);
	while (next_name(&rest, name)) {
		int below = enter(fd, name);
		if (below < 0)
			return err_sys(below,
				"state directory '%s': cannot open or make "
				"'%s' on the way to it",
				path, name);
		closep(&fd);
		fd = below;
		int rc = check_dir(fd, path, rest[strspn(rest, "/")] == '\0');
		if (rc < 0)
			return rc;
	}
	return TAKE_FD(fd);
}

static uint64_t
hash_of(const struct statefile_key *key)
{
	uint8_t bytes[UUID16_LEN + TARGET_TEXT_MAX + OOB_DESC_MAX];
	struct cursor c = cursor_write(bytes, sizeof(bytes));
	cursor_put_bytes(&c, key->primary_uuid, UUID16_LEN);
	/* with their ends, so that no letter can move from one to the other */
	cursor_put_bytes(&c, key->target, strlen(key->target) + 1);
	cursor_put_bytes(&c, key->set_name, strlen(key->set_name) + 1);
	return XXH3_64bits(bytes, c.pos);
}

void
statedir_name(const struct statefile_key *key, char name[STATEDIR_NAME_MAX])
{
	char text[UUID16_TEXT_LEN];
	(void)snprintf(name, STATEDIR_NAME_MAX, "%s-%016llx.replica",
		uuid16_text(key->poolset_uuid, text),
		(unsigned long long)hash_of(key));
}

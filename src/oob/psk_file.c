/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * psk_file.c -- the key file: where it is, reading it, making a new one
 *
 * A key is as good as the rights it gives, so a file that somebody else can
 * read or has written is refused and not repaired.  All checks are made on
 * the open file, never on its name; a symbolic link is as good as what it
 * leads to.  A new file is made with O_EXCL, so that an old key is never
 * lost, and one that could not be written whole is removed.
 *
 * Buffers that held a key are wiped before they are given back.
 */
#include "oob/psk.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/err.h"
#include "base/fileio.h"

#define PWD_BUF_SIZE 4096
#define PATH_SIZE 4096
#define LINE_SIZE (PSK_IDENTITY_MAX + 2 * PSK_KEY_SIZE + 2)
#define KEY_MODE 0600

static int
copy_path(char *buf, size_t size, const char *dir, const char *tail)
{
	int n = snprintf(buf, size, "%s%s", dir, tail);
	if (n < 0 || (size_t)n >= size)
		return err_set(-ENAMETOOLONG,
			"the name of the key file is too long: %s%s", dir,
			tail);
	return 0;
}

/* HOME, else the password file's; 0 or -ENOENT with a message */
static int
home_dir(char *buf, size_t size)
{
	const char *home = getenv("HOME");
	if (home != NULL && home[0] != '\0')
		return copy_path(buf, size, home, "");

	char text[PWD_BUF_SIZE];
	struct passwd pw;
	struct passwd *found = NULL;
	(void)getpwuid_r(geteuid(), &pw, text, sizeof(text), &found);
	if (found == NULL || found->pw_dir == NULL || found->pw_dir[0] == '\0')
		return err_set(-ENOENT,
			"no home directory to look for the key file in: set "
			"RPMEM_PSK_FILE or HOME");
	return copy_path(buf, size, found->pw_dir, "");
}

int
psk_default_path(char *buf, size_t size)
{
	const char *file = getenv("RPMEM_PSK_FILE");
	if (file != NULL && file[0] != '\0')
		return copy_path(buf, size, file, "");

	char home[PATH_SIZE];
	int rc = home_dir(home, sizeof(home));
	if (rc != 0)
		return rc;
	return copy_path(buf, size, home, "/.config/rpmem/psk");
}

static int
open_failed(const char *path, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return err_set(-ENOENT,
			"key file '%s' does not exist: make one with 'rpmem "
			"keygen' and copy it to the other node, or set "
			"RPMEM_PSK_FILE",
			path);
	return err_set(error == ENOMEM ? -ENOMEM : -EACCES,
		"key file '%s' cannot be opened: %s", path, strerror(error));
}

/* is the open file one that nobody else can read or has written? */
static int
check_file(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return err_set(
			-EACCES, "key file '%s' is not a regular file", path);
	if (st->st_uid != geteuid())
		return err_set(-EACCES,
			"key file '%s' belongs to user %u, not to user %u: "
			"chown it, or copy it to a file of your own",
			path, (unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & 077) != 0)
		return err_set(-EACCES,
			"key file '%s' is open to others (mode %03o): "
			"chmod 600 '%s'",
			path, (unsigned)st->st_mode & 0777, path);
	if (st->st_size > (off_t)PSK_FILE_MAX)
		return err_set(-EINVAL,
			"key file '%s' is larger than 1 MiB: not a key file",
			path);
	return 0;
}

static int
load_file(const char *path, struct psk_keys *keys_out)
{
	/* O_NONBLOCK: a FIFO of that name must not hang the open */
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return open_failed(path, errno);
	struct stat st;
	if (fstat(fd, &st) != 0)
		return open_failed(path, errno);
	int rc = check_file(path, &st);
	if (rc != 0)
		return rc;

	size_t size = (size_t)st.st_size;
	CLEANUP(freep) char *text = malloc(size + 1);
	if (text == NULL)
		return err_set(-ENOMEM, "key file '%s': no memory", path);
	ssize_t n = file_read_some(fd, text, size, 0);
	if (n < 0)
		rc = err_set(-EACCES, "key file '%s' cannot be read: %s", path,
			strerror((int)-n));
	else
		rc = psk_parse(text, (size_t)n, path, keys_out);
	explicit_bzero(text, size);
	return rc;
}

int
psk_load(const char *path, struct psk_keys *keys_out)
{
	char buf[PATH_SIZE];

	keys_out->nkeys = 0;
	keys_out->keys = NULL;
	if (path == NULL) {
		int rc = psk_default_path(buf, sizeof(buf));
		if (rc != 0)
			return rc;
		path = buf;
	}
	return load_file(path, keys_out);
}

/* a ':' or control character would end the identity in the file */
static void
clean_identity(char *identity)
{
	for (char *p = identity; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c <= 0x20 || c == 0x7f || c == ':')
			*p = '_';
	}
	if (identity[0] == '#')
		identity[0] = '_';
}

static void
own_identity(char identity[PSK_IDENTITY_MAX])
{
	char text[PWD_BUF_SIZE];
	char number[24];
	char host[65] = "";
	struct passwd pw;
	struct passwd *found = NULL;

	(void)getpwuid_r(geteuid(), &pw, text, sizeof(text), &found);
	(void)snprintf(number, sizeof(number), "uid%u", (unsigned)geteuid());
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "localhost");
	(void)snprintf(identity, PSK_IDENTITY_MAX, "%.128s@%.64s",
		found != NULL ? found->pw_name : number, host);
	clean_identity(identity);
}

/* the length of the home directory if path is below it, else 0: without a home
 * nothing is */
static size_t
below_home(const char *path)
{
	char home[PATH_SIZE];
	if (home_dir(home, sizeof(home)) != 0)
		return 0;
	size_t len = strlen(home);
	while (len > 0 && home[len - 1] == '/')
		len--;
	return strncmp(path, home, len) == 0 && path[len] == '/' ? len : 0;
}

/* the directories of path that are missing below the home directory; of others
 * open says what is missing */
static int
make_dirs(const char *path)
{
	char dir[PATH_SIZE];
	int rc = copy_path(dir, sizeof(dir), path, "");
	if (rc != 0)
		return rc;
	size_t len = below_home(dir);
	if (len == 0)
		return 0;

	char *slash = strchr(dir + len + 1, '/');
	for (; slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0700) != 0 && errno != EEXIST)
			return err_sys(-errno, "directory '%s'", dir);
		*slash = '/';
	}
	return 0;
}

static int
write_key(int fd, const struct psk_key *key)
{
	char line[LINE_SIZE];
	int rc = 0;

	psk_format(key, line, sizeof(line));
	size_t len = strlen(line);
	for (size_t done = 0; rc == 0 && done < len;) {
		ssize_t n = write(fd, line + done, len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno != EINTR)
			rc = -errno;
	}
	explicit_bzero(line, sizeof(line));
	/* open's mode went through the umask, which may have cut it */
	if (rc == 0 && (fchmod(fd, KEY_MODE) != 0 || fsync(fd) != 0))
		rc = -errno;
	return rc;
}

static int
exists_already(const char *path)
{
	return err_set(-EEXIST,
		"key file '%s' exists already and is left as it is: name "
		"another file, or move it away first",
		path);
}

static int
cannot_be_made(int rc, const char *path)
{
	return err_sys(rc,
		"key file '%s' cannot be made (name one in a directory that is "
		"there, and that you may write to)",
		path);
}

static int
write_file(const char *path, const struct psk_key *key)
{
	CLEANUP(closep)
	int fd = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, KEY_MODE);
	if (fd < 0 && errno == EEXIST)
		return exists_already(path);
	if (fd < 0)
		return cannot_be_made(-errno, path);
	int rc = write_key(fd, key);
	if (rc == 0)
		return 0;
	(void)unlink(path);
	return err_sys(rc, "key file '%s' cannot be written", path);
}

int
psk_generate(const char *path, struct psk_key *key_out)
{
	memset(key_out, 0, sizeof(*key_out));
	own_identity(key_out->identity);
	if (gnutls_rnd(GNUTLS_RND_KEY, key_out->key, PSK_KEY_SIZE) != 0)
		return err_set(-EIO, "no random bytes for a key");
	int rc = make_dirs(path);
	if (rc == 0)
		rc = write_file(path, key_out);
	if (rc != 0)
		explicit_bzero(key_out, sizeof(*key_out));
	return rc;
}

/* the directory of the file, or what of it is there if make_dirs makes the
 * rest, can be written to */
static int
has_room(const char *path)
{
	char dir[PATH_SIZE];
	int rc = copy_path(dir, sizeof(dir), path, "");
	while (rc == 0) {
		char *slash = strrchr(dir, '/');
		if (slash != NULL)
			slash[slash == dir] = '\0';
		else
			(void)snprintf(dir, sizeof(dir), ".");
		if (access(dir, W_OK | X_OK) == 0)
			return 0;
		if (errno != ENOENT || below_home(dir) == 0)
			rc = cannot_be_made(-errno, path);
	}
	return rc;
}

int
psk_would_generate(const char *path, char identity_out[PSK_IDENTITY_MAX])
{
	struct stat st;
	own_identity(identity_out);
	return lstat(path, &st) == 0 ? exists_already(path) : has_room(path);
}

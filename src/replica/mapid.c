/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * mapid.c -- see mapid.h
 */
#include "replica/mapid.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uuid/uuid.h>

#include "base/err.h"

#define TMP_SUFFIX MAPID_SUFFIX ".tmp"
#define NS_PER_S 1000000000u

size_t
mapid_format(const struct mapid *id, char out[MAPID_TEXT_MAX])
{
	char uuid[UUID16_TEXT_LEN];
	int n = snprintf(out, MAPID_TEXT_MAX,
		"rpmem-id 1\nidentity %s\ninode %" PRIu64 "\nborn %" PRIu64
		"\n",
		uuid16_text(id->uuid, uuid), id->ino, id->born_ns);
	return (size_t)n;
}

/* lenient in reading, then only what would be written the same way */
int
mapid_parse(const char *text, size_t len, struct mapid *id_out)
{
	char buf[MAPID_TEXT_MAX];
	char again[MAPID_TEXT_MAX];
	char uuid[UUID16_TEXT_LEN];
	struct mapid id = {.ino = 0};
	if (len >= sizeof(buf))
		return -EBADMSG;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (sscanf(buf,
		    "rpmem-id 1 identity %36s inode %" SCNu64 " born %" SCNu64,
		    uuid, &id.ino, &id.born_ns) != 3 ||
		uuid_parse(uuid, id.uuid) != 0 || uuid16_is_zero(id.uuid))
		return -EBADMSG;
	if (mapid_format(&id, again) != len || memcmp(buf, again, len) != 0)
		return -EBADMSG;
	*id_out = id;
	return 0;
}

bool
mapid_fits(const struct mapid *id, uint64_t ino, uint64_t born_ns)
{
	return id->ino == ino &&
	       (id->born_ns == born_ns || id->born_ns == 0 || born_ns == 0);
}

static int
side_name(const char *file, const char *suffix, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s%s", file, suffix);
	return n < PATH_MAX ? 0
			    : err_sys(-ENAMETOOLONG, "'%s%s'", file, suffix);
}

static int
look(const char *file, struct mapid *id_out)
{
	struct statx st;
	if (statx(AT_FDCWD, file, 0, STATX_INO | STATX_BTIME, &st) != 0)
		return err_sys(-errno, "'%s'", file);
	id_out->ino = st.stx_ino;
	id_out->born_ns = 0;
	if ((st.stx_mask & STATX_BTIME) && st.stx_btime.tv_sec > 0)
		id_out->born_ns = (uint64_t)st.stx_btime.tv_sec * NS_PER_S +
				  st.stx_btime.tv_nsec;
	return 0;
}

int
mapid_load(const char *file, uint8_t uuid_out[UUID16_LEN])
{
	char name[PATH_MAX];
	char text[MAPID_TEXT_MAX];
	struct mapid id;
	struct mapid now = {.ino = 0};
	int rc = side_name(file, MAPID_SUFFIX, name);
	if (rc == 0)
		rc = look(file, &now);
	if (rc < 0)
		return rc;
	/* not open(): that is hooked */
	CLEANUP(closep)
	int fd = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(MAPID_LOST, "there is no '%s'", name);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (n < 0)
		return err_sys(-errno, "'%s'", name);
	if (mapid_parse(text, (size_t)n, &id) < 0)
		return err_set(MAPID_LOST, "'%s' holds no identity", name);
	if (!mapid_fits(&id, now.ino, now.born_ns))
		return err_set(MAPID_LOST,
			"'%s' is of another file, which had this name before",
			name);
	memcpy(uuid_out, id.uuid, UUID16_LEN);
	return 0;
}

static int
write_file(const char *name, const struct mapid *id)
{
	char text[MAPID_TEXT_MAX];
	size_t len = mapid_format(id, text);
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	/* left by one that died in here */
	(void)unlink(name);
	CLEANUP(closep) int fd = openat(AT_FDCWD, name, flags, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) != 0)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

static int
sync_parent(const char *name)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(name, '/');
	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
			(int)(slash - name + 1), name);
	CLEANUP(closep)
	int fd = openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) != 0 ? -errno : 0;
}

int
mapid_save(const char *file, const uint8_t uuid[UUID16_LEN])
{
	char name[PATH_MAX];
	char tmp[PATH_MAX];
	struct mapid id = {.ino = 0};
	int rc = side_name(file, MAPID_SUFFIX, name);
	if (rc == 0)
		rc = side_name(file, TMP_SUFFIX, tmp);
	if (rc == 0)
		rc = look(file, &id);
	if (rc < 0)
		return rc;
	memcpy(id.uuid, uuid, UUID16_LEN);
	rc = write_file(tmp, &id);
	if (rc == 0 && rename(tmp, name) != 0)
		rc = -errno;
	if (rc < 0)
		(void)unlink(tmp);
	if (rc == 0)
		rc = sync_parent(name);
	return rc < 0 ? err_sys(rc, "'%s': cannot write it", name) : 0;
}

void
mapid_remove(const char *file)
{
	char name[PATH_MAX];
	if (side_name(file, MAPID_SUFFIX, name) == 0)
		(void)unlink(name);
}

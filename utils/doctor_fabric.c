/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_fabric.c -- libfabric, its providers, and why one is missing
 *
 * libfabric leaves a provider out without a word when what it stands on is
 * not there; so that is looked for here.
 */
#include "doctor.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fabric/fabric.h"

#define DEVICES "/sys/class/infiniband"
#define NODES "/dev/infiniband"
/* rings and a journal's frames, registered: generous */
#define MEMLOCK_MIN (64ULL << 20)

struct verbs_verdict
doctor_verbs_verdict(const struct verbs_facts *f)
{
	if (!f->has_device)
		return (struct verbs_verdict){
			"there is no RDMA device (" DEVICES " is empty)",
			"load the driver of the card; without one, use "
			"RPMEM_PROVIDER=tcp"};
	if (!f->has_libraries)
		return (struct verbs_verdict){
			"libibverbs.so.1 or librdmacm.so.1 cannot be loaded",
			"install the packages libibverbs1, librdmacm1 and "
			"ibverbs-providers"};
	if (!f->has_node)
		return (struct verbs_verdict){"the kernel offers no " NODES
					      "/uverbs*",
			"modprobe ib_uverbs rdma_ucm"};
	if (!f->may_open)
		return (struct verbs_verdict){"this user may not open " NODES
					      "/uverbs*",
			"install the package rdma-core, whose udev rules open "
			"them, or add the user to their group"};
	return (struct verbs_verdict){
		"a device is there, and libfabric does not take it",
		"give its network interface an address (ip address), install "
		"ibverbs-providers, and look at FI_LOG_LEVEL=info fi_info -p "
		"verbs"};
}

static bool
can_load(const char *file)
{
	void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL)
		return false;
	(void)dlclose(handle);
	return true;
}

/* is there an entry whose name begins so?  may_open: one that may be */
static bool
look_into(const char *dir, const char *prefix, bool *may_open_out)
{
	char path[512];
	bool found = false;
	DIR *stream = opendir(dir);
	if (stream == NULL)
		return false;
	for (struct dirent *e = readdir(stream); e != NULL;
		e = readdir(stream)) {
		if (e->d_name[0] == '.' ||
			strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		found = true;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (access(path, R_OK | W_OK) == 0)
			*may_open_out = true;
	}
	(void)closedir(stream);
	return found;
}

static struct verbs_verdict
look_at_verbs(void)
{
	bool unused = false;
	struct verbs_facts f = {.has_device = look_into(DEVICES, "", &unused)};
	f.has_node = look_into(NODES, "uverbs", &f.may_open);
	f.has_libraries =
		can_load("libibverbs.so.1") && can_load("librdmacm.so.1");
	return doctor_verbs_verdict(&f);
}

static bool
offers(const char *providers, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = providers; *p != '\0'; p += strspn(p, ", ")) {
		size_t word = strcspn(p, ",");
		if (word == len && memcmp(p, name, len) == 0)
			return true;
		p += word;
	}
	return false;
}

static void
missing(struct doctor *d, const struct fabric_facts *facts)
{
	struct verbs_verdict v = {.what = NULL};
	if (facts->major == 0) {
		findings_add(&d->f, LEVEL_PROBLEM, "libfabric", "libfabric",
			"%s", err_msg());
		findings_fix(&d->f, "install the package libfabric1");
		return;
	}
	if (strcmp(d->knobs.provider, "verbs") == 0)
		v = look_at_verbs();
	findings_add(&d->f, LEVEL_PROBLEM, "provider", d->knobs.provider,
		"%s%s%s", err_msg(), v.what != NULL ? ": " : "",
		v.what != NULL ? v.what : "");
	if (getenv("FI_PROVIDER") != NULL)
		findings_fix(&d->f, "unset FI_PROVIDER, which hides it");
	else
		findings_fix(&d->f, "%s",
			v.fix != NULL ? v.fix
				      : "set RPMEM_PROVIDER to one that is "
					"there, on both sides, or unset it");
}

/* only verbs has memory locked */
static void
look_at_memlock(struct doctor *d)
{
	struct rlimit limit = {0};
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return;
	bool is_wanted = strcmp(d->knobs.provider, "verbs") == 0;
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MEMLOCK_MIN) {
		findings_add(&d->f, LEVEL_OK, "memlock", "RLIMIT_MEMLOCK",
			"large enough for any provider");
	} else if (!is_wanted) {
		findings_add(&d->f, LEVEL_OK, "memlock", "RLIMIT_MEMLOCK",
			"%llu KiB: only provider verbs would need more",
			(unsigned long long)limit.rlim_cur >> 10);
	} else {
		findings_add(&d->f, LEVEL_PROBLEM, "memlock", "RLIMIT_MEMLOCK",
			"%llu KiB: verbs locks its buffers in memory, 64 MiB "
			"per copy at most",
			(unsigned long long)limit.rlim_cur >> 10);
		findings_fix(&d->f, "ulimit -l unlimited; for good, a line "
				    "'USER - memlock unlimited' in "
				    "/etc/security/limits.conf");
	}
}

void
doctor_fabric(struct doctor *d)
{
	int rc = fabric_load(d->knobs.provider);
	struct fabric_facts facts = fabric_describe();
	if (rc < 0)
		missing(d, &facts);
	else
		findings_add(&d->f, LEVEL_OK, "provider", "libfabric",
			"version %u.%u, providers %s; %s is used", facts.major,
			facts.minor, facts.providers, d->knobs.provider);
	if (facts.major != 0 && strcmp(d->knobs.provider, "verbs") != 0 &&
		!offers(facts.providers, "verbs"))
		findings_add(&d->f, LEVEL_OK, "verbs", "libfabric",
			"provider verbs is not there, and not asked for: %s",
			look_at_verbs().what);
	look_at_memlock(d);
}

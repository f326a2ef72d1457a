/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * doctor_target.c -- a target as a program reaches it: the same functions, the
 * same time limits
 *
 * A question for a copy's lineage is answered from a file, without a lock, and
 * may be asked as often as one likes: it measures the round trip out of band.
 */
#include "doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "librpmem/handle.h"
#include "oob/command.h"

#define TRIES 9u
#define SAYS_MAX 128u

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;
	return (*x > *y) - (*x < *y);
}

struct round_trip
round_trip_of(uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), compare);
	return (struct round_trip){.min_ns = ns[0], .median_ns = ns[n / 2]};
}

const char *
time_text(uint64_t ns, char text[TIME_TEXT_MAX])
{
	if (ns < 1000000)
		(void)snprintf(
			text, TIME_TEXT_MAX, "%.1f us", (double)ns / 1e3);
	else
		(void)snprintf(
			text, TIME_TEXT_MAX, "%.1f ms", (double)ns / 1e6);
	return text;
}

/* what connecting means by an error, and what helps */
static const struct {
	int rc;
	const char *code;
	const char *tcp;
	const char *ssh; /* NULL: the same */
} failures[] = {
	{-ECONNREFUSED, "refused",
		"start it there: rpmemd --listen ADDRESS --poolset-dir DIR; if "
		"it has another port, write tcp://NODE:PORT",
		NULL},
	{-ETIMEDOUT, "timeout",
		"ping the node; let the port (7636 unless the target string "
		"says another) through the firewalls; if something else "
		"listens there, write tcp://NODE:PORT",
		"try: ssh -oBatchMode=yes NODE true; a shell that prints or "
		"waits at login is in the way"},
	{-EHOSTUNREACH, "unreachable",
		"add the name to DNS or /etc/hosts, or write its address; ip "
		"route get ADDRESS says whether there is a way to it",
		NULL},
	{-ENETUNREACH, "unreachable",
		"ip route get ADDRESS says whether there is a way to it", NULL},
	{-EACCES, "key",
		"copy the line of this identity from the key file here to the "
		"one that rpmemd has there, and restart rpmemd",
		NULL},
	{-ENOENT, "key-file",
		"rpmem keygen, then add its line to the target's key file",
		NULL},
	{-EPROTONOSUPPORT, "protocol",
		"install the same version of rpmem on both sides", NULL},
	{-EPROTO, "protocol",
		"what answers there is no rpmemd: write the port that rpmemd "
		"has, tcp://NODE:PORT",
		"a shell that prints at login is in the way: make it quiet for "
		"commands; RPMEM_CMD says what is run"},
};

/* ssh explains itself in the message; its exit status says which half failed */
static const char *
ssh_fix(const char *why)
{
	if (strstr(why, "status 127") != NULL)
		return "rpmemd is not in the PATH that ssh has there: "
		       "RPMEM_CMD=/PREFIX/bin/rpmemd (or RPMEM_SSH names no "
		       "program)";
	if (strstr(why, "Permission denied") != NULL)
		return "ssh-copy-id NODE, or an agent: it has to work without "
		       "a question, ssh -oBatchMode=yes NODE true";
	if (strstr(why, "resolve hostname") != NULL)
		return "add the name to DNS, /etc/hosts or ~/.ssh/config";
	if (strstr(why, "erification failed") != NULL)
		return "ssh NODE once by hand, to accept its host key";
	return NULL;
}

/* the template with the node's name for each NODE in it */
static void
add_fix(struct doctor *d, const char *text)
{
	char fix[FINDING_TEXT_MAX];
	char node[sizeof(d->at.user) + sizeof(d->at.node)];
	size_t n = 0;
	(void)snprintf(node, sizeof(node), "%s%s%s", d->at.user,
		d->at.user[0] != '\0' ? "@" : "", d->at.node);
	for (const char *p = text; *p != '\0' && n + 1 < sizeof(fix);) {
		bool is_node = strncmp(p, "NODE", 4) == 0;
		n += (size_t)snprintf(fix + n, sizeof(fix) - n, "%.*s",
			is_node ? (int)sizeof(node) : 1, is_node ? node : p);
		p += is_node ? 4 : 1;
	}
	findings_fix(&d->f, "%.*s", (int)MIN_OF(n, sizeof(fix) - 1), fix);
}

/* the message without the target, which the finding names itself */
static void
add_message(struct doctor *d, const char *code)
{
	const char *why = err_msg();
	size_t len = strlen(d->target);
	while (strncmp(why, d->target, len) == 0 &&
		strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	findings_add(&d->f, LEVEL_PROBLEM, code, d->target, "%s", why);
}

static void
add_failure(struct doctor *d, int rc)
{
	bool is_ssh = d->at.kind == TARGET_SSH;
	const char *fix = "the message says what is in the way";
	const char *code = "connect";
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].rc == rc) {
			code = failures[i].code;
			fix = is_ssh && failures[i].ssh != NULL
				      ? failures[i].ssh
				      : failures[i].tcp;
		}
	if (is_ssh && ssh_fix(err_msg()) != NULL)
		fix = ssh_fix(err_msg());
	else if (is_ssh && rc != -ETIMEDOUT && rc != -EPROTO)
		fix = "try: ssh -oBatchMode=yes NODE rpmemd --version";
	add_message(d, is_ssh ? "ssh-target" : code);
	add_fix(d, fix);
}

/* NULL name: asks for one that is not there, which is an answer, too */
static int
ask(struct doctor *d, struct chan *ch)
{
	struct oob_msg m = {.type = OOB_LINEAGE};
	(void)snprintf(m.u.lineage.desc, sizeof(m.u.lineage.desc), "%s",
		d->name != NULL ? d->name : DOCTOR_NO_NAME);
	return chan_call(ch, &m, OOB_LINEAGE_REPLY, &m,
		deadline_in_ms(d->knobs.disk_timeout_ms));
}

static int
measure(struct doctor *d, struct chan *ch)
{
	uint64_t ns[TRIES];
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t began = now_ns();
		int rc = ask(d, ch);
		if (rc < 0)
			return err_wrap(rc, "%s", d->target);
		ns[i] = now_ns() - began;
	}
	d->control = round_trip_of(ns, TRIES);
	return 0;
}

/* "rpmemd 0.1.0", as its shell has it; ssh targets only */
static void
ask_version(struct doctor *d)
{
	char command[COMMAND_MAX];
	char says[SAYS_MAX] = "";
	size_t got = 0;
	struct duplex io = {-1, -1};
	struct launch *launch = NULL;
	const struct launch_cfg cfg = {.node = d->at.node,
		.user = d->at.user,
		.port = d->at.port,
		.command = command};
	int rc = command_pick(getenv("RPMEM_CMD"), 0, command,
		sizeof(command) - sizeof(" --version"));
	if (rc < 0)
		return;
	(void)strncat(
		command, " --version", sizeof(command) - strlen(command) - 1);
	if (launch_start(&cfg, &io, &launch) < 0)
		return;
	/* it ends behind its line: an error after some bytes is its end */
	IGNORE(duplex_read(&io, says, sizeof(says) - 1,
		deadline_in_ms(2ULL * d->knobs.timeout_ms), &got));
	says[strcspn(says, "\r\n")] = '\0';
	duplex_close(&io);
	launch_free(launch);
	size_t len = strlen("rpmemd ");
	doctor_version(
		d, strncmp(says, "rpmemd ", len) == 0 ? says + len : says);
}

static void
say_reached(struct doctor *d, uint64_t took_ns)
{
	char took[TIME_TEXT_MAX];
	char min[TIME_TEXT_MAX];
	char median[TIME_TEXT_MAX];
	findings_add(&d->f, LEVEL_OK, "target", d->target,
		"rpmemd answers, and speaks our protocol; connecting took %s, "
		"a "
		"round trip out of band %s at least, %s in the median",
		time_text(took_ns, took), time_text(d->control.min_ns, min),
		time_text(d->control.median_ns, median));
}

void
doctor_target(struct doctor *d)
{
	struct chan ch = {0};
	uint64_t began = now_ns();
	int rc = oob_greet(&ch, &d->at, &d->knobs);
	uint64_t took = now_ns() - began;
	if (rc == 0)
		rc = measure(d, &ch);
	if (rc < 0)
		add_failure(d, rc);
	else
		say_reached(d, took);
	bool may_open = rc == 0 && d->name != NULL && doctor_copy(d, &ch);
	chan_fini(&ch);
	if (rc == 0)
		doctor_room(d);
	if (may_open)
		doctor_inband(d);
	if (rc == 0 && d->at.kind == TARGET_SSH && !d->knows_version)
		ask_version(d);
	if (rc < 0 || d->name != NULL)
		return;
	findings_add(&d->f, LEVEL_NOTE, "not-tried", d->target,
		"the in-band connection, which carries the data, belongs to a "
		"copy, and none is named");
	findings_fix(&d->f, "rpmem doctor TARGET NAME, with the name of a "
			    "copy's set file there");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * greet.c -- from a target to an out-of-band connection that knows us
 *
 * Key, TCP, TLS, or ssh; then the first message.  For opens and for
 * rpmem_remove.  Asks for nothing: what a connection is for is the caller's
 * business.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/deadline.h"
#include "base/err.h"
#include "librpmem/handle.h"
#include "oob/command.h"

int
reply_error(
	const char *target, const char *what, uint32_t status, const char *text)
{
	if (status == OOB_SUCCESS)
		return 0;
	return err_set(-oob_status_errno(status), "%s: %s: %s", target, what,
		text[0] != '\0' ? text : "refused without a reason");
}

static int
greet(struct chan *ch, const struct target *t, const struct knobs *knobs,
	uint64_t deadline)
{
	struct oob_msg msg = {.type = OOB_HELLO};
	struct oob_msg reply;
	msg.u.hello.version_min = OOB_VERSION_MIN;
	msg.u.hello.version_max = OOB_VERSION_MAX;
	msg.u.hello.timeout_ms = knobs->timeout_ms;
	msg.u.hello.pid = (uint32_t)getpid();
	if (getrandom(msg.u.hello.initiator_id, UUID16_LEN, 0) != UUID16_LEN)
		return err_set(-EIO, "no random bytes from the kernel");
	(void)snprintf(msg.u.hello.program, sizeof(msg.u.hello.program),
		"%.63s", program_invocation_short_name);
	int rc = chan_call(ch, &msg, OOB_HELLO_REPLY, &reply, deadline);
	if (rc < 0)
		return err_wrap(rc, "%s", t->text);
	return reply_error(t->text, "hello", reply.u.hello_reply.status,
		reply.u.hello_reply.text);
}

/* rpmemd by ssh; ssh itself may take its time to log in */
static int
connect_ssh(struct chan *ch, const struct target *t)
{
	/* relaxed: which thread gets which turn does not matter */
	static atomic_uint turns;
	unsigned turn =
		atomic_fetch_add_explicit(&turns, 1, memory_order_relaxed);
	char command[COMMAND_MAX];
	struct launch_cfg cfg = {.node = t->node,
		.user = t->user,
		.port = t->port,
		.command = command};
	struct duplex io = {-1, -1};
	struct launch *launch = NULL;
	int rc = command_pick(
		getenv("RPMEM_CMD"), turn, command, sizeof(command));
	if (rc == 0)
		rc = launch_start(&cfg, &io, &launch);
	if (rc == 0)
		rc = chan_init_io(ch, io, launch, t->node);
	if (rc == 0)
		return 0;
	duplex_close(&io);
	launch_free(launch);
	return err_wrap(rc, "%s", t->text);
}

static int
connect_tcp(struct chan *ch, const struct target *target, uint64_t deadline)
{
	struct psk_keys keys = {0};
	int rc = psk_load(NULL, &keys);
	if (rc < 0)
		return err_wrap(rc, "%s", target->text);
	const struct psk_key *key = psk_find(&keys, target->identity);
	if (key == NULL)
		rc = err_set(-EACCES,
			"%s: the key file has no line for identity '%s'",
			target->text, target->identity);
	if (rc == 0)
		rc = chan_connect(
			ch, target->node, target->port, key, deadline);
	psk_free(&keys);
	return rc;
}

int
oob_greet(
	struct chan *ch, const struct target *target, const struct knobs *knobs)
{
	uint64_t deadline = deadline_in_ms(2ULL * knobs->timeout_ms);
	int rc = target->kind == TARGET_SSH ? connect_ssh(ch, target)
					    : connect_tcp(ch, target, deadline);
	return rc < 0 ? rc : greet(ch, target, knobs, deadline);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * greet.c -- from a target to an out-of-band connection that knows us
 *
 * Key, TCP, TLS, and the first message; for opens and for rpmem_remove.  Asks
 * for nothing: what a connection is for is the caller's business.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/deadline.h"
#include "base/err.h"
#include "librpmem/handle.h"

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

int
oob_greet(
	struct chan *ch, const struct target *target, const struct knobs *knobs)
{
	struct psk_keys keys = {0};
	uint64_t deadline = deadline_in_ms(2ULL * knobs->timeout_ms);
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
	if (rc == 0)
		rc = greet(ch, target, knobs, deadline);
	return rc;
}

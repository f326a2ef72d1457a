/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * children.c -- see children.h
 *
 * Only processes of this table are waited for, by pid: whoever embeds the
 * loop (a test, a supervisor that execs rpmemd) keeps its own children.
 * A session logs its own end; what it cannot log is a death by signal.
 */
#include "rpmemd/children.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"

void
children_add(struct children *ch, pid_t pid, const char *peer)
{
	struct child *c = &ch->c[ch->n++];
	c->pid = pid;
	(void)snprintf(c->peer, sizeof(c->peer), "%s", peer);
}

static void
log_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		LOG_ERR("%s: session process %d was killed by signal %d (%s)",
			c->peer, (int)c->pid, WTERMSIG(status),
			sigdescr_np(WTERMSIG(status)));
	else
		LOG_DEBUG("%s: session process %d ended with status %d",
			c->peer, (int)c->pid, WEXITSTATUS(status));
}

/* has it ended? */
static bool
reap_one(const struct child *c, int flags)
{
	int status = 0;
	pid_t pid;
	do {
		pid = waitpid(c->pid, &status, flags);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return false;
	/* an error means that it is no child of ours (any more) */
	if (pid > 0)
		log_end(c, status);
	return true;
}

unsigned
children_reap(struct children *ch, bool wait)
{
	unsigned before = ch->n;
	for (unsigned i = ch->n; i-- > 0;)
		if (reap_one(&ch->c[i], wait ? 0 : WNOHANG))
			ch->c[i] = ch->c[--ch->n];
	return before - ch->n;
}

void
children_signal(const struct children *ch, int sig)
{
	for (unsigned i = 0; i < ch->n; i++)
		(void)kill(ch->c[i].pid, sig);
}

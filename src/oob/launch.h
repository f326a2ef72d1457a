/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * launch.h -- start a command on another machine by ssh
 *
 * The program around us keeps its children to itself: what is started here
 * is no child of this process (init reaps it), raises no SIGCHLD and cannot
 * be waited for; its exit status comes over a pipe.
 */
#ifndef RPMEM_OOB_LAUNCH_H
#define RPMEM_OOB_LAUNCH_H

#include <stdint.h>

#include "base/compiler.h"
#include "oob/duplex.h"

struct launch; /* what the started process leaves to look at */

struct launch_cfg {
	const char *node;    /* what ssh takes for a host */
	const char *user;    /* "": ssh's choice */
	uint16_t port;	     /* 0: ssh's choice */
	const char *command; /* for the remote shell */
};

/*
 * launch_start -- $RPMEM_SSH [-p port] -T -oBatchMode=yes [user@]node command
 *
 *   io_out       its standard input and output; the caller's
 *   launch_out   for launch_explain; the caller's
 *
 * The started process has none of our other descriptors, default signal
 * dispositions, no signal blocked, and a session of its own, so that a ^C
 * meant for the program does not cut the connection.
 *
 * Returns 0; -ENOMEM, -EAGAIN, -EMFILE ... with a message.  An RPMEM_SSH that
 * cannot be run shows as a process that ends: see launch_explain.
 */
NODISCARD int launch_start(const struct launch_cfg *cfg, struct duplex *io_out,
	struct launch **launch_out);

/*
 * launch_status -- exit status of the process
 *
 * Returns 0 .. 255; -ETIMEDOUT: it still runs; -ECONNRESET: it ended without
 * one (its shell was killed)
 */
NODISCARD int launch_status(struct launch *l, uint64_t deadline);

/*
 * launch_explain -- why the channel over the process failed
 *
 * Puts what the process wrote to its standard error, and its exit status if
 * it has ended, behind the current message.  Returns rc.
 */
int launch_explain(struct launch *l, int rc);

/* the process goes on until its standard input ends; NULL is fine */
void launch_free(struct launch *l);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * main.c -- rpmemd: the target daemon, as a listener
 *
 * Everything that can be wrong with the configuration is found out before
 * the ready line: whoever waits for that line has a daemon that works.  The
 * order is keys, directory, fabric, address, port file, so that a port file
 * is there only while connections are accepted.
 *
 * libfabric is loaded once, here, and the sessions inherit it by fork: its
 * first use takes a third of a second.
 *
 * Exit status: 0 after SIGTERM or SIGINT, 255 for bad usage, else the errno
 * of what went wrong, as the historical rpmemd did it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/knobs.h"
#include "base/log.h"
#include "fabric/fabric.h"
#include "rpmemd/gate.h"
#include "rpmemd/options.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/portfile.h"
#include "rpmemd/sdnotify.h"
#include "rpmemd/session.h"

#define EXIT_USAGE 255
#define READY_MAX 8192

/* members are in the order in which they are made */
struct daemon {
	struct knobs knobs;
	struct keyring *keys; /* until the gate has taken them */
	struct rpmemd_cfg cfg;
	struct gate gate;
	struct portfile port_file;
};

static void
daemon_fini(struct daemon *d)
{
	portfile_remove(&d->port_file);
	gate_close(&d->gate);
	closep(&d->cfg.poolset_dirfd);
	keyring_put(TAKE_PTR(d->keys));
}

static const char *
provider_of(const struct knobs *knobs)
{
	return knobs->provider[0] != '\0' ? knobs->provider : NULL;
}

static int
load_config(struct daemon *d, const struct options *o)
{
	int rc = knobs_load(&d->knobs);
	if (rc == 0)
		rc = keyring_load(NULL, &d->keys);
	if (rc < 0)
		return rc;
	d->cfg = (struct rpmemd_cfg){
		.poolset_dir = o->poolset_dir,
		.poolset_dirfd = pooldir_open(o->poolset_dir),
		.durability = o->durability,
		.timeout_ms = d->knobs.timeout_ms,
		.disk_timeout_ms = d->knobs.disk_timeout_ms,
		.spin_us = d->knobs.spin_us,
		.provider = provider_of(&d->knobs),
	};
	return MIN_OF(d->cfg.poolset_dirfd, 0);
}

static int
start(struct daemon *d, const struct options *o)
{
	int rc = load_config(d, o);
	if (rc == 0)
		rc = fabric_load(d->cfg.provider);
	if (rc == 0)
		rc = gate_open(&d->gate, &o->listen, d->keys);
	if (rc < 0)
		return rc;
	d->keys = NULL;
	if (o->port_file != NULL)
		rc = portfile_write(
			&d->port_file, o->port_file, d->gate.sockets.port);
	return rc;
}

static void
announce(const struct daemon *d)
{
	char text[READY_MAX];
	char where[SOCKETS_MAX * (ADDRESS_TEXT_MAX + 5)];

	sockets_text(&d->gate.sockets, where, sizeof(where));
	(void)snprintf(text, sizeof(text),
		"rpmemd %s ready: listening on %s, pool sets below %s, "
		"durability %s",
		RPMEM_VERSION, where, d->cfg.poolset_dir,
		d->cfg.durability == POOL_DURABLE_MEDIA ? "media" : "memory");
	if (sockets_beyond_loopback(&d->gate.sockets))
		LOG_WARN("other machines can reach %s: pool data is "
			 "authenticated by a one-time token but is not "
			 "encrypted",
			where);
	LOG_NOTICE("%s", text);
	(void)printf("%s\n", text);
	(void)fflush(stdout);
	if (sdnotify("READY=1") < 0)
		LOG_WARN("%s", err_msg());
}

/* the message goes where somebody looks: also to stderr if there is a file */
static int
report(const struct options *o, int rc)
{
	if (o->log_file != NULL)
		LOG_ERR("%s", err_msg());
	(void)fprintf(stderr, "rpmemd: %s\n", err_msg());
	return -rc;
}

/* this process is a session now; its exit status */
static int
serve(struct daemon *d, struct handshake *session)
{
	/* the listener's, which goes on */
	d->port_file.path = NULL;
	int status =
		session_run(&d->cfg, TAKE_PTR(session->tls), &session->peer);
	handshake_fini(session);
	return status;
}

static int
run(struct daemon *d, const struct options *o)
{
	struct handshake session = {0};
	int rc = start(d, o);
	if (rc < 0)
		return report(o, rc);
	announce(d);
	rc = gate_run(&d->gate, &session);
	if (rc == GATE_SESSION)
		return serve(d, &session);
	if (rc < 0)
		return report(o, rc);
	LOG_NOTICE("rpmemd %s stopped", RPMEM_VERSION);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct options o;
	static struct daemon d = {
		.cfg.poolset_dirfd = -1, .gate.signal_fd = -1};

	int rc = options_parse(argc, argv, &o);
	if (rc != 0)
		return rc == OPTIONS_DONE ? 0 : EXIT_USAGE;
	rc = log_init("rpmemd", o.log_level, o.log_file);
	if (rc < 0) {
		rc = err_sys(rc, "cannot open log file '%.600s'", o.log_file);
		(void)fprintf(stderr, "rpmemd: %s\n", err_msg());
		return -rc;
	}
	/* a peer that is gone is an error of the write, not a signal */
	(void)signal(SIGPIPE, SIG_IGN);
	int status = run(&d, &o);
	daemon_fini(&d);
	return status;
}

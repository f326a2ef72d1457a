/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * main.c -- rpmemd: the target daemon
 *
 * Three lives: a listener that forks a session for each initiator, one
 * session for the initiator whose ssh started it, or the removal of a pool.
 *
 * Listener: everything that can be wrong with the configuration is found out
 * before the ready line: whoever waits for that line has a daemon that works.
 * The order is keys, directory, fabric, address, port file, so that a port file
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
#include "base/stdfds.h"
#include "fabric/fabric.h"
#include "rpmemd/config.h"
#include "rpmemd/gate.h"
#include "rpmemd/options.h"
#include "rpmemd/pooldir.h"
#include "rpmemd/portfile.h"
#include "rpmemd/retire.h"
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
	if (rc < 0)
		return rc;
	if (o->poolset_dir[0] != '/')
		return err_set(-EINVAL,
			"poolset-dir is not set, and there is no home "
			"directory to take instead");
	d->cfg = (struct rpmemd_cfg){
		.poolset_dir = o->poolset_dir,
		.poolset_dirfd = pooldir_open(o->poolset_dir),
		.durability = o->durability,
		.timeout_ms = d->knobs.timeout_ms,
		.disk_timeout_ms = d->knobs.disk_timeout_ms,
		.spin_us = d->knobs.spin_us,
		.provider = provider_of(&d->knobs),
		.access_file = o->access_file,
		.data_port_min = o->data_port_min,
		.data_port_max = o->data_port_max,
		.catchup_max = o->catchup_max,
		.rights = ACCESS_ALL,
	};
	if (o->persist_apm)
		LOG_NOTICE("persist-apm has no effect: the target itself "
			   "makes data durable before it acknowledges");
	return MIN_OF(d->cfg.poolset_dirfd, 0);
}

static int
start(struct daemon *d, const struct options *o)
{
	struct access ignored;
	int rc = load_config(d, o);
	if (rc == 0)
		rc = keyring_load(NULL, &d->keys);
	if (rc == 0 && o->access_file[0] != '\0')
		rc = access_load(o->access_file, NULL, &ignored);
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
	if (o->log_file[0] != '\0' || o->use_syslog)
		LOG_ERR("%s", err_msg());
	(void)fprintf(stderr, "rpmemd: %s\n", err_msg());
	return -rc;
}

/* what the access file lets this session's key do, read anew each time */
static int
limit(struct rpmemd_cfg *cfg, const struct peer *peer, struct access *a)
{
	if (cfg->access_file[0] == '\0' || !peer->has_key)
		return 0;
	int rc = access_load(cfg->access_file, peer->identity, a);
	if (rc < 0)
		return rc;
	cfg->rights = a->rights;
	if (a->dir[0] == '\0')
		return 0;
	if (a->dir[0] != '/') {
		char below[PATH_MAX];
		int n = snprintf(below, sizeof(below), "%s/%s",
			cfg->poolset_dir, a->dir);
		if (n < 0 || (size_t)n >= sizeof(below))
			return err_sys(-ENAMETOOLONG, "'%.200s'", a->dir);
		memcpy(a->dir, below, (size_t)n + 1);
	}
	int fd = pooldir_open(a->dir);
	if (fd < 0)
		return fd;
	closep(&cfg->poolset_dirfd);
	cfg->poolset_dirfd = fd;
	cfg->poolset_dir = a->dir;
	return 0;
}

/* this process is a session now; its exit status */
static int
serve(struct daemon *d, struct handshake *session)
{
	struct peer peer;
	struct access access;
	/* the listener's, which goes on */
	d->port_file.path = NULL;
	int status = 1;
	int rc = peer_of_tls(&peer, TAKE_PTR(session->tls), &session->peer);
	if (rc == 0)
		rc = limit(&d->cfg, &peer, &access);
	if (rc == 0)
		status = session_run(&d->cfg, &peer);
	else
		LOG_WARN("%s (%s): no session: %s", peer.text, peer.identity,
			err_msg());
	peer_fini(&peer);
	handshake_fini(session);
	return status;
}

/* the session of whoever started us by ssh */
static int
serve_stdio(struct daemon *d, const struct options *o)
{
	struct peer peer;
	int rc = load_config(d, o);
	if (rc == 0)
		rc = fabric_load(d->cfg.provider);
	if (rc == 0)
		rc = peer_of_stdio(&peer);
	if (rc < 0)
		return report(o, rc);
	LOG_INFO("ssh connection: %s", peer.text);
	LOG_INFO("user: %s", peer.identity);
	int status = session_run(&d->cfg, &peer);
	peer_fini(&peer);
	return status;
}

/*
 * The exit status is the errno.  In the form that libpmempool's sync uses a
 * good copy is kept; somebody at a terminal means what they type.
 */
static int
remove_pool(struct daemon *d, const struct options *o)
{
	struct oob_remove req = {
		.flags = (o->force ? OOB_REMOVE_F_FORCE : 0) |
			 (o->pool_set ? OOB_REMOVE_F_POOL_SET : 0)};
	if (strlen(o->remove) >= sizeof(req.desc))
		return report(o, err_set(-EINVAL, "the name is too long"));
	memcpy(req.desc, o->remove, strlen(o->remove) + 1);
	if (o->force && !o->pool_set && isatty(STDIN_FILENO) == 0)
		req.flags |= OOB_REMOVE_F_KEEP;
	int rc = load_config(d, o);
	if (rc == 0)
		rc = copy_remove(&d->cfg, &req);
	LOG_NOTICE("remove '%s': %s", req.desc, rc < 0 ? err_msg() : "done");
	/* what a pool in use has always been here */
	if (rc == -EBUSY)
		return report(o, -EWOULDBLOCK);
	return rc < 0 ? report(o, rc) : 0;
}

static int
listen_and_serve(struct daemon *d, const struct options *o)
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

static int
run(struct daemon *d, const struct options *o)
{
	switch (o->mode) {
	case MODE_LISTEN:
		return listen_and_serve(d, o);
	case MODE_REMOVE:
		return remove_pool(d, o);
	case MODE_SSH:
		break;
	}
	return serve_stdio(d, o);
}

/* configuration and log; 0 or the exit status, its message printed */
static int
set_up(struct options *o)
{
	int rc = config_load(o);
	if (rc == 0 && o->use_syslog) {
		log_init_syslog("rpmemd", o->log_level);
	} else if (rc == 0) {
		rc = log_init("rpmemd", o->log_level, o->log_file);
		if (rc < 0)
			rc = err_sys(rc, "cannot open log file '%.600s'",
				o->log_file);
	}
	if (rc < 0)
		(void)fprintf(stderr, "rpmemd: %s\n", err_msg());
	return -rc;
}

int
main(int argc, char **argv)
{
	static struct options o;
	static struct daemon d = {
		.cfg.poolset_dirfd = -1, .gate.signal_fd = -1};
	if (stdfds_hold() < 0)
		return EXIT_USAGE;

	int rc = options_parse(argc, argv, &o);
	if (rc != 0)
		return rc == OPTIONS_DONE ? 0 : EXIT_USAGE;
	if (o.mode == MODE_SSH && isatty(STDIN_FILENO) == 1) {
		(void)fprintf(stderr,
			"rpmemd: standard input is a terminal, not an "
			"initiator: use --listen HOST, or let ssh start it\n");
		return EXIT_USAGE;
	}
	rc = set_up(&o);
	if (rc != 0)
		return rc;
	/* a peer that is gone is an error of the write, not a signal */
	(void)signal(SIGPIPE, SIG_IGN);
	int status = run(&d, &o);
	daemon_fini(&d);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * rpmem_ssh.c -- ssh for libpmempool, which knows no tcp:// targets
 *
 * To remove a replica libpmempool runs
 *
 *   $RPMEM_SSH [-p PORT] -T -oBatchMode=yes NODE "$RPMEM_CMD --remove SET ..."
 *
 * and takes a target apart as USER@NODE:PORT, whatever it is.  Named in
 * RPMEM_SSH this program puts a tcp:// target together again and asks the
 * listening rpmemd; everything else goes to ssh as it came.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stdfds.h"
#include "librpmem/removal.h"
#include "wire/oob.h"

#define TARGET_MAX 700
#define EXIT_USAGE 255 /* as ssh does */
#define REMOVE " --remove "

struct call {
	const char *port;    /* of -p; "" */
	const char *node;    /* "" */
	const char *command; /* "" */
};

/* only the form above is looked for */
static void
parse(char **argv, struct call *c)
{
	*c = (struct call){"", "", ""};
	for (argv++; *argv != NULL; argv++) {
		if (strcmp(*argv, "-p") == 0 && argv[1] != NULL)
			c->port = *++argv;
		else if ((*argv)[0] == '-')
			continue;
		else if (c->node[0] == '\0')
			c->node = *argv;
		else if (c->command[0] == '\0')
			c->command = *argv;
	}
}

/*
 *   tcp://node          -p //node tcp
 *   tcp://node:port     tcp://node:port
 *   tcp://id@node:port  -p port tcp://id@node
 *   tcp://id@[v6]:port  -p port tcp://id@v6
 */
static bool
rebuild(const struct call *c, char target[TARGET_MAX])
{
	int n;
	const char *at = strrchr(c->node, '@');
	const char *host = at != NULL ? at + 1 : c->node;
	bool v6 = at != NULL && strchr(host, ':') != NULL && host[0] != '[';
	if (strcmp(c->node, "tcp") == 0 && strncmp(c->port, "//", 2) == 0)
		n = snprintf(target, TARGET_MAX, "tcp:%s", c->port);
	else if (strncmp(c->node, "tcp://", 6) != 0)
		return false;
	else
		n = snprintf(target, TARGET_MAX, "%.*s%s%s%s%s%s",
			(int)(host - c->node), c->node, v6 ? "[" : "", host,
			v6 ? "]" : "", c->port[0] != '\0' ? ":" : "", c->port);
	return n > 0 && n < TARGET_MAX;
}

/* "... --remove SET [--force] [--pool-set]"; false: not a removal */
static bool
parse_command(const char *command, char set[OOB_DESC_MAX], unsigned *flags_out)
{
	static const struct {
		const char *word;
		unsigned flag;
	} words[] = {
		{" --force", OOB_REMOVE_F_FORCE},
		{" --pool-set", OOB_REMOVE_F_POOL_SET},
	};
	const char *from = strstr(command, REMOVE);
	if (from == NULL)
		return false;
	from += strlen(REMOVE);
	size_t len = strlen(from);
	*flags_out = 0;
	for (size_t i = 0; i < ARRAY_LEN(words);) {
		size_t n = strlen(words[i].word);
		if (len > n && memcmp(from + len - n, words[i].word, n) == 0) {
			*flags_out |= words[i].flag;
			len -= n;
			i = 0; /* in any order */
		} else {
			i++;
		}
	}
	if (len == 0 || len >= OOB_DESC_MAX)
		return false;
	memcpy(set, from, len);
	set[len] = '\0';
	return true;
}

static int
remove_over_listener(const struct call *c, const char *target)
{
	static char set[OOB_DESC_MAX];
	unsigned flags = 0;
	if (!parse_command(c->command, set, &flags)) {
		(void)fprintf(stderr,
			"rpmem-ssh: %s: '%s' cannot be run there: a listening "
			"rpmemd only takes '--remove SET'\n",
			target, c->command);
		return EXIT_USAGE;
	}
	/* the form of a sync: a good copy is kept */
	if (flags == OOB_REMOVE_F_FORCE)
		flags |= OOB_REMOVE_F_KEEP;
	int rc = removal_run(target, set, flags);
	if (rc < 0)
		(void)fprintf(stderr, "rpmem-ssh: %s\n", err_msg());
	return rc == -EBUSY ? EWOULDBLOCK : -rc;
}

int
main(int argc, char **argv)
{
	struct call c;
	char target[TARGET_MAX];
	if (stdfds_hold() < 0)
		return EXIT_USAGE;
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		(void)puts("Usage: RPMEM_SSH=rpmem-ssh pmempool sync|transform "
			   "...\n"
			   "Runs rpmemd's --remove on tcp:// targets over the "
			   "listener, anything else by ssh.\n"
			   "See rpmem-ssh(1).");
		return argc < 2 ? EXIT_USAGE : 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("rpmem-ssh %s\n", RPMEM_VERSION);
		return 0;
	}
	parse(argv, &c);
	if (rebuild(&c, target))
		return remove_over_listener(&c, target);
	argv[0] = (char[]){"ssh"};
	(void)execvp("ssh", argv);
	(void)fprintf(stderr, "rpmem-ssh: cannot run ssh: %s\n",
		strerrordesc_np(errno));
	return errno == ENOENT ? 127 : 126;
}

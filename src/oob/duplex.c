/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * duplex.c -- see duplex.h
 *
 * A pipe that is writable takes at least PIPE_BUF bytes at once, so pieces
 * of that size never block.  A socket is asked not to block, and not to
 * raise SIGPIPE: on the initiator's side, where the program's own signal
 * dispositions rule, there is always a socket.
 */
#include "oob/duplex.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/err.h"

static int
gone(void)
{
	return err_set(-ECONNRESET, "the other side has ended");
}

static int
await(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	if (fd < 0)
		return gone();
	/* at least one look, also behind the deadline */
	do {
		int n = poll(&p, 1, deadline_poll_ms(deadline));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(-errno, "poll");
	} while (!deadline_passed(deadline));
	return err_set(-ETIMEDOUT, "no answer in time");
}

int
duplex_read(const struct duplex *d, void *buf, size_t len, uint64_t deadline,
	size_t *got_out)
{
	uint8_t *to = buf;
	size_t got = 0;
	int rc = 0;
	while (rc == 0 && got < len) {
		rc = await(d->rd, POLLIN, deadline);
		if (rc < 0)
			break;
		ssize_t n = read(d->rd, to + got, len - got);
		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			rc = gone();
	}
	if (got_out != NULL)
		*got_out = got;
	return rc;
}

static ssize_t
put_some(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, buf, MIN_OF(len, (size_t)PIPE_BUF));
	return n;
}

int
duplex_write(
	const struct duplex *d, const void *buf, size_t len, uint64_t deadline)
{
	const uint8_t *from = buf;
	while (len != 0) {
		int rc = await(d->wr, POLLOUT, deadline);
		if (rc < 0)
			return rc;
		ssize_t n = put_some(d->wr, from, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return gone();
		if (n > 0) {
			from += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

void
duplex_close(struct duplex *d)
{
	/* a socket pair's end may be both */
	if (d->wr == d->rd)
		d->wr = -1;
	closep(&d->rd);
	closep(&d->wr);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * chan.c -- messages over a connection: send one, receive one, call
 *
 * A message's size stands in its first bytes, so a receive is two reads: the
 * header, then the rest.  If the rest does not come, or does not decode, the
 * place where the next message begins is lost and the channel is of no more
 * use; a receive that timed out before the first byte may be repeated.
 *
 * There is one request under way at most.  A reply that comes after its call
 * has timed out has another tag than the next call's and is refused there.
 */
#include "oob/chan.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static int
begin(struct chan *ch, const char *peer)
{
	*ch = (struct chan){.io = {-1, -1}};
	ch->buf = malloc(OOB_MSG_MAX);
	if (ch->buf == NULL)
		return err_set(-ENOMEM, "%s: no memory", peer);
	(void)snprintf(ch->peer, sizeof(ch->peer), "%s", peer);
	return 0;
}

int
chan_init_io(struct chan *ch, struct duplex io, struct launch *launch,
	const char *peer)
{
	int rc = begin(ch, peer);
	if (rc < 0)
		return rc;
	ch->io = io;
	ch->launch = launch;
	return 0;
}

int
chan_init(struct chan *ch, struct tls *tls, const char *peer)
{
	int rc = begin(ch, peer);
	if (rc < 0)
		return rc;
	ch->tls = tls;
	/* requests are small and waited for; no failure matters (a test's
	 * socket is not TCP) */
	int on = 1;
	IGNORE(setsockopt(
		tls_fd(tls), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	return 0;
}

bool
chan_is_open(const struct chan *ch)
{
	return ch->buf != NULL && (ch->tls != NULL || ch->io.rd >= 0);
}

int
chan_fd(const struct chan *ch)
{
	return ch->tls != NULL ? tls_fd(ch->tls) : ch->io.rd;
}

bool
chan_pending(const struct chan *ch)
{
	return ch->tls != NULL && tls_pending(ch->tls);
}

static int
put(struct chan *ch, const void *buf, size_t len, uint64_t deadline)
{
	return ch->tls != NULL ? tls_write(ch->tls, buf, len, deadline)
			       : duplex_write(&ch->io, buf, len, deadline);
}

static int
get(struct chan *ch, void *buf, size_t len, uint64_t deadline, size_t *got)
{
	*got = 0;
	return ch->tls != NULL ? tls_read(ch->tls, buf, len, deadline)
			       : duplex_read(&ch->io, buf, len, deadline, got);
}

static int
check_usable(const struct chan *ch)
{
	if (!chan_is_open(ch) || ch->broken)
		return err_set(-ECONNRESET, "%s: the connection failed before",
			ch->peer);
	return 0;
}

int
chan_send(struct chan *ch, const struct oob_msg *msg, uint64_t deadline)
{
	uint32_t len;
	int rc = check_usable(ch);
	if (rc != 0)
		return rc;
	rc = oob_encode(msg, ch->buf, &len);
	if (rc != 0)
		return rc;
	rc = put(ch, ch->buf, len, deadline);
	if (rc == 0)
		return 0;
	if (ch->launch != NULL)
		rc = launch_explain(ch->launch, rc);
	return err_wrap(
		rc, "%s: sending %s", ch->peer, oob_type_name(msg->type));
}

/* what follows the header; the channel is broken on any failure */
static int
recv_rest(struct chan *ch, struct oob_msg *msg_out, uint64_t deadline)
{
	uint32_t size;
	size_t got;
	int rc = oob_size(ch->buf, &size);
	if (rc == 0)
		rc = get(ch, ch->buf + OOB_HDR_SIZE, size - OOB_HDR_SIZE,
			deadline, &got);
	if (rc == 0)
		rc = oob_decode(ch->buf, size, msg_out);
	ch->broken = rc != 0;
	return rc;
}

/* output of a login script is the usual reason for bytes that are none of
 * ours; a short one may be all that comes */
static int
explain(struct chan *ch, int rc, size_t got)
{
	char text[OOB_HDR_SIZE + 1];
	bool ours = memcmp(ch->buf, "RPOB", MIN_OF(got, (size_t)4)) == 0;
	if (got != 0 && !ours) {
		memcpy(text, ch->buf, got);
		text[got] = '\0';
		for (char *s = text; *s != '\0'; s++)
			if (*s < ' ' || *s > '~')
				*s = ' ';
		rc = err_set(-EPROTO,
			"the remote shell printed '%s' before rpmemd "
			"answered: its start-up files must print nothing when "
			"it is not interactive",
			text);
	}
	return launch_explain(ch->launch, rc);
}

int
chan_recv(struct chan *ch, struct oob_msg *msg_out, uint64_t deadline)
{
	size_t got = 0;
	int rc = check_usable(ch);
	if (rc != 0)
		return rc;
	rc = get(ch, ch->buf, OOB_HDR_SIZE, deadline, &got);
	/* half a header: the next read would begin in its middle */
	ch->broken = rc != 0 && got != 0;
	if (rc == 0)
		rc = recv_rest(ch, msg_out, deadline);
	if (rc == 0)
		return 0;
	if (ch->launch != NULL)
		rc = explain(ch, rc, got);
	return err_wrap(rc, "%s", ch->peer);
}

int
chan_call(struct chan *ch, const struct oob_msg *req, enum oob_type want,
	struct oob_msg *reply_out, uint64_t deadline)
{
	/* the reply may lie over the request */
	const struct oob_msg asked = {.type = req->type, .tag = req->tag};
	int rc = chan_send(ch, req, deadline);
	return rc == 0 ? chan_answer(ch, &asked, want, reply_out, deadline)
		       : rc;
}

int
chan_answer(struct chan *ch, const struct oob_msg *req, enum oob_type want,
	struct oob_msg *reply_out, uint64_t deadline)
{
	int rc = chan_recv(ch, reply_out, deadline);
	if (rc != 0)
		return rc;
	if (reply_out->type == want && reply_out->tag == req->tag)
		return 0;
	ch->broken = true;
	return err_set(-EPROTO,
		"%s: %s with tag %u was answered by %s with tag %u", ch->peer,
		oob_type_name(req->type), req->tag,
		oob_type_name(reply_out->type), reply_out->tag);
}

int
chan_addr(const struct chan *ch, int local, struct sockaddr_storage *addr_out,
	socklen_t *len_out)
{
	if (ch->tls == NULL)
		return err_set(
			-ENOTSOCK, "%s: not a connection of our own", ch->peer);
	*len_out = sizeof(*addr_out);
	memset(addr_out, 0, sizeof(*addr_out));
	void *addr = addr_out;
	int rc = local != 0 ? getsockname(tls_fd(ch->tls), addr, len_out)
			    : getpeername(tls_fd(ch->tls), addr, len_out);
	if (rc != 0)
		return err_sys(
			-errno, "%s: address of the connection", ch->peer);
	return 0;
}

static void
drop_buf(struct chan *ch)
{
	/* messages carry the tokens of in-band connections */
	if (ch->buf != NULL)
		explicit_bzero(ch->buf, OOB_MSG_MAX);
	freep(&ch->buf);
}

/* closing ends the connection once no other process holds it */
static void
drop_io(struct chan *ch)
{
	/* all zeros is a channel that was never made, not descriptor 0 */
	if (ch->buf != NULL)
		duplex_close(&ch->io);
	launch_free(ch->launch);
	ch->launch = NULL;
}

void
chan_fini(struct chan *ch)
{
	tls_free(ch->tls);
	ch->tls = NULL;
	drop_io(ch);
	drop_buf(ch);
}

void
chan_abandon(struct chan *ch)
{
	tls_abandon(ch->tls);
	ch->tls = NULL;
	drop_io(ch);
	drop_buf(ch);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * progress.c -- see progress.h
 *
 * Who reads the descriptor may be gone, or slow: what cannot be written is
 * left out, and the work goes on.
 */
#include "progress.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/deadline.h"

#define SHOW_EVERY_MS 200u
#define DEFAULT_COLUMNS 80u
/* what ends before is not worth a line on a terminal */
#define TERMINAL_AFTER_MS 500u

void
progress_begin(struct progress *p, int fd, const char *step, const char *who,
	uint64_t total)
{
	/* its reader may go at any time */
	if (fd >= 0)
		(void)signal(SIGPIPE, SIG_IGN);
	*p = (struct progress){.step = step,
		.who = who,
		.fd = fd,
		.is_terminal = isatty(STDERR_FILENO) == 1,
		.total = total,
		.began_at = now_ns()};
}

uint64_t
progress_eta(uint64_t done, uint64_t total, uint64_t elapsed_ns)
{
	if (done >= total)
		return 0;
	if (done == 0)
		return UINT64_MAX;
	double left =
		(double)elapsed_ns / (double)done * (double)(total - done);
	left = left / (double)NS_PER_SEC + 0.5;
	return left < 1e12 ? (uint64_t)left : UINT64_MAX;
}

static uint64_t
rate(uint64_t done, uint64_t elapsed_ns)
{
	return elapsed_ns == 0 ? 0
			       : (uint64_t)((double)done * (double)NS_PER_SEC /
					    (double)elapsed_ns);
}

static void
write_line(const struct progress *p, uint64_t done, uint64_t elapsed,
	const char *state)
{
	uint64_t eta = progress_eta(done, p->total, elapsed);
	json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:o}",
		"version", 1, "step", p->step, "who", p->who, "state", state,
		"done_bytes", (json_int_t)done, "total_bytes",
		(json_int_t)p->total, "bytes_per_s",
		(json_int_t)rate(done, elapsed), "eta_s",
		eta == UINT64_MAX ? json_null()
				  : json_integer((json_int_t)eta));
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL)
		return;
	size_t len = strlen(text);
	text[len] = '\n'; /* its NUL is not needed any more */
	ssize_t n = write(p->fd, text, len + 1);
	(void)n;
	free(text);
}

void
progress_text(const struct progress *p, uint64_t done, uint64_t elapsed_ns,
	unsigned columns, char out[PROGRESS_TEXT_MAX])
{
	uint64_t eta = progress_eta(done, p->total, elapsed_ns);
	char left[32] = "";
	char tail[160];
	char head[PROGRESS_TEXT_MAX];
	char line[PROGRESS_TEXT_MAX + sizeof(tail)];
	if (eta != UINT64_MAX)
		(void)snprintf(left, sizeof(left),
			", %" PRIu64 ":%02" PRIu64 " left", eta / 60, eta % 60);
	int len = snprintf(tail, sizeof(tail),
		": %" PRIu64 " %%, %" PRIu64 " of %" PRIu64 " MiB, %" PRIu64
		" MiB/s%s",
		p->total == 0
			? 100
			: (uint64_t)((double)done * 100.0 / (double)p->total),
		done >> 20, p->total >> 20, rate(done, elapsed_ns) >> 20, left);
	(void)snprintf(head, sizeof(head), "%s %s", p->step, p->who);
	/* a line that is full would move on to the next one, where nobody
	 * writes over it: who it is about goes first */
	size_t room = columns < 2 ? 1 : columns - 1;
	if (room >= PROGRESS_TEXT_MAX)
		room = PROGRESS_TEXT_MAX - 1;
	size_t keep = room > (size_t)len ? room - (size_t)len : 0;
	if (strlen(head) > keep) {
		while (keep > 0 && ((unsigned char)head[keep] & 0xc0) == 0x80)
			keep--; /* no half of a character */
		head[keep] = '\0';
	}
	(void)snprintf(line, sizeof(line), "%s%s", head,
		head[0] == '\0' ? tail + strlen(": ") : tail);
	line[room] = '\0';
	memcpy(out, line, room + 1);
}

static unsigned
terminal_columns(void)
{
	struct winsize w;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col != 0
		       ? w.ws_col
		       : DEFAULT_COLUMNS;
}

static void
write_terminal(const struct progress *p, uint64_t done, uint64_t elapsed)
{
	char text[PROGRESS_TEXT_MAX];
	progress_text(p, done, elapsed, terminal_columns(), text);
	(void)fprintf(stderr, "\r%s\033[K", text);
}

static void
show(struct progress *p, uint64_t done, uint64_t now, const char *state)
{
	uint64_t elapsed = now - p->began_at;
	if (p->fd >= 0)
		write_line(p, done, elapsed, state);
	else if (p->is_terminal)
		write_terminal(p, done, elapsed);
	p->shown_at = now;
}

void
progress_show(struct progress *p, uint64_t done)
{
	uint64_t now = now_ns();
	uint64_t since = p->shown_at;
	if (since == 0 && p->fd < 0)
		since = p->began_at +
			(TERMINAL_AFTER_MS - SHOW_EVERY_MS) * NS_PER_MS;
	if ((p->fd < 0 && !p->is_terminal) || now < since ||
		now - since < SHOW_EVERY_MS * NS_PER_MS)
		return;
	show(p, min_u64(done, p->total), now, "running");
}

void
progress_end(struct progress *p, uint64_t done, bool is_done)
{
	if (p->fd >= 0)
		show(p, min_u64(done, p->total), now_ns(),
			is_done ? "done" : "given up");
	else if (p->is_terminal && p->shown_at != 0)
		(void)fprintf(stderr, "\r\033[K");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_conn.c -- frames both ways, slots, sleeping and waking
 */
#include "peer.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#define FRAMES 3000u
#define SEED_TARGET 1u
#define SEED_INITIATOR 2u

static const struct conn_cfg frame_cfg = {
	.nsend = 4, .nrecv = 8, .slot_size = 16384, .spin_us = 20};

static uint32_t
mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* frame number n of one side: its length and bytes follow from the seed */
static uint32_t
frame_len(uint32_t seed, uint32_t n)
{
	uint32_t x = mix(seed * 7919u + n);
	/* the extremes often enough */
	if (x % 16 == 0)
		return 1;
	if (x % 16 == 1)
		return frame_cfg.slot_size;
	return 1 + (x >> 8) % frame_cfg.slot_size;
}

static void
frame_fill(uint8_t *buf, uint32_t seed, uint32_t n)
{
	uint32_t len = frame_len(seed, n);
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(mix(seed + n) + i * 31u);
}

static bool
frame_right(const struct conn_event *ev, uint32_t seed, uint32_t n)
{
	uint8_t want[16384];
	if (ev->len != frame_len(seed, n) || (uintptr_t)ev->buf % 64 != 0)
		return false;
	frame_fill(want, seed, n);
	return memcmp(want, ev->buf, ev->len) == 0;
}

/* as many as there are slots; 0, or what failed */
static int
send_some(struct conn *c, uint32_t seed, uint32_t *sent)
{
	while (*sent < FRAMES) {
		int slot = conn_slot(c);
		if (slot == -EAGAIN)
			return 0;
		if (slot < 0)
			return slot;
		frame_fill(conn_slot_buf(c, slot), seed, *sent);
		int rc = conn_send(c, slot, frame_len(seed, *sent));
		if (rc != 0)
			conn_slot_put(c, slot);
		if (rc == -EAGAIN)
			return 0;
		if (rc != 0)
			return rc;
		++*sent;
	}
	return 0;
}

/* send all of ours, check all of theirs; NULL or what is wrong */
static const char *
exchange(struct conn *c, uint32_t mine, uint32_t theirs)
{
	uint32_t sent = 0, got = 0;
	uint64_t deadline = deadline_in_ms(LONG_MS);
	struct conn_event ev[3];
	for (;;) {
		if (send_some(c, mine, &sent) != 0)
			return "send";
		if (sent == FRAMES && got == FRAMES)
			return NULL;
		int n = conn_poll(c, ev, ARRAY_LEN(ev), deadline);
		if (n < 0 || deadline_passed(deadline))
			return "poll";
		for (int i = 0; i < n; i++, got++) {
			if (got >= FRAMES || !frame_right(&ev[i], theirs, got))
				return "frame";
			if (conn_repost(c, ev[i].slot) != 0)
				return "repost";
		}
	}
}

static void
exchange_peer(struct conn *c, int from_test)
{
	const char *wrong = exchange(c, SEED_TARGET, SEED_INITIATOR);
	if (wrong != NULL)
		(void)fprintf(stderr, "peer: %s\n", wrong);
	MUST(wrong == NULL);
	/* the last frames are under way until the test has them */
	peer_hear(from_test);
}

static void
exchange__both_ways_in_order(void **state)
{
	(void)state;
	struct peer p;
	peer_start(&p, AF_INET, &frame_cfg, exchange_peer);
	struct conn *c = peer_connect(&p, &frame_cfg);
	assert_null(exchange(c, SEED_INITIATOR, SEED_TARGET));
	/* the peer checks on its side; the close would cut it short */
	uint32_t free_slots = 0;
	uint64_t deadline = deadline_in_ms(LONG_MS);
	struct conn_event ev;
	while (free_slots < frame_cfg.nsend && !deadline_passed(deadline)) {
		if (conn_slot(c) >= 0)
			free_slots++;
		else
			assert_int_equal(conn_poll(c, &ev, 1, deadline), 0);
	}
	assert_int_equal(free_slots, frame_cfg.nsend);
	peer_tell(&p);
	assert_int_equal(peer_wait(&p), 0);
	conn_close(c);
}

static void
hold(struct conn *c, int from_test)
{
	(void)c;
	peer_hear(from_test);
}

static void
poll__until_deadline(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &small_cfg, hold);
	struct conn *c = peer_connect(&p, &small_cfg);
	/* 0: what is there, no waiting */
	uint64_t start = now_ns();
	for (int i = 0; i < 100; i++)
		assert_int_equal(conn_poll(c, &ev, 1, 0), 0);
	assert_true(now_ns() - start < NS_PER_SEC);
	uint64_t deadline = deadline_in_ms(60);
	assert_int_equal(conn_poll(c, &ev, 1, deadline), 0);
	assert_true(deadline_passed(deadline));
	assert_true(now_ns() - deadline < NS_PER_SEC);
	conn_close(c);
	(void)peer_wait(&p);
}

/* a send that nobody waits for ends no sleep */
static void
poll__sleeps_over_own_sends(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &small_cfg, hold);
	struct conn *c = peer_connect(&p, &small_cfg);
	int slot = conn_slot(c);
	assert_true(slot >= 0);
	memset(conn_slot_buf(c, slot), 0, 16);
	assert_int_equal(conn_send(c, slot, 16), 0);
	uint64_t deadline = deadline_in_ms(60);
	assert_int_equal(conn_poll(c, &ev, 1, deadline), 0);
	assert_true(deadline_passed(deadline));
	conn_close(c);
	(void)peer_wait(&p);
}

struct waker {
	struct conn *c;
	pid_t sleeper;
};

static void *
wake_when_asleep(void *arg)
{
	struct waker *w = arg;
	uint64_t deadline = deadline_in_ms(LONG_MS);
	while (!is_asleep(getpid(), w->sleeper) && !deadline_passed(deadline))
		(void)sched_yield();
	conn_wake(w->c);
	return NULL;
}

static void
wake__sleeper_and_next(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &small_cfg, hold);
	struct conn *c = peer_connect(&p, &small_cfg);
	for (int i = 0; i < 20; i++) {
		pthread_t t;
		struct waker w = {c, (pid_t)syscall(SYS_gettid)};
		uint64_t start = now_ns();
		assert_int_equal(
			pthread_create(&t, NULL, wake_when_asleep, &w), 0);
		assert_int_equal(
			conn_poll(c, &ev, 1, deadline_in_ms(LONG_MS)), 0);
		assert_true(now_ns() - start < LONG_MS / 2 * NS_PER_MS);
		(void)pthread_join(t, NULL);
	}
	/* nobody there: the next one returns, once; many count as one */
	for (int i = 0; i < 3; i++)
		conn_wake(c);
	assert_int_equal(conn_poll(c, &ev, 1, 0), 0); /* takes none away */
	uint64_t start = now_ns();
	assert_int_equal(conn_poll(c, &ev, 1, deadline_in_ms(LONG_MS)), 0);
	assert_true(now_ns() - start < LONG_MS / 2 * NS_PER_MS);
	uint64_t deadline = deadline_in_ms(30);
	assert_int_equal(conn_poll(c, &ev, 1, deadline), 0);
	assert_true(deadline_passed(deadline));
	conn_close(c);
	(void)peer_wait(&p);
}

static const struct conn_cfg big_cfg = {
	.nsend = 64, .nrecv = 4, .slot_size = 1 << 18};

static void
read_when_told(struct conn *c, int from_test)
{
	struct conn_event ev;
	peer_hear(from_test);
	for (;;) {
		int rc = take_frame(c, &ev);
		if (rc == -ECONNRESET)
			return;
		MUST(rc == 1 && ev.len == big_cfg.slot_size);
		MUST(conn_repost(c, ev.slot) == 0);
	}
}

static void
slot__run_out_and_come_back(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &big_cfg, read_when_told);
	struct conn *c = peer_connect(&p, &big_cfg);
	bool seen[64] = {false};
	int slot;
	for (uint32_t i = 0; i < big_cfg.nsend; i++) {
		slot = conn_slot(c);
		assert_in_range(slot, 0, big_cfg.nsend - 1);
		assert_false(seen[slot]);
		seen[slot] = true;
		assert_int_equal((uintptr_t)conn_slot_buf(c, slot) % 64, 0);
	}
	assert_int_equal(conn_slot(c), -EAGAIN);
	conn_slot_put(c, 17);
	assert_int_equal(conn_slot(c), 17);
	/* 16 MiB are more than the kernel takes from us */
	for (int i = 0; i < 64; i++) {
		memset(conn_slot_buf(c, i), i, big_cfg.slot_size);
		assert_int_equal(conn_send(c, i, big_cfg.slot_size), 0);
	}
	int back = 0;
	while (conn_poll(c, &ev, 1, deadline_in_ms(20)) == 0 &&
		(slot = conn_slot(c)) >= 0)
		back++;
	assert_int_equal(conn_slot(c), -EAGAIN);
	assert_in_range(back, 0, 63);
	peer_tell(&p);
	uint64_t deadline = deadline_in_ms(LONG_MS);
	while (back < 64 && !deadline_passed(deadline)) {
		if (conn_slot(c) >= 0)
			back++;
		else
			assert_int_equal(conn_poll(c, &ev, 1, deadline), 0);
	}
	assert_int_equal(back, 64);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
}

struct sender {
	struct conn *c;
	int rc;
};

/* sends while the test's first thread is in conn_poll */
static void *
send_all(void *arg)
{
	struct sender *s = arg;
	uint32_t sent = 0;
	while (sent < FRAMES && s->rc == 0) {
		s->rc = send_some(s->c, SEED_INITIATOR, &sent);
		(void)sched_yield();
	}
	return NULL;
}

static void
poll__beside_a_sender(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev[4];
	pthread_t t;
	peer_start(&p, AF_INET, &frame_cfg, exchange_peer);
	struct conn_cfg cfg = frame_cfg;
	cfg.spin_us = 0;
	struct conn *c = peer_connect(&p, &cfg);
	struct sender s = {.c = c};
	assert_int_equal(pthread_create(&t, NULL, send_all, &s), 0);
	uint64_t deadline = deadline_in_ms(LONG_MS);
	uint32_t got = 0;
	while (got < FRAMES && !deadline_passed(deadline)) {
		int n = conn_poll(c, ev, ARRAY_LEN(ev), deadline_in_ms(10));
		assert_true(n >= 0);
		for (int i = 0; i < n; i++) {
			assert_true(frame_right(&ev[i], SEED_TARGET, got++));
			assert_int_equal(conn_repost(c, ev[i].slot), 0);
		}
	}
	assert_int_equal(got, FRAMES);
	peer_tell(&p);
	/* the sender may still need completions read; the peer ends when it
	 * has everything */
	while (conn_poll(c, ev, 1, deadline) == 0)
		;
	(void)pthread_join(t, NULL);
	assert_int_equal(s.rc, 0);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchange__both_ways_in_order),
		cmocka_unit_test(poll__until_deadline),
		cmocka_unit_test(poll__sleeps_over_own_sends),
		cmocka_unit_test(wake__sleeper_and_next),
		cmocka_unit_test(slot__run_out_and_come_back),
		cmocka_unit_test(poll__beside_a_sender),
	};
	return cmocka_run_group_tests(tests, load_first, NULL);
}

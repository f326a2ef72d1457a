/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_death.c -- how connections end: killed, stopped, ended by us
 */
#include "peer.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

/* every call tells the same, and none hangs */
static void
assert_dead(struct conn *c, int slot, int error)
{
	struct conn_event ev;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(conn_error(c), error);
		assert_int_equal(conn_slot(c), error);
		err_clear();
		assert_int_equal(conn_send(c, slot, 10), error);
		assert_non_null(strstr(err_msg(), "127.0.0.1:"));
		assert_int_equal(conn_repost(c, 0), error);
		assert_int_equal(conn_poll(c, &ev, 1, 0), error);
		assert_int_equal(
			conn_poll(c, &ev, 1, deadline_in_ms(LONG_MS)), error);
		/* the first one stays */
		conn_kill(c, -EIO);
		conn_wake(c);
	}
}

static void
die_when_test_sleeps(struct conn *c, int from_test)
{
	(void)c;
	peer_hear(from_test);
	while (!is_asleep(getppid(), getppid()))
		(void)sched_yield();
	(void)kill(getpid(), SIGKILL);
}

static void
check_sigkill(uint32_t spin_us)
{
	struct peer p;
	struct conn_event ev;
	struct conn_cfg cfg = small_cfg;
	cfg.spin_us = spin_us;
	peer_start(&p, AF_INET, &small_cfg, die_when_test_sleeps);
	struct conn *c = peer_connect(&p, &cfg);
	int slot = conn_slot(c);
	assert_true(slot >= 0);
	peer_tell(&p);
	uint64_t start = now_ns();
	assert_int_equal(
		conn_poll(c, &ev, 1, deadline_in_ms(LONG_MS)), -ECONNRESET);
	assert_true(now_ns() - start < 5 * NS_PER_SEC);
	assert_dead(c, slot, -ECONNRESET);
	conn_close(c);
	assert_int_equal(peer_wait(&p), 1000 + SIGKILL);
}

static void
poll__peer_is_killed(void **state)
{
	(void)state;
	check_sigkill(0);
	check_sigkill(100);
}

/* nobody sleeps: a heartbeat's look is enough */
static void
hold(struct conn *c, int from_test)
{
	(void)c;
	peer_hear(from_test);
}

static void
poll__zero_deadline_sees_death(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &small_cfg, hold);
	struct conn *c = peer_connect(&p, &small_cfg);
	assert_int_equal(kill(p.pid, SIGKILL), 0);
	assert_int_equal(peer_wait(&p), 1000 + SIGKILL);
	int rc = 0;
	uint64_t deadline = deadline_in_ms(LONG_MS);
	while (rc == 0 && !deadline_passed(deadline))
		rc = conn_poll(c, &ev, 1, 0);
	assert_int_equal(rc, -ECONNRESET);
	conn_close(c);
}

static const struct conn_cfg big_cfg = {
	.nsend = 64, .nrecv = 4, .slot_size = 1 << 18};

/* its kernel goes on acknowledging: nothing is ever reported */
static void
close__peer_is_stopped(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	int status = 0, slot;
	peer_start(&p, AF_INET, &big_cfg, hold);
	struct conn *c = peer_connect(&p, &big_cfg);
	assert_int_equal(kill(p.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(p.pid, &status, WUNTRACED), p.pid);
	while ((slot = conn_slot(c)) > 0)
		assert_int_equal(conn_send(c, slot, big_cfg.slot_size), 0);
	assert_int_equal(slot, 0);
	assert_int_equal(conn_poll(c, &ev, 1, 0), 0);
	uint64_t start = now_ns();
	conn_kill(c, -ETIMEDOUT);
	assert_dead(c, slot, -ETIMEDOUT);
	conn_close(c);
	assert_true(now_ns() - start < NS_PER_SEC);
	assert_int_equal(kill(p.pid, SIGKILL), 0);
	assert_int_equal(peer_wait(&p), 1000 + SIGKILL);
}

static void *
kill_conn_when_asleep(void *arg)
{
	struct conn *c = arg;
	uint64_t deadline = deadline_in_ms(LONG_MS);
	while (!is_asleep(getpid(), getpid()) && !deadline_passed(deadline))
		(void)sched_yield();
	conn_kill(c, -ETIMEDOUT);
	return NULL;
}

static void
kill__sleeper_is_told(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	pthread_t t;
	peer_start(&p, AF_INET, &small_cfg, hold);
	struct conn *c = peer_connect(&p, &small_cfg);
	int slot = conn_slot(c);
	uint64_t start = now_ns();
	assert_int_equal(pthread_create(&t, NULL, kill_conn_when_asleep, c), 0);
	assert_int_equal(
		conn_poll(c, &ev, 1, deadline_in_ms(LONG_MS)), -ETIMEDOUT);
	assert_true(now_ns() - start < 5 * NS_PER_SEC);
	(void)pthread_join(t, NULL);
	assert_dead(c, slot, -ETIMEDOUT);
	conn_close(c);
	(void)peer_wait(&p);
}

static void
three_words(struct conn *c, int from_test)
{
	struct conn_event ev;
	MUST(send_text(c, "one") == 0);
	MUST(send_text(c, "two") == 0);
	MUST(send_text(c, "three") == 0);
	for (uint32_t back = 0; back < small_cfg.nsend;) {
		if (conn_slot(c) >= 0)
			back++;
		else
			MUST(conn_poll(c, &ev, 1, deadline_in_ms(10)) == 0);
	}
	(void)from_test;
}

static void
poll__frames_before_the_end(void **state)
{
	(void)state;
	static const char *const words[] = {"one", "two", "three"};
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &small_cfg, three_words);
	struct conn *c = peer_connect(&p, &small_cfg);
	assert_int_equal(peer_wait(&p), 0); /* it is gone already */
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_int_equal(take_frame(c, &ev), 1);
		assert_string_equal((const char *)ev.buf, words[i]);
	}
	assert_int_equal(take_frame(c, &ev), -ECONNRESET);
	assert_int_equal(take_frame(c, &ev), -ECONNRESET);
	conn_close(c);
}

/* a frame longer than our slots */
static void
send_too_much(struct conn *c, int from_test)
{
	int slot = conn_slot(c);
	MUST(slot >= 0);
	memset(conn_slot_buf(c, slot), 1, big_cfg.slot_size);
	MUST(conn_send(c, slot, big_cfg.slot_size) == 0);
	peer_hear(from_test);
}

static void
poll__frame_too_long(void **state)
{
	(void)state;
	struct peer p;
	struct conn_event ev;
	peer_start(&p, AF_INET, &big_cfg, send_too_much);
	struct conn *c = peer_connect(&p, &small_cfg);
	int rc = take_frame(c, &ev);
	/* the second one where a provider loses the cause */
	assert_true(rc == -EPROTO || rc == -ECONNRESET);
	conn_close(c);
	peer_tell(&p);
	(void)peer_wait(&p);
}

/* it went through conn_kill, and the peer sees it */
static void
until_reset(struct conn *c, int from_test)
{
	struct conn_event ev;
	(void)from_test;
	MUST(take_frame(c, &ev) == -ECONNRESET);
}

static void
kill__peer_sees_it(void **state)
{
	(void)state;
	struct peer p;
	peer_start(&p, AF_INET, &small_cfg, until_reset);
	struct conn *c = peer_connect(&p, &small_cfg);
	conn_kill(c, -ESTALE);
	assert_int_equal(peer_wait(&p), 0);
	assert_int_equal(conn_error(c), -ESTALE);
	conn_close(c);
	conn_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(poll__peer_is_killed),
		cmocka_unit_test(poll__zero_deadline_sees_death),
		cmocka_unit_test(close__peer_is_stopped),
		cmocka_unit_test(kill__sleeper_is_told),
		cmocka_unit_test(poll__frames_before_the_end),
		cmocka_unit_test(poll__frame_too_long),
		cmocka_unit_test(kill__peer_sees_it),
	};
	return cmocka_run_group_tests(tests, load_first, NULL);
}

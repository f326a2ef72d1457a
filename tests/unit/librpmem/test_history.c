/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_history.c -- a pool's lineage through opens, losses and ends
 */
#include "unit/librpmem/statefile_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/err.h"
#include "librpmem/history.h"
#include "librpmem/history_files.h"
#include "librpmem/lineagefile.h"
#include "librpmem/sequencer.h"

#define SIZE (64 * 1024u)
#define X 100u
#define Y 200u

/* a program that has a pool open: its files, its copies */
struct program {
	int fd;
	uint8_t *addr;
	struct history *y;
	struct history_part x, z;
	struct sequencer *numbers;
};

static void
map(struct program *p)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/pool", fixture_dir);
	p->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(p->fd >= 0);
	assert_int_equal(ftruncate(p->fd, SIZE), 0);
	p->addr =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	assert_true(p->addr != MAP_FAILED);
}

static void
enter(struct program *p)
{
	struct history_key key = {.addr = p->addr,
		.size = SIZE,
		.poolset_uuid = fixture_set,
		.primary_uuid = fixture_primary};
	p->x = (struct history_part){.id = X};
	p->z = (struct history_part){.id = Y};
	assert_int_equal(history_enter(&key, &p->x, &p->y), 0);
	assert_int_equal(history_enter(&key, &p->z, &p->y), 0);
	p->numbers = sequencer_join(p->addr, fixture_set, 0);
	assert_non_null(p->numbers);
}

static void
start(struct program *p)
{
	*p = (struct program){.fd = -1};
	map(p);
	enter(p);
	assert_int_equal(history_begin(p->y, p->numbers), 0);
	assert_int_equal(history_begin(p->y, p->numbers), 0); /* the second */
}

static void
follows(struct program *p, struct history_part *part)
{
	struct lineage l;
	uint64_t epoch = 0;
	assert_int_equal(history_in(p->y, part, &l, &epoch), 0);
	assert_true(lineage_has_member(&l, part->id));
	history_confirm(p->y, part, epoch);
	assert_false(atomic_load(&part->is_out));
}

static void
stop(struct program *p, bool in_order)
{
	history_leave(p->y, &p->z, sequencer_last(p->numbers), in_order);
	history_leave(p->y, &p->x, sequencer_last(p->numbers), in_order);
	sequencer_leave(p->numbers);
	(void)munmap(p->addr, SIZE);
	(void)close(p->fd);
}

static struct lineagefile_record
on_media(void)
{
	struct lineagefile_record r;
	bool is_held = false;
	char path[256], name[LINEAGEFILE_NAME_MAX];
	lineagefile_name(fixture_set, fixture_primary, name);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	if (lineagefile_read(path, &r, &is_held) < 0)
		fail_msg("%s", err_msg());
	return r;
}

static struct lineage
lineage_of(struct program *p, uint64_t *last_out)
{
	struct lineage l;
	(void)history_get(p->y, &l, last_out);
	return l;
}

static void
begins__with_the_first_copy(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	struct lineagefile_record r = on_media();
	assert_int_equal(r.lineage.n, 1);
	assert_int_equal(r.lineage.entry[0].kind, LINEAGE_FIRST);
	assert_int_equal(r.lineage.entry[0].members[0], r.writer);
	assert_false(lineage_has_member(&r.lineage, X));
	assert_true(r.last >= 1U << 20);
	follows(&p, &p.x);
	assert_int_equal(on_media().lineage.n, 1);
	r = on_media();
	assert_true(lineage_has_member(&r.lineage, X));
	stop(&p, true);
}

static void
goes_on__after_a_close(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	follows(&p, &p.x);
	for (unsigned i = 0; i < 5; i++)
		(void)sequencer_next(p.numbers);
	struct lineage before = lineage_of(&p, &(uint64_t){0});
	stop(&p, true);
	assert_int_equal(on_media().flags, LINEAGEFILE_F_CLEAN);
	assert_int_equal(on_media().last, 5);
	start(&p);
	struct lineage after = lineage_of(&p, &(uint64_t){0});
	/* a new one, so that a primary that is restored from before it is
	 * told from this one; the last number of the old one is known */
	assert_int_equal(after.n, 2);
	assert_memory_equal(after.entry[0].generation,
		lineage_last(&before)->generation, UUID16_LEN);
	assert_int_equal(after.entry[0].end, 5);
	assert_true(lineage_has_member(&after, X));
	assert_int_equal(sequencer_next(p.numbers), 6);
	assert_int_equal(on_media().flags, 0);
	stop(&p, true);
}

/* its copy stays away for more opens than there is room for */
static void
alone__keeps_what_the_copy_ends_in(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	follows(&p, &p.x);
	struct lineage theirs = lineage_of(&p, &(uint64_t){0});
	assert_int_equal(history_out(p.y, &p.x, atomic_load(&p.x.comings)), 0);
	stop(&p, true);
	for (unsigned i = 0; i < 2 * LINEAGE_MAX; i++) {
		start(&p);
		stop(&p, i % 2 == 0);
	}
	start(&p);
	uint64_t last = 0;
	struct lineage ours = lineage_of(&p, &last);
	assert_true(ours.n <= 3);
	struct lineage_facts f = {.ours = &ours,
		.theirs = &theirs,
		.their_last = 5,
		.their_id = X};
	assert_int_equal(lineage_decide(&f, last).relation, LINEAGE_ANCESTOR);
	stop(&p, true);
}

static void
restarts__after_an_unclean_end(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	follows(&p, &p.x);
	uint64_t given = sequencer_next(p.numbers);
	uint64_t reserved = on_media().last;
	stop(&p, false);
	assert_int_equal(on_media().flags, 0);
	start(&p);
	struct lineage l = lineage_of(&p, &(uint64_t){0});
	assert_int_equal(l.n, 2);
	assert_int_equal(l.entry[1].kind, LINEAGE_RESTART);
	assert_true(l.entry[0].end >= given);
	assert_int_equal(l.entry[0].end, reserved);
	/* who followed is waited for, and no number is given out twice */
	assert_true(history_expects(p.y, X));
	assert_false(history_expects(p.y, Y));
	assert_int_equal(sequencer_next(p.numbers), reserved + 1);
	/* forgotten only when it has the new one */
	follows(&p, &p.x);
	assert_int_equal(on_media().lineage.n, 1);
	stop(&p, true);
}

struct waiter {
	struct program *p;
	atomic_bool is_back;
	int rc;
};

static void *
lose_x(void *arg)
{
	struct waiter *w = arg;
	w->rc = history_out(w->p->y, &w->p->x, atomic_load(&w->p->x.comings));
	atomic_store(&w->is_back, true);
	return NULL;
}

static void
shrinks__and_tells_who_remains(void **state)
{
	(void)state;
	struct program p;
	struct lineage l;
	uint64_t epoch = 0;
	pthread_t thread;
	struct waiter w = {.p = &p};
	start(&p);
	follows(&p, &p.x);
	follows(&p, &p.z);
	(void)history_has_news(p.y, &p.x, &l, &epoch); /* that Y has come */
	history_confirm(p.y, &p.x, epoch);
	assert_int_equal(pthread_create(&thread, NULL, lose_x, &w), 0);
	while (!history_has_news(p.y, &p.z, &l, &epoch))
		(void)usleep(1000);
	/* on media before it is told to anybody, and no call returns yet */
	struct lineagefile_record r = on_media();
	assert_int_equal(lineage_last(&r.lineage)->kind, LINEAGE_SHRUNK);
	assert_false(lineage_has_member(&r.lineage, X));
	assert_true(lineage_has_member(&r.lineage, Y));
	assert_true(lineage_equal(&l, &r.lineage));
	assert_false(atomic_load(&w.is_back));
	assert_false(atomic_load(&p.x.is_out));
	history_confirm(p.y, &p.z, epoch);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(w.rc, 0);
	assert_true(atomic_load(&p.x.is_out));
	/* X ends in the one before, which is kept for it */
	assert_int_equal(on_media().lineage.n, 2);
	stop(&p, true);
}

static void
lost_together__wait_for_nobody(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	follows(&p, &p.x);
	follows(&p, &p.z);
	history_lost(p.y, &p.z);
	assert_int_equal(history_out(p.y, &p.x, atomic_load(&p.x.comings)), 0);
	assert_int_equal(history_out(p.y, &p.z, atomic_load(&p.z.comings)), 0);
	struct lineagefile_record r = on_media();
	assert_int_equal(lineage_last(&r.lineage)->nmembers, 1);
	stop(&p, true);
}

static void
come_back__is_not_put_out_by_an_old_call(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	uint64_t comings = atomic_load(&p.x.comings);
	follows(&p, &p.x);
	assert_int_equal(history_out(p.y, &p.x, comings), 0);
	assert_false(atomic_load(&p.x.is_out));
	struct lineagefile_record r = on_media();
	assert_true(lineage_has_member(&r.lineage, X));
	stop(&p, true);
}

static void
numbers__are_reserved_before_they_are_used(void **state)
{
	(void)state;
	struct program p;
	start(&p);
	uint64_t reserved = on_media().last;
	sequencer_raise(p.numbers, reserved);
	assert_int_equal(sequencer_next(p.numbers), reserved + 1);
	assert_true(on_media().last > reserved);
	reserved = on_media().last;
	sequencer_raise(p.numbers, reserved - 10);
	history_top_up(p.y);
	assert_true(on_media().last > reserved);
	stop(&p, true);
}

static void
restored__has_no_lineage(void **state)
{
	(void)state;
	struct program p;
	char path[128];
	start(&p);
	follows(&p, &p.x);
	stop(&p, true);
	(void)snprintf(path, sizeof(path), "%s/pool", fixture_dir);
	/* the inode may be the same again, the birth is not */
	assert_int_equal(unlink(path), 0);
	(void)usleep(20000);
	start(&p);
	struct lineage l = lineage_of(&p, &(uint64_t){0});
	assert_int_equal(l.n, 1);
	assert_int_equal(l.entry[0].kind, LINEAGE_FIRST);
	assert_false(lineage_has_member(&l, X));
	stop(&p, true);
}

/* a copy that was made anew is another one, and the old one is nobody's */
static void
made_anew__has_room_each_time(void **state)
{
	(void)state;
	struct program p;
	for (uint64_t i = 0; i < 3 * LINEAGE_MEMBERS_MAX; i++) {
		p = (struct program){.fd = -1};
		map(&p);
		enter(&p);
		p.x.id = X + i;
		assert_int_equal(history_begin(p.y, p.numbers), 0);
		follows(&p, &p.x);
		struct lineagefile_record r = on_media();
		assert_true(lineage_has_member(&r.lineage, X + i));
		assert_false(lineage_has_member(&r.lineage, X + i - 1));
		stop(&p, i % 2 == 0);
	}
}

/* the disk of the state directory fails when the pool is opened: the program
 * goes on, as without the copy, but no call returns before that is on record */
static void
begin__is_made_up_for(void **state)
{
	(void)state;
	struct program p;
	struct rlimit old;
	start(&p);
	follows(&p, &p.x);
	stop(&p, false);
	p = (struct program){.fd = -1};
	map(&p);
	enter(&p);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_true(history_begin(p.y, p.numbers) < 0);
	assert_true(history_list(p.y, &p.x) < 0);
	assert_true(history_out(p.y, &p.x, 0) < 0);
	assert_false(atomic_load(&p.x.is_out));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(history_out(p.y, &p.x, 0), 0);
	assert_true(atomic_load(&p.x.is_out));
	struct lineagefile_record r = on_media();
	assert_int_equal(r.lineage.n, 3);
	assert_false(lineage_has_member(&r.lineage, X));
	assert_true(sequencer_next(p.numbers) <= r.last);
	stop(&p, true);
}

/* a child that was forked while the pool was open, and goes on without it */
static void
closed__is_closed_for_children_too(void **state)
{
	(void)state;
	struct program p;
	int tell[2];
	char end = 0;
	start(&p);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(tell[1]);
		(void)!read(tell[0], &end, 1); /* until the parent says so */
		_exit(0);
	}
	(void)close(tell[0]);
	stop(&p, true);
	p = (struct program){.fd = -1};
	map(&p);
	enter(&p);
	stop(&p, true);
	(void)close(tell[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* one handle is being opened, and has no stream yet, while the other closes */
static void
numbers__outlive_the_stream_they_came_with(void **state)
{
	(void)state;
	struct program p;
	uint64_t last = 0;
	start(&p);
	history_leave(p.y, &p.x, sequencer_last(p.numbers), true);
	uint64_t given = sequencer_next(p.numbers);
	sequencer_leave(p.numbers);
	(void)lineage_of(&p, &last);
	assert_int_equal(last, given);
	history_leave(p.y, &p.z, last, true);
	(void)munmap(p.addr, SIZE);
	(void)close(p.fd);
}

static void
run__never_goes_back(void **state)
{
	(void)state;
	assert_true(history_fits(7, 10, 7, 10));
	assert_true(history_fits(7, 10, 7, 12));
	assert_false(history_fits(7, 10, 7, 8));
	assert_false(history_fits(7, 10, 8, 10));
}

static void
busy__another_program_has_it(void **state)
{
	(void)state;
	struct program p;
	struct lineagefile f;
	start(&p);
	assert_int_equal(
		lineagefile_open(&f, fixture_set, fixture_primary), -EBUSY);
	stop(&p, true);
	assert_int_equal(lineagefile_open(&f, fixture_set, fixture_primary), 0);
	lineagefile_close(&f);
}

static void
damage(uint64_t off)
{
	char path[256], name[LINEAGEFILE_NAME_MAX];
	uint8_t b = 0;
	lineagefile_name(fixture_set, fixture_primary, name);
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(file_read_all(fd, &b, 1, off), 0);
	b ^= 1;
	assert_int_equal(file_write_all(fd, &b, 1, off), 0);
	(void)close(fd);
}

static void
damaged__falls_back_then_is_none(void **state)
{
	(void)state;
	struct lineagefile f;
	assert_int_equal(lineagefile_open(&f, fixture_set, fixture_primary), 0);
	for (uint64_t i = 1; i <= 5; i++) {
		f.record.last = i;
		assert_int_equal(lineagefile_write(&f), 0);
	}
	lineagefile_close(&f);
	damage(5 % 2 * LINEAGEFILE_SLOT_SIZE + 88);
	assert_int_equal(lineagefile_open(&f, fixture_set, fixture_primary), 0);
	assert_false(f.was_damaged);
	assert_int_equal(f.record.last, 4);
	lineagefile_close(&f);
	damage(4 % 2 * LINEAGEFILE_SLOT_SIZE + 8000);
	assert_int_equal(lineagefile_open(&f, fixture_set, fixture_primary), 0);
	assert_true(f.was_damaged);
	assert_int_equal(f.record.lineage.n, 0);
	lineagefile_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(begins__with_the_first_copy),
		TEST(goes_on__after_a_close),
		TEST(restarts__after_an_unclean_end),
		TEST(alone__keeps_what_the_copy_ends_in),
		TEST(shrinks__and_tells_who_remains),
		TEST(lost_together__wait_for_nobody),
		TEST(come_back__is_not_put_out_by_an_old_call),
		TEST(numbers__are_reserved_before_they_are_used),
		TEST(restored__has_no_lineage),
		TEST(made_anew__has_room_each_time),
		TEST(begin__is_made_up_for),
		TEST(closed__is_closed_for_children_too),
		TEST(numbers__outlive_the_stream_they_came_with),
		TEST(run__never_goes_back),
		TEST(busy__another_program_has_it),
		TEST(damaged__falls_back_then_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_state_lineage.c -- the lineage in a state file through its life, torn,
 * damaged, and read while somebody writes it
 */
#include "unit/pool/fixture.h"

#include <limits.h>
#include <signal.h>

#include "pool/state.h"

#define NAME "copy" STATE_SUFFIX
#define SLOT(n) (STATE_RECORD_SIZE + (n) % 2 * STATE_LINEAGE_SLOT)

static int dirfd_now = -1;
/* a writer is in the middle of each slot in turn while we read: how often */
static unsigned torn_reads;

int __real_file_read_all(int fd, void *buf, size_t len, uint64_t off);
int __wrap_file_read_all(int fd, void *buf, size_t len, uint64_t off);

int
__wrap_file_read_all(int fd, void *buf, size_t len, uint64_t off)
{
	int rc = __real_file_read_all(fd, buf, len, off);
	if (rc != 0 || torn_reads == 0 || off != STATE_RECORD_SIZE)
		return rc;
	torn_reads--;
	uint8_t *slots = buf;
	slots[4000] = (uint8_t)(1 + torn_reads);
	slots[STATE_LINEAGE_SLOT + 4000] = (uint8_t)(1 + torn_reads);
	return 0;
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);
	dirfd_now = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return rc != 0 || dirfd_now < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	closep(&dirfd_now);
	return fixture_teardown(state);
}

static const char *
path_now(void)
{
	static char path[PATH_LEN + 64];
	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, NAME);
	return path;
}

/* n generations; the last one tells n */
static void
lineage_of(unsigned n, struct lineage *l)
{
	*l = (struct lineage){0};
	for (unsigned i = 1; i <= n; i++) {
		struct lineage_entry e = {.kind = LINEAGE_FIRST,
			.nmembers = 2,
			.members = {1000 + i, 2000}};
		if (i > 1)
			e.kind = LINEAGE_SHRUNK;
		memset(e.generation, (int)i, sizeof(e.generation));
		lineage_begin(l, 10 * i, &e);
	}
}

static void
must_be(const struct state_lineage *is, unsigned n)
{
	struct lineage want;
	lineage_of(n, &want);
	assert_int_equal(is->is, STATE_LINEAGE_HAS);
	assert_int_equal(is->counter, n);
	assert_true(lineage_equal(&is->lineage, &want));
}

static void
make(struct state_file *f, unsigned n)
{
	struct state s = {.flags = STATE_F_CREATING};
	struct lineage l;
	assert_int_equal(state_create(f, dirfd_now, NAME, &s), 0);
	for (unsigned i = 1; i <= n; i++) {
		lineage_of(i, &l);
		assert_int_equal(state_lineage_write(f, &l), 0);
		must_be(&f->lineage, i);
	}
}

/* both ways of reading say n; 0: that there is none; or that it is lost */
static void
must_hold(enum state_lineage_is is, unsigned n)
{
	struct state_file f;
	struct state_view v;
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
	assert_int_equal(f.lineage.is, is);
	assert_int_equal(v.lineage.is, is);
	assert_int_equal(v.state.copy_id, f.written.copy_id);
	assert_int_equal(v.state.generation, f.written.generation);
	if (is == STATE_LINEAGE_HAS) {
		must_be(&f.lineage, n);
		must_be(&v.lineage, n);
	}
	state_close(&f);
}

static void
writes__in_turn(void **state)
{
	(void)state;
	struct state_file f;
	for (unsigned n = 0; n <= 5; n++) {
		make(&f, n);
		state_close(&f);
		must_hold(n == 0 ? STATE_LINEAGE_NONE : STATE_LINEAGE_HAS, n);
	}
	/* over a second open too */
	struct lineage l;
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	lineage_of(6, &l);
	assert_int_equal(state_lineage_write(&f, &l), 0);
	state_close(&f);
	must_hold(STATE_LINEAGE_HAS, 6);
}

static void
writes__the_longest(void **state)
{
	(void)state;
	struct state_file f;
	struct lineage l = {.n = LINEAGE_MAX, .is_cut = true};
	make(&f, 0);
	for (unsigned i = 0; i < LINEAGE_MAX; i++) {
		struct lineage_entry *e = &l.entry[i];
		e->kind = LINEAGE_RESTART;
		e->end = i + 1 < LINEAGE_MAX ? i + 1 : LINEAGE_OPEN;
		e->nmembers = LINEAGE_MEMBERS_MAX;
		memset(e->generation, (int)i + 1, sizeof(e->generation));
		for (unsigned m = 0; m < LINEAGE_MEMBERS_MAX; m++)
			e->members[m] = 1 + i * LINEAGE_MEMBERS_MAX + m;
	}
	assert_int_equal(state_lineage_write(&f, &l), 0);
	state_close(&f);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(f.lineage.is, STATE_LINEAGE_HAS);
	assert_true(lineage_equal(&f.lineage.lineage, &l));
	state_close(&f);
}

/* a write of lineage 3 that stops after any number of bytes; those of a
 * record's slots tear nothing here */
static void
survives__every_torn_write(void **state)
{
	(void)state;
	static uint8_t before[STATE_LINEAGE_SLOT];
	static uint8_t after[STATE_LINEAGE_SLOT];
	struct state_file f;
	struct lineage l;
	make(&f, 2);
	file_get(path_now(), SLOT(3), before, sizeof(before));
	lineage_of(3, &l);
	assert_int_equal(state_lineage_write(&f, &l), 0);
	state_close(&f);
	file_get(path_now(), SLOT(3), after, sizeof(after));
	for (size_t len = 1; len < sizeof(after); len++) {
		/* the middle is zeros in both */
		if (len > 512 && len < sizeof(after) - 64)
			len = sizeof(after) - 64;
		file_put(path_now(), SLOT(3), before, sizeof(before));
		file_put(path_now(), SLOT(3), after, len);
		/* what is left to write may be there by chance */
		bool is_whole = memcmp(before + len, after + len,
					sizeof(after) - len) == 0;
		must_hold(STATE_LINEAGE_HAS, is_whole ? 3 : 2);
	}
	file_put(path_now(), SLOT(3), after, sizeof(after));
	must_hold(STATE_LINEAGE_HAS, 3);
}

static void
survives__a_torn_first_write_as_lost(void **state)
{
	(void)state;
	struct state_file f;
	make(&f, 1);
	state_close(&f);
	file_put(path_now(), SLOT(1) + STATE_LINEAGE_SLOT - 8,
		"\0\0\0\0\0\0\0\0", 8);
	must_hold(STATE_LINEAGE_LOST, 0);
}

static void
damage__one_slot_or_both(void **state)
{
	(void)state;
	struct state_file f;
	struct lineage l;
	for (unsigned n = 2; n <= 3; n++) {
		make(&f, n);
		state_close(&f);
		file_put(path_now(), SLOT(n - 1) + 40, "\xff", 1);
		must_hold(STATE_LINEAGE_HAS, n);
		make(&f, n);
		state_close(&f);
		file_put(path_now(), SLOT(n) + 40, "\xff", 1);
		must_hold(STATE_LINEAGE_HAS, n - 1);
		file_put(path_now(), SLOT(n - 1) + 40, "\xff", 1);
		must_hold(STATE_LINEAGE_LOST, 0);
		/* the record is untouched by it, and a new one is written */
		assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
		lineage_of(1, &l);
		assert_int_equal(state_lineage_write(&f, &l), 0);
		state_close(&f);
		must_hold(STATE_LINEAGE_HAS, 1);
	}
}

static void
damage__a_slot_in_the_wrong_place(void **state)
{
	(void)state;
	static uint8_t slot[STATE_LINEAGE_SLOT];
	static const uint8_t zero[STATE_LINEAGE_SLOT];
	struct state_file f;
	make(&f, 1);
	state_close(&f);
	file_get(path_now(), SLOT(1), slot, sizeof(slot));
	file_put(path_now(), SLOT(0), slot, sizeof(slot));
	must_hold(STATE_LINEAGE_HAS, 1);
	file_put(path_now(), SLOT(1), zero, sizeof(zero));
	must_hold(STATE_LINEAGE_LOST, 0);
}

/* neither tears the other */
static void
record_and_lineage__are_apart(void **state)
{
	(void)state;
	static uint8_t slots[2 * STATE_LINEAGE_SLOT];
	static uint8_t now[2 * STATE_LINEAGE_SLOT];
	uint8_t page[STATE_PAGE];
	uint8_t page_now[STATE_PAGE];
	struct state_file f;
	struct lineage l;
	make(&f, 2);
	file_get(path_now(), STATE_RECORD_SIZE, slots, sizeof(slots));
	f.state.flags = STATE_F_CLEAN;
	assert_int_equal(state_write(&f), 0);
	f.state.applied_seq = 9;
	assert_int_equal(state_write(&f), 0);
	file_get(path_now(), STATE_RECORD_SIZE, now, sizeof(now));
	assert_memory_equal(slots, now, sizeof(now));
	file_get(path_now(), 0, page, sizeof(page));
	for (unsigned n = 3; n < 5; n++) {
		lineage_of(n, &l);
		assert_int_equal(state_lineage_write(&f, &l), 0);
	}
	file_get(path_now(), 0, page_now, sizeof(page_now));
	assert_memory_equal(page, page_now, sizeof(page));
	state_close(&f);
}

/* lineage 3 waits for journal 55, behind n that count */
static void
make_pending(struct state_file *f, unsigned n)
{
	struct lineage l;
	make(f, n);
	lineage_of(3, &l);
	assert_int_equal(state_lineage_expect(f, &l, 55), 0);
}

static void
pending__counts_once_its_journal_is_complete(void **state)
{
	(void)state;
	struct state_file f;
	struct state_view v;
	struct lineage want;
	struct lineage old;
	lineage_of(3, &want);
	for (unsigned n = 0; n <= 2; n++) {
		enum state_lineage_is was =
			n == 0 ? STATE_LINEAGE_NONE : STATE_LINEAGE_HAS;
		make_pending(&f, n);
		state_close(&f);
		must_hold(was, n);
		assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
		assert_true(v.lineage.pending == 55);
		assert_true(lineage_equal(&v.lineage.next, &want));
		/* another journal's end is nothing to it */
		assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
		assert_int_equal(state_lineage_settle(&f, 54), 0);
		assert_int_equal(f.lineage.is, was);
		assert_int_equal(state_lineage_settle(&f, 55), 0);
		assert_int_equal(state_lineage_settle(&f, 55), 0);
		state_close(&f);
		assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
		assert_int_equal(v.lineage.is, STATE_LINEAGE_HAS);
		assert_int_equal(v.lineage.counter, n + 2);
		assert_int_equal(v.lineage.pending, 0);
		assert_true(lineage_equal(&v.lineage.lineage, &want));
	}
	/* dropped: the next one that is written goes over it, alone */
	make_pending(&f, 2);
	lineage_of(4, &want);
	assert_int_equal(state_lineage_write(&f, &want), 0);
	state_close(&f);
	file_put(path_now(), SLOT(3) + 40, "\xff", 1);
	assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
	lineage_of(2, &old);
	assert_true(lineage_equal(&v.lineage.lineage, &old));
}

/* settled and torn: the one that waited is still there */
static void
pending__survives_a_torn_settling(void **state)
{
	(void)state;
	struct state_file f;
	struct state_view v;
	struct lineage want;
	lineage_of(3, &want);
	make_pending(&f, 2);
	assert_int_equal(state_lineage_settle(&f, 55), 0);
	state_close(&f);
	file_put(path_now(), SLOT(2) + 40, "\xff", 1);
	assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
	assert_int_equal(v.lineage.is, STATE_LINEAGE_LOST);
	assert_true(v.lineage.pending == 55);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(state_lineage_settle(&f, 55), 0);
	assert_int_equal(f.lineage.is, STATE_LINEAGE_HAS);
	assert_true(lineage_equal(&f.lineage.lineage, &want));
	state_close(&f);
}

static void
erase__leaves_nothing_to_go_back_to(void **state)
{
	(void)state;
	struct state_file f;
	struct lineage l;
	for (unsigned n = 0; n <= 3; n++) {
		make(&f, n);
		assert_int_equal(state_lineage_erase(&f), 0);
		assert_int_equal(f.lineage.is, STATE_LINEAGE_NONE);
		must_hold(STATE_LINEAGE_NONE, 0);
		lineage_of(1, &l);
		assert_int_equal(state_lineage_write(&f, &l), 0);
		state_close(&f);
		must_hold(STATE_LINEAGE_HAS, 1);
	}
	/* one that cannot be read, too */
	make(&f, 2);
	file_put(path_now(), SLOT(0) + 40, "\xff", 1);
	file_put(path_now(), SLOT(1) + 40, "\xff", 1);
	state_close(&f);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(state_lineage_erase(&f), 0);
	state_close(&f);
	must_hold(STATE_LINEAGE_NONE, 0);
}

static void
id__is_made_once_and_kept(void **state)
{
	(void)state;
	struct state_file f;
	make(&f, 0);
	uint64_t id = f.state.copy_id;
	assert_int_not_equal(id, 0);
	for (unsigned i = 0; i < 3; i++) {
		f.state.flags ^= STATE_F_CLEAN;
		assert_int_equal(state_write(&f), 0);
		state_close(&f);
		assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
		assert_true(f.state.copy_id == id);
	}
	state_close(&f);
	make(&f, 0);
	assert_false(f.state.copy_id == id);
	state_close(&f);
}

/* a file as it was before there were lineages */
static void
make_older(void)
{
	struct state_file f;
	uint8_t slot[STATE_SLOT_SIZE];
	uint8_t zero[STATE_SLOT_SIZE] = {0};
	make(&f, 0);
	f.written.copy_id = 0;
	f.written.generation = 1;
	state_encode(&f.written, slot);
	state_close(&f);
	file_put(path_now(), 0, zero, sizeof(zero));
	file_put(path_now(), STATE_SLOT_STRIDE, slot, sizeof(slot));
	assert_int_equal(truncate(path_now(), STATE_RECORD_SIZE), 0);
}

static void
older_file__is_taken_and_grows(void **state)
{
	(void)state;
	struct state_file f;
	struct state_view v;
	struct stat st;
	make_older();
	assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
	assert_int_equal(v.state.copy_id, 0);
	assert_int_equal(v.lineage.is, STATE_LINEAGE_NONE);
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	assert_int_equal(f.lineage.is, STATE_LINEAGE_NONE);
	uint64_t id = f.state.copy_id;
	assert_int_not_equal(id, 0);
	assert_true(state_differs(&f));
	assert_int_equal(state_write(&f), 0);
	assert_int_equal(stat(path_now(), &st), 0);
	assert_int_equal(st.st_size, STATE_FILE_SIZE);
	state_close(&f);
	assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
	assert_true(v.state.copy_id == id);
	must_hold(STATE_LINEAGE_NONE, 0);
	/* and a lineage before any record is written */
	struct lineage l;
	make_older();
	assert_int_equal(state_open(&f, dirfd_now, NAME), 0);
	lineage_of(1, &l);
	assert_int_equal(state_lineage_write(&f, &l), 0);
	state_close(&f);
	must_hold(STATE_LINEAGE_HAS, 1);
}

/* it had room for a lineage once: there may have been one */
static void
cut_file__has_lost_its_lineage(void **state)
{
	(void)state;
	static const off_t sizes[] = {STATE_RECORD_SIZE, STATE_RECORD_SIZE + 1,
		STATE_FILE_SIZE - STATE_LINEAGE_SLOT, STATE_FILE_SIZE - 1};
	struct state_file f;
	for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
		make(&f, 2);
		state_close(&f);
		assert_int_equal(truncate(path_now(), sizes[i]), 0);
		must_hold(STATE_LINEAGE_LOST, 0);
	}
}

static void
look__reads_again_what_was_half_written(void **state)
{
	(void)state;
	struct state_file f;
	struct state_view v;
	make(&f, 3);
	for (unsigned n = 0; n < 4; n++) {
		torn_reads = n;
		assert_int_equal(state_look(&v, dirfd_now, NAME), 0);
		must_be(&v.lineage, 3);
	}
	/* not for ever */
	torn_reads = UINT_MAX;
	assert_int_equal(state_look(&v, dirfd_now, NAME), -EBUSY);
	torn_reads = 0;
	state_close(&f);
}

static void
write_for_ever(void)
{
	struct state_file f;
	struct lineage l;
	if (state_open(&f, dirfd_now, NAME) != 0)
		_exit(1);
	for (;;) {
		unsigned n = (unsigned)(f.lineage.counter % 40) + 1;
		lineage_of(n, &l);
		f.state.applied_seq++;
		if (state_lineage_write(&f, &l) != 0 || state_write(&f) != 0)
			_exit(1);
	}
}

/* whoever looks while it is written finds one that was written */
static void
look__beside_a_writer(void **state)
{
	(void)state;
	struct state_file f;
	struct state_view v;
	uint64_t last = 0;
	uint64_t seen = 0;
	make(&f, 1);
	state_close(&f);
	pid_t pid = fork();
	if (pid == 0)
		write_for_ever();
	assert_true(pid > 0);
	while (seen < 100) {
		int rc = state_look(&v, dirfd_now, NAME);
		/* on tmpfs no sync holds the writer up */
		if (rc == -EBUSY)
			continue;
		assert_int_equal(rc, 0);
		assert_int_equal(v.lineage.is, STATE_LINEAGE_HAS);
		assert_true(v.lineage.counter >= last);
		assert_true(v.lineage.lineage.n >= 1);
		assert_true(v.state.copy_id != 0);
		seen += v.lineage.counter != last;
		last = v.lineage.counter;
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(state_look(&v, dirfd_now, "none"), -ENOENT);
	assert_int_equal(unlink(path_now()), 0);
	file_make(path_now(), STATE_FILE_SIZE, 0);
	assert_int_equal(state_look(&v, dirfd_now, NAME), -EUCLEAN);
	assert_int_equal(truncate(path_now(), STATE_FILE_SIZE + 1), 0);
	assert_int_equal(state_look(&v, dirfd_now, NAME), -EUCLEAN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes__in_turn),
		TEST(writes__the_longest),
		TEST(survives__every_torn_write),
		TEST(survives__a_torn_first_write_as_lost),
		TEST(damage__one_slot_or_both),
		TEST(damage__a_slot_in_the_wrong_place),
		TEST(record_and_lineage__are_apart),
		TEST(pending__counts_once_its_journal_is_complete),
		TEST(pending__survives_a_torn_settling),
		TEST(erase__leaves_nothing_to_go_back_to),
		TEST(id__is_made_once_and_kept),
		TEST(older_file__is_taken_and_grows),
		TEST(cut_file__has_lost_its_lineage),
		TEST(look__reads_again_what_was_half_written),
		TEST(look__beside_a_writer),
	};
	return FIXTURE_RUN(tests);
}

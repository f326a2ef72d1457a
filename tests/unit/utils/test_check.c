/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright 2026, the rpmem authors */
/*
 * test_check.c -- from facts to findings: a good pool with a good copy, one
 * fact changed in each row, and the one code that this must give
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/compiler.h"
#include "utils/check.h"
#include "utils/rm.h"

#define SIZE (16ull << 20)

static struct {
	struct poolset_part set_part;
	struct poolset_replica replicas[2];
	struct poolset set;
	struct inspect_part part;
	struct local_look local;
	struct remote_look remote;
	struct copy_past past;
	struct set_look look;
	struct pool_attr primary; /* and the copy's */
	struct pool_attr copy;
} w;

static char part_path[] = "/pool/part";
static char target[] = "tcp://beta";
static char name[] = "db.set";

static void
make_attrs(void)
{
	static const uint8_t set_uuid[UUID16_LEN] = {9};
	static const uint8_t mine[UUID16_LEN] = {1};
	static const uint8_t theirs[UUID16_LEN] = {2};
	w.primary = (struct pool_attr){.signature = "PMEMOBJ", .major = 6};
	memcpy(w.primary.poolset_uuid, set_uuid, UUID16_LEN);
	memcpy(w.primary.uuid, mine, UUID16_LEN);
	memcpy(w.primary.next_uuid, mine, UUID16_LEN);
	memcpy(w.primary.prev_uuid, mine, UUID16_LEN);
	w.copy = w.primary;
	memcpy(w.copy.uuid, theirs, UUID16_LEN);
}

static void
make_here(void)
{
	static const uint8_t uuids[1][UUID16_LEN] = {{1}};
	w.set_part = (struct poolset_part){.size = SIZE, .path = part_path};
	w.replicas[0] = (struct poolset_replica){
		.nparts = 1, .parts = &w.set_part, .line = 1};
	w.replicas[1] = (struct poolset_replica){
		.node = target, .desc = name, .line = 3};
	w.set = (struct poolset){.nreplicas = 2, .replicas = w.replicas};
	w.part = (struct inspect_part){.path = part_path,
		.want = SIZE,
		.size = SIZE,
		.media = POOL_MEDIA_PAGECACHE,
		.has_hdr = true};
	hdr_of_part(&w.primary, 1, uuids, 1, 0, &w.part.hdr);
	w.local =
		(struct local_look){.inspect = {.nparts = 1, .parts = &w.part}};
}

static void
make_there(void)
{
	struct inquiry_copy *t = &w.remote.told;
	w.past = (struct copy_past){.target = target,
		.set_name = name,
		.at = 1,
		.attaches = true,
		.advice = "If this pool is right, ...",
		.decision = {
			.verdict = LINEAGE_ATTACH, .relation = LINEAGE_SAME}};
	w.remote = (struct remote_look){
		.at = 1, .target = target, .name = name, .past = &w.past};
	w.remote.memory.standing =
		(struct standing){.word = "closed", .is_good = true};
	t->lineage.flags = OOB_COPY_F_CLEAN | OOB_COPY_F_RECORD;
	memcpy(t->lineage.primary_uuid, w.primary.uuid, UUID16_LEN);
	t->look = (struct oob_look_reply){.nparts = 1,
		.at = 1,
		.media = OOB_MEDIA_PAGECACHE,
		.pool_size = SIZE};
	attr_encode(&w.copy, t->look.attr);
}

static int
make(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	make_attrs();
	make_here();
	make_there();
	w.look = (struct set_look){.path = "/pool/db.set",
		.set = &w.set,
		.nlocals = 1,
		.locals = &w.local,
		.is_asked = true,
		.nremotes = 1,
		.remotes = &w.remote,
		.knows_primary = true};
	w.look.pasts.primary.attr = w.primary;
	memcpy(w.look.pasts.primary.uuid, w.primary.uuid, UUID16_LEN);
	memcpy(w.look.pasts.primary.poolset_uuid, w.primary.poolset_uuid,
		UUID16_LEN);
	w.look.pasts.pool.past = PAST_KNOWN;
	w.look.pasts.pool.size = SIZE;
	return 0;
}

/* ---- one fact ---- */

static void
nothing(void)
{
}
static void
part_gone(void)
{
	w.part = (struct inspect_part){
		.path = part_path, .want = SIZE, .is = PART_MISSING};
}
static void
part_short(void)
{
	w.part.size -= HDR_SIZE;
}
static void
part_damaged(void)
{
	w.part.is = PART_DAMAGED;
	w.part.has_hdr = false;
}
static void
part_tmpfs(void)
{
	w.part.media = POOL_MEDIA_TMPFS;
}
static void
part_dirty(void)
{
	w.part.hdr.incompat |= HDR_INCOMPAT_SDS;
	w.part.hdr.sds[16] = 1;
}
static void
left_over(void)
{
	w.local.nleft = 1;
}
static void
set_aside(void)
{
	w.local.nold = 1;
}
static void
past_lost(void)
{
	w.look.pasts.pool.past = PAST_LOST;
}
static void
away(void)
{
	w.remote.asked = -ECONNREFUSED;
}
static void
wrong_key(void)
{
	w.remote.asked = -EACCES;
}
static void
old_target(void)
{
	w.remote.told.looked = -EOPNOTSUPP;
}
static void
no_set(void)
{
	w.remote.told.looked = -ENOENT;
}
static void
no_copy(void)
{
	struct oob_look_reply *l = &w.remote.told.look;
	l->nmissing = 1;
	l->nbad = 1;
	l->at = 0;
	l->is = OOB_PART_MISSING;
	memset(l->attr, 0, sizeof(l->attr));
}
static void
bad_part(void)
{
	struct inquiry_copy *t = &w.remote.told;
	t->look.nbad = 1;
	t->nbad = 1;
	t->bad[0].is = OOB_PART_SIZE;
}
static void
more_bad_parts(void)
{
	bad_part();
	w.remote.told.look.nparts = 3;
	w.remote.told.look.nbad = 2;
}
static void
another_pool(void)
{
	w.copy.poolset_uuid[0] ^= 1;
	attr_encode(&w.copy, w.remote.told.look.attr);
}
static void
other_links(void)
{
	w.copy.prev_uuid[0] ^= 8;
	attr_encode(&w.copy, w.remote.told.look.attr);
}
static void
smaller(void)
{
	w.remote.told.look.pool_size = SIZE / 2;
}
static void
no_record(void)
{
	w.remote.told.told = -ENOENT;
}
static void
bad_record(void)
{
	w.remote.told.told = -EREMOTEIO;
}
static void
in_memory(void)
{
	w.remote.told.look.durability = OOB_DURABLE_MEMORY;
}
static void
former(void)
{
	w.remote.told.look.flags |= OOB_LOOK_F_OLD;
}
static void
left_unclosed(void)
{
	w.remote.memory.standing = (struct standing){.word = "interrupted"};
}
static void
unfinished(void)
{
	w.remote.told.lineage.flags |= OOB_COPY_F_CREATING;
}
static void
unfinished_but_running(void)
{
	unfinished();
	w.look.pasts.pool.is_running = true;
}
static void
suspect(void)
{
	w.remote.told.lineage.flags |= OOB_COPY_F_SUSPECT;
}
static void
changed(void)
{
	w.remote.told.lineage.flags &= ~OOB_COPY_F_CLEAN;
	w.remote.told.lineage.flags |= OOB_COPY_F_SUSPECT | OOB_COPY_F_CHANGED;
}
static void
interrupted(void)
{
	w.remote.told.lineage.flags &= ~OOB_COPY_F_CLEAN;
}
static void
refused(void)
{
	w.past.attaches = false;
	w.past.decision.verdict = LINEAGE_REFUSE;
	w.past.decision.relation = LINEAGE_FORKED;
}
static void
fenced(void)
{
	refused();
	w.past.decision.verdict = LINEAGE_FENCED;
}
static void
promoted(void)
{
	refused();
	w.past.reply.flags = OOB_COPY_F_PROMOTED;
	w.remote.told.lineage.flags |= OOB_COPY_F_PROMOTED;
}
static void
other_primary(void)
{
	w.past.attaches = false;
	w.remote.told.lineage.primary_uuid[0] ^= 1;
}
static void
promoted_and_lost(void)
{
	promoted();
	part_gone();
}
static void
lent(void)
{
	w.past.attaches = false;
	w.past.reply.flags = OOB_COPY_F_LENT;
}
static void
behind(void)
{
	w.remote.memory.standing = (struct standing){
		.word = "behind", .knows_missing = true, .missing = 4096};
}
static void
degraded(void)
{
	w.remote.memory.standing =
		(struct standing){.word = "degraded", .knows_missing = true};
	w.remote.memory.is_running = true;
}
static void
catching_up(void)
{
	degraded();
	w.remote.memory.standing.word = "catching up";
}
static void
bad_state_file(void)
{
	w.remote.memory.error = -EBADMSG;
}

static const struct {
	void (*change)(void);
	enum level level;
	const char *code;
} rows[] = {
	{nothing, LEVEL_OK, "reachable"},
	{part_gone, LEVEL_PROBLEM, "no-pool"},
	{part_short, LEVEL_PROBLEM, "part-size"},
	{part_damaged, LEVEL_PROBLEM, "header-damaged"},
	{part_tmpfs, LEVEL_NOTE, "volatile"},
	{part_dirty, LEVEL_NOTE, "shutdown"},
	{left_over, LEVEL_NOTE, "left-over"},
	{set_aside, LEVEL_NOTE, "set-aside"},
	{past_lost, LEVEL_PROBLEM, "lineage-lost"},
	{away, LEVEL_PROBLEM, "unreachable"},
	{wrong_key, LEVEL_PROBLEM, "key"},
	{old_target, LEVEL_NOTE, "old-target"},
	{no_set, LEVEL_PROBLEM, "no-set"},
	{no_copy, LEVEL_PROBLEM, "no-copy"},
	{bad_part, LEVEL_PROBLEM, "part-size"},
	{more_bad_parts, LEVEL_PROBLEM, "parts-more"},
	{another_pool, LEVEL_PROBLEM, "other-pool"},
	{other_links, LEVEL_PROBLEM, "links"},
	{smaller, LEVEL_PROBLEM, "size"},
	{no_record, LEVEL_PROBLEM, "no-record"},
	{bad_record, LEVEL_PROBLEM, "record"},
	{in_memory, LEVEL_NOTE, "memory"},
	{former, LEVEL_NOTE, "former-copy"},
	{unfinished, LEVEL_PROBLEM, "unfinished"},
	{unfinished_but_running, LEVEL_NOTE, "unfinished"},
	{suspect, LEVEL_PROBLEM, "suspect"},
	{changed, LEVEL_PROBLEM, "changed"},
	{interrupted, LEVEL_PROBLEM, "interrupted"},
	{refused, LEVEL_PROBLEM, "forked"},
	{fenced, LEVEL_PROBLEM, "fenced"},
	{promoted, LEVEL_PROBLEM, "promoted"},
	{other_primary, LEVEL_PROBLEM, "other-primary"},
	{promoted_and_lost, LEVEL_PROBLEM, "promoted"},
	{lent, LEVEL_PROBLEM, "lent"},
	{behind, LEVEL_PROBLEM, "behind"},
	{left_unclosed, LEVEL_PROBLEM, "behind"},
	{degraded, LEVEL_PROBLEM, "not-attached"},
	{catching_up, LEVEL_PROBLEM, "not-attached"},
	{bad_state_file, LEVEL_PROBLEM, "state-file"},
};

/* each that is not fine says what to do; at most two more are not fine: what
 * follows from the first */
static void
expect(unsigned row, const struct findings *f)
{
	bool is_there = false;
	unsigned nbad = 0;
	for (unsigned i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		bool is_it = strcmp(one->code, rows[row].code) == 0;
		is_there = is_there || (is_it && one->level == rows[row].level);
		nbad += one->level != LEVEL_OK;
		if (one->level != LEVEL_OK && one->fix[0] == '\0')
			fail_msg("row %u: %s: no word what to do", row,
				one->code);
	}
	if (!is_there)
		fail_msg("row %u: no finding '%s'", row, rows[row].code);
	if (nbad > (rows[row].level == LEVEL_OK ? 0u : 3u))
		fail_msg("row %u: %u findings for '%s'", row, nbad,
			rows[row].code);
	assert_int_equal(
		findings_are_good(f), rows[row].level != LEVEL_PROBLEM);
}

static void
judge__says_what_the_fact_is(void **state)
{
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct findings f = {.list = NULL};
		make(state);
		rows[i].change();
		inspect_judge(&w.local.inspect);
		check_judge(&w.look, &f);
		expect(i, &f);
		findings_free(&f);
	}
}

/* ---- and what rm makes of it ---- */

static const struct {
	void (*change)(void);
	unsigned flags;
	bool is_named;
	enum rm_outcome here;
	enum rm_outcome there;
	bool takes_last_good;
} removals[] = {
	{nothing, 0, false, RM_GO, RM_GO, true},
	{nothing, RM_F_KEEP_PRIMARY, false, RM_KEPT, RM_GO, false},
	{nothing, RM_F_NAMED, true, RM_KEPT, RM_GO, false},
	{nothing, RM_F_NAMED, false, RM_KEPT, RM_KEPT, false},
	{part_damaged, RM_F_NAMED, true, RM_KEPT, RM_GO, true},
	{part_gone, 0, false, RM_NOTHING, RM_GO, true},
	{away, 0, false, RM_GO, RM_LEFT, true},
	{promoted, 0, false, RM_GO, RM_LEFT, false},
	{other_primary, 0, false, RM_GO, RM_LEFT, true},
	{promoted, RM_F_FORCE, false, RM_GO, RM_LEFT, false},
	{promoted, RM_F_NAMED, true, RM_KEPT, RM_LEFT, false},
	{promoted, RM_F_NAMED | RM_F_FORCE, true, RM_KEPT, RM_GO, false},
	{another_pool, 0, false, RM_GO, RM_LEFT, true},
	{another_pool, RM_F_NAMED | RM_F_FORCE, true, RM_KEPT, RM_GO, false},
};

static void
rm__takes_no_more_than_it_may(void **state)
{
	for (unsigned i = 0; i < ARRAY_LEN(removals); i++) {
		struct rm_plan p;
		make(state);
		removals[i].change();
		inspect_judge(&w.local.inspect);
		assert_int_equal(
			rm_plan_new(&p, &w.look, removals[i].flags), 0);
		p.copies[0].is_named = removals[i].is_named;
		rm_plan_make(&p);
		if (p.here.outcome != removals[i].here ||
			p.copies[0].outcome != removals[i].there ||
			p.takes_last_good != removals[i].takes_last_good)
			fail_msg("row %u: %d, %d, %d", i, p.here.outcome,
				p.copies[0].outcome, p.takes_last_good);
		assert_int_equal(
			p.copies[0].outcome == RM_LEFT, !rm_plan_is_whole(&p));
		rm_plan_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge__says_what_the_fact_is),
		cmocka_unit_test(rm__takes_no_more_than_it_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

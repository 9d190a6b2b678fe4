/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that are on disk, to it and from it, and what may be sent twice: the books close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "destination_make.h"
#include "otlp_count.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Payloads that are in no queue, as the spool reads them: received before, and spooled. */
static struct payload_list file_of(struct destination *d, enum otlp_signal signal, size_t count)
{
	struct payload_list members = {0};
	size_t i;

	for (i = 0; i < count; i++) {
		struct bytes message = {0};

		numbered_request(signal, 1 + 2 * i, 2, 0, 10, &message);
		assert_true(
			payload_list_push(&members, payload_new(signal, &message, 2, 1, &held)));
	}
	d->account[signal].received += 2 * count;
	d->account[signal].spooled += 2 * count;
	return members;
}

/* As the exporter does: what is taken is spooled no more. */
static void take_file(struct destination *d, enum otlp_signal signal, struct payload_list *members,
		      struct batch *batch)
{
	d->account[signal].spooled -= payload_list_items(members);
	destination_take_spooled(d, signal, members, batch);
	require_closed(d);
}

static void test_take_spooled(void **state)
{
	struct destination d = {.settings = anywhere};
	struct payload_list members = file_of(&d, OTLP_LOGS, 3);
	size_t bytes = members.bytes;
	struct bytes joined = {0};
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_LOGS, 100, 5);
	take_file(&d, OTLP_LOGS, &members, &batch);
	/* All of it as one, whatever waits. */
	assert_null(members.ring);
	assert_int_equal(batch.signal, OTLP_LOGS);
	assert_int_equal(batch.members.count, 3);
	assert_int_equal(batch.items, 6);
	assert_int_equal(batch.bytes, bytes);
	assert_true(batch.on_disk);
	assert_int_equal(d.in_flight[OTLP_LOGS], 6);
	assert_int_equal(destination_held(&d, OTLP_LOGS), 11);
	batch_join(&batch, &joined);
	assert_int_equal(joined.len, bytes);
	assert_int_equal(otlp_count(OTLP_LOGS, bytes_slice(&joined)), 6);
	bytes_free(&joined);
	settle(&d, &batch, VERDICT_EXPORTED, 0, now);
	assert_int_equal(d.account[OTLP_LOGS].exported, 6);
	/* What is taken from the queue is not on disk. */
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	assert_false(batch.on_disk);
	settle(&d, &batch, VERDICT_EXPORTED, 0, now);
	end(&d);
}

/* Where a batch of three payloads of two items each goes that is on disk, too. */
static void test_settle(void **state)
{
	static const struct {
		enum verdict verdict;
		uint64_t rejected;
		uint64_t exported, refused, off, spooled;
		size_t waiting; /* payloads, each to go alone */
	} cases[] = {
		{VERDICT_EXPORTED, 0, 6, 0, 0, 0, 0}, {VERDICT_EXPORTED, 4, 2, 4, 0, 0, 0},
		{VERDICT_EXPORTED, 9, 0, 6, 0, 0, 0}, {VERDICT_REFUSED, 0, 0, 6, 0, 0, 0},
		{VERDICT_OFF, 0, 0, 0, 6, 0, 0},      {VERDICT_LATER, 0, 0, 0, 0, 6, 0},
		{VERDICT_SINGLY, 0, 0, 0, 0, 0, 3},   {VERDICT_HALVE, 0, 0, 0, 0, 0, 3},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct destination d = {.settings = anywhere};
		struct payload_list members = file_of(&d, OTLP_TRACES, 3);
		const struct ledger_account *account = &d.account[OTLP_TRACES];
		struct batch batch;

		take_file(&d, OTLP_TRACES, &members, &batch);
		settle(&d, &batch, cases[i].verdict, cases[i].rejected, now);
		assert_int_equal(batch.members.count + batch.items + batch.bytes, 0);
		assert_false(batch.on_disk);
		assert_int_equal(d.in_flight[OTLP_TRACES], 0);
		assert_int_equal(account->exported, cases[i].exported);
		assert_int_equal(account->dropped[DROP_REFUSED], cases[i].refused);
		assert_int_equal(account->dropped[DROP_TURNED_OFF], cases[i].off);
		assert_int_equal(account->spooled, cases[i].spooled);
		assert_int_equal(d.queue[OTLP_TRACES].count, cases[i].waiting);
		for (k = 0; k < cases[i].waiting; k++)
			assert_true(payload_list_at(&d.queue[OTLP_TRACES], k)->alone);
		/* In memory only what has to be. */
		if (cases[i].waiting == 0)
			assert_int_equal(held, 0);
		end(&d);
	}
}

/* One file of one payload that is too large: its halves are in memory from then on. */
static void test_halve_a_file(void **state)
{
	struct destination d = {.settings = anywhere};
	struct payload_list members = file_of(&d, OTLP_METRICS, 1);
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_METRICS, 100, 1);
	take_file(&d, OTLP_METRICS, &members, &batch);
	settle(&d, &batch, VERDICT_HALVE, 0, now);
	assert_int_equal(d.queue[OTLP_METRICS].count, 3);
	assert_int_equal(payload_list_at(&d.queue[OTLP_METRICS], 0)->items, 1);
	assert_int_equal(payload_list_at(&d.queue[OTLP_METRICS], 2)->arrived, 100);
	assert_int_equal(d.account[OTLP_METRICS].spooled, 0);
	end(&d);
}

static void test_to_disk_and_away(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_LOGS, 0, 4);
	put_items(&d, OTLP_TRACES, 0, 5);
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	destination_spooled(&d, &batch);
	assert_int_equal(batch.members.count + batch.items, 0);
	assert_int_equal(d.account[OTLP_LOGS].spooled, 4);
	assert_int_equal(d.in_flight[OTLP_LOGS], 0);
	require_closed(&d);
	assert_true(destination_take(&d, OTLP_TRACES, &batch));
	destination_drop(&d, &batch, DROP_SHUTDOWN);
	assert_int_equal(batch.members.count + batch.items, 0);
	assert_int_equal(d.account[OTLP_TRACES].dropped[DROP_SHUTDOWN], 5);
	assert_int_equal(d.account[OTLP_TRACES].spooled, 0);
	/* Nobody's failure. */
	assert_int_equal(d.circuit[OTLP_LOGS].failures + d.circuit[OTLP_TRACES].failures, 0);
	assert_int_equal(held, 0);
	end(&d);
}

/* ---- What may arrive twice ---- */

static void test_possible_duplicates(void **state)
{
	/* Three payloads of two items each. */
	static const struct {
		unsigned maybe_sent; /* bits: those of a request before */
		enum verdict verdict;
		bool maybe_taken;
		uint64_t rejected;
		uint64_t duplicates;
		unsigned then; /* bits: what waits may have been taken */
	} cases[] = {
		{0, VERDICT_EXPORTED, false, 0, 0, 0},
		{5, VERDICT_EXPORTED, false, 0, 4, 0},
		{0, VERDICT_EXPORTED, true, 0, 6, 0},
		{7, VERDICT_EXPORTED, true, 0, 6, 0},
		/* what was rejected is not there twice */
		{1, VERDICT_EXPORTED, false, 4, 2, 0},
		{7, VERDICT_EXPORTED, true, 5, 1, 0},
		{7, VERDICT_EXPORTED, true, 100, 0, 0},
		/* only a success makes two of them */
		{7, VERDICT_REFUSED, true, 0, 0, 0},
		{7, VERDICT_OFF, true, 0, 0, 0},
		{0, VERDICT_LATER, false, 0, 0, 0},
		{2, VERDICT_LATER, false, 0, 0, 2},
		{2, VERDICT_LATER, true, 0, 0, 7},
		{4, VERDICT_SINGLY, false, 0, 0, 4},
		{0, VERDICT_HALVE, true, 0, 0, 7},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const struct outcome outcome = {cases[i].verdict, cases[i].rejected,
						cases[i].maybe_taken, 0};
		const struct payload_list *queue;
		struct destination d = {.settings = anywhere};
		unsigned then = 0;
		struct batch batch;

		for (k = 0; k < 3; k++)
			put_items(&d, OTLP_LOGS, 2 * k, 2)->maybe_sent = cases[i].maybe_sent >> k &
									 1;
		assert_true(destination_take(&d, OTLP_LOGS, &batch));
		destination_settle(&d, &batch, &outcome, now);
		assert_int_equal(d.account[OTLP_LOGS].possible_duplicates, cases[i].duplicates);
		queue = &d.queue[OTLP_LOGS];
		for (k = 0; k < queue->count; k++)
			then |= (unsigned)payload_list_at(queue, k)->maybe_sent << k;
		assert_int_equal(then, cases[i].then);
		assert_int_equal(d.account[OTLP_TRACES].possible_duplicates, 0);
		end(&d);
	}
}

/* ---- Anything in any order, a disk in memory among it ---- */

#define FILES 8

struct disk {
	struct payload_list files[OTLP_SIGNALS][FILES];
};

static uint32_t seed;

static unsigned chance(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 12) % below;
}

static struct payload_list *file_with(struct disk *disk, enum otlp_signal signal, bool full)
{
	size_t i, first = chance(FILES);

	for (i = 0; i < FILES; i++) {
		struct payload_list *file = &disk->files[signal][(first + i) % FILES];

		if ((file->count > 0) == full)
			return file;
	}
	return NULL;
}

/* The payloads themselves, with a reference more, stand for their bytes in a file. */
static void step_to_disk(struct destination *d, struct disk *disk, enum otlp_signal signal)
{
	struct payload_list *file = file_with(disk, signal, false);
	struct batch batch;
	size_t i;

	if (!file || !destination_take(d, signal, &batch))
		return;
	for (i = 0; i < batch.members.count; i++)
		if (payload_list_push(file, payload_list_at(&batch.members, i)))
			payload_ref(payload_list_at(&batch.members, i));
	if (file->count == batch.members.count) {
		destination_spooled(d, &batch);
		return;
	}
	payload_list_free(file);
	destination_drop(d, &batch, DROP_BUFFER_FULL);
}

static void step_from_disk(struct destination *d, struct disk *disk, enum otlp_signal signal,
			   struct batch *batch)
{
	struct payload_list *file = file_with(disk, signal, true), members = {0};
	struct payload *p;

	if (!file)
		return;
	if (!payload_list_reserve(&members, file->count))
		return;
	d->account[signal].spooled -= payload_list_items(file);
	while ((p = payload_list_pop(file)))
		payload_list_push(&members, p);
	payload_list_free(file);
	destination_take_spooled(d, signal, &members, batch);
}

static void step_settle(struct destination *d, struct disk *disk, struct batch *batch)
{
	static const enum verdict verdicts[] = {VERDICT_EXPORTED, VERDICT_EXPORTED, VERDICT_LATER,
						VERDICT_LATER,    VERDICT_SINGLY,   VERDICT_HALVE,
						VERDICT_REFUSED};
	struct outcome outcome = {
		.verdict = chance(40) ? verdicts[chance(LENGTH(verdicts))] : VERDICT_OFF,
		.rejected = chance(4) ? 0 : chance(12),
		.maybe_taken = chance(3) == 0,
		.pause = chance(2),
	};
	enum otlp_signal signal = batch->signal;
	struct payload_list *file = NULL;
	size_t i;

	/* Its file, which stays where it was. */
	if (batch->on_disk && outcome.verdict == VERDICT_LATER) {
		int failing = short_heap_at;

		short_heap_at = 0;
		file = file_with(disk, signal, false);
		if (!file)
			outcome.verdict = VERDICT_REFUSED;
		for (i = 0; file && i < batch->members.count; i++)
			assert_true(payload_list_push(
				file, payload_ref(payload_list_at(&batch->members, i))));
		short_heap_at = failing;
	}
	destination_settle(d, batch, &outcome, now);
}

static void random_step(struct destination *d, struct disk *disk, struct batch batch[])
{
	enum otlp_signal s = (enum otlp_signal)chance(OTLP_SIGNALS);
	bool idle = batch[s].members.count == 0;

	switch (chance(9)) {
	case 0:
	case 1:
	case 2:
		put_items(d, s, 1, 1 + chance(9))->alone = chance(5) == 0;
		break;
	case 3:
		if (idle)
			destination_take(d, s, &batch[s]);
		break;
	case 4:
		step_to_disk(d, disk, s);
		break;
	case 5:
		if (idle)
			step_from_disk(d, disk, s, &batch[s]);
		break;
	case 6:
	case 7:
		if (!idle)
			step_settle(d, disk, &batch[s]);
		break;
	default:
		if (chance(3) == 0)
			destination_drop_oldest(d, DROP_BUFFER_FULL);
	}
}

/* What is spooled is what is on disk and not taken, and nothing is exported twice unseen. */
static void require_disk(const struct destination *d, const struct disk *disk)
{
	unsigned s;
	size_t i;

	require_closed(d);
	for (s = 0; s < OTLP_SIGNALS; s++) {
		uint64_t items = 0;

		for (i = 0; i < FILES; i++)
			items += payload_list_items(&disk->files[s][i]);
		assert_int_equal(d->account[s].spooled, items);
		assert_true(d->account[s].possible_duplicates <= d->account[s].exported);
	}
}

static void end_of_run(struct destination *d, struct disk *disk, struct batch batch[])
{
	unsigned s;
	size_t i;

	for (s = 0; s < OTLP_SIGNALS; s++) {
		if (batch[s].members.count > 0)
			destination_drop(d, &batch[s], DROP_SHUTDOWN);
		for (i = 0; i < FILES; i++)
			payload_list_free(&disk->files[s][i]);
	}
	while (destination_drop_oldest(d, DROP_SHUTDOWN))
		;
	end(d);
}

static void test_any_order(void **state)
{
	uint64_t duplicates = 0, off = 0;
	uint32_t run;
	int step;

	(void)state;
	for (run = 0; run < 60; run++) {
		struct batch batch[OTLP_SIGNALS] = {{0}};
		struct destination d = {.settings = anywhere};
		struct disk disk = {0};

		seed = run;
		for (step = 0; step < 600; step++) {
			short_heap_at = run % 2 && chance(4) == 0 ? 1 + (int)chance(4) : 0;
			random_step(&d, &disk, batch);
			short_heap_at = 0;
			require_disk(&d, &disk);
		}
		duplicates += d.account[OTLP_LOGS].possible_duplicates;
		off += d.account[OTLP_LOGS].dropped[DROP_TURNED_OFF];
		end_of_run(&d, &disk, batch);
	}
	/* The walk comes by what it is for. */
	assert_true(duplicates > 100 && off > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_spooled),        cmocka_unit_test(test_settle),
		cmocka_unit_test(test_halve_a_file),        cmocka_unit_test(test_to_disk_and_away),
		cmocka_unit_test(test_possible_duplicates), cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

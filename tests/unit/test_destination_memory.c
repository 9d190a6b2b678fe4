/* SPDX-License-Identifier: Apache-2.0 */
/* Short memory, and anything in any order: the books close. */
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

static void test_take_without_memory(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;
	size_t i;

	(void)state;
	for (i = 0; i < 30; i++)
		put_items(&d, OTLP_LOGS, i, 1);
	short_heap_at = 1;
	assert_false(destination_take(&d, OTLP_LOGS, &batch));
	assert_int_equal(d.queue[OTLP_LOGS].count, 30);
	require_closed(&d);
	/* No room for more of them: a smaller batch. */
	short_heap_at = 2;
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	assert_int_equal(short_heap_at, 0);
	assert_in_range(batch.members.count, 1, 29);
	require_closed(&d);
	settle(&d, &batch, VERDICT_LATER, 0, now);
	for (i = 0; i < 30; i++)
		assert_int_equal(payload_list_at(&d.queue[OTLP_LOGS], i)->arrived, i);
	end(&d);
}

/* No room to put it back, since others came meanwhile: counted. */
static void test_put_back_without_memory(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;
	size_t i;

	(void)state;
	put_items(&d, OTLP_LOGS, 0, 7);
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	for (i = 1; i < 17; i++)
		put_items(&d, OTLP_LOGS, i, 1);
	assert_int_equal(d.queue[OTLP_LOGS].count, d.queue[OTLP_LOGS].cap);
	short_heap_at = 1;
	settle(&d, &batch, VERDICT_LATER, 0, now);
	assert_int_equal(short_heap_at, 0);
	assert_int_equal(d.account[OTLP_LOGS].dropped[DROP_NO_MEMORY], 7);
	end(&d);
}

/* Does every payload that waits hold the items it says? */
static void require_whole(const struct destination *d, enum otlp_signal signal)
{
	const struct payload_list *queue = &d->queue[signal];
	size_t i;

	for (i = 0; i < queue->count; i++) {
		struct payload *p = payload_list_at(queue, i);

		assert_int_equal(otlp_count(signal, bytes_slice(&p->message)), p->items);
	}
}

/* No memory to halve it: it would be refused again and again, and is dropped. */
static void test_halve_without_memory(void **state)
{
	int *const counters[] = {&short_heap_at, &short_memory_at};
	size_t i;
	int at;

	(void)state;
	for (i = 0; i < LENGTH(counters); i++) {
		size_t lost = 0;

		for (at = 1; at < 100; at++) {
			struct destination d = {.settings = anywhere};
			struct batch batch;
			bool failed, whole;

			put_items(&d, OTLP_METRICS, 0, 9);
			assert_true(destination_take(&d, OTLP_METRICS, &batch));
			*counters[i] = at;
			settle(&d, &batch, VERDICT_HALVE, 0, now);
			failed = *counters[i] == 0;
			/* All of it or nothing. */
			whole = d.queue[OTLP_METRICS].count == 2;
			lost += !whole;
			assert_int_equal(d.queue[OTLP_METRICS].count, whole ? 2 : 0);
			assert_int_equal(destination_held(&d, OTLP_METRICS), whole ? 9 : 0);
			assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_NO_MEMORY],
					 whole ? 0 : 9);
			assert_true(failed || whole);
			require_whole(&d, OTLP_METRICS);
			end(&d);
			if (!failed)
				break;
			/* bytes_fit() needs none: what it cannot give back it keeps. */
			if (i == 0)
				assert_int_equal(lost, at);
		}
		*counters[i] = 0;
		assert_in_range(at, 3, 99);
		assert_true(lost >= 2);
	}
}

/* A single item is not halved, and needs no memory to stay. */
static void test_keep_one_item(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_TRACES, 0, 1);
	assert_true(destination_take(&d, OTLP_TRACES, &batch));
	short_heap_at = short_memory_at = 1;
	settle(&d, &batch, VERDICT_HALVE, 0, now);
	assert_int_equal(short_heap_at + short_memory_at, 2);
	short_heap_at = short_memory_at = 0;
	assert_int_equal(d.queue[OTLP_TRACES].count, 1);
	end(&d);
}

/* ---- Anything in any order ---- */

static uint32_t seed;

static unsigned chance(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 12) % below;
}

/* Nothing overtakes: numbers rise, from those in flight to the last that waits. */
static void require_order(const struct destination *d, const struct batch *batch,
			  enum otlp_signal signal)
{
	const struct payload_list *lists[] = {&batch->members, &d->queue[signal]};
	uint64_t last = 0;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < lists[i]->count; k++) {
			struct payload *p = payload_list_at(lists[i], k);
			struct otlp_iter iter = otlp_items(signal, bytes_slice(&p->message));
			struct otlp_item item;
			size_t items = 0;

			while (otlp_next(&iter, &item)) {
				assert_true(numbered_of(item.item) > last);
				last = numbered_of(item.item);
				items++;
			}
			assert_int_equal(items, p->items);
		}
	}
}

static void random_step(struct destination *d, struct batch batch[], uint64_t *number)
{
	static const enum verdict verdicts[] = {VERDICT_EXPORTED, VERDICT_LATER, VERDICT_SINGLY,
						VERDICT_HALVE,    VERDICT_LATER, VERDICT_REFUSED};
	enum otlp_signal s = (enum otlp_signal)chance(OTLP_SIGNALS);
	size_t count = 1 + chance(9);

	switch (chance(8)) {
	case 0:
	case 1:
	case 2:
		put_items(d, s, *number, count)->alone = chance(5) == 0;
		*number += count;
		break;
	case 3:
	case 4:
		if (batch[s].members.count == 0)
			destination_take(d, s, &batch[s]);
		break;
	case 5:
	case 6:
		if (batch[s].members.count > 0)
			settle(d, &batch[s], verdicts[chance(LENGTH(verdicts))],
			       chance(4) ? 0 : chance(12), now);
		break;
	default:
		if (chance(3) == 0)
			destination_drop_oldest(d, DROP_BUFFER_FULL);
	}
}

/* Hundreds of steps of any kind, with memory short now and then: the books close after each. */
static void test_any_order(void **state)
{
	uint32_t run;

	(void)state;
	for (run = 0; run < 40; run++) {
		struct batch batch[OTLP_SIGNALS] = {{0}};
		struct destination d = {.settings = anywhere};
		uint64_t number = 1;
		unsigned s;
		int step;

		seed = run;
		for (step = 0; step < 600; step++) {
			short_heap_at = run % 2 && chance(4) == 0 ? 1 + (int)chance(4) : 0;
			random_step(&d, batch, &number);
			short_heap_at = 0;
			require_closed(&d);
			for (s = 0; s < OTLP_SIGNALS; s++)
				require_order(&d, &batch[s], (enum otlp_signal)s);
		}
		for (s = 0; s < OTLP_SIGNALS; s++)
			if (batch[s].members.count > 0)
				settle(&d, &batch[s], VERDICT_LATER, 0, now);
		while (destination_drop_oldest(&d, DROP_SHUTDOWN))
			require_closed(&d);
		for (s = 0; s < OTLP_SIGNALS; s++)
			assert_int_equal(destination_held(&d, (enum otlp_signal)s), 0);
		assert_int_equal(held, 0);
		end(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_without_memory),
		cmocka_unit_test(test_put_back_without_memory),
		cmocka_unit_test(test_halve_without_memory),
		cmocka_unit_test(test_keep_one_item),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds in bytes, short memory, and anything in any order: the books close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "short_memory.h"
#include "store_world.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Limits ---- */

/* One that is larger than all there may be is not kept; what is there already is not its
 * business. */
static void test_too_large(void **state)
{
	struct world w = begin(only_logs, all_signals);
	const struct ledger_account *account = w.destinations[1].account;

	(void)state;
	w.store.limit = MB;
	accept(&w, OTLP_LOGS, 0, 1, 100000);
	accept(&w, OTLP_TRACES, 0, 7, 200000);
	assert_int_equal(w.store.staging[OTLP_TRACES].count, 0);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 1);
	assert_int_equal(account[OTLP_TRACES].received, 7);
	assert_int_equal(account[OTLP_TRACES].dropped[DROP_BUFFER_FULL], 7);
	require_closed(&w);
	/* Several that fit by themselves: to make room is not the store's business either. */
	accept(&w, OTLP_TRACES, 0, 1, 900000);
	assert_false(store_is_over(&w.store, 0));
	accept(&w, OTLP_TRACES, 0, 1, 900000);
	assert_true(store_is_over(&w.store, 0));
	assert_int_equal(w.store.staging[OTLP_TRACES].count, 2);
	end(&w);
}

/* The limit itself is no byte too much. */
static void test_exact_limit(void **state)
{
	static const struct {
		size_t below, beside; /* of the limit */
		bool over;
	} cases[] = {
		{0, 0, false}, {0, 1, true},       {1, 0, false},  {1, 1, false},
		{1, 2, true},  {MB, 8 * MB, true}, {MB, 0, false}, {MB, MB, false},
	};
	struct world w = begin(all_signals, NULL);
	size_t i, one;

	(void)state;
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	one = w.store.held;
	for (i = 0; i < LENGTH(cases); i++) {
		w.store.limit = one + cases[i].below;
		assert_int_equal(store_is_over(&w.store, cases[i].beside), cases[i].over);
	}
	w.store.limit = one - 1;
	assert_true(store_is_over(&w.store, 0));
	/* The same again, alone: as large as the limit, and a byte larger. */
	store_drop_all(store_of(&w), DROP_SHUTDOWN);
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 0);
	w.store.limit = one;
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 1);
	end(&w);
}

/* ---- What waits ---- */

static void require_waiting(struct world *w, enum otlp_signal signal, int64_t oldest, size_t bytes)
{
	struct flush_waiting waiting = {.oldest = 3, .bytes = 4, .last_request = 5};

	store_waiting(store_of(w), w->destinations, signal, &waiting);
	assert_true(waiting.oldest == oldest);
	assert_int_equal(waiting.bytes, bytes);
	assert_int_equal(waiting.last_request, 5);
}

static size_t staged(const struct world *w, enum otlp_signal signal)
{
	return w->store.staging[signal].bytes;
}

static size_t queued(const struct world *w, enum otlp_signal signal)
{
	return w->destinations[0].queue[signal].bytes;
}

static void test_waiting(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct batch batch;

	(void)state;
	require_waiting(&w, OTLP_LOGS, INT64_MAX, 0);
	w.now.mono = 20;
	accept(&w, OTLP_LOGS, 0, 3, 100);
	accept(&w, OTLP_LOGS, 0, 3, 100);
	assert_in_range(staged(&w, OTLP_LOGS), 600, 1000);
	require_waiting(&w, OTLP_LOGS, 20, staged(&w, OTLP_LOGS));
	/* Of another signal. */
	require_waiting(&w, OTLP_TRACES, INT64_MAX, 0);
	/* In the queue it keeps its age, and stands before what is staged. */
	release_all(&w);
	require_waiting(&w, OTLP_LOGS, 20, queued(&w, OTLP_LOGS));
	w.now.mono = 40;
	accept(&w, OTLP_LOGS, 0, 9, 1000);
	require_waiting(&w, OTLP_LOGS, 20, queued(&w, OTLP_LOGS) + staged(&w, OTLP_LOGS));
	/* Under way it waits no more. */
	assert_true(destination_take(w.destinations, OTLP_LOGS, &batch));
	require_waiting(&w, OTLP_LOGS, 40, staged(&w, OTLP_LOGS));
	settle(w.destinations, &batch, VERDICT_LATER, 0, w.now);
	require_waiting(&w, OTLP_LOGS, 20, queued(&w, OTLP_LOGS) + staged(&w, OTLP_LOGS));
	end(&w);
	w = begin(all_signals, NULL);
	require_waiting(&w, OTLP_LOGS, INT64_MAX, 0);
	end(&w);
}

static void test_oldest(void **state)
{
	static const struct {
		size_t destination;
		enum otlp_signal signal;
	} order[] = {
		/* of the two that have the same one the first */
		{0, OTLP_LOGS}, {1, OTLP_LOGS}, {0, OTLP_TRACES},
		{0, OTLP_LOGS}, {1, OTLP_LOGS}, {0, OTLP_METRICS},
	};
	struct world w = begin(all_signals, only_logs);
	enum otlp_signal signal;
	size_t i;

	(void)state;
	accept(&w, OTLP_LOGS, 0, 1, 0);
	accept(&w, OTLP_TRACES, 0, 1, 0);
	accept(&w, OTLP_LOGS, 0, 1, 0);
	accept(&w, OTLP_METRICS, 0, 1, 0);
	release_all(&w);
	for (i = 0; i < LENGTH(order); i++) {
		struct destination *d = store_oldest(&w.store, &signal);
		struct payload *p;

		assert_ptr_equal(d, &w.destinations[order[i].destination]);
		assert_int_equal(signal, order[i].signal);
		p = payload_list_at(&d->queue[signal], 0);
		destination_drop_oldest(d, DROP_BUFFER_FULL);
		assert_true(d->queue[signal].count == 0 ||
			    payload_list_at(&d->queue[signal], 0) != p);
	}
	assert_null(store_oldest(&w.store, &signal));
	end(&w);
}

/* ---- Memory ---- */

/* All there is to do once, with the books closed after each step. */
static void some_life(struct world *w)
{
	struct batch batch;
	size_t i;

	for (i = 0; i < 20; i++) {
		accept(w, (enum otlp_signal)(i % 3), 0, 3, 0);
		require_closed(w);
	}
	accept(w, OTLP_METRICS, 0, 700, 1000);
	require_closed(w);
	release_all(w);
	require_closed(w);
	if (destination_take(&w->destinations[1], OTLP_LOGS, &batch)) {
		require_closed(w);
		settle(&w->destinations[1], &batch, VERDICT_SINGLY, 0, w->now);
	}
	require_closed(w);
	settle_all(w, &w->destinations[0], VERDICT_EXPORTED);
}

static void test_short_heap(void **state)
{
	int at;

	(void)state;
	for (at = 1; at < 1000; at++) {
		struct world w = begin(all_signals, only_logs);
		bool failed;

		short_heap_at = at;
		some_life(&w);
		failed = short_heap_at == 0;
		end(&w);
		short_heap_at = 0;
		if (!failed)
			break;
	}
	assert_in_range(at, 20, 999);
}

/* The messages' own bytes: those made in release(). */
static void test_short_bytes(void **state)
{
	uint64_t lost = 0;
	int at;

	(void)state;
	for (at = 1; at < 1000; at++) {
		struct world w = begin(all_signals, only_logs);
		const struct ledger_account *account = w.destinations[0].account;
		bool failed;

		accept(&w, OTLP_LOGS, 0, 3, 0);
		accept(&w, OTLP_METRICS, 0, 2000, 1000);
		short_memory_at = at;
		release_all(&w);
		failed = short_memory_at == 0;
		short_memory_at = 0;
		require_closed(&w);
		lost = account[OTLP_LOGS].dropped[DROP_NO_MEMORY] +
		       account[OTLP_METRICS].dropped[DROP_NO_MEMORY];
		if (!failed)
			assert_int_equal(lost, 0);
		/* But for the enriched whole, one failure costs one piece. */
		if (at > 4)
			assert_in_range(lost, 0, 600);
		end(&w);
		if (!failed)
			break;
	}
	assert_in_range(at, 10, 999);
}

/* ---- Anything in any order ---- */

static uint32_t seed;

static unsigned chance(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 12) % below;
}

static void random_step(struct world *w, struct batch batch[2][OTLP_SIGNALS])
{
	static const enum verdict verdicts[] = {VERDICT_EXPORTED, VERDICT_LATER, VERDICT_SINGLY,
						VERDICT_HALVE,    VERDICT_LATER, VERDICT_REFUSED};
	enum otlp_signal s = (enum otlp_signal)chance(OTLP_SIGNALS);
	unsigned which = chance(2);
	struct destination *d = &w->destinations[which];
	struct batch *b = &batch[which][s];

	switch (chance(10)) {
	case 0:
	case 1:
	case 2:
		accept(w, s, 0, 1 + chance(20), chance(8) ? chance(2000) : chance(40000));
		break;
	case 3:
		store_release(store_of(w), s, &w->resource, SIZE_MAX);
		break;
	case 4:
	case 5:
	case 6:
		if (b->members.count == 0)
			destination_take(d, s, b);
		break;
	case 7:
	case 8:
		if (b->members.count > 0)
			settle(d, b, chance(60) ? verdicts[chance(LENGTH(verdicts))] : VERDICT_OFF,
			       chance(4) ? 0 : chance(12), w->now);
		break;
	default:
		if (chance(4) == 0)
			store_lost(store_of(w), s, chance(10));
	}
}

static void test_any_order(void **state)
{
	uint32_t run;

	(void)state;
	for (run = 0; run < 30; run++) {
		struct world w = begin(all_signals, run % 3 ? all_signals : only_logs);
		struct batch batch[2][OTLP_SIGNALS] = {{{0}}};
		int step;
		size_t i;

		seed = run;
		w.store.limit = run % 5 ? MB : 64 * MB;
		for (step = 0; step < 500; step++) {
			bool fails = run % 2 && chance(4) == 0;

			short_heap_at = fails ? 1 + (int)chance(5) : 0;
			random_step(&w, batch);
			short_heap_at = 0;
			require_closed(&w);
		}
		for (i = 0; i < 2 * OTLP_SIGNALS; i++) {
			struct batch *b = &batch[0][0] + i;

			if (b->members.count > 0)
				settle(&w.destinations[i / OTLP_SIGNALS], b, VERDICT_LATER, 0,
				       w.now);
		}
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_large),  cmocka_unit_test(test_exact_limit),
		cmocka_unit_test(test_waiting),    cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_short_heap), cmocka_unit_test(test_short_bytes),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

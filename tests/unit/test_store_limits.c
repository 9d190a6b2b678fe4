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

/* Payloads of about a quarter of the limit each; which are still there? */
static const char *held_payloads(struct world *w)
{
	const struct payload_list *lists[] = {&w->destinations[0].queue[OTLP_TRACES],
					      &w->destinations[0].queue[OTLP_LOGS],
					      &w->destinations[0].queue[OTLP_METRICS],
					      &w->store.staging};
	static char text[200];
	size_t len = 0, i, k;

	text[0] = 0;
	for (i = 0; i < LENGTH(lists); i++)
		for (k = 0; k < lists[i]->count; k++)
			len += (size_t)snprintf(text + len, sizeof text - len, "%d ",
						(int)payload_list_at(lists[i], k)->arrived);
	return text;
}

static void test_oldest_goes_first(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct destination *d = w.destinations;
	struct batch batch;

	(void)state;
	w.store.limit = MB;
	accept(&w, OTLP_LOGS, 0, 2, 100000);    /* 0 */
	accept(&w, OTLP_TRACES, 0, 3, 66000);   /* 1 */
	accept(&w, OTLP_LOGS, 0, 1, 200000);    /* 2 */
	accept(&w, OTLP_METRICS, 0, 1, 200000); /* 3 */
	assert_string_equal(held_payloads(&w), "0 1 2 3 ");
	/* All staged: the oldest of the stage. */
	accept(&w, OTLP_LOGS, 0, 1, 300000); /* 4 */
	assert_string_equal(held_payloads(&w), "1 2 3 4 ");
	assert_int_equal(d->account[OTLP_LOGS].dropped[DROP_BUFFER_FULL], 2);
	/* Queued: the oldest of all signals, before all that is staged. */
	store_release(store_of(&w), &w.resource);
	assert_string_equal(held_payloads(&w), "1 2 4 3 ");
	accept(&w, OTLP_TRACES, 0, 5, 80000); /* 5 */
	assert_string_equal(held_payloads(&w), "4 3 5 ");
	assert_int_equal(d->account[OTLP_TRACES].dropped[DROP_BUFFER_FULL], 3);
	assert_int_equal(d->account[OTLP_LOGS].dropped[DROP_BUFFER_FULL], 3);
	/* What is in flight is not taken away, others go instead. */
	assert_true(destination_take(d, OTLP_METRICS, &batch));
	accept(&w, OTLP_LOGS, 0, 1, 350000); /* 6 */
	assert_string_equal(held_payloads(&w), "5 6 ");
	require_closed(&w);
	assert_true(w.store.held <= w.store.limit);
	destination_settle(d, &batch, VERDICT_LATER, 0, w.now);
	end(&w);
}

/* One that is larger than all there may be does not drive out what is there. */
static void test_too_large(void **state)
{
	struct world w = begin(all_signals, NULL);

	(void)state;
	w.store.limit = MB;
	accept(&w, OTLP_LOGS, 0, 1, 100000);
	accept(&w, OTLP_TRACES, 0, 7, 200000);
	assert_string_equal(held_payloads(&w), "0 ");
	assert_int_equal(w.destinations[0].account[OTLP_TRACES].dropped[DROP_BUFFER_FULL], 7);
	accept(&w, OTLP_TRACES, 0, 1, 900000);
	assert_string_equal(held_payloads(&w), "0 2 ");
	end(&w);
}

/* The limit itself is no byte too much. */
static void test_exact_limit(void **state)
{
	struct world w = begin(all_signals, NULL);

	(void)state;
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	w.store.limit = w.store.held;
	store_drop_all(store_of(&w), DROP_SHUTDOWN);
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	assert_string_equal(held_payloads(&w), "1 ");
	assert_true(w.store.held == w.store.limit);
	w.store.limit--;
	store_drop_all(store_of(&w), DROP_SHUTDOWN);
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	assert_string_equal(held_payloads(&w), "");
	/* The resource is added, and what grows by it beyond the limit gives way. */
	w.store.limit = MB;
	accept(&w, OTLP_LOGS, 0, 1, 1000);
	w.store.limit = w.store.held;
	store_release(store_of(&w), &w.resource);
	require_closed(&w);
	assert_true(w.store.held <= w.store.limit);
	end(&w);
}

static void test_limit_of_two(void **state)
{
	struct world w = begin(all_signals, all_signals);
	size_t i;

	(void)state;
	w.store.limit = MB;
	for (i = 0; i < 100; i++) {
		accept(&w, (enum otlp_signal)(i % 3), i, 2, 20000 * (i % 7));
		if (i % 3 == 0)
			store_release(store_of(&w), &w.resource);
		if (i % 10 == 0)
			settle_all(&w, &w.destinations[1], VERDICT_EXPORTED);
		require_closed(&w);
		assert_true(w.store.held <= w.store.limit);
	}
	assert_true(w.destinations[0].account[OTLP_LOGS].dropped[DROP_BUFFER_FULL] > 0);
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
	store_release(store_of(w), &w->resource);
	require_closed(w);
	if (destination_take(&w->destinations[1], OTLP_LOGS, &batch)) {
		require_closed(w);
		destination_settle(&w->destinations[1], &batch, VERDICT_SINGLY, 0, w->now);
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
		store_release(store_of(&w), &w.resource);
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
		store_release(store_of(w), &w->resource);
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
			destination_settle(d, b, verdicts[chance(LENGTH(verdicts))],
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
				destination_settle(&w.destinations[i / OTLP_SIGNALS], b,
						   VERDICT_LATER, 0, w.now);
		}
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_goes_first), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_exact_limit),       cmocka_unit_test(test_limit_of_two),
		cmocka_unit_test(test_short_heap),        cmocka_unit_test(test_short_bytes),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "destination_make.h"
#include "otlp_count.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Taking ---- */

/* How many payloads each batch has, as "2 1 ". */
static const char *batches(struct destination *d)
{
	static char text[200];
	struct batch batch;
	size_t len = 0;

	text[0] = 0;
	while (destination_take(d, OTLP_LOGS, &batch)) {
		struct bytes joined = {0};

		assert_int_equal(batch.signal, OTLP_LOGS);
		batch_join(&batch, &joined);
		assert_int_equal(joined.len, batch.bytes);
		bytes_free(&joined);
		len += (size_t)snprintf(text + len, sizeof text - len, "%zu ", batch.members.count);
		require_closed(d);
		settle(d, &batch, VERDICT_EXPORTED, 0, now);
		assert_int_equal(batch.members.count + batch.items + batch.bytes, 0);
	}
	assert_int_equal(batch.members.count, 0);
	return text;
}

static void test_take(void **state)
{
	enum { B = FLUSH_BATCH };
	static const struct {
		size_t bytes[6];
		unsigned alone; /* bits */
		const char *batches;
	} cases[] = {
		{{0}, 0, ""},
		{{1}, 0, "1 "},
		{{1, 1, 1}, 0, "3 "},
		/* exactly full, and a byte too much */
		{{B - 2, 1, 1}, 0, "3 "},
		{{B - 2, 1, 2}, 0, "2 1 "},
		{{B, 1}, 0, "1 1 "},
		/* larger than a batch: by itself */
		{{1, B + 1, 1}, 0, "1 1 1 "},
		{{3 * B, 3 * B}, 0, "1 1 "},
		/* alone: joined to none */
		{{1, 1, 1}, 1 << 0, "1 2 "},
		{{1, 1, 1, 1}, 1 << 1, "1 1 2 "},
		{{1, 1, 1}, 1 << 2, "2 1 "},
		{{1, 1, 1}, 7, "1 1 1 "},
	};
	enum otlp_signal signal;
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct destination d = {.settings = anywhere};

		for (k = 0; k < 6 && cases[i].bytes[k]; k++)
			put_bytes(&d, cases[i].bytes[k], 1)->alone = cases[i].alone & 1u << k;
		assert_int_equal(destination_oldest(&d, &signal) < INT64_MAX, k > 0);
		assert_string_equal(batches(&d), cases[i].batches);
		assert_int_equal(d.account[OTLP_LOGS].exported, k);
		assert_true(destination_oldest(&d, &signal) == INT64_MAX);
		end(&d);
	}
}

/* Signals do not mix. */
static void test_take_of_a_signal(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch, none;

	(void)state;
	put_items(&d, OTLP_TRACES, 1, 2);
	put_items(&d, OTLP_METRICS, 1, 3);
	assert_false(destination_take(&d, OTLP_LOGS, &batch));
	assert_true(destination_take(&d, OTLP_METRICS, &batch));
	assert_int_equal(batch.items, 3);
	assert_int_equal(destination_held(&d, OTLP_METRICS), 3);
	assert_false(destination_take(&d, OTLP_METRICS, &none));
	assert_int_equal(destination_held(&d, OTLP_TRACES), 2);
	settle(&d, &batch, VERDICT_EXPORTED, 0, now);
	end(&d);
}

static void test_join(void **state)
{
	struct destination d = {.settings = anywhere};
	struct bytes joined = {0};
	struct otlp_iter iter;
	struct otlp_item item;
	struct batch batch;
	uint64_t n;

	(void)state;
	put_items(&d, OTLP_TRACES, 0, 3);
	put_items(&d, OTLP_TRACES, 3, 1);
	put_items(&d, OTLP_TRACES, 4, 6);
	assert_true(destination_take(&d, OTLP_TRACES, &batch));
	batch_join(&batch, &joined);
	iter = otlp_items(OTLP_TRACES, bytes_slice(&joined));
	for (n = 0; otlp_next(&iter, &item); n++)
		assert_true(numbered_of(item.item) == n);
	assert_int_equal(n, 10);
	bytes_free(&joined);
	/* Memory is short: said by the flag. */
	short_memory_at = 1;
	batch_join(&batch, &joined);
	assert_true(joined.failed);
	bytes_free(&joined);
	settle(&d, &batch, VERDICT_EXPORTED, 0, now);
	end(&d);
}

/* ---- Settling ---- */

static void test_settle(void **state)
{
	/* Three payloads of two items each */
	static const struct {
		enum verdict verdict;
		uint64_t rejected;
		uint64_t exported, refused, held;
		size_t waiting; /* payloads */
		bool alone;
	} cases[] = {
		{VERDICT_EXPORTED, 0, 6, 0, 0, 0, false},
		{VERDICT_EXPORTED, 1, 5, 1, 0, 0, false},
		{VERDICT_EXPORTED, 6, 0, 6, 0, 0, false},
		/* a backend that counts something else */
		{VERDICT_EXPORTED, 7, 0, 6, 0, 0, false},
		{VERDICT_EXPORTED, UINT64_MAX, 0, 6, 0, 0, false},
		{VERDICT_REFUSED, 0, 0, 6, 0, 0, false},
		{VERDICT_REFUSED, 3, 0, 6, 0, 0, false},
		{VERDICT_LATER, 0, 0, 0, 6, 3, false},
		{VERDICT_SINGLY, 0, 0, 0, 6, 3, true},
		/* smaller already by going singly */
		{VERDICT_HALVE, 0, 0, 0, 6, 3, true},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct destination d = {.settings = anywhere};
		struct batch batch;

		for (k = 0; k < 3; k++)
			put_items(&d, OTLP_METRICS, k * 2, 2);
		assert_true(destination_take(&d, OTLP_METRICS, &batch));
		assert_int_equal(d.in_flight[OTLP_METRICS], 6);
		settle(&d, &batch, cases[i].verdict, cases[i].rejected, now);
		assert_int_equal(d.in_flight[OTLP_METRICS], 0);
		assert_int_equal(d.account[OTLP_METRICS].exported, cases[i].exported);
		assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_REFUSED], cases[i].refused);
		assert_int_equal(destination_held(&d, OTLP_METRICS), cases[i].held);
		assert_int_equal(d.queue[OTLP_METRICS].count, cases[i].waiting);
		for (k = 0; k < cases[i].waiting; k++) {
			struct payload *p = payload_list_at(&d.queue[OTLP_METRICS], k);

			assert_int_equal(p->arrived, k * 2);
			assert_int_equal(p->alone, cases[i].alone);
		}
		assert_int_equal(d.account[OTLP_LOGS].exported + d.account[OTLP_TRACES].exported,
				 0);
		end(&d);
	}
}

/* What is put back stands before what came meanwhile, in its old order. */
static void test_put_back_order(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		put_items(&d, OTLP_LOGS, i, 1);
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	for (i = 3; i < 40; i++)
		put_items(&d, OTLP_LOGS, i, 1);
	settle(&d, &batch, VERDICT_LATER, 0, now);
	for (i = 0; i < 40; i++)
		assert_int_equal(payload_list_at(&d.queue[OTLP_LOGS], i)->arrived, i);
	end(&d);
}

/* What each verdict means for the circuit, of this signal alone. */
static void test_circuit(void **state)
{
	static const struct {
		enum verdict verdict;
		int64_t pause;
		unsigned failures;
		int64_t retry; /* in so many nanoseconds */
		bool off;
	} steps[] = {
		{VERDICT_LATER, 1, 1, 1, false},
		{VERDICT_LATER, 5 * NS_PER_S, 2, 5 * NS_PER_S, false},
		/* no failure of anybody: all stays as it was */
		{VERDICT_LATER, 0, 2, 5 * NS_PER_S, false},
		{VERDICT_LATER, INT64_MAX, 3, INT64_MAX - 1000 * NS_PER_S, false},
		{VERDICT_SINGLY, 0, 0, 0, false},
		{VERDICT_LATER, 0, 0, 0, false},
		{VERDICT_LATER, 7, 1, 7, false},
		{VERDICT_HALVE, 0, 0, 0, false},
		{VERDICT_LATER, 7, 1, 7, false},
		{VERDICT_REFUSED, 0, 0, 0, false},
		{VERDICT_LATER, 7, 1, 7, false},
		/* that is of a failure alone */
		{VERDICT_EXPORTED, 7, 0, 0, false},
		{VERDICT_LATER, 7, 1, 7, false},
		{VERDICT_OFF, 0, 0, 0, true},
		{VERDICT_EXPORTED, 0, 0, 0, true},
		{VERDICT_LATER, 7, 1, 7, true},
	};
	struct destination d = {.settings = anywhere};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(steps); i++) {
		const struct outcome outcome = {.verdict = steps[i].verdict,
						.pause = steps[i].pause};
		const struct circuit *circuit = &d.circuit[OTLP_LOGS];
		struct batch batch;

		put_items(&d, OTLP_LOGS, i, 1);
		assert_true(destination_take(&d, OTLP_LOGS, &batch));
		destination_settle(&d, &batch, &outcome, now);
		assert_int_equal(circuit->failures, steps[i].failures);
		assert_true(circuit->retry_at == (steps[i].retry ? now.mono + steps[i].retry : 0));
		assert_int_equal(circuit->off, steps[i].off);
		require_closed(&d);
		/* The other signals have their own. */
		assert_int_equal(d.circuit[OTLP_TRACES].failures, 0);
		assert_false(d.circuit[OTLP_TRACES].off || d.circuit[OTLP_METRICS].off);
		assert_int_equal(d.circuit[OTLP_METRICS].retry_at, 0);
	}
	end(&d);
}

/* The backend has no such signal: what is in flight and what waits of it goes, and nothing else. */
static void test_turned_off(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;
	size_t i;

	(void)state;
	put_items(&d, OTLP_METRICS, 0, 4)->alone = true;
	for (i = 0; i < 5; i++)
		put_items(&d, OTLP_METRICS, 4 + i, 3);
	put_items(&d, OTLP_LOGS, 0, 2);
	assert_true(destination_take(&d, OTLP_METRICS, &batch));
	assert_int_equal(batch.items, 4);
	settle(&d, &batch, VERDICT_OFF, 1, now);
	assert_true(d.circuit[OTLP_METRICS].off);
	assert_false(destination_take(&d, OTLP_METRICS, &batch));
	assert_int_equal(d.queue[OTLP_METRICS].bytes, 0);
	assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_TURNED_OFF], 19);
	assert_int_equal(ledger_dropped(&d.account[OTLP_METRICS]), 19);
	assert_int_equal(d.account[OTLP_METRICS].exported, 0);
	assert_int_equal(destination_held(&d, OTLP_METRICS), 0);
	assert_int_equal(destination_held(&d, OTLP_LOGS), 2);
	end(&d);
}

/* What lull made by itself nobody misses there, also of what has been halved before. */
static void test_off_of_what_is_own(void **state)
{
	struct destination d = {.settings = anywhere};
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_METRICS, 0, 4)->own = true;
	assert_true(destination_take(&d, OTLP_METRICS, &batch));
	settle(&d, &batch, VERDICT_HALVE, 0, now);
	put_items(&d, OTLP_METRICS, 4, 3);
	put_items(&d, OTLP_METRICS, 7, 5)->own = true;
	assert_true(destination_take(&d, OTLP_METRICS, &batch));
	settle(&d, &batch, VERDICT_OFF, 0, now);
	assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_OWN], 9);
	assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_TURNED_OFF], 3);
	end(&d);
}

/* A backend that takes `most` items a request: all of them get through, in their order. */
static void halve_down(enum otlp_signal signal, size_t items, size_t most)
{
	struct destination d = {.settings = anywhere};
	uint64_t n = 0;
	struct batch batch;
	size_t requests = 0;

	put_items(&d, signal, 0, items)->maybe_sent = true;
	while (destination_take(&d, signal, &batch)) {
		struct answer answer = {
			.status = 413,
			.members = batch.members.count,
			.items = batch.items,
		};
		struct bytes joined = {0};
		struct otlp_item item;

		assert_true(requests <= 2 * items);
		assert_int_equal(batch.members.count, 1);
		assert_int_equal(payload_list_at(&batch.members, 0)->alone, requests++ > 0);
		assert_true(payload_list_at(&batch.members, 0)->maybe_sent);
		assert_int_equal(payload_list_at(&batch.members, 0)->arrived, 0);
		batch_join(&batch, &joined);
		assert_int_equal(otlp_count(signal, bytes_slice(&joined)), batch.items);
		if (batch.items <= most) {
			struct otlp_iter iter = otlp_items(signal, bytes_slice(&joined));

			while (otlp_next(&iter, &item)) {
				assert_int_equal(slice_find(item.resource,
							    slice_str("cccccccccc")) != NULL,
						 true);
				assert_true(numbered_of(item.item) == n++);
			}
		}
		bytes_free(&joined);
		settle(&d, &batch, batch.items <= most ? VERDICT_EXPORTED : retry_verdict(&answer),
		       0, now);
		require_closed(&d);
	}
	assert_int_equal(n, most ? items : 0);
	assert_int_equal(d.account[signal].exported, n);
	assert_int_equal(d.account[signal].dropped[DROP_REFUSED], items - n);
	end(&d);
}

static void test_halving(void **state)
{
	static const size_t counts[] = {1, 2, 3, 7, 64, 100};
	size_t i, most;
	unsigned s;

	(void)state;
	for (s = 0; s < OTLP_SIGNALS; s++)
		for (i = 0; i < LENGTH(counts); i++)
			for (most = 0; most < 4; most++)
				halve_down((enum otlp_signal)s, counts[i], most);
}

/* A payload that two destinations have: each does with it what it must. */
static void test_shared_halving(void **state)
{
	struct destination d[2] = {{.settings = anywhere}, {.settings = anywhere, .number = 1}};
	struct payload *p = put_items(&d[0], OTLP_LOGS, 0, 10);
	struct batch batch;

	(void)state;
	assert_true(payload_list_push(&d[1].queue[OTLP_LOGS], payload_ref(p)));
	d[1].account[OTLP_LOGS].received += 10;
	assert_true(destination_take(&d[0], OTLP_LOGS, &batch));
	settle(&d[0], &batch, VERDICT_HALVE, 0, now);
	assert_int_equal(d[0].queue[OTLP_LOGS].count, 2);
	assert_int_equal(d[1].queue[OTLP_LOGS].count, 1);
	assert_ptr_equal(payload_list_at(&d[1].queue[OTLP_LOGS], 0), p);
	assert_int_equal(p->references, 1);
	assert_int_equal(p->items, 10);
	require_closed(&d[0]);
	destination_free(&d[0]);
	end(&d[1]);
}

/* What one backend may have had is no duplicate at another. */
static void test_shared_duplicates(void **state)
{
	static const struct outcome cut = {.verdict = VERDICT_LATER, .maybe_taken = true};
	struct destination d[2] = {{.settings = anywhere}, {.settings = anywhere, .number = 1}};
	struct payload *p = put_items(&d[0], OTLP_LOGS, 0, 10);
	struct batch batch;
	unsigned i;

	(void)state;
	assert_true(payload_list_push(&d[1].queue[OTLP_LOGS], payload_ref(p)));
	d[1].account[OTLP_LOGS].received += 10;
	assert_true(destination_take(&d[1], OTLP_LOGS, &batch));
	destination_settle(&d[1], &batch, &cut, now);
	for (i = 0; i < 2; i++) {
		assert_true(destination_take(&d[i], OTLP_LOGS, &batch));
		settle(&d[i], &batch, VERDICT_EXPORTED, 0, now);
		assert_int_equal(d[i].account[OTLP_LOGS].exported, 10);
		assert_int_equal(d[i].account[OTLP_LOGS].possible_duplicates, i ? 10 : 0);
	}
	destination_free(&d[0]);
	end(&d[1]);
}

/* ---- The oldest ---- */

static void test_drop_oldest(void **state)
{
	static const struct {
		enum otlp_signal signal;
		int64_t arrived;
	} all[] = {
		{OTLP_LOGS, 5}, {OTLP_TRACES, 3},  {OTLP_TRACES, 7}, {OTLP_METRICS, 1},
		{OTLP_LOGS, 6}, {OTLP_METRICS, 4}, {OTLP_TRACES, 8},
	};
	static const struct {
		int64_t arrived;
		enum otlp_signal signal;
	} order[] = {
		{1, OTLP_METRICS}, {3, OTLP_TRACES}, {4, OTLP_METRICS}, {5, OTLP_LOGS},
		{6, OTLP_LOGS},    {7, OTLP_TRACES}, {8, OTLP_TRACES},
	};
	enum otlp_signal signal = OTLP_METRICS;
	struct destination d = {.settings = anywhere};
	size_t i;

	(void)state;
	assert_true(destination_oldest(&d, &signal) == INT64_MAX);
	assert_int_equal(signal, OTLP_METRICS);
	assert_false(destination_drop_oldest(&d, DROP_BUFFER_FULL));
	for (i = 0; i < LENGTH(all); i++) {
		struct bytes message = {0};

		bytes_addc(&message, 'x');
		put(&d, all[i].signal, &message, 10, all[i].arrived);
	}
	for (i = 0; i < LENGTH(order); i++) {
		assert_true(destination_oldest(&d, &signal) == order[i].arrived);
		assert_int_equal(signal, order[i].signal);
		assert_true(destination_drop_oldest(&d, DROP_BUFFER_FULL));
		require_closed(&d);
	}
	assert_false(destination_drop_oldest(&d, DROP_BUFFER_FULL));
	assert_int_equal(d.account[OTLP_TRACES].dropped[DROP_BUFFER_FULL], 30);
	assert_int_equal(d.account[OTLP_LOGS].dropped[DROP_BUFFER_FULL], 20);
	assert_int_equal(d.account[OTLP_METRICS].dropped[DROP_BUFFER_FULL], 20);
	end(&d);
}

/* What is in flight is not dropped. */
static void test_in_flight_stays(void **state)
{
	enum otlp_signal signal = OTLP_LOGS;
	struct destination d = {.settings = anywhere};
	struct batch batch;

	(void)state;
	put_items(&d, OTLP_LOGS, 1, 4);
	assert_true(destination_take(&d, OTLP_LOGS, &batch));
	assert_true(destination_oldest(&d, &signal) == INT64_MAX);
	assert_false(destination_drop_oldest(&d, DROP_SHUTDOWN));
	assert_int_equal(destination_held(&d, OTLP_LOGS), 4);
	settle(&d, &batch, VERDICT_LATER, 0, now);
	assert_true(destination_drop_oldest(&d, DROP_SHUTDOWN));
	assert_int_equal(d.account[OTLP_LOGS].dropped[DROP_SHUTDOWN], 4);
	end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_take_of_a_signal),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_put_back_order),
		cmocka_unit_test(test_circuit),
		cmocka_unit_test(test_off_of_what_is_own),
		cmocka_unit_test(test_turned_off),
		cmocka_unit_test(test_halving),
		cmocka_unit_test(test_shared_halving),
		cmocka_unit_test(test_shared_duplicates),
		cmocka_unit_test(test_drop_oldest),
		cmocka_unit_test(test_in_flight_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

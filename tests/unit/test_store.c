/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "domain/payload.c"

#include "numbered.h"
#include "policy/store.h"
#include "short_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MB ((size_t)1 << 20)

/* Two destinations: one takes all signals, the other only some. */
static char url[] = "http://backend";
static const struct export_settings all_signals[OTLP_SIGNALS] = {{.endpoint = url},
								 {.endpoint = url},
								 {.endpoint = url}};
static const struct export_settings only_logs[OTLP_SIGNALS] = {[OTLP_LOGS] = {.endpoint = url}};
static const struct export_settings none[OTLP_SIGNALS] = {{NULL}};

struct world {
	struct destination destinations[2];
	struct store store;
	struct resource resource;
	struct now now;
};

static struct world begin(const struct export_settings *first, const struct export_settings *second)
{
	struct world w = {
		.destinations = {{.settings = first}, {.settings = second}},
		.store = {.destination_count = second ? 2 : 1, .limit = 64 * MB},
	};

	resource_add(&w.resource, "faas.name", slice_str("the function"));
	return w;
}

/* The store borrows the destinations: where the world lies now. */
static struct store *store_of(struct world *w)
{
	w->store.destinations = w->destinations;
	return &w->store;
}

static void require_closed(struct world *w)
{
	struct store *store = store_of(w);
	size_t i;
	unsigned s;

	for (i = 0; i < store->destination_count; i++) {
		struct destination *d = &w->destinations[i];

		for (s = 0; s < OTLP_SIGNALS; s++)
			assert_true(ledger_closes(&d->account[s],
						  store_held_items(store, d, (enum otlp_signal)s)));
	}
}

static void end(struct world *w)
{
	unsigned s;

	require_closed(w);
	store_drop_all(store_of(w), DROP_SHUTDOWN);
	require_closed(w);
	for (s = 0; s < OTLP_SIGNALS; s++)
		assert_int_equal(store_held_items(&w->store, w->destinations, (enum otlp_signal)s),
				 0);
	assert_int_equal(w->store.held, 0);
	assert_true(store_oldest(&w->store) == INT64_MAX);
	store_free(&w->store);
	destination_free(&w->destinations[0]);
	destination_free(&w->destinations[1]);
	resource_free(&w->resource);
}

static void accept_message(struct world *w, enum otlp_signal signal, struct bytes *message)
{
	struct otlp_verdict verdict = otlp_check(signal, bytes_slice(message));

	assert_true(verdict.valid);
	store_accept(store_of(w), signal, message, &verdict, w->now);
	assert_null(message->data);
	w->now.mono++;
}

static void accept(struct world *w, enum otlp_signal signal, uint64_t first, size_t count,
		   size_t padding)
{
	struct bytes message = {0};

	numbered_request(signal, first, count, padding, 10, &message);
	accept_message(w, signal, &message);
}

/* ---- Accepting ---- */

static void test_accept(void **state)
{
	struct world w = begin(all_signals, only_logs);
	struct bytes empty = {0};

	(void)state;
	assert_true(store_oldest(store_of(&w)) == INT64_MAX);
	w.now.mono = 100;
	accept(&w, OTLP_TRACES, 0, 5, 0);
	accept(&w, OTLP_LOGS, 0, 7, 0);
	/* It is all the destinations' to account for, staged as it is. */
	assert_int_equal(w.destinations[0].account[OTLP_TRACES].received, 5);
	assert_int_equal(w.destinations[1].account[OTLP_TRACES].received, 5);
	assert_int_equal(w.destinations[1].account[OTLP_LOGS].received, 7);
	assert_int_equal(store_held_items(&w.store, &w.destinations[1], OTLP_TRACES), 5);
	assert_int_equal(store_held_items(&w.store, &w.destinations[0], OTLP_METRICS), 0);
	assert_int_equal(w.store.staging.count, 2);
	assert_true(w.store.held > 0);
	assert_true(store_oldest(&w.store) == 100);
	/* A request without items says nothing. */
	numbered_request(OTLP_LOGS, 0, 0, 0, 100, &empty);
	accept_message(&w, OTLP_LOGS, &empty);
	assert_int_equal(w.store.staging.count, 2);
	assert_int_equal(w.destinations[0].account[OTLP_LOGS].received, 7);
	end(&w);
	assert_int_equal(w.destinations[0].account[OTLP_TRACES].dropped[DROP_SHUTDOWN], 5);
}

static void test_lost(void **state)
{
	struct world w = begin(all_signals, only_logs);
	size_t i;

	(void)state;
	store_lost(store_of(&w), OTLP_LOGS, 9);
	for (i = 0; i < 2; i++) {
		assert_int_equal(w.destinations[i].account[OTLP_LOGS].received, 9);
		assert_int_equal(w.destinations[i].account[OTLP_LOGS].dropped[DROP_NO_MEMORY], 9);
	}
	end(&w);
}

/* ---- Releasing ---- */

static void test_release(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct payload *p;
	struct bytes alone = {0};
	struct otlp_iter iter;
	struct otlp_item item;
	size_t items = 0;

	(void)state;
	w.now.mono = 7;
	accept(&w, OTLP_METRICS, 0, 3, 0);
	store_release(store_of(&w), &w.resource);
	assert_int_equal(w.store.staging.count, 0);
	p = payload_list_at(&w.destinations[0].queue[OTLP_METRICS], 0);
	assert_int_equal(p->items, 3);
	assert_int_equal(p->arrived, 7);
	assert_int_equal(p->references, 1);
	assert_false(p->alone);
	assert_true(store_oldest(&w.store) == 7);
	iter = otlp_items(OTLP_METRICS, bytes_slice(&p->message));
	while (otlp_next(&iter, &item)) {
		assert_true(numbered_of(item.item) == items++);
		assert_non_null(slice_find(pb_find(item.resource, 1), slice_str("the function")));
		assert_true(slice_is(pb_find(item.resource, 3), "cccccccccc"));
	}
	assert_int_equal(items, 3);
	/* Invalid UTF-8: never to be joined. */
	numbered_request(OTLP_LOGS, 0, 1, 0, 0, &alone);
	numbered_request(OTLP_LOGS, 1, 1, 0, 0, &alone);
	alone.data[0] = 0x0a;
	pb_put_len(&alone, 1, slice_str("\x1a\x01\xff"));
	assert_true(otlp_check(OTLP_LOGS, bytes_slice(&alone)).alone);
	accept_message(&w, OTLP_LOGS, &alone);
	store_release(&w.store, &w.resource);
	assert_true(payload_list_at(&w.destinations[0].queue[OTLP_LOGS], 0)->alone);
	end(&w);
}

/* Order is that of arrival, over several releases. */
static void test_release_order(void **state)
{
	struct world w = begin(all_signals, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < 50; i++) {
		accept(&w, OTLP_LOGS, i, 1, 0);
		if (i % 7 == 0)
			store_release(store_of(&w), &w.resource);
	}
	store_release(store_of(&w), &w.resource);
	for (i = 0; i < 50; i++)
		assert_int_equal(payload_list_at(&w.destinations[0].queue[OTLP_LOGS], i)->arrived,
				 i);
	end(&w);
}

static void test_no_destination(void **state)
{
	struct world w = begin(none, NULL);
	unsigned s;

	(void)state;
	for (s = 0; s < OTLP_SIGNALS; s++)
		accept(&w, (enum otlp_signal)s, 0, s + 1, 0);
	require_closed(&w);
	store_release(store_of(&w), &w.resource);
	require_closed(&w);
	for (s = 0; s < OTLP_SIGNALS; s++)
		assert_int_equal(w.destinations[0].account[s].dropped[DROP_NO_DESTINATION], s + 1);
	assert_int_equal(w.store.held, 0);
	end(&w);
}

static void settle_all(struct world *w, struct destination *d, enum verdict verdict)
{
	unsigned s;

	for (s = 0; s < OTLP_SIGNALS; s++) {
		struct batch batch;

		while (destination_take(d, (enum otlp_signal)s, &batch)) {
			destination_settle(d, &batch, verdict, 0, w->now);
			require_closed(w);
		}
	}
}

/* The bytes are there once, until the last of the two is done with them. */
static void test_shared(void **state)
{
	struct world w = begin(all_signals, all_signals);
	struct payload *p;
	size_t once;

	(void)state;
	accept(&w, OTLP_LOGS, 0, 5, 1000);
	accept(&w, OTLP_TRACES, 0, 5, 1000);
	store_release(store_of(&w), &w.resource);
	p = payload_list_at(&w.destinations[0].queue[OTLP_LOGS], 0);
	assert_ptr_equal(p, payload_list_at(&w.destinations[1].queue[OTLP_LOGS], 0));
	assert_int_equal(p->references, 2);
	once = w.store.held;
	assert_in_range(once, 10000, 15000);
	settle_all(&w, &w.destinations[0], VERDICT_EXPORTED);
	assert_int_equal(w.store.held, once);
	settle_all(&w, &w.destinations[1], VERDICT_REFUSED);
	assert_int_equal(w.store.held, 0);
	assert_int_equal(w.destinations[0].account[OTLP_LOGS].exported, 5);
	assert_int_equal(w.destinations[1].account[OTLP_LOGS].dropped[DROP_REFUSED], 5);
	end(&w);
}

static void test_shared_some(void **state)
{
	struct world w = begin(only_logs, all_signals);

	(void)state;
	accept(&w, OTLP_LOGS, 0, 3, 0);
	accept(&w, OTLP_METRICS, 0, 4, 0);
	store_release(store_of(&w), &w.resource);
	assert_int_equal(w.destinations[0].account[OTLP_METRICS].dropped[DROP_NO_DESTINATION], 4);
	assert_int_equal(w.destinations[1].queue[OTLP_METRICS].count, 1);
	assert_int_equal(payload_list_at(&w.destinations[1].queue[OTLP_METRICS], 0)->references, 1);
	end(&w);
}

/* ---- Cutting ---- */

/* What one message became: number of pieces, the largest, all bytes. */
struct pieces {
	size_t count, largest, sum;
};

static struct pieces released(struct world *w, enum otlp_signal signal, size_t count)
{
	struct payload_list *queue = &w->destinations[0].queue[signal];
	struct pieces pieces = {0};
	uint64_t n = 0;
	size_t i;

	store_release(store_of(w), &w->resource);
	require_closed(w);
	for (i = 0; i < queue->count; i++) {
		struct payload *p = payload_list_at(queue, i);
		struct otlp_iter iter = otlp_items(signal, bytes_slice(&p->message));
		struct otlp_item item;
		size_t items = 0;

		assert_true(otlp_check(signal, bytes_slice(&p->message)).valid);
		for (; otlp_next(&iter, &item); items++) {
			assert_true(numbered_of(item.item) == n++);
			assert_non_null(
				slice_find(pb_find(item.resource, 1), slice_str("the function")));
		}
		assert_int_equal(items, p->items);
		pieces.count++;
		pieces.sum += p->message.len;
		if (p->message.len > pieces.largest)
			pieces.largest = p->message.len;
	}
	assert_int_equal(n, count);
	return pieces;
}

static void test_cut(void **state)
{
	static const struct {
		size_t count, padding; /* of the items */
		size_t least, most;    /* pieces */
		size_t largest;        /* bytes */
	} cases[] = {
		{100, 100, 1, 1, BATCH_BYTES},
		{600, 1000, 2, 2, BATCH_BYTES + 200},
		{20000, 1000, 39, 42, BATCH_BYTES + 200},
		{200000, 10, 7, 10, BATCH_BYTES + 200},
		/* single items that are too large, and those that leave much room */
		{3, 2 * BATCH_BYTES, 3, 3, 2 * BATCH_BYTES + 200},
		{9, BATCH_BYTES / 3 * 2, 9, 9, BATCH_BYTES},
		{1, 3 * BATCH_BYTES, 1, 1, 3 * BATCH_BYTES + 200},
	};
	size_t i;
	unsigned s;

	(void)state;
	for (s = 0; s < OTLP_SIGNALS; s++) {
		for (i = 0; i < LENGTH(cases); i++) {
			struct world w = begin(all_signals, NULL);
			struct pieces pieces;

			accept(&w, (enum otlp_signal)s, 0, cases[i].count, cases[i].padding);
			pieces = released(&w, (enum otlp_signal)s, cases[i].count);
			assert_in_range(pieces.count, cases[i].least, cases[i].most);
			assert_in_range(pieces.largest, 1, cases[i].largest);
			end(&w);
		}
	}
}

/* A message of many resources is cut between them too. */
static void test_cut_between_resources(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct bytes message = {0};
	struct pieces pieces;
	size_t i;

	(void)state;
	for (i = 0; i < 4000; i++)
		numbered_request(OTLP_TRACES, i, 1, 10, 300, &message);
	accept_message(&w, OTLP_TRACES, &message);
	pieces = released(&w, OTLP_TRACES, 4000);
	assert_in_range(pieces.count, 3, 5);
	assert_in_range(pieces.largest, 1, BATCH_BYTES + 1000);
	end(&w);
}

/* What stands around the items is in every piece: where that is much, it must not multiply. */
static void test_cut_below_large_resource(void **state)
{
	static const size_t contexts[] = {BATCH_BYTES / 2 - 1000, BATCH_BYTES - 1000, BATCH_BYTES,
					  2 * BATCH_BYTES};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(contexts); i++) {
		struct world w = begin(all_signals, NULL);
		struct bytes message = {0};
		struct pieces pieces;
		size_t len;

		numbered_request(OTLP_LOGS, 0, 2000, 1000, contexts[i], &message);
		len = message.len;
		accept_message(&w, OTLP_LOGS, &message);
		pieces = released(&w, OTLP_LOGS, 2000);
		assert_in_range(pieces.sum, len, 2 * len + contexts[i]);
		assert_in_range(pieces.largest, 1, BATCH_BYTES + 2 * contexts[i]);
		assert_true(pieces.count > 1);
		end(&w);
	}
}

/* ---- Limits ---- */

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
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_release_order),
		cmocka_unit_test(test_no_destination),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_some),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_between_resources),
		cmocka_unit_test(test_cut_below_large_resource),
		cmocka_unit_test(test_oldest_goes_first),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_limit_of_two),
		cmocka_unit_test(test_short_heap),
		cmocka_unit_test(test_short_bytes),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

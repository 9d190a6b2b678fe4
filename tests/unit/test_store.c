/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_world.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Accepting ---- */

static void test_accept(void **state)
{
	struct world w = begin(all_signals, only_logs);
	enum otlp_signal signal;
	struct bytes empty = {0};

	(void)state;
	w.now.mono = 100;
	accept(&w, OTLP_TRACES, 0, 5, 0);
	accept(&w, OTLP_LOGS, 0, 7, 0);
	/* It is for those to account for that take it, staged as it is. */
	assert_int_equal(w.destinations[0].account[OTLP_TRACES].received, 5);
	assert_int_equal(w.destinations[1].account[OTLP_TRACES].received, 0);
	assert_int_equal(w.destinations[1].account[OTLP_LOGS].received, 7);
	assert_int_equal(store_held_items(&w.store, &w.destinations[0], OTLP_TRACES), 5);
	assert_int_equal(store_held_items(&w.store, &w.destinations[1], OTLP_TRACES), 0);
	assert_int_equal(store_held_items(&w.store, &w.destinations[1], OTLP_LOGS), 7);
	assert_int_equal(store_held_items(&w.store, &w.destinations[0], OTLP_METRICS), 0);
	assert_int_equal(w.store.staging[OTLP_TRACES].count, 1);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 1);
	assert_int_equal(w.store.staging[OTLP_METRICS].count, 0);
	assert_true(w.store.held > 0);
	/* It is in no queue. */
	assert_null(store_oldest(&w.store, &signal));
	/* A request without items says nothing. */
	numbered_request(OTLP_LOGS, 0, 0, 0, 100, &empty);
	accept_message(&w, OTLP_LOGS, &empty);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 1);
	assert_int_equal(w.destinations[0].account[OTLP_LOGS].received, 7);
	end(&w);
	assert_int_equal(w.destinations[0].account[OTLP_TRACES].dropped[DROP_SHUTDOWN], 5);
}

/* No memory for what is about it: received, and lost. */
static void test_accept_without_memory(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct ledger_account *account = &w.destinations[0].account[OTLP_TRACES];
	int at;

	(void)state;
	/* The payload itself, then its place in the list. */
	for (at = 1; at <= 2; at++) {
		short_heap_at = at;
		accept(&w, OTLP_TRACES, 0, 5, 0);
		assert_int_equal(short_heap_at, 0);
		assert_int_equal(account->received, 5 * at);
		assert_int_equal(account->dropped[DROP_NO_MEMORY], 5 * at);
		assert_int_equal(w.store.held, 0);
	}
	end(&w);
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
	enum otlp_signal signal;
	size_t items = 0;

	(void)state;
	w.now.mono = 7;
	accept(&w, OTLP_METRICS, 0, 3, 0);
	release_all(&w);
	assert_int_equal(w.store.staging[OTLP_METRICS].count, 0);
	p = payload_list_at(&w.destinations[0].queue[OTLP_METRICS], 0);
	assert_int_equal(p->items, 3);
	assert_int_equal(p->arrived, 7);
	assert_int_equal(p->references, 1);
	assert_false(p->alone);
	assert_ptr_equal(store_oldest(&w.store, &signal), &w.destinations[0]);
	assert_int_equal(signal, OTLP_METRICS);
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
	release_all(&w);
	assert_true(payload_list_at(&w.destinations[0].queue[OTLP_LOGS], 0)->alone);
	end(&w);
}

/* What needs no cutting goes on byte by byte, also what stands around no item. */
static void test_release_as_it_is(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct bytes message = {0}, copy = {0};
	struct resource nothing = {0};

	(void)state;
	numbered_request(OTLP_LOGS, 0, 2, 0, 5, &message);
	numbered_request(OTLP_LOGS, 0, 0, 0, 5, &message);
	pb_put_len(&message, 500, slice_str("unknown"));
	bytes_add(&copy, bytes_slice(&message));
	accept_message(&w, OTLP_LOGS, &message);
	store_release(store_of(&w), OTLP_LOGS, &nothing, SIZE_MAX);
	assert_true(slice_equal(
		bytes_slice(&payload_list_at(&w.destinations[0].queue[OTLP_LOGS], 0)->message),
		bytes_slice(&copy)));
	bytes_free(&copy);
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
			release_all(&w);
	}
	release_all(&w);
	for (i = 0; i < 50; i++)
		assert_int_equal(payload_list_at(&w.destinations[0].queue[OTLP_LOGS], i)->arrived,
				 i);
	end(&w);
}

/* One signal is released, the others stay where they are. */
static void test_release_of_a_signal(void **state)
{
	struct world w = begin(all_signals, NULL);

	(void)state;
	accept(&w, OTLP_TRACES, 0, 1, 0);
	accept(&w, OTLP_LOGS, 0, 2, 0);
	accept(&w, OTLP_METRICS, 0, 3, 0);
	store_release(store_of(&w), OTLP_LOGS, &w.resource, SIZE_MAX);
	assert_int_equal(w.store.staging[OTLP_TRACES].count, 1);
	assert_int_equal(w.store.staging[OTLP_LOGS].count, 0);
	assert_int_equal(w.store.staging[OTLP_METRICS].count, 1);
	assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 1);
	assert_int_equal(w.destinations[0].queue[OTLP_TRACES].count, 0);
	require_closed(&w);
	end(&w);
}

/* A signal that its backend does not have: for that destination nothing of it is kept any more. */
static void test_release_of_what_is_off(void **state)
{
	struct world w = begin(all_signals, all_signals);
	struct batch batch;
	size_t i;

	(void)state;
	accept(&w, OTLP_LOGS, 0, 3, 0);
	release_all(&w);
	assert_true(destination_take(&w.destinations[1], OTLP_LOGS, &batch));
	/* Staged meanwhile, and after. */
	accept(&w, OTLP_LOGS, 0, 4, 0);
	settle(&w.destinations[1], &batch, VERDICT_OFF, 0, w.now);
	require_closed(&w);
	release_all(&w);
	accept(&w, OTLP_LOGS, 0, 5, 0);
	accept(&w, OTLP_TRACES, 0, 6, 0);
	release_all(&w);
	require_closed(&w);
	assert_int_equal(w.destinations[1].account[OTLP_LOGS].dropped[DROP_TURNED_OFF], 12);
	assert_int_equal(destination_held(&w.destinations[1], OTLP_LOGS), 0);
	assert_int_equal(destination_held(&w.destinations[1], OTLP_TRACES), 6);
	assert_int_equal(destination_held(&w.destinations[0], OTLP_LOGS), 12);
	for (i = 0; i < 3; i++)
		assert_int_equal(
			payload_list_at(&w.destinations[0].queue[OTLP_LOGS], i)->references, 1);
	end(&w);
}

static void test_no_destination(void **state)
{
	struct world w = begin(none, NULL);
	unsigned s;

	(void)state;
	w.store.off[OTLP_METRICS] = true;
	for (s = 0; s < OTLP_SIGNALS; s++)
		accept(&w, (enum otlp_signal)s, 0, s + 1, 0);
	store_lost(store_of(&w), OTLP_LOGS, 10);
	/* Kept for nobody, not even until it is released. */
	assert_int_equal(w.store.held, 0);
	release_all(&w);
	require_closed(&w);
	assert_int_equal(w.store.nowhere[OTLP_TRACES].dropped[DROP_NO_DESTINATION], 1);
	assert_int_equal(w.store.nowhere[OTLP_LOGS].dropped[DROP_NO_DESTINATION], 12);
	assert_int_equal(w.store.nowhere[OTLP_METRICS].dropped[DROP_DISABLED], 3);
	for (s = 0; s < OTLP_SIGNALS; s++) {
		assert_true(ledger_closes(&w.store.nowhere[s], 0));
		assert_int_equal(w.destinations[0].account[s].received, 0);
	}
	assert_ptr_equal(store_account(&w.store, 0), w.destinations[0].account);
	assert_ptr_equal(store_account(&w.store, 1), w.store.nowhere);
	end(&w);
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
	release_all(&w);
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
	release_all(&w);
	assert_int_equal(w.destinations[0].account[OTLP_METRICS].received, 0);
	assert_int_equal(w.store.nowhere[OTLP_METRICS].received, 0);
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

	release_all(w);
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
		{100, 100, 1, 1, FLUSH_BATCH},
		{300, 1000, 2, 2, FLUSH_BATCH + 200},
		{20000, 1000, 78, 84, FLUSH_BATCH + 200},
		{200000, 10, 14, 20, FLUSH_BATCH + 200},
		/* single items that are too large, and those that leave much room */
		{3, 2 * FLUSH_BATCH, 3, 3, 2 * FLUSH_BATCH + 200},
		{9, FLUSH_BATCH / 3 * 2, 9, 9, FLUSH_BATCH},
		{1, 3 * FLUSH_BATCH, 1, 1, 3 * FLUSH_BATCH + 200},
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

/* For one that takes JSON, which is more work a byte, both pieces and batches are smaller. */
static void test_cut_for_json(void **state)
{
	static const struct export_settings json[OTLP_SIGNALS] = {
		[OTLP_TRACES] = {.endpoint = url, .protocol = PROTOCOL_HTTP_JSON}};
	struct world w = begin(all_signals, json);
	struct pieces pieces;
	struct batch batch;
	size_t i;

	(void)state;
	accept(&w, OTLP_TRACES, 0, 300, 1000);
	pieces = released(&w, OTLP_TRACES, 300);
	assert_in_range(pieces.count, 5, 6);
	assert_in_range(pieces.largest, 1, FLUSH_BATCH_JSON + 200);
	for (i = 0; i < 2; i++) {
		assert_true(destination_take(&w.destinations[i], OTLP_TRACES, &batch));
		if (i == 0)
			assert_in_range(batch.bytes, FLUSH_BATCH_JSON + 200, FLUSH_BATCH);
		else
			assert_in_range(batch.bytes, 1, FLUSH_BATCH_JSON + 200);
		destination_drop(&w.destinations[i], &batch, DROP_REFUSED);
	}
	end(&w);
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
	assert_in_range(pieces.count, 5, 9);
	assert_in_range(pieces.largest, 1, FLUSH_BATCH + 1000);
	end(&w);
}

/* What stands around the items is in every piece: where that is much, it must not multiply. */
static void test_cut_below_large_resource(void **state)
{
	static const size_t contexts[] = {FLUSH_BATCH / 2 - 1000, FLUSH_BATCH - 1000, FLUSH_BATCH,
					  2 * FLUSH_BATCH};
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
		assert_in_range(pieces.largest, 1, FLUSH_BATCH + 2 * contexts[i]);
		assert_true(pieces.count > 1);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_accept_without_memory),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_release_as_it_is),
		cmocka_unit_test(test_release_order),
		cmocka_unit_test(test_release_of_a_signal),
		cmocka_unit_test(test_release_of_what_is_off),
		cmocka_unit_test(test_no_destination),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_some),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_for_json),
		cmocka_unit_test(test_cut_between_resources),
		cmocka_unit_test(test_cut_below_large_resource),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

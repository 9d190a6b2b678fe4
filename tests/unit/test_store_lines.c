/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_world.h"

#include "domain/join.h"

static const struct otlp_verdict one = {.valid = true, .items = 1};

/* A record of that request; its number is its time, too. */
static struct bytes make_record(const char *request, uint64_t number)
{
	struct bytes message = {0};
	size_t resource = pb_begin(&message, 1), scope = pb_begin(&message, 2);
	size_t record = pb_begin(&message, 2), attribute = pb_begin(&message, 6), value;

	pb_put_len(&message, 1, slice_str("faas.invocation_id"));
	value = pb_begin(&message, 2);
	pb_put_len(&message, 1, slice_str(request));
	pb_end(&message, value);
	pb_end(&message, attribute);
	pb_put_tag(&message, NUMBERED_NUMBER, PB_VARINT);
	pb_put_varint(&message, number);
	pb_end(&message, record);
	pb_end(&message, scope);
	pb_end(&message, resource);
	return message;
}

/* As lull makes them of lines. */
static void accept_line(struct world *w, const char *request, uint64_t number)
{
	struct bytes message = make_record(request, number);

	store_accept_lines(store_of(w), &message, &one, w->now);
	require_closed(w);
	w->now.mono++;
}

/* As the function sends them. */
static void accept_sent(struct world *w, const char *request, uint64_t number)
{
	struct bytes message = make_record(request, number);

	store_accept(store_of(w), OTLP_LOGS, &message, &one, w->now);
	require_closed(w);
	w->now.mono++;
}

static struct slice trace_of(const struct world *w, size_t index)
{
	struct payload *p = payload_list_at(&w->destinations[0].queue[OTLP_LOGS], index);
	struct otlp_iter iter = otlp_items(OTLP_LOGS, bytes_slice(&p->message));
	struct otlp_item item;

	assert_true(otlp_next(&iter, &item));
	return pb_find(item.item, 9);
}

static struct slice sent_message(const struct world *w)
{
	return bytes_slice(&payload_list_at(&w->destinations[0].queue[OTLP_LOGS], 0)->message);
}

static struct invocation *run(struct invocations *table, const char *request)
{
	return invocations_invoke(table, slice_str(request), slice_str(""), 1);
}

static void know(struct invocation *entry)
{
	entry->source = TRACE_OWN_SPAN;
	entry->trace = (struct trace_context){{1}, {2}};
}

/* They wait while their request runs and its trace may yet be told, the first before the others. */
static void test_lines_wait(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct invocations table = {.sdk = true};
	struct invocation *a = run(&table, "a");

	(void)state;
	w.store.invocations = &table;
	accept_line(&w, "a", 1);
	accept_line(&w, "unknown", 2);
	accept(&w, OTLP_LOGS, 3, 1, 0);
	assert_true(store_let_go(store_of(&w), false, w.now) == STORE_LINES_WAIT);
	release_all(&w);
	assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 1);
	assert_int_equal(store_held_items(&w.store, w.destinations, OTLP_LOGS), 3);
	know(a);
	assert_true(store_let_go(&w.store, false, w.now) == INT64_MAX);
	release_all(&w);
	assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 3);
	assert_int_equal(trace_of(&w, 0).len, 0);
	assert_int_equal(trace_of(&w, 1).len, 16);
	assert_int_equal(trace_of(&w, 1).data[0], 1);
	assert_int_equal(trace_of(&w, 2).len, 0);
	end(&w);
}

/* What the function sends waits where a value may yet be told; it stays in the trace that it was
 * sent in. */
static void test_sent_records_wait_for_values(void **state)
{
	struct otlp_keys keys = {0};

	(void)state;
	otlp_keys_add(&keys, slice_str("order.id"));
	for (unsigned on = 0; on < 2; on++) {
		struct world w = begin(all_signals, NULL);
		struct invocations table = {.sdk = true};
		struct correlate_source source = {.request = 1};
		struct otlp_finder found = {.keys = &keys, .any = true};

		table.correlate = on ? correlate_new(&keys) : NULL;
		know(run(&table, "a"));
		w.store.invocations = &table;
		accept_sent(&w, "a", 1);
		assert_int_equal(w.store.lines.count, on);
		assert_int_equal(store_held_items(&w.store, w.destinations, OTLP_LOGS), 1);
		assert_true(store_let_go(&w.store, false, w.now) ==
			    (on ? STORE_LINES_WAIT : INT64_MAX));
		found.values[0] = slice_of("\x18\x07", 2);
		if (on)
			correlate_note(table.correlate, &source, &found);
		assert_true(store_let_go(&w.store, false, w.now) == INT64_MAX);
		release_all(&w);
		assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 1);
		assert_int_equal(trace_of(&w, 0).len, 0);
		assert_int_equal(slice_find(sent_message(&w), slice_str("order.id")) != NULL, on);
		correlate_free(table.correlate);
		end(&w);
	}
}

/* A flush lets all go, and so do the end of the request, and time. */
static void test_lines_go(void **state)
{
	enum { FLUSH, OVER, LATE, WAYS };
	unsigned way;

	(void)state;
	for (way = 0; way < WAYS; way++) {
		struct world w = begin(all_signals, NULL);
		struct invocations table = {.sdk = true};
		struct invocation *a = run(&table, "a");

		w.store.invocations = &table;
		accept_line(&w, "a", 1);
		w.now.mono += STORE_LINES_WAIT - 2;
		assert_true(store_let_go(store_of(&w), false, w.now) == STORE_LINES_WAIT);
		a->done = way == OVER;
		w.now.mono += way == LATE ? 1 : 0;
		assert_true(store_let_go(&w.store, way == FLUSH, w.now) == INT64_MAX);
		release_all(&w);
		assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 1);
		assert_int_equal(trace_of(&w, 0).len, 0);
		end(&w);
	}
}

/* What waits is bounded: the oldest go first, the youngest may still find its span. */
static void test_lines_are_too_many(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct invocations table = {.sdk = true};
	struct invocation *a = run(&table, "a");

	(void)state;
	w.store.invocations = &table;
	for (uint64_t number = 1; number <= 3; number++)
		accept_line(&w, "a", number);
	w.store.limit = STORE_LINES_SHARE * w.store.lines.bytes;
	assert_true(store_let_go(store_of(&w), false, w.now) == STORE_LINES_WAIT);
	assert_int_equal(w.store.lines.count, 3);
	w.store.limit -= STORE_LINES_SHARE;
	assert_true(store_let_go(&w.store, false, w.now) == STORE_LINES_WAIT + 1);
	assert_int_equal(w.store.lines.count, 2);
	know(a);
	store_let_go(&w.store, false, w.now);
	w.store.limit = MB;
	release_all(&w);
	assert_int_equal(w.destinations[0].queue[OTLP_LOGS].count, 3);
	end(&w);
}

/* Nobody takes logs, or the end comes while they wait: counted. */
static void test_lines_dropped(void **state)
{
	struct world w = begin(all_signals, NULL);
	struct invocations table = {.sdk = true};

	(void)state;
	run(&table, "a");
	w.store.invocations = &table;
	accept_line(&w, "a", 1);
	store_drop_all(store_of(&w), DROP_SHUTDOWN);
	assert_int_equal(w.destinations[0].account[OTLP_LOGS].dropped[DROP_SHUTDOWN], 1);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_wait),
		cmocka_unit_test(test_sent_records_wait_for_values),
		cmocka_unit_test(test_lines_go),
		cmocka_unit_test(test_lines_are_too_many),
		cmocka_unit_test(test_lines_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

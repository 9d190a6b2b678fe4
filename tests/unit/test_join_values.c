/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation keys: which value the lines and the spans of a request get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/join_values.h"
#include "join_make.h"
#include "values_make.h"
#include "wire/otlp_fields.h"
#include "wire/otlp_value.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A line or a span of any kind says it, of any simple type; it is on all lines, those before as
 * well. */
static void test_said_by(void **state)
{
	static const struct {
		const char *said, *value;
	} cases[] = {
		{"\"7\"", "\"7\""},
		{"7", "7"},
		{"-7", "-7"},
		{"true", "true"},
		{"false", "false"},
		{"\"\"", ""},
		{"null", ""},
		{"[7]", ""},
		{"{\"a\":7}", ""},
		{"\"a\\u0000b\"", "\"a\xef\xbf\xbd"
				  "b\""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (int by_span = 0; by_span < 2; by_span++) {
			struct world *w = world_new(false);

			begin(&w->table, "a", "", 100);
			if (by_span)
				span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 110, 190,
						       cases[i].said});
			else
				line(w, "a", 0, 110, cases[i].said);
			require(w, "a", 0, 101, cases[i].value);
			require(w, "a", 0, 150, cases[i].value);
			require(w, "b", 0, 150, "");
			require(w, NULL, 0, 150, "");
			require_whole(w, "a", cases[i].value);
			world_free(w);
		}
	}
}

/* Of 256 bytes at most: an id that is cut is another's. */
static void test_long(void **state)
{
	(void)state;
	for (int len = CORRELATE_TEXT - 1; len <= CORRELATE_TEXT + 1; len++) {
		struct world *w = world_new(false);
		char value[300];

		snprintf(value, sizeof value, "\"%0*d\"", len, 7);
		begin(&w->table, "a", "", 100);
		line(w, "a", 0, 110, value);
		require(w, "a", 0, 150, len <= CORRELATE_TEXT ? value : "");
		world_free(w);
	}
}

/* What a line has itself it keeps, whatever it is; what it has in an object is put under the name,
 * too. */
static void test_own(void **state)
{
	static const struct {
		const char *key, *json, *value;
	} cases[] = {
		{KEY, "\"own\"", "\"own\""},
		{KEY, "12", "12"},
		{KEY, "\"\"", "\"\""},
		{"order", "{\"id\":\"own\"}", "\"own\""},
		{"mdc", "{\"order.id\":12}", "12"},
		{"order", "{\"id\":[1]}", "\"7\""},
		{"order", "{\"no\":1}", "\"7\""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world *w = world_new(false);
		struct bytes record = {0};

		begin(&w->table, "a", "", 100);
		line(w, "a", 0, 110, "\"7\"");
		put_line(&record, "a", 0, 150);
		put_json(&record, 6, cases[i].key, cases[i].json);
		require_with(w, bytes_slice(&record), cases[i].value);
		bytes_free(&record);
		world_free(w);
	}
}

/* One and the same said again and again, also as another type, is one; two that differ are none. */
static void test_two(void **state)
{
	static const struct {
		const char *first, *second, *value;
	} cases[] = {
		{"\"7\"", "\"7\"", "\"7\""},  {"\"7\"", "7", "\"7\""}, {"7", "\"7\"", "7"},
		{"true", "\"true\"", "true"}, {"\"7\"", "\"8\"", ""},  {"7", "8", ""},
		{"\"7\"", "\"07\"", ""},      {"7", "true", ""},       {"1", "true", ""},
		{"\"7\"", "\"7 \"", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world *w = world_new(false);

		begin(&w->table, "a", "", 100);
		line(w, "a", 0, 110, cases[i].first);
		require(w, "a", 0, 115, cases[i].first);
		line(w, "a", 0, 120, cases[i].second);
		line(w, "a", 0, 130, cases[i].first);
		require(w, "a", 0, 150, cases[i].value);
		require_whole(w, "a", cases[i].value);
		/* The next request is another matter. */
		tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
		begin(&w->table, "b", "", 300);
		require(w, "b", 0, 310, "");
		line(w, "b", 0, 320, "\"9\"");
		require(w, "b", 0, 330, "\"9\"");
		require(w, "a", 0, 150, cases[i].value);
		world_free(w);
	}
}

/* Which spans count for a request "a" from 100 to 200, whose own span is of trace 1. */
static void test_which_spans(void **state)
{
	static const struct {
		struct spans span;
		const char *value; /* for a line that names no trace */
	} cases[] = {
		{{"a", 1, SPAN_KIND_INTERNAL, 110, 120, "\"7\""}, "\"7\""},
		{{NULL, 1, SPAN_KIND_INTERNAL, 110, 120, "\"7\""}, "\"7\""},
		{{NULL, 1, SPAN_KIND_CLIENT, 200, 300, "\"7\""}, "\"7\""},
		/* of another trace, of another time, of another request, of no trace */
		{{NULL, 2, SPAN_KIND_INTERNAL, 110, 120, "\"7\""}, ""},
		{{NULL, 1, SPAN_KIND_INTERNAL, 90, 120, "\"7\""}, ""},
		{{NULL, 1, SPAN_KIND_INTERNAL, 201, 220, "\"7\""}, ""},
		{{"b", 1, SPAN_KIND_INTERNAL, 110, 120, "\"7\""}, ""},
		{{NULL, 0, SPAN_KIND_INTERNAL, 110, 120, "\"7\""}, ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		for (int child_first = 0; child_first < 2; child_first++) {
			const struct spans own = {"a", 1, SPAN_KIND_SERVER, 101, 199, NULL};
			struct world *w = world_new(false);

			begin(&w->table, "a", "", 100);
			span(w, child_first ? cases[i].span : own);
			span(w, child_first ? own : cases[i].span);
			tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
			begin(&w->table, "c", "", 300);
			require(w, "a", 0, 150, cases[i].value);
			require(w, "a", 1, 150, cases[i].value);
			require(w, "c", 0, 310, "");
			require(w, "c", 1, 310, "");
			require_whole(w, "a", cases[i].value);
			world_free(w);
		}
	}
}

/* Retries and fan-outs: several requests of one trace, each with a value of its own or without. */
static void test_one_trace_of_several_requests(void **state)
{
	static const char *const ids[] = {"a", "b", "c"};
	static const char *const values[] = {"\"1\"", NULL, "\"1\""};
	struct world *w = world_new(false);

	(void)state;
	for (unsigned i = 0; i < LENGTH(ids); i++) {
		uint64_t start = 1000 * (i + 1);

		begin(&w->table, ids[i], "", start);
		span(w, (struct spans){NULL, 1, SPAN_KIND_INTERNAL, start + 10, start + 20,
				       values[i]});
		span(w, (struct spans){ids[i], 1, SPAN_KIND_SERVER, start + 1, start + 30, NULL});
		tell(&w->table, EVENT_RUNTIME_DONE, ids[i], start + 100);
	}
	for (unsigned i = 0; i < LENGTH(ids); i++) {
		require(w, ids[i], 0, 1000 * (i + 1) + 50, values[i] ? values[i] : "");
		require_whole(w, ids[i], values[i] ? values[i] : "");
	}
	world_free(w);
}

/* A batch: messages with traces of their own, within the request's span. */
static void test_batch(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	begin(&w->table, "a", "", 100);
	span(w, (struct spans){NULL, 2, SPAN_KIND_CONSUMER, 110, 119, "\"two\""});
	span(w, (struct spans){NULL, 3, SPAN_KIND_CONSUMER, 120, 129, NULL});
	span(w, (struct spans){NULL, 4, SPAN_KIND_CONSUMER, 130, 139, NULL});
	span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 101, 199, NULL});
	/* Lines of which only the time tells the message. */
	line(w, "a", 0, 125, "\"three\"");
	line(w, "a", 4, 135, "\"four\"");
	line(w, "a", 4, 136, "\"five\"");
	require(w, "a", 0, 115, "\"two\"");
	require(w, "a", 0, 124, "\"three\"");
	require(w, "a", 0, 137, "");
	/* Between them, and of the whole: none of the messages'. */
	require(w, "a", 0, 150, "");
	require_whole(w, "a", "");
	/* A line names its trace. */
	require(w, "a", 2, 150, "\"two\"");
	require(w, "a", 3, 150, "\"three\"");
	require(w, "a", 9, 150, "");
	/* The request's own. */
	span(w, (struct spans){NULL, 1, SPAN_KIND_INTERNAL, 140, 150, "\"one\""});
	require(w, "a", 0, 150, "\"one\"");
	require(w, "a", 0, 115, "\"two\"");
	require_whole(w, "a", "\"one\"");
	world_free(w);
}

/* Managed Instances: nothing is told by time. */
static void test_concurrent(void **state)
{
	struct world *w = world_new(true);

	(void)state;
	tell(&w->table, EVENT_START, "a", 100);
	tell(&w->table, EVENT_START, "b", 100);
	span(w, (struct spans){NULL, 1, SPAN_KIND_INTERNAL, 110, 120, "\"one\""});
	span(w, (struct spans){NULL, 2, SPAN_KIND_INTERNAL, 110, 120, "\"two\""});
	require(w, "a", 0, 150, "");
	span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 101, 199, NULL});
	require(w, "a", 0, 150, "\"one\"");
	require(w, "b", 0, 150, "");
	line(w, "b", 0, 130, "\"three\"");
	require(w, "a", 0, 150, "\"one\"");
	require(w, "b", 0, 150, "\"three\"");
	world_free(w);
}

/* The second run of a request is another. */
static void test_run_again(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	begin(&w->table, "a", "", 100);
	line(w, "a", 0, 110, "\"1\"");
	tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
	begin(&w->table, "a", "", 5000);
	require(w, "a", 0, 150, "\"1\"");
	require(w, "a", 0, 5001, "");
	line(w, "a", 0, 5010, "\"2\"");
	require(w, "a", 0, 150, "\"1\"");
	require(w, "a", 0, 5001, "\"2\"");
	world_free(w);
}

/* Baggage in an attribute, as text or as the array that captured headers are. */
static void test_baggage(void **state)
{
	static const struct {
		const char *key, *json, *value;
	} cases[] = {
		{"baggage", "\"x=1,order.id=a%20b;p=1\"", "\"a b\""},
		{"http.request.header.baggage", "[\"x=1\",\"order.id=7\"]", "\"7\""},
		{"baggage", "\"order.id=7,order.id=8\"", ""},
		{"baggage", "\"order.id=7,order.id=7\"", "\"7\""},
		{"baggage", "\"order.id=%zz\"", ""},
		{"baggage", "\"order=7\"", ""},
		{"baggage", "7", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world *w = world_new(false);
		struct bytes record = {0};

		begin(&w->table, "a", "", 100);
		put_line(&record, "a", 0, 110);
		put_json(&record, 6, cases[i].key, cases[i].json);
		join_see_line(&w->table, bytes_slice(&record));
		require(w, "a", 0, 150, cases[i].value);
		bytes_free(&record);
		world_free(w);
	}
}

static void say(struct world *w, unsigned number, unsigned value)
{
	char id[20], text[20];

	snprintf(id, sizeof id, "r%u", number);
	snprintf(text, sizeof text, "%u", value);
	line(w, id, 0, 1000 * number + 10, text);
}

/* Memory is bounded: a request whose values may have had to go has none, and the others have
 * theirs. */
static void test_many_requests(void **state)
{
	struct world *w = world_new(false);
	char id[20], expected[20];

	(void)state;
	for (unsigned n = 1; n <= 3 * CORRELATE_KEPT; n++) {
		snprintf(id, sizeof id, "r%u", n);
		begin(&w->table, id, "", 1000 * n);
		say(w, n, n);
		tell(&w->table, EVENT_RUNTIME_DONE, id, 1000 * n + 100);
	}
	for (unsigned n = 3 * CORRELATE_KEPT - INVOCATIONS + 1; n <= 3 * CORRELATE_KEPT; n++) {
		snprintf(id, sizeof id, "r%u", n);
		snprintf(expected, sizeof expected, "%u", n);
		require(w, id, 0, 1000 * n + 50, expected);
	}
	world_free(w);
}

/* A request that says many: none of them, before and after they are too many to be kept. */
static void test_many_values(void **state)
{
	struct world *w = world_new(false);
	char value[20];

	(void)state;
	begin(&w->table, "r1", "", 1000);
	say(w, 1, 0);
	require(w, "r1", 0, 1050, "0");
	for (unsigned i = 1; i <= 2 * CORRELATE_KEPT; i++) {
		say(w, 1, i);
		require(w, "r1", 0, 1050, "");
	}
	/* And in as many traces, where each has one, until the oldest had to go. */
	span(w, (struct spans){"r1", 1, SPAN_KIND_SERVER, 1001, 1100, NULL});
	tell(&w->table, EVENT_RUNTIME_DONE, "r1", 1100);
	begin(&w->table, "r2", "", 2000);
	for (unsigned i = 2; i <= 100; i++) {
		snprintf(value, sizeof value, "%u", i);
		span(w, (struct spans){NULL, (uint8_t)i, SPAN_KIND_CONSUMER, 2010, 2020, value});
		require(w, "r2", (uint8_t)i, 2050, value);
	}
	for (unsigned i = 101; i <= 240; i++) {
		snprintf(value, sizeof value, "%u", i);
		span(w, (struct spans){NULL, (uint8_t)i, SPAN_KIND_CONSUMER, 2010, 2020, value});
	}
	require(w, "r2", 2, 2050, "");
	require(w, "r2", 240, 2050, "");
	tell(&w->table, EVENT_RUNTIME_DONE, "r2", 2100);
	begin(&w->table, "r3", "", 3000);
	say(w, 3, 3);
	require(w, "r3", 0, 3050, "3");
	world_free(w);
}

/* Beyond those that are kept nothing is certain, wherever the lines of the request were. */
static void test_too_many_in_messages(void **state)
{
	struct world *w = world_new(false);
	char value[20];

	(void)state;
	begin(&w->table, "a", "", 100);
	span(w, (struct spans){NULL, 2, SPAN_KIND_CONSUMER, 110, 119, NULL});
	span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 101, 199, NULL});
	line(w, "a", 0, 112, "0");
	for (int i = 1; i < 16; i++) {
		snprintf(value, sizeof value, "%d", i);
		line(w, "a", 0, 150, value);
		require(w, "a", 0, 115, "0");
	}
	line(w, "a", 0, 113, "16");
	require(w, "a", 0, 115, "");
	world_free(w);
}

/* One that runs long, beside many: what it said first had to go. */
static void test_lost(void **state)
{
	struct world *w = world_new(true);

	(void)state;
	for (unsigned n = 1; n <= 9; n++) {
		char id[20];

		snprintf(id, sizeof id, "r%u", n);
		tell(&w->table, EVENT_START, id, 1000 * n);
	}
	say(w, 1, 1);
	for (unsigned i = 0; i < CORRELATE_KEPT; i++) {
		require(w, "r1", 0, 1050, "1");
		say(w, 2 + i / 16, i);
	}
	say(w, 1, 2);
	require(w, "r1", 0, 1050, "");
	world_free(w);
}

/* Lines of two requests in one message have each their own. */
static void test_two_requests(void **state)
{
	static const char *const ids[] = {"a", "b", "a"}, *const values[] = {"1", "2", "1"};
	struct world *w = world_new(true);
	struct bytes request = {0}, joined = {0};
	size_t resource = pb_begin(&request, 1), scope = pb_begin(&request, 2);
	struct otlp_iter iter;
	struct otlp_item item;
	char text[300];

	(void)state;
	for (size_t i = 0; i < LENGTH(ids); i++) {
		size_t record = pb_begin(&request, 2);

		tell(&w->table, EVENT_RUNTIME_DONE, ids[i], 200);
		line(w, ids[i], 0, 110, values[i]);
		put_line(&request, ids[i], 0, 120);
		pb_end(&request, record);
	}
	pb_end(&request, scope);
	pb_end(&request, resource);
	join_lines(&w->table, bytes_slice(&request), JOIN_LINES, &joined);
	iter = otlp_items(OTLP_LOGS, bytes_slice(&joined));
	for (size_t i = 0; i < LENGTH(ids); i++) {
		assert_true(otlp_next(&iter, &item));
		values_of(item.item, KEY, text);
		assert_string_equal(text, values[i]);
	}
	bytes_free(&request);
	bytes_free(&joined);
	world_free(w);
}

/* What no reader of C strings, and no backend, would have whole. */
static void test_no_text(void **state)
{
	static const char *const texts[] = {"a\0b", "a\xff"
						    "b"};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct world *w = world_new(false);
		struct bytes record = {0}, text = {0};
		size_t mark;

		begin(&w->table, "a", "", 100);
		put_line(&record, "a", 0, 110);
		pb_put_len(&text, OTLP_ANY_STRING, slice_of(texts[i], 3));
		mark = otlp_begin_attribute(&record, 6, slice_str(KEY));
		pb_put_len(&record, OTLP_KEY_VALUE, bytes_slice(&text));
		pb_end(&record, mark);
		join_see_line(&w->table, bytes_slice(&record));
		require(w, "a", 0, 150, "");
		bytes_free(&record);
		bytes_free(&text);
		world_free(w);
	}
}

/* Lines wait for a value as they do for a trace: while their request runs, if any is to be
 * expected. */
static void test_awaited(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	begin(&w->table, "a", "", 100);
	span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 110, 190, NULL});
	assert_true(join_awaited(&w->table) == 1);
	line(w, "a", 0, 120, "7");
	/* The other key. */
	assert_true(join_awaited(&w->table) == 1);
	tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
	assert_true(join_awaited(&w->table) == 0);
	/* None had the other by the end of "a": it is not waited for. */
	begin(&w->table, "b", "", 300);
	span(w, (struct spans){"b", 2, SPAN_KIND_SERVER, 310, 390, NULL});
	assert_true(join_awaited(&w->table) == 2);
	line(w, "b", 0, 320, "8");
	assert_true(join_awaited(&w->table) == 0);
	world_free(w);
}

/* Without keys nothing is looked at, and nothing changes. */
static void test_off(void **state)
{
	struct otlp_keys none = {0};
	struct world *w = world_new(false);

	(void)state;
	assert_null(correlate_new(&none));
	correlate_free(w->table.correlate);
	w->table.correlate = NULL;
	begin(&w->table, "a", "", 100);
	line(w, "a", 0, 110, "7");
	span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 110, 190, "7"});
	require(w, "a", 0, 150, "");
	require_whole(w, "a", "");
	assert_true(join_awaited(&w->table) == 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said_by),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_which_spans),
		cmocka_unit_test(test_one_trace_of_several_requests),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_concurrent),
		cmocka_unit_test(test_run_again),
		cmocka_unit_test(test_baggage),
		cmocka_unit_test(test_many_requests),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_too_many_in_messages),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_two_requests),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_awaited),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

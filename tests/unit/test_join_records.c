/* SPDX-License-Identifier: Apache-2.0 */
/* Correlation keys and the log records that the function's SDK sends: what they say, and what they
 * get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/join_values.h"
#include "otlp_count.h"
#include "values_make.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct sent {
	const char *request;     /* that it names; NULL: none */
	uint8_t trace;           /* 0: none */
	uint64_t time, observed; /* ms; 0: not there */
	const char *key, *value; /* JSON; NULL: none */
};

static void put_sent(struct bytes *request, const struct sent *s)
{
	size_t resource = pb_begin(request, 1), scope = pb_begin(request, 2);
	size_t record = pb_begin(request, 2);

	/* The last fields first: that is valid, too, and to stay so where nothing is added. */
	if (s->observed)
		put_time(request, 11, s->observed);
	put_id(request, 9, s->trace, TRACE_ID_SIZE);
	put_json(request, 6, s->key ? s->key : KEY, s->value);
	if (s->request)
		put_attribute(request, 6, "faas.invocation_id", s->request);
	if (s->time)
		put_time(request, 1, s->time);
	pb_end(request, record);
	pb_end(request, scope);
	pb_put_len(request, 3, slice_str("schema"));
	pb_end(request, resource);
	assert_true(otlp_check(OTLP_LOGS, bytes_slice(request)).valid);
}

static void see(struct world *w, struct sent s)
{
	struct bytes request = {0};

	put_sent(&request, &s);
	join_see_records(&w->table, bytes_slice(&request));
	bytes_free(&request);
}

/* A record that is sent gets that value; "" for none, and then it stays what it was. Of its trace
 * it keeps what it has. */
static void require_sent(struct world *w, struct sent s, const char *expected)
{
	struct bytes request = {0}, joined = {0};
	struct otlp_iter iter;
	struct otlp_item item;
	struct slice trace;
	char text[300];
	bool added;

	put_sent(&request, &s);
	added = join_first(w, &request, JOIN_SENT, &joined, text);
	assert_string_equal(text, expected);
	assert_int_equal(added, expected[0] && !(s.value && !s.key));
	iter = otlp_items(OTLP_LOGS, bytes_slice(&joined));
	otlp_next(&iter, &item);
	trace = pb_find(item.item, 9);
	assert_int_equal(trace.data ? trace.data[0] : 0, s.trace);
	bytes_free(&request);
	bytes_free(&joined);
}

/* ---- Tests ---- */

/* A request from 100 to 200 ms, and one from 300 ms on: who has what a record says? */
static void test_whose_it_is(void **state)
{
	static const struct {
		struct sent said;
		const char *a, *b;
	} cases[] = {
		{{NULL, 0, 110, 0, NULL, "7"}, "7", ""},
		{{NULL, 5, 110, 0, NULL, "7"}, "7", ""},
		{{NULL, 0, 310, 0, NULL, "7"}, "", "7"},
		{{NULL, 0, 0, 110, NULL, "7"}, "7", ""},
		{{NULL, 0, 110, 310, NULL, "7"}, "7", ""},
		{{NULL, 0, 250, 0, NULL, "7"}, "", ""},
		{{NULL, 0, 99, 0, NULL, "7"}, "", ""},
		{{NULL, 0, 0, 0, NULL, "7"}, "", ""},
		/* that it names goes before its time */
		{{"b", 0, 110, 0, NULL, "7"}, "", "7"},
		{{"c", 0, 110, 0, NULL, "7"}, "", ""},
		{{NULL, 0, 110, 0, "order", "{\"id\":\"x\"}"}, "\"x\"", ""},
		{{NULL, 0, 110, 0, "mdc", "{\"order.id\":\"x\"}"}, "\"x\"", ""},
		{{NULL, 0, 110, 0, "baggage", "\"order.id=x\""}, "\"x\"", ""},
		{{NULL, 0, 110, 0, "other", "7"}, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		/* It may come before INVOKE is read, and after the end is told. */
		for (int when = 0; when < 3; when++) {
			struct world *w = world_new(false);

			/* One that names its request has to come after INVOKE. */
			if (when == 0 && !cases[i].said.request)
				see(w, cases[i].said);
			begin(&w->table, "a", "", 100);
			tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
			begin(&w->table, "b", "", 300);
			if (when > 0 || cases[i].said.request)
				see(w, cases[i].said);
			if (when == 2)
				tell(&w->table, EVENT_RUNTIME_DONE, "b", 400);
			require(w, "a", 0, 150, cases[i].a);
			require(w, "b", 0, 350, cases[i].b);
			require_whole(w, "a", cases[i].a);
			require_whole(w, "b", cases[i].b);
			require_sent(w, (struct sent){.time = 150}, cases[i].a);
			require_sent(w, (struct sent){.time = 350}, cases[i].b);
			world_free(w);
		}
	}
}

/* What a line says is on the records, but not on those that have one themselves, or that are of no
 * request. */
static void test_what_it_gets(void **state)
{
	static const struct {
		struct sent record;
		const char *value;
	} cases[] = {
		{{NULL, 0, 150, 0, NULL, NULL}, "7"},
		{{NULL, 5, 150, 0, NULL, NULL}, "7"},
		{{NULL, 0, 0, 150, NULL, NULL}, "7"},
		{{"a", 0, 250, 0, NULL, NULL}, "7"},
		{{NULL, 0, 150, 0, NULL, "8"}, "8"},
		{{NULL, 0, 150, 0, "order", "{\"id\":8}"}, "8"},
		{{NULL, 0, 250, 0, NULL, NULL}, ""},
		{{NULL, 0, 0, 0, NULL, NULL}, ""},
		{{"b", 0, 150, 0, NULL, NULL}, ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct world *w = world_new(false);

		begin(&w->table, "a", "", 100);
		tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
		line(w, "a", 0, 110, "7");
		require_sent(w, cases[i].record, cases[i].value);
		world_free(w);
	}
}

/* Two that differ are none; of two traces each has its own. */
static void test_two(void **state)
{
	struct world *w = world_new(false);

	(void)state;
	begin(&w->table, "a", "", 100);
	see(w, (struct sent){NULL, 1, 110, 0, NULL, "1"});
	see(w, (struct sent){NULL, 2, 120, 0, NULL, "2"});
	require_sent(w, (struct sent){.time = 150}, "");
	require_sent(w, (struct sent){.trace = 1, .time = 150}, "1");
	require_sent(w, (struct sent){.trace = 2, .time = 150}, "2");
	require(w, "a", 2, 150, "2");
	require_whole(w, "a", "");
	see(w, (struct sent){NULL, 2, 120, 0, NULL, "3"});
	require_sent(w, (struct sent){.trace = 2, .time = 150}, "");
	world_free(w);
}

/* In a batch, of which each message has a trace: when it was written, or at least seen, tells the
 * message. */
static void test_batch(void **state)
{
	static const struct sent said[] = {
		{"a", 0, 125, 0, NULL, "\"three\""},
		{"a", 0, 0, 125, NULL, "\"three\""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(said); i++) {
		struct world *w = world_new(false);

		begin(&w->table, "a", "", 100);
		span(w, (struct spans){NULL, 2, SPAN_KIND_CONSUMER, 110, 119, NULL});
		span(w, (struct spans){NULL, 3, SPAN_KIND_CONSUMER, 120, 129, NULL});
		span(w, (struct spans){"a", 1, SPAN_KIND_SERVER, 101, 199, NULL});
		see(w, said[i]);
		require(w, "a", 0, 124, "\"three\"");
		require(w, "a", 0, 115, "");
		world_free(w);
	}
}

/* Managed Instances: by the trace alone, and by what names the request. */
static void test_concurrent(void **state)
{
	struct world *w = world_new(true);

	(void)state;
	tell(&w->table, EVENT_START, "a", 100);
	tell(&w->table, EVENT_START, "b", 100);
	see(w, (struct sent){NULL, 1, 110, 0, NULL, "1"});
	see(w, (struct sent){NULL, 0, 110, 0, NULL, "3"});
	see(w, (struct sent){"b", 0, 110, 0, NULL, "2"});
	require_sent(w, (struct sent){.trace = 1, .time = 150}, "");
	w->table.ring[0].source = w->table.ring[1].source = TRACE_OWN_SPAN;
	w->table.ring[0].trace.trace_id[0] = 1;
	w->table.ring[1].trace.trace_id[0] = 2;
	require_sent(w, (struct sent){.trace = 1, .time = 150}, "1");
	require_sent(w, (struct sent){.trace = 2, .time = 150}, "2");
	require_sent(w, (struct sent){.trace = 3, .time = 150}, "");
	require_sent(w, (struct sent){.time = 150}, "");
	require(w, "a", 0, 150, "1");
	require(w, "b", 0, 150, "2");
	/* Two of one trace. */
	w->table.ring[1].trace.trace_id[0] = 1;
	require_sent(w, (struct sent){.trace = 1, .time = 150}, "");
	world_free(w);
}

/* They wait with their request, as lines do. */
static void test_awaited(void **state)
{
	struct world *w = world_new(false);
	struct bytes request = {0};

	(void)state;
	begin(&w->table, "a", "", 100);
	tell(&w->table, EVENT_RUNTIME_DONE, "a", 200);
	begin(&w->table, "b", "", 300);
	put_sent(&request, &(struct sent){.time = 150});
	put_sent(&request, &(struct sent){.time = 250});
	assert_true(join_requests(&w->table, bytes_slice(&request), JOIN_SENT) == 1);
	put_sent(&request, &(struct sent){.time = 350});
	assert_true(join_requests(&w->table, bytes_slice(&request), JOIN_SENT) == 3);
	assert_true(join_requests(&w->table, bytes_slice(&request), JOIN_LINES) == 0);
	bytes_free(&request);
	world_free(w);
}

/* Tiny records must not grow without bound; they are all there. */
static void test_bounded(void **state)
{
	const unsigned count = 40000;
	struct world *w = world_new(false);
	struct bytes items = {0}, request, joined = {0};
	char value[CORRELATE_TEXT + 1];

	(void)state;
	snprintf(value, sizeof value, "\"%0*d\"", CORRELATE_TEXT - 2, 7);
	begin(&w->table, "a", "", 100);
	see(w, (struct sent){.time = 110, .value = value});
	for (unsigned i = 0; i < count; i++) {
		size_t record = pb_begin(&items, 2);

		put_time(&items, 1, 150);
		pb_end(&items, record);
	}
	request = make_request(bytes_slice(&items));
	assert_true(join_lines(&w->table, bytes_slice(&request), JOIN_SENT, &joined));
	assert_int_equal(otlp_count(OTLP_LOGS, bytes_slice(&joined)), count);
	assert_in_range(joined.len, request.len + (3 << 20), request.len + (5 << 20));
	bytes_free(&items);
	bytes_free(&request);
	bytes_free(&joined);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_it_is), cmocka_unit_test(test_what_it_gets),
		cmocka_unit_test(test_two),         cmocka_unit_test(test_batch),
		cmocka_unit_test(test_concurrent),  cmocka_unit_test(test_awaited),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

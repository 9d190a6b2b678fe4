/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "spans_make.h"
#include "wire/otlp_fields.h"

#define HEADER "Root=1-01000000-000000000000000000000000;Sampled="
#define CALLED HEADER "1;Parent=0900000000000000"

/* ---- What comes in ---- */

static void see_one(struct invocations *table, struct sent span)
{
	see(table, &span, 1);
}

/* ---- What a line gets ---- */

/* The trace and span that a line of that request gets; "own" is its own trace 99. */
static void require_line(struct invocations *table, const char *request, uint64_t ms, uint8_t own,
			 uint8_t trace, uint8_t span)
{
	struct bytes lines = {0}, joined = {0};
	size_t resource = pb_begin(&lines, 1), scope = pb_begin(&lines, 2);
	size_t record = pb_begin(&lines, 2);
	struct otlp_iter iter;
	struct otlp_item item;
	struct slice found;

	put_time(&lines, 1, ms);
	if (request)
		put_attribute(&lines, 6, "faas.invocation_id", request);
	put_id(&lines, 9, own, TRACE_ID_SIZE);
	pb_end(&lines, record);
	pb_end(&lines, scope);
	pb_end(&lines, resource);
	assert_int_equal(join_lines(table, bytes_slice(&lines), JOIN_LINES, &joined), trace != own);
	assert_true(otlp_check(OTLP_LOGS, bytes_slice(&joined)).valid);
	iter = otlp_items(OTLP_LOGS, bytes_slice(&joined));
	assert_true(otlp_next(&iter, &item));
	found = pb_find(item.item, 9);
	assert_int_equal(found.data ? found.data[0] : 0, trace);
	found = pb_find(item.item, 10);
	assert_int_equal(found.data ? found.data[0] : 0, span);
	assert_false(otlp_next(&iter, &item));
	/* Nothing to add: byte by byte what it was. */
	if (trace == own)
		assert_true(slice_equal(bytes_slice(&lines), bytes_slice(&joined)));
	bytes_free(&lines);
	bytes_free(&joined);
}

/* ---- Tests ---- */

static void test_which_spans_stand_for_a_request(void **state)
{
	static const struct {
		struct sent span;
		enum trace_source source;
	} cells[] = {
		{{1, 2, 3, SPAN_KIND_INTERNAL, 0, 110, 190, "faas.invocation_id", "a"},
		 TRACE_OWN_SPAN},
		{{1, 2, 3, SPAN_KIND_CLIENT, 0, 110, 190, "faas.execution", "a"}, TRACE_OWN_SPAN},
		{{1, 2, 3, SPAN_KIND_SERVER, 0, 110, 190, NULL, NULL}, TRACE_LOCAL_ROOT},
		{{1, 2, 3, SPAN_KIND_CONSUMER, 0, 110, 190, NULL, NULL}, TRACE_LOCAL_ROOT},
		{{1, 2, 0, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL}, TRACE_LOCAL_ROOT},
		{{1, 2, 0, SPAN_KIND_UNSPECIFIED, 0, 110, 190, NULL, NULL}, TRACE_LOCAL_ROOT},
		{{1, 2, 3, SPAN_KIND_INTERNAL, 0x300, 110, 190, NULL, NULL}, TRACE_LOCAL_ROOT},
		/* Within another, or that is not known; calls that go out. */
		{{1, 2, 3, SPAN_KIND_INTERNAL, 0x100, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 2, 3, SPAN_KIND_INTERNAL, 0x200, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 2, 3, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 2, 0, SPAN_KIND_CLIENT, 0, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 2, 0, SPAN_KIND_PRODUCER, 0x300, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		/* Of no time of this request. */
		{{1, 2, 0, SPAN_KIND_SERVER, 0, 90, 99, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 2, 0, SPAN_KIND_SERVER, 0, 201, 300, NULL, NULL}, TRACE_UNKNOWN},
		/* Without ids. */
		{{0, 2, 0, SPAN_KIND_SERVER, 0, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
		{{1, 0, 0, SPAN_KIND_SERVER, 0, 110, 190, NULL, NULL}, TRACE_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		bool known = cells[i].source != TRACE_UNKNOWN;
		struct invocations t = {0};
		struct trace_context trace;

		begin(&t, "a", HEADER "1", 100);
		tell(&t, EVENT_RUNTIME_DONE, "a", 200);
		see_one(&t, cells[i].span);
		assert_int_equal(invocations_trace(&t, &t.ring[0], &trace), cells[i].source);
		require_line(&t, "a", 150, 0, known ? 1 : 0, known ? 2 : 0);
		require_line(&t, "a", 150, 99, 99, 0);
		require_line(&t, "b", 150, 0, 0, 0);
		require_line(&t, NULL, 150, 0, 0, 0);
	}
}

/* A child that was sent first does not hide its parent; the one that names the request is
 * believed. */
static void test_many_spans(void **state)
{
	const struct sent spans[] = {
		{1, 5, 4, SPAN_KIND_CLIENT, 0, 120, 130, NULL, NULL},
		{7, 8, 0, SPAN_KIND_SERVER, 0, 101, 199, NULL, NULL},
		{1, 4, 0, SPAN_KIND_INTERNAL, 0, 110, 190, "faas.invocation_id", "a"},
		{1, 6, 4, SPAN_KIND_CLIENT, 0, 140, 150, NULL, NULL},
	};
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	see(&t, spans, 4);
	require_line(&t, "a", 105, 0, 7, 8);
	t = (struct invocations){0};
	begin(&t, "a", "", 100);
	see(&t, &spans[2], 2);
	require_line(&t, "a", 105, 0, 1, 4);
}

/* INVOKE is read after the function had it: until the platform tells, all since the last end
 * counts. */
static void test_before_the_platform_tells(void **state)
{
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	tell(&t, EVENT_RUNTIME_DONE, "a", 200);
	invocations_invoke(&t, slice_str("b"), slice_str(""), 1010 * MS);
	see_one(&t, (struct sent){1, 2, 0, SPAN_KIND_SERVER, 0, 1002, 1005, NULL, NULL});
	require_line(&t, "a", 150, 0, 0, 0);
	require_line(&t, "b", 1003, 0, 1, 2);
	/* The end of the one before is not told either: whose it is nobody can say, yet. */
	t = (struct invocations){0};
	begin(&t, "a", "", 100);
	invocations_invoke(&t, slice_str("b"), slice_str(""), 1010 * MS);
	see_one(&t, (struct sent){1, 2, 0, SPAN_KIND_SERVER, 0, 1002, 1005, NULL, NULL});
	require_line(&t, "a", 150, 0, 0, 0);
	require_line(&t, "b", 1003, 0, 0, 0);
	tell(&t, EVENT_RUNTIME_DONE, "a", 200);
	tell(&t, EVENT_START, "b", 1001);
	require_line(&t, "a", 150, 0, 0, 0);
	require_line(&t, "b", 1003, 0, 1, 2);
}

/* Managed Instances: two at once, told apart by their ids alone; a span may be faster than its
 * start. */
static void test_concurrent(void **state)
{
	struct invocations t = {.concurrent = true};

	(void)state;
	see_one(&t,
		(struct sent){2, 22, 0, SPAN_KIND_SERVER, 0, 101, 150, "faas.invocation_id", "b"});
	tell(&t, EVENT_START, "a", 100);
	tell(&t, EVENT_START, "b", 100);
	see_one(&t, (struct sent){3, 33, 0, SPAN_KIND_SERVER, 0, 101, 190, NULL, NULL});
	require_line(&t, "a", 120, 0, 0, 0);
	require_line(&t, "b", 120, 0, 2, 22);
	see_one(&t,
		(struct sent){1, 11, 0, SPAN_KIND_SERVER, 0, 101, 190, "faas.invocation_id", "a"});
	require_line(&t, "a", 120, 0, 1, 11);
	require_line(&t, "b", 120, 0, 2, 22);
}

/* The lines of the first run keep its trace, however late they are let go. */
static void test_run_again(void **state)
{
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", "", 100);
	see_one(&t,
		(struct sent){1, 11, 0, SPAN_KIND_SERVER, 0, 110, 190, "faas.invocation_id", "a"});
	tell(&t, EVENT_RUNTIME_DONE, "a", 200);
	begin(&t, "a", "", 5000);
	require_line(&t, "a", 150, 0, 1, 11);
	require_line(&t, "a", 5001, 0, 0, 0);
	see_one(&t, (struct sent){2, 22, 0, SPAN_KIND_SERVER, 0, 5001, 5010, "faas.invocation_id",
				  "a"});
	require_line(&t, "a", 150, 0, 1, 11);
	require_line(&t, "a", 5001, 0, 2, 22);
	/* A line that knows no time is of the last. */
	require_line(&t, "a", 0, 0, 2, 22);
}

/* Flags that leave open where the parent is: the header tells, if it is the span of who called. */
static void test_doubted(void **state)
{
	static const struct {
		struct sent span;
		bool known;
	} cells[] = {
		{{1, 2, 9, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL}, true},
		{{1, 2, 9, SPAN_KIND_UNSPECIFIED, 0x200, 110, 190, NULL, NULL}, true},
		/* the flags know better */
		{{1, 2, 9, SPAN_KIND_INTERNAL, 0x100, 110, 190, NULL, NULL}, false},
		/* another parent, another trace, a call that goes out, another time */
		{{1, 2, 8, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL}, false},
		{{3, 2, 9, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL}, false},
		{{1, 2, 9, SPAN_KIND_CLIENT, 0, 110, 190, NULL, NULL}, false},
		{{1, 2, 9, SPAN_KIND_INTERNAL, 0, 90, 190, NULL, NULL}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct invocations t = {0};

		begin(&t, "a", CALLED, 100);
		see_one(&t, cells[i].span);
		require_line(&t, "a", 150, 0, cells[i].known ? 1 : 0, cells[i].known ? 2 : 0);
		assert_int_equal(t.ring[0].parent[0], cells[i].known ? 9 : 0);
		/* It was faster than INVOKE. */
		t = (struct invocations){0};
		see_one(&t, cells[i].span);
		begin(&t, "a", CALLED, 100);
		require_line(&t, "a", 150, 0, cells[i].known ? 1 : 0, cells[i].known ? 2 : 0);
		assert_int_equal(t.ring[0].parent[0], cells[i].known ? 9 : 0);
	}
}

/* However many spans are within that one, and of whatever they are, it is found. */
static void test_doubted_among_many(void **state)
{
	struct invocations t = {0};

	(void)state;
	begin(&t, "a", CALLED, 100);
	see_one(&t, (struct sent){1, 2, 9, SPAN_KIND_INTERNAL, 0, 110, 190, NULL, NULL});
	for (uint8_t i = 0; i < 2 * SEEN_DOUBTS; i++)
		see_one(&t,
			(struct sent){1, 100 + i, 2, SPAN_KIND_INTERNAL, 0, 120, 130, NULL, NULL});
	require_line(&t, "a", 150, 0, 1, 2);
	assert_int_equal(t.spans.count, 1);
}

/* What invoked the function is what its span says, in a word of the conventions. */
static void test_trigger(void **state)
{
	static const struct {
		const char *key, *word;
		enum otlp_span_kind kind;
		enum faas_trigger trigger;
	} cells[] = {
		{"faas.trigger", "http", SPAN_KIND_SERVER, TRIGGER_HTTP},
		{"faas.trigger", "pubsub", SPAN_KIND_CONSUMER, TRIGGER_PUBSUB},
		{"faas.trigger", "datasource", SPAN_KIND_SERVER, TRIGGER_DATASOURCE},
		{"faas.trigger", "timer", SPAN_KIND_SERVER, TRIGGER_TIMER},
		{"faas.trigger", "other", SPAN_KIND_SERVER, TRIGGER_OTHER},
		{"faas.trigger", "sqs", SPAN_KIND_SERVER, TRIGGER_UNKNOWN},
		{"faas.trigger", "", SPAN_KIND_SERVER, TRIGGER_UNKNOWN},
		{"faas.triggers", "http", SPAN_KIND_SERVER, TRIGGER_UNKNOWN},
		{"faas.Trigger", "http", SPAN_KIND_SERVER, TRIGGER_UNKNOWN},
		/* of a call that goes out */
		{"faas.trigger", "http", SPAN_KIND_CLIENT, TRIGGER_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct invocations t = {0};

		begin(&t, "a", CALLED, 100);
		see_one(&t, (struct sent){1, 2, 9, cells[i].kind, 0, 110, 190, cells[i].key,
					  cells[i].word});
		assert_int_equal(t.ring[0].trigger, cells[i].trigger);
	}
	/* Of several that do not agree it is nobody's. */
	for (unsigned k = 0; k < 2; k++) {
		struct invocations t = {0};

		begin(&t, "a", CALLED, 100);
		see_one(&t, (struct sent){1, 2, 9, SPAN_KIND_CONSUMER, 0, 110, 120, "faas.trigger",
					  "http"});
		see_one(&t, (struct sent){3, 4, 9, SPAN_KIND_CONSUMER, 0, 130, 140, "faas.trigger",
					  k ? "http" : "timer"});
		assert_int_equal(t.ring[0].trigger, k ? TRIGGER_HTTP : TRIGGER_UNKNOWN);
	}
}

static void test_header(void **state)
{
	struct invocations t = {0};

	(void)state;
	/* No SDK: the trace of the header, without a span, sampled or not. */
	begin(&t, "a", HEADER "0", 100);
	require_line(&t, "a", 150, 0, 1, 0);
	/* One is at work, and has sent nothing of this request: none. */
	t.sdk = true;
	require_line(&t, "a", 150, 0, 0, 0);
	/* Its spans are in their headers' traces, and so will this one's be, if it is recorded. */
	begin(&t, "b", HEADER "1", 300);
	see_one(&t,
		(struct sent){1, 11, 9, SPAN_KIND_SERVER, 0, 310, 320, "faas.invocation_id", "b"});
	tell(&t, EVENT_RUNTIME_DONE, "b", 400);
	begin(&t, "c", HEADER "1", 500);
	begin(&t, "d", HEADER "0", 600);
	require_line(&t, "c", 550, 0, 1, 0);
	require_line(&t, "d", 650, 0, 0, 0);
	/* One was not: never again. */
	see_one(&t,
		(struct sent){2, 22, 9, SPAN_KIND_SERVER, 0, 510, 520, "faas.invocation_id", "c"});
	begin(&t, "e", HEADER "1", 700);
	require_line(&t, "c", 550, 0, 2, 22);
	require_line(&t, "e", 750, 0, 0, 0);
}

/* Which requests' lines wait: a bit for each, by their places. */
static void test_awaited(void **state)
{
	struct invocations t = {0};

	(void)state;
	assert_true(join_awaited(&t) == 0);
	begin(&t, "a", "", 100);
	assert_true(join_awaited(&t) == 1);
	see_one(&t, (struct sent){1, 11, 0, SPAN_KIND_SERVER, 0, 110, 120, NULL, NULL});
	assert_true(join_awaited(&t) == 0);
	tell(&t, EVENT_RUNTIME_DONE, "a", 200);
	begin(&t, "b", "", 300);
	assert_true(join_awaited(&t) == 2);
	tell(&t, EVENT_RUNTIME_DONE, "b", 400);
	assert_true(join_awaited(&t) == 0);
	/* Without an SDK only the first is waited for. */
	t = (struct invocations){0};
	begin(&t, "a", "", 100);
	assert_true(join_awaited(&t) == 1);
	tell(&t, EVENT_RUNTIME_DONE, "a", 200);
	begin(&t, "b", "", 300);
	assert_true(join_awaited(&t) == 0);
}

/* ---- The last span ---- */

static void put_ended(struct bytes *out, const char *name, uint64_t end)
{
	size_t mark = pb_begin(out, 2);

	pb_put_len(out, 5, slice_str(name));
	put_time(out, 8, end);
	pb_end(out, mark);
}

/* "name/end name/end;name/end|..." are spans, scopes, resources. */
static void put_request(struct bytes *out, const char *text)
{
	size_t resource = pb_begin(out, 1), scope = pb_begin(out, 2);
	char name[10];
	int end, len;

	while (sscanf(text, "%9[a-z]/%d%n", name, &end, &len) == 2) {
		put_ended(out, name, (uint64_t)end);
		text += len;
		if (*text == ';' || *text == '|')
			pb_end(out, scope);
		if (*text == '|') {
			pb_end(out, resource);
			resource = pb_begin(out, 1);
		}
		if (*text == ';' || *text == '|')
			scope = pb_begin(out, 2);
		text += *text != 0;
	}
	pb_end(out, scope);
	pb_end(out, resource);
}

static void test_last_span(void **state)
{
	static const struct {
		const char *spans, *last;
	} cases[] = {
		{"", ""},
		{"a/1", "a"},
		{"a/1 b/2 c/3", "c"},
		{"a/9;b/2", "a"},
		{"a/1;b/2|c/1", "b"},
		{"a/1|b/2;c/3", "c"},
		{"a/5 b/4;c/1", "a"},
		{"a/5 b/5", "b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes request = {0};
		struct invocations t = {0};
		struct last_span last;

		put_request(&request, cases[i].spans);
		last = join_see_spans(&t, guard_put(bytes_slice(&request)));
		assert_true(slice_is(last.name, cases[i].last));
		for (size_t len = 0; len < request.len; len++)
			join_see_spans(&t, guard_put(slice_of(request.data, len)));
		bytes_free(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_spans_stand_for_a_request),
		cmocka_unit_test(test_many_spans),
		cmocka_unit_test(test_before_the_platform_tells),
		cmocka_unit_test(test_concurrent),
		cmocka_unit_test(test_run_again),
		cmocka_unit_test(test_doubted),
		cmocka_unit_test(test_doubted_among_many),
		cmocka_unit_test(test_trigger),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_awaited),
		cmocka_unit_test(test_last_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

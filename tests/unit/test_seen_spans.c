/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/seen_spans.h"

#define MS 1000000
#define NONE 0

/* Times are in milliseconds; trace, span and parent are numbers. */
static struct seen_span span(enum seen_rank rank, uint8_t trace, uint8_t id, uint64_t start,
			     uint64_t end)
{
	return (struct seen_span){
		.context = {{trace}, {id}},
		.start = start * MS,
		.end = end * MS,
		.rank = rank,
		.request = rank == SEEN_OWN ? 1 : 0,
	};
}

static void require_trace(bool known, const struct trace_context *trace, uint8_t trace_id,
			  uint8_t span_id)
{
	assert_int_equal(known, trace_id != NONE);
	assert_int_equal(trace->trace_id[0], trace_id);
	assert_int_equal(trace->span_id[0], span_id);
}

/* The request number 1, which ran from 100 to 200 ms: its trace, and that at some time. */
static void require_at(const struct seen_spans *seen, unsigned own, uint64_t ms, uint8_t trace_id,
		       uint8_t span_id)
{
	const struct seen_window window = {1, own, true, (uint64_t)100 * MS, (uint64_t)200 * MS};
	struct request_spans spans = seen_spans_of(seen, &window);
	struct trace_context trace;
	bool known = ms ? request_spans_at(&spans, ms * MS, &trace)
			: request_spans_trace(&spans, &trace);

	require_trace(known, &trace, trace_id, span_id);
}

static void add(struct seen_spans *seen, struct seen_span s, bool kept)
{
	assert_int_equal(seen_spans_add(seen, &s), kept);
}

static void test_surest_goes_before(void **state)
{
	struct seen_spans seen = {.count = 0};

	(void)state;
	require_at(&seen, 0, 0, NONE, 0);
	add(&seen, span(SEEN_ROOT, 3, 33, 110, 190), true);
	require_at(&seen, 0, 0, 3, 33);
	add(&seen, span(SEEN_ENTRY, 2, 22, 120, 180), true);
	require_at(&seen, 0, 0, 2, 22);
	add(&seen, span(SEEN_OWN, 1, 11, 105, 195), true);
	require_at(&seen, 1, 0, 1, 11);
	/* One span stands for all of its request, what came before and after it included. */
	require_at(&seen, 1, 101, 1, 11);
}

static void test_time_of_the_request(void **state)
{
	static const struct {
		uint64_t start, end;
		bool of_request;
	} cells[] = {
		{99, 150, false},
		{100, 150, true},
		{200, 300, true},
		{201, 300, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct seen_spans seen = {.count = 0};

		add(&seen, span(SEEN_ENTRY, 2, 22, cells[i].start, cells[i].end), true);
		require_at(&seen, 0, 0, cells[i].of_request ? 2 : NONE,
			   cells[i].of_request ? 22 : 0);
	}
}

/* Where several requests run at once time tells nothing. */
static void test_not_by_time(void **state)
{
	const struct seen_window window = {1, 0, false, (uint64_t)100 * MS, (uint64_t)200 * MS};
	struct seen_spans seen = {.count = 0};
	struct request_spans spans;
	struct trace_context trace;

	(void)state;
	add(&seen, span(SEEN_ENTRY, 2, 22, 110, 120), true);
	spans = seen_spans_of(&seen, &window);
	require_trace(request_spans_trace(&spans, &trace), &trace, NONE, 0);
	add(&seen, span(SEEN_OWN, 1, 11, 110, 120), true);
	spans = seen_spans_of(&seen, &window);
	require_trace(request_spans_trace(&spans, &trace), &trace, 1, 11);
}

/* The outermost of a trace stands for all, in whichever order they come. */
static void test_outermost(void **state)
{
	struct seen_spans seen = {.count = 0};

	(void)state;
	add(&seen, span(SEEN_ENTRY, 2, 22, 120, 180), true);
	add(&seen, span(SEEN_ENTRY, 2, 23, 130, 170), false);
	require_at(&seen, 0, 0, 2, 22);
	add(&seen, span(SEEN_ENTRY, 2, 21, 110, 190), false);
	require_at(&seen, 0, 140, 2, 21);
	/* Sent twice. */
	add(&seen, span(SEEN_ENTRY, 2, 21, 110, 190), false);
	assert_int_equal(seen.count, 1);
}

/* Messages of a batch, each in a trace of its own: 2 from 110 to 130, 3 from 125 to 150. */
static void test_batch(void **state)
{
	static const struct {
		uint64_t at;
		uint8_t trace, span;
	} cells[] = {
		{0, NONE, 0},   {105, NONE, 0}, {110, 2, 22}, {124, 2, 22},   {125, NONE, 0},
		{130, NONE, 0}, {131, 3, 33},   {150, 3, 33}, {151, NONE, 0},
	};
	struct seen_spans seen = {.count = 0};
	size_t i;

	(void)state;
	add(&seen, span(SEEN_ENTRY, 2, 22, 110, 130), true);
	add(&seen, span(SEEN_ENTRY, 3, 33, 125, 150), true);
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++)
		require_at(&seen, 0, cells[i].at, cells[i].trace, cells[i].span);
	/* Within a span that names the request that is what is left for the others. */
	add(&seen, span(SEEN_OWN, 1, 11, 100, 200), true);
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++)
		require_at(&seen, 1, cells[i].at, cells[i].trace ? cells[i].trace : 1,
			   cells[i].trace ? cells[i].span : 11);
}

/* The same where all are of one trace: that is known, and the span where one encloses the line. */
static void test_batch_of_one_trace(void **state)
{
	struct seen_span a = span(SEEN_ENTRY, 2, 21, 110, 150),
			 b = span(SEEN_ENTRY, 2, 22, 120, 140);
	struct seen_spans seen = {.count = 0};

	(void)state;
	a.parent[0] = b.parent[0] = 9;
	add(&seen, a, true);
	add(&seen, b, true);
	require_at(&seen, 0, 0, 2, 0);
	require_at(&seen, 0, 115, 2, 21);
	require_at(&seen, 0, 125, 2, 0);
	require_at(&seen, 0, 160, 2, 0);
	/* Beside a span that names the request they are no traces of their own. */
	add(&seen, span(SEEN_OWN, 2, 11, 100, 200), true);
	require_at(&seen, 1, 115, 2, 11);
}

/* What stands beside them has the parent that all have. */
static void test_parent(void **state)
{
	const struct seen_window window = {1, 0, true, (uint64_t)100 * MS, (uint64_t)200 * MS};
	struct seen_span first = span(SEEN_ENTRY, 2, 21, 110, 150),
			 second = span(SEEN_ENTRY, 2, 22, 160, 190),
			 third = span(SEEN_ENTRY, 2, 23, 195, 199);
	struct seen_spans seen = {.count = 0};
	struct request_spans spans;
	uint8_t parent[SPAN_ID_SIZE];

	(void)state;
	first.parent[0] = second.parent[0] = 9;
	third.parent[0] = 8;
	spans = seen_spans_of(&seen, &window);
	assert_false(request_spans_parent(&spans, parent));
	add(&seen, first, true);
	spans = seen_spans_of(&seen, &window);
	assert_true(request_spans_parent(&spans, parent));
	assert_int_equal(parent[0], 9);
	add(&seen, second, true);
	spans = seen_spans_of(&seen, &window);
	assert_true(request_spans_parent(&spans, parent));
	add(&seen, third, true);
	spans = seen_spans_of(&seen, &window);
	assert_false(request_spans_parent(&spans, parent));
	assert_int_equal(parent[0], 0);
	/* One without a parent; several traces. */
	seen = (struct seen_spans){.count = 0};
	add(&seen, span(SEEN_ENTRY, 2, 22, 110, 150), true);
	spans = seen_spans_of(&seen, &window);
	assert_false(request_spans_parent(&spans, parent));
	first.context.trace_id[0] = 3;
	seen = (struct seen_spans){.count = 0};
	add(&seen, first, true);
	add(&seen, second, true);
	spans = seen_spans_of(&seen, &window);
	assert_false(request_spans_parent(&spans, parent));
}

/* Spans that had to go may have been of this request, too: then nothing certain is known. */
static void test_forgotten(void **state)
{
	struct seen_spans seen = {.count = 0};
	uint8_t i;

	(void)state;
	add(&seen, span(SEEN_ENTRY, 2, 22, 110, 120), true);
	for (i = 0; i < SEEN_SPANS - 1; i++)
		add(&seen, span(SEEN_ENTRY, 3, i, 300u + 10u * i, 305u + 10u * i), true);
	require_at(&seen, 0, 0, 2, 22);
	add(&seen, span(SEEN_ENTRY, 3, 200, 9000, 9001), true);
	require_at(&seen, 0, 0, NONE, 0);
	add(&seen, span(SEEN_ENTRY, 4, 44, 110, 120), true);
	require_at(&seen, 0, 0, NONE, 0);
	/* Not so where it names the request, and all of those are there. */
	add(&seen, span(SEEN_OWN, 1, 11, 100, 200), true);
	require_at(&seen, 1, 0, 1, 11);
	require_at(&seen, 2, 0, NONE, 0);
}

static void test_more_than_fit(void **state)
{
	struct seen_spans seen = {.count = 0};
	uint8_t i;

	(void)state;
	for (i = 0; i < SPAN_SET + 1; i++)
		add(&seen, span(SEEN_ENTRY, i + 1, i, 100u + i, 100u + i), true);
	require_at(&seen, 0, 105, NONE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_surest_goes_before),
		cmocka_unit_test(test_time_of_the_request),
		cmocka_unit_test(test_not_by_time),
		cmocka_unit_test(test_outermost),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_of_one_trace),
		cmocka_unit_test(test_parent),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

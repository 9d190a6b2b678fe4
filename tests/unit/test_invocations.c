/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/invocations.h"

static struct invocation *told(struct invocations *table, enum event_type type, const char *id)
{
	struct telemetry_event event = {.type = type};
	struct invocation *entry;

	event.record = json_pack("{s:s}", "requestId", id);
	entry = invocations_event(table, &event);
	json_decref(event.record);
	return entry;
}

static struct invocation *invoke(struct invocations *table, struct slice id)
{
	return invocations_invoke(table, id, (struct slice){0}, 0);
}

static const char *current(const struct invocations *table)
{
	const struct invocation *entry = invocations_current(table);

	return entry ? entry->request_id : "none";
}

/* Whichever comes first, the INVOKE or the Telemetry API: it is one entry. */
static void test_one_request(void **state)
{
	struct invocations t = {0};
	struct invocation *a;

	(void)state;
	assert_null(invocations_find(&t, slice_str("a")));
	a = invoke(&t, slice_str("a"));
	assert_string_equal(a->request_id, "a");
	assert_false(a->started || a->done || a->reported);
	assert_string_equal(current(&t), "none");
	assert_ptr_equal(told(&t, EVENT_START, "a"), a);
	assert_true(a->started && !a->done);
	assert_string_equal(current(&t), "a");
	assert_ptr_equal(told(&t, EVENT_RUNTIME_DONE, "a"), a);
	assert_true(a->done && !a->reported);
	assert_ptr_equal(told(&t, EVENT_REPORT, "a"), a);
	assert_true(a->reported);
	assert_ptr_equal(invocations_find(&t, slice_str("a")), a);
	assert_int_equal(t.count, 1);

	told(&t, EVENT_START, "b");
	told(&t, EVENT_RUNTIME_DONE, "b");
	a = invoke(&t, slice_str("b"));
	assert_true(a->started && a->done);
	assert_int_equal(t.count, 2);
}

/* Lambda runs a failed asynchronous request again under the same id, often in the same environment:
 * what was told of the first run does not hold for the second, and stays true of the first. */
static void test_same_request_again(void **state)
{
	struct invocations t = {0};
	struct invocation *a, *again;

	(void)state;
	/* The INVOKE comes first. */
	a = invoke(&t, slice_str("a"));
	told(&t, EVENT_START, "a");
	told(&t, EVENT_RUNTIME_DONE, "a");
	told(&t, EVENT_REPORT, "a");
	a->source = TRACE_OWN_SPAN;
	again = invoke(&t, slice_str("a"));
	assert_ptr_not_equal(again, a);
	assert_ptr_equal(invocations_find(&t, slice_str("a")), again);
	assert_false(again->started || again->done || again->reported);
	assert_int_equal(again->source, TRACE_UNKNOWN);
	assert_true(a->done && a->reported && a->source == TRACE_OWN_SPAN);
	assert_ptr_equal(told(&t, EVENT_START, "a"), again);
	assert_true(again->started && !again->done);
	assert_ptr_equal(invocations_current(&t), again);
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_true(again->done);
	/* The Telemetry API comes first. */
	again = told(&t, EVENT_START, "a");
	assert_true(again->started && !again->done);
	assert_ptr_equal(invoke(&t, slice_str("a")), again);
	assert_true(again->started && !again->done);
	told(&t, EVENT_RUNTIME_DONE, "a");
	again = invoke(&t, slice_str("a"));
	assert_false(again->started || again->done);
	assert_int_equal(t.count, 4);
}

static void test_other_events(void **state)
{
	static const enum event_type types[] = {
		EVENT_UNKNOWN,        EVENT_BROKEN,          EVENT_FUNCTION,
		EVENT_EXTENSION,      EVENT_INIT_START,      EVENT_INIT_RUNTIME_DONE,
		EVENT_INIT_REPORT,    EVENT_RESTORE_START,   EVENT_RESTORE_RUNTIME_DONE,
		EVENT_RESTORE_REPORT, EVENT_EXTENSION_STATE, EVENT_SUBSCRIPTION,
		EVENT_LOGS_DROPPED,
	};
	struct telemetry_event nothing = {.type = EVENT_START};
	struct invocations t = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		assert_null(told(&t, types[i], "a"));
	/* Without a request id, and with one that is none. */
	assert_null(invocations_event(&t, &nothing));
	assert_null(told(&t, EVENT_START, ""));
	/* The report of a request that is long forgotten. */
	assert_null(told(&t, EVENT_REPORT, "a"));
	assert_int_equal(t.count, 0);
	assert_string_equal(current(&t), "none");
}

/* Lines that come late belong to the one that was started last, until the next is. */
static void test_current(void **state)
{
	struct invocations t = {0};

	(void)state;
	told(&t, EVENT_START, "a");
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_string_equal(current(&t), "a");
	told(&t, EVENT_REPORT, "a");
	invoke(&t, slice_str("b"));
	assert_string_equal(current(&t), "a");
	told(&t, EVENT_START, "b");
	assert_string_equal(current(&t), "b");
	/* The end of another one changes nothing. */
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_string_equal(current(&t), "b");
	told(&t, EVENT_START, "a");
	assert_string_equal(current(&t), "a");
}

/* Managed Instances run several at once: the last one started says nothing of a line. */
static void test_concurrent(void **state)
{
	struct invocations t = {.concurrent = true};

	(void)state;
	assert_true(told(&t, EVENT_START, "a")->started);
	assert_true(told(&t, EVENT_START, "b")->started);
	assert_true(told(&t, EVENT_REPORT, "a")->reported);
	assert_string_equal(current(&t), "none");
}

/* The oldest gives way; the others stay what they are. */
static void test_ring(void **state)
{
	struct invocations t = {0};
	char id[32];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 10 * INVOCATIONS; i++) {
		snprintf(id, sizeof id, "request-%u", i);
		if (i % 3 == 0)
			told(&t, EVENT_START, id);
		else
			invoke(&t, slice_str(id));
		for (k = 0; k <= i; k++) {
			struct invocation *entry;

			snprintf(id, sizeof id, "request-%u", k);
			entry = invocations_find(&t, slice_str(id));
			assert_int_equal(entry != NULL, k + INVOCATIONS > i);
			if (entry) {
				assert_string_equal(entry->request_id, id);
				assert_int_equal(entry->started, k % 3 == 0);
			}
		}
		snprintf(id, sizeof id, "request-%u", i - i % 3);
		assert_string_equal(current(&t), id);
	}
	/* The current one goes out of the ring with its entry. */
	for (k = 0; k < INVOCATIONS; k++) {
		snprintf(id, sizeof id, "later-%u", k);
		invoke(&t, slice_str(id));
	}
	assert_string_equal(current(&t), "none");
}

static void test_odd_ids(void **state)
{
	struct invocations t = {0};
	char id[200];
	struct invocation *a, *b;

	(void)state;
	/* Too long: cut, and found again. */
	memset(id, 'x', sizeof id);
	a = invoke(&t, slice_of(id, sizeof id));
	assert_int_equal(strlen(a->request_id), REQUEST_ID_SIZE - 1);
	assert_ptr_equal(invocations_find(&t, slice_of(id, sizeof id)), a);
	assert_ptr_equal(invocations_find(&t, slice_of(id, REQUEST_ID_SIZE)), a);
	assert_null(invocations_find(&t, slice_of(id, REQUEST_ID_SIZE - 2)));
	/* None at all, as an INVOKE event without one has it. */
	b = invoke(&t, (struct slice){NULL, 0});
	assert_string_equal(b->request_id, "");
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(invocations_find(&t, slice_str("")), b);
}

/* ---- When, how it ended, and its trace ---- */

static struct invocation *tell(struct invocations *table, enum event_type type, uint64_t time,
			       const char *record)
{
	struct telemetry_event event = {.type = type, .time_unix_nano = time};
	struct invocation *entry;

	event.record = json_loads(record, 0, NULL);
	assert_non_null(event.record);
	entry = invocations_event(table, &event);
	json_decref(event.record);
	return entry;
}

/* The platform's times go before when the INVOKE happened to be read. */
static void test_times(void **state)
{
	struct invocations t = {0};
	struct invocation *a = invocations_invoke(&t, slice_str("a"), slice_str(""), 105);

	(void)state;
	assert_int_equal(a->start, 105);
	tell(&t, EVENT_START, 0, "{\"requestId\":\"a\"}");
	assert_int_equal(a->start, 105);
	assert_int_equal(a->end, 0);
	tell(&t, EVENT_RUNTIME_DONE, 200, "{\"requestId\":\"a\"}");
	tell(&t, EVENT_REPORT, 205, "{\"requestId\":\"a\"}");
	assert_int_equal(a->end, 200);

	a = tell(&t, EVENT_START, 300, "{\"requestId\":\"b\"}");
	invocations_invoke(&t, slice_str("b"), slice_str(""), 310);
	assert_int_equal(a->start, 300);
	/* Managed Instances tell only the report. */
	tell(&t, EVENT_REPORT, 400, "{\"requestId\":\"b\"}");
	assert_int_equal(a->end, 400);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *status;
		enum outcome_of_invocation outcome;
	} cells[] = {
		{"success", INVOCATION_SUCCESS}, {"error", INVOCATION_ERROR},
		{"failure", INVOCATION_FAILURE}, {"timeout", INVOCATION_TIMEOUT},
		{"", INVOCATION_RUNS},           {"a later one", INVOCATION_RUNS},
	};
	static const enum event_type ends[] = {EVENT_RUNTIME_DONE, EVENT_REPORT};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		for (k = 0; k < sizeof ends / sizeof ends[0]; k++) {
			struct invocations t = {0};
			struct invocation *a = invoke(&t, slice_str("a"));
			char record[100];

			assert_int_equal(a->outcome, INVOCATION_RUNS);
			snprintf(record, sizeof record, "{\"requestId\":\"a\",\"status\":\"%s\"}",
				 cells[i].status);
			tell(&t, ends[k], 1, record);
			assert_int_equal(a->outcome, cells[i].outcome);
		}
	}
}

#define TRACE "5759e988bd862e3fe1be46a994272793"
#define HEADER "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled="

/* INVOKE and platform.start both have the header; either may lack it. */
static void test_header(void **state)
{
	struct invocations t = {0};
	char id[2 * TRACE_ID_SIZE + 1];
	struct invocation *a = invocations_invoke(&t, slice_str("a"), slice_str(HEADER "1"), 1);

	(void)state;
	trace_id_print(a->header.trace_id, id);
	assert_string_equal(id, TRACE);
	tell(&t, EVENT_START, 1, "{\"requestId\":\"a\"}");
	assert_int_equal(a->header.sampled, XRAY_SAMPLED);

	a = invoke(&t, slice_str("b"));
	assert_false(trace_id_is_set(a->header.trace_id));
	tell(&t, EVENT_START, 1,
	     "{\"requestId\":\"b\",\"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"" HEADER
	     "0\"}}");
	trace_id_print(a->header.trace_id, id);
	assert_string_equal(id, TRACE);
	assert_int_equal(a->header.sampled, XRAY_NOT_SAMPLED);

	a = tell(&t, EVENT_START, 1, "{\"requestId\":\"c\",\"tracing\":\"odd\"}");
	assert_false(trace_id_is_set(a->header.trace_id));
}

/* Every cell of: is an SDK at work, where were its spans, what does the header say. */
static void test_when_the_header_is_believed(void **state)
{
	static const struct {
		bool sdk, by_header, by_other;
		const char *header;
		enum trace_source source;
	} cells[] = {
		{false, false, false, HEADER "1", TRACE_XRAY},
		{false, false, false, HEADER "0", TRACE_XRAY},
		{false, false, false, HEADER "?", TRACE_XRAY},
		{false, false, false, "", TRACE_UNKNOWN},
		{true, false, false, HEADER "1", TRACE_UNKNOWN},
		{true, true, false, HEADER "1", TRACE_XRAY},
		{true, true, false, HEADER "0", TRACE_UNKNOWN},
		{true, true, false, HEADER "?", TRACE_UNKNOWN},
		{true, true, false, "", TRACE_UNKNOWN},
		{true, false, true, HEADER "1", TRACE_UNKNOWN},
		{true, true, true, HEADER "1", TRACE_UNKNOWN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct invocations t = {
			.sdk = cells[i].sdk,
			.by_header = cells[i].by_header,
			.by_other = cells[i].by_other,
		};
		struct invocation *a = invocations_invoke(&t, slice_str("a"),
							  slice_str(cells[i].header), 1);
		struct trace_context trace;
		char id[2 * TRACE_ID_SIZE + 1];

		assert_int_equal(invocations_trace(&t, a, &trace), cells[i].source);
		trace_id_print(trace.trace_id, id);
		assert_string_equal(id, cells[i].source == TRACE_XRAY
						? TRACE
						: "00000000000000000000000000000000");
		/* X-Ray's parent is no span of the function's. */
		assert_false(span_id_is_set(trace.span_id));
		/* What spans said goes before. */
		a->trace = (struct trace_context){{7}, {8}};
		a->source = TRACE_LOCAL_ROOT;
		assert_int_equal(invocations_trace(&t, a, &trace), TRACE_LOCAL_ROOT);
		assert_memory_equal(&trace, &a->trace, sizeof trace);
	}
}

/* Each entry has its number for as long as it is in the table, and no other has it. */
static void test_numbers(void **state)
{
	struct invocations t = {0};
	unsigned n, k;

	(void)state;
	assert_null(invocations_at(&t, 0));
	assert_null(invocations_at(&t, 1));
	for (n = 1; n <= 3 * INVOCATIONS + 1; n++) {
		char id[20];
		struct invocation *entry;

		snprintf(id, sizeof id, "%u", n);
		entry = invocations_get(&t, slice_str(id));
		assert_int_equal(invocations_number(&t, entry), n);
		for (k = 1; k <= n; k++) {
			const struct invocation *at = invocations_at(&t, k);

			assert_int_equal(at != NULL, k + INVOCATIONS > n);
			if (at)
				assert_int_equal(invocations_number(&t, at), k);
		}
		assert_null(invocations_at(&t, n + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_one_request),
		cmocka_unit_test(test_same_request_again),
		cmocka_unit_test(test_other_events),
		cmocka_unit_test(test_current),
		cmocka_unit_test(test_concurrent),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_odd_ids),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_when_the_header_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "base/arena.c"

#include "collector_trace.pb-c.h"
#include "domain/platform_spans.h"
#include "guard.h"
#include "wire/otlp.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define S UINT64_C(1000000000)

/* ---- Decisions ---- */

#define NO SPAN_NO
#define YES SPAN_YES
#define LATER SPAN_LATER

/* Every cell of `auto`. A column is an outcome: it runs, success, error, failure, time-out; the
 * last one is a success in which memory ran out. */
static const struct row {
	bool own_span, sdk, dropped, sdk_had_time;
	enum span_decision cells[6];
} rows[] = {
	/* nobody was heard, and perhaps will be */
	{false, false, false, false, {LATER, LATER, LATER, YES, YES, YES}},
	/* no SDK is at work */
	{false, false, false, true, {LATER, YES, YES, YES, YES, YES}},
	/* the sampling of whoever called has dropped the trace */
	{false, false, true, false, {LATER, NO, LATER, YES, YES, YES}},
	{false, false, true, true, {LATER, NO, YES, YES, YES, YES}},
	/* an SDK is: what went well it has told, or dropped */
	{false, true, false, false, {LATER, NO, NO, YES, YES, YES}},
	{false, true, false, true, {LATER, NO, NO, YES, YES, YES}},
	{false, true, true, false, {LATER, NO, NO, YES, YES, YES}},
	{false, true, true, true, {LATER, NO, NO, YES, YES, YES}},
	/* and it has sent the request's span */
	{true, true, false, false, {LATER, NO, NO, NO, NO, NO}},
	{true, true, false, true, {LATER, NO, NO, NO, NO, NO}},
	{true, true, true, false, {LATER, NO, NO, NO, NO, NO}},
	{true, true, true, true, {LATER, NO, NO, NO, NO, NO}},
};

static struct span_view view_of(const struct row *row, unsigned column, enum span_setting setting)
{
	static const enum outcome_of_invocation outcomes[] = {
		INVOCATION_RUNS,    INVOCATION_SUCCESS, INVOCATION_ERROR,
		INVOCATION_FAILURE, INVOCATION_TIMEOUT, INVOCATION_SUCCESS,
	};

	return (struct span_view){
		.setting = setting,
		.outcome = outcomes[column],
		.out_of_memory = column == 5,
		.own_span = row->own_span,
		.sdk = row->sdk,
		.dropped = row->dropped,
		.reported = true,
		.sdk_had_time = row->sdk_had_time,
	};
}

static void test_every_decision(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		for (unsigned column = 0; column < 6; column++) {
			struct span_view view = view_of(&rows[i], column, SPANS_AUTO);

			if (span_decide(&view) != rows[i].cells[column])
				fail_msg("row %zu, column %u: %d", i, column,
					 (int)span_decide(&view));
			view.setting = SPANS_ALWAYS;
			assert_int_equal(span_decide(&view), column == 0 ? LATER : YES);
			view.setting = SPANS_NEVER;
			assert_int_equal(span_decide(&view), NO);
		}
	}
}

/* A crash is told when its report has come, which may say why: of that alone more is to come. */
static void test_a_crash_awaits_its_report(void **state)
{
	(void)state;
	for (unsigned column = 0; column < 6; column++) {
		struct span_view view = view_of(&rows[1], column, SPANS_ALWAYS);

		view.reported = false;
		assert_int_equal(span_decide(&view), column == 0   ? LATER
						     : column == 3 ? SPAN_AWAITED
								   : YES);
		view.setting = SPANS_AUTO;
		assert_int_equal(span_decide(&view), column == 0   ? LATER
						     : column == 3 ? SPAN_AWAITED
								   : YES);
		view.own_span = true;
		if (column == 3)
			assert_int_equal(span_decide(&view), NO);
		view.own_span = false;
		view.out_of_memory = true;
		assert_int_equal(span_decide(&view), column == 0 ? LATER : YES);
		view.setting = SPANS_NEVER;
		assert_int_equal(span_decide(&view), NO);
	}
}

/* ---- What is in them ---- */

static const struct span_ids ids = {
	.own = {.trace_id = {1, 2, [15] = 16}, .span_id = {7, [7] = 8}},
	.parent = {[3] = 9},
};

struct decoded {
	Otlp__ExportTraceServiceRequest *request;
	const Otlp__Span *span;
};

static struct decoded decode(struct span_request *r)
{
	struct bytes out = {0};
	struct decoded d;
	struct otlp_verdict verdict;

	assert_int_equal(span_request_finish(r, &out), 1);
	verdict = otlp_check(OTLP_TRACES, guard_put(bytes_slice(&out)));
	assert_true(verdict.valid && !verdict.alone);
	assert_int_equal(verdict.items, 1);
	d.request = otlp__export_trace_service_request__unpack(NULL, out.len, out.data);
	assert_non_null(d.request);
	d.span = d.request->resource_spans[0]->scope_spans[0]->spans[0];
	assert_string_equal(d.request->resource_spans[0]->scope_spans[0]->scope->name, "lull");
	bytes_free(&out);
	return d;
}

/* "key=value key=value ..." */
static const char *attributes(const Otlp__Span *span)
{
	static char text[4096];
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < span->n_attributes; i++) {
		const Otlp__KeyValue *kv = span->attributes[i];

		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s=", i ? " " : "",
					kv->key);
		switch (kv->value->value_case) {
		case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
			len += (size_t)snprintf(text + len, sizeof text - len, "%s",
						kv->value->string_value);
			break;
		case OTLP__ANY_VALUE__VALUE_INT_VALUE:
			len += (size_t)snprintf(text + len, sizeof text - len, "%jd",
						(intmax_t)kv->value->int_value);
			break;
		case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
			len += (size_t)snprintf(text + len, sizeof text - len, "%d",
						kv->value->bool_value);
			break;
		case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
			for (size_t k = 0; k < kv->value->array_value->n_values; k++)
				len += (size_t)
					snprintf(text + len, sizeof text - len, "[%s]",
						 kv->value->array_value->values[k]->string_value);
			break;
		default:
			fail_msg("%s", kv->key);
		}
	}
	return text;
}

static void test_invocations(void **state)
{
	static const struct {
		enum outcome_of_invocation outcome;
		const char *error_type;
		bool out_of_memory, coldstart;
		const char *attributes, *message; /* NULL: no error */
	} cases[] = {
		{INVOCATION_SUCCESS, "", false, false, "faas.invocation_id=r", NULL},
		{INVOCATION_SUCCESS, "", false, true, "faas.invocation_id=r faas.coldstart=1",
		 NULL},
		{INVOCATION_ERROR, "KeyError", false, false,
		 "faas.invocation_id=r error.type=KeyError", "KeyError"},
		{INVOCATION_ERROR, "", false, false, "faas.invocation_id=r error.type=error",
		 "error"},
		{INVOCATION_FAILURE, "Runtime.ExitError", true, false,
		 "faas.invocation_id=r lull.out_of_memory=1 error.type=Runtime.ExitError",
		 "Runtime.ExitError"},
		{INVOCATION_FAILURE, "", false, false, "faas.invocation_id=r error.type=failure",
		 "failure"},
		{INVOCATION_TIMEOUT, "Sandbox.Timedout", false, false,
		 "faas.invocation_id=r error.type=Sandbox.Timedout",
		 "Task timed out after 3.07 seconds"},
		{INVOCATION_TIMEOUT, "", false, false, "faas.invocation_id=r error.type=timeout",
		 "Task timed out after 3.07 seconds"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct invocation invocation = {.request_id = "r",
						.start = 1000 * S,
						.end = 1003 * S + 75000000,
						.outcome = cases[i].outcome};
		struct request_end end = {.out_of_memory = cases[i].out_of_memory};
		const struct invocation_span what = {.function = slice_str("orders"),
						     .invocation = &invocation,
						     .end = &end,
						     .coldstart = cases[i].coldstart};
		struct span_request r = {0};
		struct decoded d;

		snprintf(end.error_type, sizeof end.error_type, "%s", cases[i].error_type);
		span_add_invocation(&r, &ids, &what);
		d = decode(&r);
		assert_string_equal(d.span->name, "orders");
		assert_int_equal(d.span->kind, OTLP__SPAN__SPAN_KIND__SPAN_KIND_SERVER);
		assert_true(d.span->start_time_unix_nano == invocation.start);
		assert_true(d.span->end_time_unix_nano == invocation.end);
		assert_memory_equal(d.span->trace_id.data, ids.own.trace_id, TRACE_ID_SIZE);
		assert_memory_equal(d.span->span_id.data, ids.own.span_id, SPAN_ID_SIZE);
		assert_memory_equal(d.span->parent_span_id.data, ids.parent, SPAN_ID_SIZE);
		assert_string_equal(attributes(d.span), cases[i].attributes);
		assert_int_equal(d.span->status != NULL, cases[i].message != NULL);
		if (d.span->status) {
			assert_int_equal(d.span->status->code,
					 OTLP__STATUS__STATUS_CODE__STATUS_CODE_ERROR);
			assert_string_equal(d.span->status->message, cases[i].message);
		}
		otlp__export_trace_service_request__free_unpacked(d.request, NULL);
	}
}

static void test_last_words(void **state)
{
	const struct invocation invocation = {.request_id = "r", .outcome = INVOCATION_FAILURE};
	const struct request_end end = {0};
	const struct last_words words = {
		.log = slice_of("bad \xff\0 line", 11),
		.span = slice_str("query"),
		.connections = slice_str("10.0.3.7:5432 ESTABLISHED\n[fd00::1]:443 SYN_SENT\n"),
		.memory = 1234,
	};
	const struct invocation_span what = {.function = slice_str("f"),
					     .invocation = &invocation,
					     .end = &end,
					     .words = &words};
	struct span_request r = {0};
	struct decoded d;

	(void)state;
	span_add_invocation(&r, &ids, &what);
	d = decode(&r);
	assert_string_equal(attributes(d.span),
			    "faas.invocation_id=r error.type=failure "
			    "lull.last_log=bad \xef\xbf\xbd\xef\xbf\xbd line lull.last_span=query "
			    "lull.connections=[10.0.3.7:5432 ESTABLISHED][[fd00::1]:443 SYN_SENT] "
			    "lull.memory.usage=1234");
	otlp__export_trace_service_request__free_unpacked(d.request, NULL);
}

/* Values of correlation keys keep their types; what the span has it keeps, and all of them have
 * room. */
static void test_values(void **state)
{
	const struct invocation invocation = {.request_id = "r", .outcome = INVOCATION_FAILURE};
	const struct request_end end = {.out_of_memory = true};
	const struct last_words words = {slice_str("log"), slice_str("span"), slice_str("c\n"), 1};
	const struct invocation_span what = {.function = slice_str("f"),
					     .invocation = &invocation,
					     .end = &end,
					     .coldstart = true,
					     .words = &words};
	static const char *const names[] = {"t", "i", "b", "k4", "k5", "k6", "k7", "k8"};
	struct span_request r = {0};
	Otlp__Span *span = span_add_invocation(&r, &ids, &what);
	struct decoded d;

	(void)state;
	assert_non_null(span);
	span_set_any(&r, span, slice_str("faas.invocation_id"), slice_str("\x0a\x01s"));
	for (size_t i = 0; i < LENGTH(names); i++)
		span_set_any(&r, span, slice_str(names[i]),
			     slice_str(i == 1   ? "\x18\x0c"
				       : i == 2 ? "\x10\x01"
						: "\x0a\x03"
						  "abc"));
	d = decode(&r);
	assert_string_equal(attributes(d.span),
			    "faas.invocation_id=r faas.coldstart=1 lull.out_of_memory=1 "
			    "error.type=failure lull.last_log=log lull.last_span=span "
			    "lull.connections=[c] lull.memory.usage=1 t=abc i=12 b=1 k4=abc k5=abc "
			    "k6=abc k7=abc k8=abc");
	otlp__export_trace_service_request__free_unpacked(d.request, NULL);
}

static void tell(struct platform_phase *phase,
		 void (*take)(struct platform_phase *, const struct telemetry_event *),
		 uint64_t time, const char *record)
{
	struct telemetry_event event = {.time_unix_nano = time};

	event.record = json_loads(record, 0, NULL);
	take(phase, &event);
	json_decref(event.record);
}

static void test_phases(void **state)
{
	static const struct {
		const char *report;
		uint64_t took;
		const char *attributes;
	} cases[] = {
		{"{\"status\":\"success\",\"metrics\":{\"durationMs\":250.5}}", 250500000,
		 "faas.coldstart=1"},
		{"{\"metrics\":{\"durationMs\":0}}", 0, "faas.coldstart=1"},
		/* nobody says how long it took */
		{"{\"status\":\"success\"}", 2 * S, "faas.coldstart=1"},
		{"{\"status\":\"error\",\"errorType\":\"Runtime.ImportModuleError\"}", 2 * S,
		 "faas.coldstart=1 error.type=Runtime.ImportModuleError"},
		{"{\"status\":\"timeout\"}", 2 * S, "faas.coldstart=1 error.type=error"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct platform_phase phase = {0};
		struct span_request r = {0};
		struct decoded d;

		/* One whose begin nobody told has no span. */
		tell(&phase, phase_end, 12 * S, cases[i].report);
		assert_false(phase.begun || phase.over);
		tell(&phase, phase_begin, 10 * S, "{}");
		assert_true(phase.begun && !phase.over);
		tell(&phase, phase_end, 12 * S, cases[i].report);
		assert_true(phase.over);
		span_add_phase(&r, &ids, "init", slice_str("orders"), &phase);
		d = decode(&r);
		assert_string_equal(d.span->name, "init orders");
		assert_int_equal(d.span->kind, OTLP__SPAN__SPAN_KIND__SPAN_KIND_INTERNAL);
		assert_true(d.span->start_time_unix_nano == 10 * S);
		assert_true(d.span->end_time_unix_nano == 10 * S + cases[i].took);
		assert_string_equal(attributes(d.span), cases[i].attributes);
		assert_int_equal(d.span->status != NULL,
				 strstr(cases[i].attributes, "error") != NULL);
		otlp__export_trace_service_request__free_unpacked(d.request, NULL);
	}
}

/* Whichever allocation fails: there is the whole span, or none and it is said. */
static void test_short_memory(void **state)
{
	const struct invocation invocation = {.request_id = "r", .outcome = INVOCATION_FAILURE};
	const struct request_end end = {0};
	const struct last_words words = {slice_str("log"), slice_str("span"), slice_str("a\nb\n"),
					 1};
	const struct invocation_span what = {.function = slice_str("f"),
					     .invocation = &invocation,
					     .end = &end,
					     .words = &words};
	bool failed = true;

	(void)state;
	for (int at = 1; failed; at++) {
		struct span_request r = {0};
		struct bytes out = {0};
		Otlp__Span *span;
		size_t spans;

		short_heap_at = at;
		span = span_add_invocation(&r, &ids, &what);
		if (span)
			span_set_any(&r, span, slice_str("k"), slice_str("\x0a\x01v"));
		spans = span_request_finish(&r, &out);
		failed = short_heap_at == 0;
		short_heap_at = 0;
		assert_int_equal(spans, failed ? 0 : 1);
		assert_int_equal(out.failed, failed);
		bytes_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_decision),
		cmocka_unit_test(test_a_crash_awaits_its_report),
		cmocka_unit_test(test_invocations),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

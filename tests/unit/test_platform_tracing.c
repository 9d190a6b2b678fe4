/* SPDX-License-Identifier: Apache-2.0 */
/* When the spans that lull makes are decided, which trace they are of and beside what they stand,
 * and what they say last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_world.h"

#include "collector_trace.pb-c.h"
#include "domain/join.h"
#include "platform_tracing.h"
#include "short_memory.h"
#include "wire/otlp_fields.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ROOT "Root=1-01000000-000000000000000000000000;Parent=0900000000000000;Sampled="

struct scene {
	struct world world;
	struct config config;
	struct invocations table;
	struct platform_tracing tracing;
	uint64_t ms;   /* of the events told next, since 1970 */
	unsigned news; /* how often it became known that memory ran out */
	size_t shown;  /* payloads that are */
};

static void begin_scene(struct scene *s, const struct export_settings *settings)
{
	*s = (struct scene){.world = begin(settings, NULL),
			    .config = {.last_words = true, .invocation_spans = SPANS_AUTO},
			    .ms = 1000};
	s->tracing = (struct platform_tracing){
		.config = &s->config,
		.store = store_of(&s->world),
		.invocations = &s->table,
		.function = slice_str("f"),
	};
}

static void end_scene(struct scene *s)
{
	tracing_free(&s->tracing);
	end(&s->world);
}

/* ---- What comes in ---- */

static void tell(struct scene *s, enum event_type type, const char *record)
{
	struct telemetry_event event = {.type = type,
					.time_unix_nano = s->ms * NS_PER_MS,
					.text = slice_str(record)};
	const struct invocation *invocation = NULL;

	if (type != EVENT_FUNCTION)
		event.record = json_loads(record, 0, NULL);
	if (type == EVENT_FUNCTION) {
		s->news += tracing_line(&s->tracing, &event, invocations_current(&s->table));
	} else {
		invocation = invocations_event(&s->table, &event);
		s->news += tracing_event(&s->tracing, &event, invocation);
	}
	json_decref(event.record);
}

static void tell_of(struct scene *s, enum event_type type, const char *id, const char *more)
{
	char record[512];

	snprintf(record, sizeof record, "{\"requestId\":\"%s\"%s}", id, more);
	tell(s, type, record);
}

#define SUCCESS ",\"status\":\"success\""
#define FAILURE ",\"status\":\"failure\",\"errorType\":\"Runtime.ExitError\""

static struct invocation *invoke(struct scene *s, const char *id, const char *header)
{
	struct invocation *invocation = invocations_invoke(&s->table, slice_str(id),
							   slice_str(header), s->ms * NS_PER_MS);

	tell_of(s, EVENT_START, id, "");
	return invocation;
}

static void whole_init(struct scene *s, const char *report)
{
	tell(s, EVENT_INIT_START, "{}");
	tell(s, EVENT_INIT_REPORT, report);
}

/* A span of the function's with that name, which ended then, passes by. */
static void pass(struct scene *s, const char *name, uint64_t ms)
{
	const struct last_span last = {slice_str(name), ms * NS_PER_MS};

	tracing_last_span(&s->tracing, &last);
}

/* ---- What goes out ---- */

static void show_attribute(struct bytes *out, const Otlp__KeyValue *kv)
{
	const Otlp__AnyValue *value = kv->value;

	/* What the machine is like while the test runs is none of it. */
	if (strcmp(kv->key, "lull.memory.usage") == 0 || strcmp(kv->key, "lull.connections") == 0)
		return;
	bytes_addf(out, " %s", kv->key);
	if (value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
		bytes_addf(out, "=%s", value->string_value);
}

/* "NAME in TRACE below PARENT", ids by their first bytes, "new" for one that was made up; then what
 * it says. */
static void show_span(struct bytes *out, const Otlp__Span *span)
{
	bytes_addf(out, "%s in ", span->name);
	if (span->trace_id.data[1] || span->trace_id.data[2] || span->trace_id.data[15])
		bytes_addf(out, "new");
	else
		bytes_addf(out, "%u", span->trace_id.data[0]);
	if (span->parent_span_id.len > 0)
		bytes_addf(out, " below %u", span->parent_span_id.data[0]);
	for (size_t i = 0; i < span->n_attributes; i++)
		show_attribute(out, span->attributes[i]);
	bytes_addc(out, '\n');
}

static void show_payload(struct bytes *out, const struct payload *p)
{
	Otlp__ExportTraceServiceRequest *request;
	const Otlp__ScopeSpans *scope;

	assert_int_equal(otlp_check(OTLP_TRACES, bytes_slice(&p->message)).items, p->items);
	request = otlp__export_trace_service_request__unpack(NULL, p->message.len, p->message.data);
	assert_non_null(request);
	scope = request->resource_spans[0]->scope_spans[0];
	for (size_t i = 0; i < scope->n_spans; i++)
		show_span(out, scope->spans[i]);
	otlp__export_trace_service_request__free_unpacked(request, NULL);
}

/* A flush makes exactly those. */
static void require_made(struct scene *s, bool all, const char *expected)
{
	const struct payload_list *list = &s->world.store.staging[OTLP_TRACES];
	struct bytes shown = {0};

	tracing_flush(&s->tracing, all, (struct now){.mono = 1, .real = 1});
	for (; s->shown < list->count; s->shown++)
		show_payload(&shown, payload_list_at(list, s->shown));
	assert_string_equal(shown.len > 0 ? bytes_cstr(&shown) : "", expected);
	bytes_free(&shown);
}

/* All that was made is of one trace. */
static void require_one_trace(struct scene *s)
{
	const struct payload_list *list = &s->world.store.staging[OTLP_TRACES];
	struct slice first = {0};

	for (size_t i = 0; i < list->count; i++) {
		const struct payload *p = payload_list_at(list, i);
		struct otlp_iter iter = otlp_items(OTLP_TRACES, bytes_slice(&p->message));
		struct otlp_item item;

		while (otlp_next(&iter, &item)) {
			struct otlp_span fields;
			struct slice id;

			otlp_fields_of_span(item.item, &fields, NULL);
			id = fields.trace_id;
			assert_int_equal(id.len, TRACE_ID_SIZE);
			if (first.len == 0)
				first = id;
			assert_memory_equal(id.data, first.data, id.len);
		}
	}
}

/* ---- Tests ---- */

/* Init is told in the trace of the first request, when that is over: by then its trace is known. */
static void test_init_waits_for_the_first_request(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	s.table.sdk = true;
	require_made(&s, false, "");
	tell(&s, EVENT_INIT_START, "{}");
	require_made(&s, false, "");
	tell(&s, EVENT_INIT_REPORT, "{\"status\":\"success\"}");
	require_made(&s, false, "");
	invoke(&s, "a", ROOT "1");
	require_made(&s, false, "");
	/* An SDK that is at work may say it in a later request's time. */
	tell_of(&s, EVENT_RUNTIME_DONE, "a", SUCCESS);
	require_made(&s, false, "");
	invoke(&s, "b", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "b", SUCCESS);
	require_made(&s, false, "init f in new faas.coldstart\n");
	require_made(&s, true, "");
	end_scene(&s);
}

static void test_what_cannot_wait(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	whole_init(&s, "{\"status\":\"error\",\"errorType\":\"E\"}");
	require_made(&s, false, "");
	require_made(&s, true, "init f in new faas.coldstart error.type=E\n");
	end_scene(&s);
	/* An init that nobody has told the end of is none. */
	begin_scene(&s, all_signals);
	tell(&s, EVENT_INIT_START, "{}");
	require_made(&s, true, "");
	end_scene(&s);
}

/* Where the trace is known from, and beside what. */
static void test_beside_what(void **state)
{
	static const struct {
		bool sdk;
		enum trace_source source;
		uint8_t trace, parent;
		const char *where;
	} cases[] = {
		{false, TRACE_UNKNOWN, 0, 0, "1 below 9"},
		{true, TRACE_UNKNOWN, 0, 0, "new"},
		{true, TRACE_LOCAL_ROOT, 1, 9, "1 below 9"},
		{true, TRACE_LOCAL_ROOT, 1, 0, "1"},
		{true, TRACE_OWN_SPAN, 2, 7, "2 below 7"},
		{true, TRACE_OWN_SPAN, 2, 0, "2"},
		/* of several traces */
		{true, TRACE_LOCAL_ROOT, 0, 0, "new"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct invocation *invocation;
		char expected[256];
		struct scene s;

		begin_scene(&s, all_signals);
		s.config.invocation_spans = SPANS_ALWAYS;
		s.table.sdk = cases[i].sdk;
		whole_init(&s, "{}");
		tell(&s, EVENT_RESTORE_START, "{}");
		tell(&s, EVENT_RESTORE_REPORT, "{}");
		invocation = invoke(&s, "a", ROOT "1");
		invocation->source = cases[i].source;
		invocation->trace.trace_id[0] = cases[i].trace;
		invocation->parent[0] = cases[i].parent;
		tell_of(&s, EVENT_RUNTIME_DONE, "a", SUCCESS);
		snprintf(expected, sizeof expected,
			 "init f in %s faas.coldstart\n"
			 "restore f in %s faas.coldstart\n"
			 "f in %s faas.invocation_id=a faas.coldstart\n",
			 cases[i].where, cases[i].where, cases[i].where);
		require_made(&s, true, expected);
		if (cases[i].source == TRACE_UNKNOWN)
			require_one_trace(&s);
		end_scene(&s);
	}
}

/* What stands in for the function's own span is what lines lead to, and what comes later stands
 * beside. */
static void test_it_takes_the_place_of_the_own_span(void **state)
{
	struct invocation *invocation;
	struct trace_context trace;
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	s.table.sdk = true;
	tell(&s, EVENT_INIT_START, "{}");
	invocation = invoke(&s, "a", "");
	tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
	require_made(&s, true,
		     "f in new faas.invocation_id=a faas.coldstart "
		     "error.type=Runtime.ExitError\n");
	assert_int_equal(invocations_trace(&s.table, invocation, &trace), TRACE_OWN_SPAN);
	assert_true(span_id_is_set(trace.span_id));
	/* Init is told late: in the same trace. */
	memset(&invocation->trace, 0, sizeof invocation->trace);
	invocation->trace.trace_id[0] = 5;
	tell(&s, EVENT_INIT_REPORT, "{}");
	require_made(&s, false, "init f in 5 faas.coldstart\n");
	end_scene(&s);
}

/* Spans within a request that died say its trace, and lull's takes the place of the one they hang
 * on: but not while that may yet be sent. */
static void test_it_is_the_parent_of_what_came(void **state)
{
	static const struct {
		const char *end;
		bool local;
		const char *made;
		uint8_t span; /* its id; 0: a new one */
	} cases[] = {
		{",\"status\":\"timeout\"", true,
		 "f in 2 faas.invocation_id=a faas.coldstart error.type=timeout\n", 4},
		{",\"status\":\"timeout\"", false,
		 "f in 2 below 4 faas.invocation_id=a faas.coldstart error.type=timeout\n", 0},
		{FAILURE, true,
		 "f in 2 faas.invocation_id=a faas.coldstart error.type=Runtime.ExitError\n", 4},
		{",\"status\":\"error\",\"errorType\":\"MemoryError\"", true,
		 "f in 2 faas.invocation_id=a faas.coldstart lull.out_of_memory "
		 "error.type=MemoryError\n",
		 0},
	};
	const struct trace_context parent = {{2}, {4}};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct invocation *invocation;
		struct scene s;

		begin_scene(&s, all_signals);
		s.table.sdk = true;
		invocation = invoke(&s, "a", ROOT "0");
		orphans_add(&s.table.orphans, &parent, cases[i].local, s.ms * NS_PER_MS);
		tell_of(&s, EVENT_RUNTIME_DONE, "a", cases[i].end);
		require_made(&s, true, cases[i].made);
		assert_int_equal(invocation->source, TRACE_OWN_SPAN);
		assert_true(span_id_is_set(invocation->trace.span_id));
		if (cases[i].span)
			assert_memory_equal(invocation->trace.span_id, parent.span_id,
					    SPAN_ID_SIZE);
		else
			assert_memory_not_equal(invocation->trace.span_id, parent.span_id,
						SPAN_ID_SIZE);
		end_scene(&s);
	}
	/* Where nobody takes spans lines have its trace all the same. */
	for (unsigned i = 0; i < 2; i++) {
		struct trace_context trace;
		struct scene s;

		begin_scene(&s, only_logs);
		s.table.sdk = true;
		invoke(&s, "a", "");
		orphans_add(&s.table.orphans, &parent, true, s.ms * NS_PER_MS);
		tell_of(&s, EVENT_RUNTIME_DONE, "a", i ? SUCCESS : FAILURE);
		require_made(&s, false, "");
		assert_int_equal(invocations_trace(&s.table, &s.table.ring[0], &trace),
				 i ? TRACE_UNKNOWN : TRACE_CHILDREN);
		assert_int_equal(trace.trace_id[0], i ? 0 : 2);
		end_scene(&s);
	}
}

/* The span whose place it was to take came after all, before the report of the crash: its id is its
 * own. */
static void test_the_place_is_given_back(void **state)
{
	static const struct {
		enum trace_source source;
		unsigned own;
		const char *made;
	} cases[] = {
		{TRACE_OWN_SPAN, 1, ""},
		{TRACE_LOCAL_ROOT, 0,
		 "f in 2 below 9 faas.invocation_id=a faas.coldstart "
		 "error.type=Runtime.ExitError\n"},
	};
	const struct trace_context parent = {{2}, {4}};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct invocation *invocation;
		struct scene s;

		begin_scene(&s, all_signals);
		s.table.sdk = true;
		invocation = invoke(&s, "a", "");
		orphans_add(&s.table.orphans, &parent, true, s.ms * NS_PER_MS);
		tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
		require_made(&s, false, "");
		assert_memory_equal(invocation->trace.span_id, parent.span_id, SPAN_ID_SIZE);
		invocation->source = cases[i].source;
		invocation->own_spans = cases[i].own;
		invocation->parent[0] = 9;
		require_made(&s, true, cases[i].made);
		assert_memory_not_equal(s.tracing.ends.ring[1].span_id, parent.span_id,
					SPAN_ID_SIZE);
		end_scene(&s);
	}
}

/* Sampling has dropped the trace: none, unless it failed. */
static void test_dropped_by_sampling(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	whole_init(&s, "{}");
	invoke(&s, "a", ROOT "0");
	tell_of(&s, EVENT_RUNTIME_DONE, "a", SUCCESS);
	require_made(&s, true, "");
	invoke(&s, "b", ROOT "0");
	tell_of(&s, EVENT_RUNTIME_DONE, "b", FAILURE);
	require_made(&s, true,
		     "f in 1 below 9 faas.invocation_id=b error.type=Runtime.ExitError\n");
	end_scene(&s);
}

/* As many as the table has may be decided at once. */
static void test_each_once(void **state)
{
	struct bytes expected = {0};
	struct scene s;
	char id[16];

	(void)state;
	begin_scene(&s, all_signals);
	whole_init(&s, "{}");
	tell(&s, EVENT_RESTORE_START, "{}");
	tell(&s, EVENT_RESTORE_REPORT, "{}");
	bytes_addf(&expected, "init f in 1 below 9 faas.coldstart\n"
			      "restore f in 1 below 9 faas.coldstart\n");
	for (unsigned i = 0; i < INVOCATIONS; i++) {
		snprintf(id, sizeof id, "r%u", i);
		invoke(&s, id, ROOT "1");
		tell_of(&s, EVENT_RUNTIME_DONE, id, SUCCESS);
		bytes_addf(&expected, "f in 1 below 9 faas.invocation_id=%s%s\n", id,
			   i == 0 ? " faas.coldstart" : "");
	}
	require_made(&s, false, bytes_cstr(&expected));
	require_made(&s, true, "");
	/* The next takes the place of the first. */
	invoke(&s, "next", ROOT "1");
	require_made(&s, true, "");
	tell_of(&s, EVENT_RUNTIME_DONE, "next", SUCCESS);
	require_made(&s, false, "f in 1 below 9 faas.invocation_id=next\n");
	bytes_free(&expected);
	end_scene(&s);
}

/* What was going on near the deadline is kept, for that request alone. */
static void test_last_words(void **state)
{
	static const struct {
		enum span_setting setting;
		bool on;
		const char *end, *says;
	} cases[] = {
		{SPANS_AUTO, true, ",\"status\":\"timeout\"",
		 " faas.coldstart error.type=timeout lull.last_log=asking lull.last_span=query"},
		{SPANS_AUTO, false, ",\"status\":\"timeout\"",
		 " faas.coldstart error.type=timeout"},
		/* It made it after all. */
		{SPANS_ALWAYS, true, SUCCESS, " faas.coldstart"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char expected[256];
		struct scene s;

		begin_scene(&s, all_signals);
		s.config.last_words = cases[i].on;
		s.config.invocation_spans = cases[i].setting;
		invoke(&s, "a", ROOT "1");
		tell(&s, EVENT_FUNCTION, "\"asking\\n\"");
		pass(&s, "query", 1001);
		tracing_keep_words(&s.tracing, &s.table.ring[0]);
		/* What comes after it is not what was going on. */
		tell(&s, EVENT_FUNCTION, "\"dying\\n\"");
		pass(&s, "rollback", 1002);
		tell_of(&s, EVENT_RUNTIME_DONE, "a", cases[i].end);
		snprintf(expected, sizeof expected, "f in 1 below 9 faas.invocation_id=a%s\n",
			 cases[i].says);
		require_made(&s, true, expected);
		end_scene(&s);
	}
}

/* A crash is not foreseen: what came until it is told. Nothing of the request before. */
static void test_last_words_of_a_crash(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	s.table.sdk = true;
	invoke(&s, "a", ROOT "1");
	tell(&s, EVENT_FUNCTION, "\"of a\"");
	pass(&s, "old", 999);
	tell_of(&s, EVENT_RUNTIME_DONE, "a", SUCCESS);
	invoke(&s, "b", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "b", FAILURE);
	require_made(&s, true, "f in new faas.invocation_id=b error.type=Runtime.ExitError\n");
	s.ms = 2000;
	invoke(&s, "c", ROOT "1");
	tell(&s, EVENT_FUNCTION, "\"of c\"");
	pass(&s, "new", 2000);
	tell_of(&s, EVENT_RUNTIME_DONE, "c", FAILURE);
	require_made(&s, true,
		     "f in new faas.invocation_id=c error.type=Runtime.ExitError "
		     "lull.last_log=of c lull.last_span=new\n");
	end_scene(&s);
}

/* Said by whatever says it first, and not again. */
static void test_out_of_memory_once(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	invoke(&s, "a", ROOT "1");
	tell(&s, EVENT_FUNCTION, "\"FATAL ERROR: JavaScript heap out of memory\"");
	assert_int_equal(s.news, 0);
	tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
	assert_int_equal(s.news, 1);
	tell(&s, EVENT_FUNCTION, "\"FATAL ERROR: JavaScript heap out of memory\"");
	tell_of(&s, EVENT_REPORT, "a",
		FAILURE ",\"metrics\":{\"memorySizeMB\":128,\"maxMemoryUsedMB\":128}");
	assert_int_equal(s.news, 1);
	require_made(&s, false,
		     "f in 1 below 9 faas.invocation_id=a faas.coldstart lull.out_of_memory "
		     "error.type=Runtime.ExitError lull.last_log=FATAL ERROR: JavaScript heap out "
		     "of memory\n");
	/* By its lines alone, which came late; those of the request before do not count. */
	invoke(&s, "b", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "b", FAILURE);
	assert_int_equal(s.news, 1);
	tell(&s, EVENT_FUNCTION, "\"java.lang.OutOfMemoryError: Java heap space\"");
	tell(&s, EVENT_FUNCTION, "\"java.lang.OutOfMemoryError: Java heap space\"");
	assert_int_equal(s.news, 2);
	end_scene(&s);
	begin_scene(&s, all_signals);
	tell(&s, EVENT_INIT_START, "{}");
	tell(&s, EVENT_FUNCTION, "\"MemoryError\"");
	tell(&s, EVENT_INIT_REPORT, "{\"status\":\"failure\",\"phase\":\"init\"}");
	assert_int_equal(s.news, 1);
	end_scene(&s);
}

/* A crash waits for its report, which may say why; or until that cannot be waited for any more. */
static void test_the_report_of_a_crash(void **state)
{
	static const char made[] = "f in 1 below 9 faas.invocation_id=a faas.coldstart "
				   "error.type=Runtime.ExitError\n";
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trace_context promised;
		struct invocation *invocation;

		begin_scene(&s, all_signals);
		invocation = invoke(&s, "a", ROOT "1");
		tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
		require_made(&s, false, "");
		/* Lines that go out now lead to it already. */
		assert_int_equal(invocations_trace(&s.table, invocation, &promised),
				 TRACE_OWN_SPAN);
		assert_true(span_id_is_set(promised.span_id));
		if (i == 0)
			tell_of(&s, EVENT_REPORT, "a", FAILURE);
		else if (i == 1)
			invoke(&s, "b", ROOT "1");
		require_made(&s, i == 2, made);
		assert_memory_equal(s.tracing.ends.ring[1].span_id, promised.span_id, SPAN_ID_SIZE);
		assert_memory_equal(invocation->trace.span_id, promised.span_id, SPAN_ID_SIZE);
		end_scene(&s);
	}
	begin_scene(&s, all_signals);
	invoke(&s, "a", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
	require_made(&s, false, "");
	tell_of(&s, EVENT_REPORT, "a",
		FAILURE ",\"metrics\":{\"memorySizeMB\":128,\"maxMemoryUsedMB\":128}");
	require_made(&s, false,
		     "f in 1 below 9 faas.invocation_id=a faas.coldstart lull.out_of_memory "
		     "error.type=Runtime.ExitError\n");
	assert_int_equal(s.news, 1);
	end_scene(&s);
}

static void test_never(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, all_signals);
	s.config.invocation_spans = SPANS_NEVER;
	whole_init(&s, "{\"status\":\"error\"}");
	invoke(&s, "a", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
	require_made(&s, true, "");
	assert_null(s.tracing.words.connections.data);
	end_scene(&s);
}

/* None is made for nobody, and none is forgotten for it. */
static void test_nobody_takes_traces(void **state)
{
	struct scene s;

	(void)state;
	begin_scene(&s, only_logs);
	invoke(&s, "a", ROOT "1");
	tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
	require_made(&s, true, "");
	s.world.destinations[0].settings = all_signals;
	require_made(&s, true,
		     "f in 1 below 9 faas.invocation_id=a faas.coldstart "
		     "error.type=Runtime.ExitError\n");
	end_scene(&s);
}

/* Where memory is short the books say so. */
static void test_short_memory(void **state)
{
	uint64_t lost = 0;

	(void)state;
	for (int at = 1; lost == 0; at++) {
		const struct ledger_account *account;
		struct scene s;

		begin_scene(&s, all_signals);
		account = &s.world.destinations[0].account[OTLP_TRACES];
		invoke(&s, "a", ROOT "1");
		tell_of(&s, EVENT_RUNTIME_DONE, "a", FAILURE);
		short_memory_at = at;
		tracing_flush(&s.tracing, true, (struct now){.mono = 1, .real = 1});
		assert_int_equal(short_memory_at, 0);
		assert_int_equal(account->received, 1);
		lost = account->dropped[DROP_NO_MEMORY];
		end_scene(&s);
	}
	assert_int_equal(lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_waits_for_the_first_request),
		cmocka_unit_test(test_what_cannot_wait),
		cmocka_unit_test(test_beside_what),
		cmocka_unit_test(test_it_takes_the_place_of_the_own_span),
		cmocka_unit_test(test_it_is_the_parent_of_what_came),
		cmocka_unit_test(test_the_place_is_given_back),
		cmocka_unit_test(test_dropped_by_sampling),
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_last_words_of_a_crash),
		cmocka_unit_test(test_out_of_memory_once),
		cmocka_unit_test(test_the_report_of_a_crash),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_nobody_takes_traces),
		cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/telemetry.h"
#include "guard.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static char seen[8192];

/* One line an event: type, milliseconds, what the record is, its text. */
static void note(void *ctx, const struct telemetry_event *event)
{
	size_t *count = ctx, len = strlen(seen);
	int kind = event->record ? (int)json_typeof(event->record) : -1;

	++*count;
	snprintf(seen + len, sizeof seen - len, "%d %ju %d %.*s\n", event->type,
		 (uintmax_t)(event->time_unix_nano / 1000000), kind, (int)event->text.len,
		 event->text.data ? (const char *)event->text.data : "");
}

static size_t read_body(struct slice body)
{
	size_t count = 0;

	seen[0] = 0;
	telemetry_each(guard_put(body), note, &count);
	return count;
}

static void test_types(void **state)
{
	/* Schema 2025-01-29 */
	static const struct {
		const char *name;
		enum event_type type;
	} cases[] = {
		{"function", EVENT_FUNCTION},
		{"extension", EVENT_EXTENSION},
		{"platform.initStart", EVENT_INIT_START},
		{"platform.initRuntimeDone", EVENT_INIT_RUNTIME_DONE},
		{"platform.initReport", EVENT_INIT_REPORT},
		{"platform.restoreStart", EVENT_RESTORE_START},
		{"platform.restoreRuntimeDone", EVENT_RESTORE_RUNTIME_DONE},
		{"platform.restoreReport", EVENT_RESTORE_REPORT},
		{"platform.start", EVENT_START},
		{"platform.runtimeDone", EVENT_RUNTIME_DONE},
		{"platform.report", EVENT_REPORT},
		{"platform.extension", EVENT_EXTENSION_STATE},
		{"platform.telemetrySubscription", EVENT_SUBSCRIPTION},
		{"platform.logsDropped", EVENT_LOGS_DROPPED},
		{"platform.later", EVENT_UNKNOWN},
		{"Function", EVENT_UNKNOWN},
		{"", EVENT_UNKNOWN},
	};
	char body[200], expected[200];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		snprintf(
			body, sizeof body,
			"[{\"time\":\"1970-01-01T00:00:01.5Z\",\"type\":\"%s\",\"record\":{\"a\":1}}]",
			cases[i].name);
		/* The function's lines are read where they lie. */
		snprintf(expected, sizeof expected, "%d 1500 %d {\"a\":1}\n", cases[i].type,
			 cases[i].type == EVENT_FUNCTION ? -1 : 0);
		assert_int_equal(read_body(slice_str(body)), 1);
		assert_string_equal(seen, expected);
	}
}

/* What is odd is told as it is, and its neighbours come as if it were not there. */
static void test_odd_elements(void **state)
{
	static const struct {
		const char *element;
		const char *line; /* "" where there is no event */
	} cases[] = {
		{"{\"type\":\"extension\",\"time\":\"1970-01-01T00:00:02Z\",\"record\":\"text\"}",
		 "3 2000 2 \"text\"\n"},
		/* order, white space and strangers */
		{" { \"record\" : [ 1 , 2 ] , \"new\":{\"type\":\"x\"}, \"type\" : \"extension\" } ",
		 "3 0 1 [ 1 , 2 ]\n"},
		/* a time that is none, a record that is none, or none at all */
		{"{\"type\":\"extension\",\"time\":\"yesterday\",\"record\":1}", "3 0 3 1\n"},
		{"{\"type\":\"extension\",\"time\":7,\"record\":null}", "3 0 7 null\n"},
		{"{\"type\":\"extension\"}", "3 0 -1 \n"},
		{"{\"type\":\"extension\",\"record\":}", "3 0 -1 \n"},
		{"{\"type\":\"extension\",\"record\":nonsense}", "3 0 -1 nonsense\n"},
		/* mended: a lone surrogate, a number without end, a bare control character */
		{"{\"type\":\"extension\",\"record\":{\"m\":\"\\ud800\",\"n\":1e400}}",
		 "3 0 0 {\"m\":\"\\ud800\",\"n\":1e400}\n"},
		{"{\"type\":\"extension\",\"record\":\"a\tb\"}", "3 0 2 \"a\tb\"\n"},
		/* no such object */
		{"{}", "1 0 -1 {}\n"},
		{"{\"type\":7,\"record\":\"x\"}", "1 0 -1 {\"type\":7,\"record\":\"x\"}\n"},
		{"{\"type\":null}", "1 0 -1 {\"type\":null}\n"},
		{"\"text\"", "1 0 -1 \"text\"\n"},
		{"7", "1 0 -1 7\n"},
		{"null", "1 0 -1 null\n"},
		{"[[\"nested\"]]", "1 0 -1 [[\"nested\"]]\n"},
		{"nonsense", "1 0 -1 nonsense\n"},
		{"", ""},
	};
	static const char good[] = "{\"type\":\"function\",\"record\":\"good\"}";
	static const char good_line[] = "2 0 -1 \"good\"\n";
	char body[600], expected[600];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		snprintf(body, sizeof body, " [%s,%s,%s]\n", good, cases[i].element, good);
		snprintf(expected, sizeof expected, "%s%s%s", good_line, cases[i].line, good_line);
		assert_int_equal(read_body(slice_str(body)), cases[i].line[0] ? 3 : 2);
		assert_string_equal(seen, expected);
	}
}

static void test_odd_bodies(void **state)
{
	static const struct {
		const char *body;
		const char *lines;
	} cases[] = {
		{"", ""},
		{" \r\n", ""},
		{"[]", ""},
		{"nonsense", "1 0 -1 nonsense\n"},
		{" not found ", "1 0 -1 not found\n"},
		/* one event without its array */
		{"{\"type\":\"function\",\"record\":\"x\"}", "2 0 -1 \"x\"\n"},
		/* the end is missing */
		{"[{\"type\":\"function\",\"record\":\"x\"},{\"type\":\"function\",\"record\":\"y",
		 "2 0 -1 \"x\"\n2 0 -1 \"y\n"},
		{"[{\"type\":\"function\",\"record\":\"x\"},{\"type\":\"func",
		 "2 0 -1 \"x\"\n1 0 -1 {\"type\":\"func\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		read_body(slice_str(cases[i].body));
		assert_string_equal(seen, cases[i].lines);
	}
	telemetry_each((struct slice){NULL, 0}, note, NULL);
}

static void note_strings(void *ctx, const struct telemetry_event *event)
{
	struct slice id = telemetry_string(event, "requestId");

	(void)ctx;
	assert_null(telemetry_string(event, "missing").data);
	assert_null(telemetry_string(event, "number").data);
	snprintf(seen, sizeof seen, "%s%zu", id.data ? (const char *)id.data : "none", id.len);
}

static void test_strings(void **state)
{
	static const struct {
		const char *record;
		const char *id;
	} cases[] = {
		{"{\"requestId\":\"abc\",\"number\":1}", "abc3"},
		{"{\"requestId\":\"\"}", "0"},
		{"{\"requestId\":7}", "none0"},
		{"{\"requestId\":null}", "none0"},
		{"{}", "none0"},
		{"\"requestId\"", "none0"},
		{"[\"requestId\"]", "none0"},
		{"nonsense", "none0"},
	};
	char body[200];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		snprintf(body, sizeof body, "[{\"type\":\"platform.start\",\"record\":%s}]",
			 cases[i].record);
		telemetry_each(guard_put(slice_str(body)), note_strings, NULL);
		assert_string_equal(seen, cases[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_odd_elements),
		cmocka_unit_test(test_odd_bodies),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How requests ended, and what the function wrote last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/last_lines.h"
#include "domain/request_ends.h"
#include "guard.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool told(struct request_end *end, enum event_type type, enum outcome_of_invocation outcome,
		 const char *record, const char *lines)
{
	const struct invocation invocation = {.outcome = outcome};
	struct telemetry_event event = {.type = type};
	bool news;

	event.record = json_loads(record, 0, NULL);
	news = request_ends_event(end, &event, &invocation, slice_str(lines));
	json_decref(event.record);
	return news;
}

#define FULL "{\"metrics\":{\"memorySizeMB\":128,\"maxMemoryUsedMB\":128}}"

static void test_out_of_memory(void **state)
{
	static const struct {
		enum event_type type;
		enum outcome_of_invocation outcome;
		const char *record, *lines;
		bool out_of_memory;
	} cases[] = {
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.OutOfMemory\"}",
		 "", true},
		{EVENT_REPORT, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.OutOfMemory\"}", "",
		 true},
		{EVENT_RUNTIME_DONE, INVOCATION_ERROR,
		 "{\"errorType\":\"java.lang.OutOfMemoryError\"}", "", true},
		{EVENT_RUNTIME_DONE, INVOCATION_ERROR, "{\"errorType\":\"MemoryError\"}", "", true},
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "a\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of "
		 "memory\nb\n",
		 true},
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "RequestId: x Error: Runtime exited with error: signal: killed\n", true},
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "Traceback\nMemoryError\n", true},
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "Exception: java.lang.OutOfMemoryError: Java heap space\n", true},
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "fatal error: runtime: out of memory\n", true},
		{EVENT_REPORT, INVOCATION_FAILURE, FULL, "", true},
		/* another end */
		{EVENT_RUNTIME_DONE, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.ExitError\"}",
		 "segmentation fault\n", false},
		{EVENT_REPORT, INVOCATION_FAILURE,
		 "{\"metrics\":{\"memorySizeMB\":128,\"maxMemoryUsedMB\":127}}", "", false},
		{EVENT_REPORT, INVOCATION_TIMEOUT, FULL, "", false},
		{EVENT_REPORT, INVOCATION_SUCCESS, FULL, "", false},
		{EVENT_REPORT, INVOCATION_FAILURE,
		 "{\"metrics\":{\"memorySizeMB\":0,\"maxMemoryUsedMB\":0}}", "", false},
		/* a request that went well may speak of it */
		{EVENT_RUNTIME_DONE, INVOCATION_SUCCESS, "{}", "MemoryError\n", false},
		{EVENT_START, INVOCATION_FAILURE, "{\"errorType\":\"Runtime.OutOfMemory\"}", "",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct request_end end = {0};
		bool news = told(&end, cases[i].type, cases[i].outcome, cases[i].record,
				 cases[i].lines);

		if (news != cases[i].out_of_memory)
			fail_msg("case %zu: %d", i, news);
		assert_int_equal(end.out_of_memory, news);
	}
}

/* By whichever of them it is told, and however often. */
static void test_once(void **state)
{
	const struct invocation failed = {.outcome = INVOCATION_FAILURE};
	struct request_end end = {0};

	(void)state;
	assert_false(told(&end, EVENT_RUNTIME_DONE, INVOCATION_FAILURE,
			  "{\"errorType\":\"Runtime.ExitError\"}", ""));
	assert_string_equal(end.error_type, "Runtime.ExitError");
	assert_true(request_ends_lines(&end, &failed, slice_str("signal: killed")));
	assert_false(request_ends_lines(&end, &failed, slice_str("signal: killed")));
	assert_false(told(&end, EVENT_REPORT, INVOCATION_FAILURE,
			  "{\"errorType\":\"Runtime.OutOfMemory\"}", ""));
	assert_true(end.out_of_memory);
	/* The first word stays. */
	assert_string_equal(end.error_type, "Runtime.ExitError");
}

/* What was said is known of the request, however much it wrote after it; that it failed must be
 * told. */
static void test_said_long_before(void **state)
{
	static const struct {
		const char *line;
		enum outcome_of_invocation outcome;
		bool out_of_memory;
	} cases[] = {
		{"\"fatal error: runtime: out of memory\\n\"", INVOCATION_FAILURE, true},
		{"\"fatal error: out of memory allocating heap arena metadata\\n\"",
		 INVOCATION_FAILURE, true},
		{"\"fatal error: runtime: cannot allocate memory\\n\"", INVOCATION_FAILURE, true},
		{"\"fatal error: runtime: out of memory\\n\"", INVOCATION_SUCCESS, false},
		{"{\"timestamp\":\"2026-01-02T03:04:05Z\",\"level\":\"INFO\","
		 "\"message\":\"fatal error: runtime: out of memory\"}",
		 INVOCATION_FAILURE, true},
		{"{\"message\": \"fatal error: out of memory", INVOCATION_FAILURE, true},
		{"{\"message\":\"he said fatal error: out of memory\"}", INVOCATION_FAILURE, false},
		{"{\"text\":\"fatal error: out of memory\"}", INVOCATION_FAILURE, false},
		{"{\"message\":", INVOCATION_FAILURE, false},
		{"{\"message\":\"", INVOCATION_FAILURE, false},
		{"{", INVOCATION_FAILURE, false},
		{"\"he said fatal error: runtime: out of memory\"", INVOCATION_FAILURE, false},
		{"\"fatal error\"", INVOCATION_FAILURE, false},
		{"\"", INVOCATION_FAILURE, false},
		{"", INVOCATION_FAILURE, false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct request_end end = {0};

		request_ends_line(&end, slice_str(cases[i].line));
		request_ends_line(&end, slice_str("\"goroutine 1 [running]:\""));
		if (told(&end, EVENT_RUNTIME_DONE, cases[i].outcome, "{}", "") !=
		    cases[i].out_of_memory)
			fail_msg("case %zu", i);
	}
}

static void test_init(void **state)
{
	static const struct {
		enum event_type type;
		const char *record, *lines;
		bool out_of_memory;
	} cases[] = {
		{EVENT_INIT_REPORT, "{\"status\":\"error\",\"errorType\":\"Runtime.OutOfMemory\"}",
		 "", true},
		{EVENT_INIT_REPORT, "{\"status\":\"failure\",\"phase\":\"init\"}", "MemoryError\n",
		 true},
		{EVENT_INIT_REPORT, "{\"status\":\"failure\",\"phase\":\"invoke\"}",
		 "MemoryError\n", false},
		{EVENT_INIT_REPORT, "{\"status\":\"success\"}", "MemoryError\n", false},
		{EVENT_INIT_REPORT, "{\"status\":\"error\"}", "", false},
		{EVENT_REPORT, "{\"errorType\":\"Runtime.OutOfMemory\"}", "", false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct telemetry_event event = {.type = cases[i].type};

		event.record = json_loads(cases[i].record, 0, NULL);
		assert_int_equal(request_ends_init_out_of_memory(&event, slice_str(cases[i].lines)),
				 cases[i].out_of_memory);
		json_decref(event.record);
	}
}

static void test_error_types(void **state)
{
	static const struct {
		const char *record, *type;
	} cases[] = {
		{"{\"errorType\":\"A.B\"}", "A.B"},
		{"{\"errorType\":\"\"}", ""},
		{"{\"errorType\":7}", ""},
		{"{}", ""},
		{"{\"errorType\":\"0123456789012345678901234567890123456789012345678901234567890123456"
		 "\"}",
		 "012345678901234567890123456789012345678901234567890123456789012"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct request_end end = {0};

		told(&end, EVENT_RUNTIME_DONE, INVOCATION_ERROR, cases[i].record, "");
		assert_string_equal(end.error_type, cases[i].type);
	}
}

static void test_each_has_its_place(void **state)
{
	static struct request_ends ends;

	(void)state;
	request_ends_at(&ends, 1)->settled = true;
	assert_true(request_ends_at(&ends, 1)->settled);
	assert_false(request_ends_at(&ends, 2)->settled);
	assert_false(request_ends_at(&ends, 1 + INVOCATIONS)->settled);
	assert_int_equal(request_ends_at(&ends, 1 + INVOCATIONS)->number, 1 + INVOCATIONS);
}

/* ---- The last lines ---- */

static void write_line(struct last_lines *lines, const char *record)
{
	const struct telemetry_event event = {.type = EVENT_FUNCTION, .text = slice_str(record)};

	last_lines_add(lines, &event);
}

static void assert_last(const struct last_lines *lines, const char *expected)
{
	struct bytes out = {0};

	last_lines_read(lines, &out);
	if (!slice_is(bytes_slice(&out), expected))
		fail_msg("%s", bytes_cstr(&out));
	bytes_free(&out);
}

static void test_last_line(void **state)
{
	static const struct {
		const char *record, *last;
	} cases[] = {
		{"\"a line\\n\"", "a line"},
		{"\"two\\nlines\\n\"", "two\nlines"},
		{"\"\\n\"", ""},
		{"{\"level\":\"INFO\",\"message\":\"from JSON\"}", "from JSON"},
		{"{\"level\":\"INFO\"}", "{\"level\":\"INFO\"}"},
		{"{\"message\":{\"a\":1}}", "{\"message\":{\"a\":1}}"},
		{"no JSON", "no JSON"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct last_lines lines = {0};

		write_line(&lines, cases[i].record);
		assert_last(&lines, cases[i].last);
		last_lines_clear(&lines);
		assert_int_equal(last_lines_last(&lines).len, 0);
		assert_int_equal(last_lines_all(&lines).len, 0);
	}
}

/* However much is written, whole lines of the end are kept, within bounds. */
static void test_much(void **state)
{
	static struct last_lines lines;
	char record[3010], expected[3000];

	(void)state;
	for (int n = 0; n < 2000; n++) {
		int width = n * 37 % 1500;

		snprintf(expected, sizeof expected, "%04d %0*d", n, width + 1, 0);
		snprintf(record, sizeof record, "\"%s\"", expected);
		/* Behind the quote. */
		expected[LAST_LINE - 1] = 0;
		write_line(&lines, record);
		assert_last(&lines, expected);
		assert_in_range(last_lines_all(&lines).len, 1, LAST_LINES);
		/* The oldest one is whole. */
		assert_int_equal(last_lines_all(&lines).data[5], ' ');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_memory),    cmocka_unit_test(test_once),
		cmocka_unit_test(test_said_long_before), cmocka_unit_test(test_init),
		cmocka_unit_test(test_error_types),      cmocka_unit_test(test_each_has_its_place),
		cmocka_unit_test(test_last_line),        cmocka_unit_test(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

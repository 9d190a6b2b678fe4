/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/severity.h"
#include "guard.h"

/* The table of the OpenTelemetry Lambda collector's telemetryapi receiver. */
static void test_names(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{"TRACE", 1},     {"TRACE2", 2},  {"TRACE3", 3},  {"TRACE4", 4},   {"DEBUG", 5},
		{"DEBUG2", 6},    {"DEBUG3", 7},  {"DEBUG4", 8},  {"INFO", 9},     {"INFO2", 10},
		{"INFO3", 11},    {"INFO4", 12},  {"WARN", 13},   {"WARN2", 14},   {"WARN3", 15},
		{"WARN4", 16},    {"ERROR", 17},  {"ERROR2", 18}, {"ERROR3", 19},  {"ERROR4", 20},
		{"FATAL", 21},    {"FATAL2", 22}, {"FATAL3", 23}, {"FATAL4", 24},  {"CRITICAL", 21},
		{"WARNING", 13},  {"ALL", 1},     {"info", 9},    {"Warning", 13}, {"eRRoR", 17},
		{"critical", 21}, {"debug4", 8},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(severity_parse(guard_put(slice_str(cases[i].name))),
				 cases[i].number);
}

/* What other loggers call theirs. */
static void test_loggers(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		/* .NET, and its console */
		{"Information", 9},
		{"Critical", 21},
		{"trce", 1},
		{"dbug", 5},
		{"fail", 17},
		{"crit", 21},
		/* winston, from the worst to the least */
		{"error", 17},
		{"warn", 13},
		{"info", 9},
		{"http", 7},
		{"verbose", 6},
		{"debug", 5},
		{"silly", 1},
		/* zap, syslog, java.util.logging, loguru */
		{"dpanic", 18},
		{"panic", 19},
		{"fatal", 21},
		{"notice", 10},
		{"err", 17},
		{"alert", 19},
		{"emerg", 21},
		{"SEVERE", 17},
		{"CONFIG", 7},
		{"FINE", 6},
		{"FINER", 5},
		{"FINEST", 1},
		{"SUCCESS", 10},
		/* slog: at a distance */
		{"INFO+2", 11},
		{"DEBUG-4", 1},
		{"DEBUG-1", 4},
		{"WARN+1", 14},
		{"ERROR+4", 21},
		{"ERROR+40", 24},
		{"DEBUG-40", 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (severity_parse(guard_put(slice_str(cases[i].name))) !=
		    (Otlp__SeverityNumber)cases[i].number)
			fail_msg("%s", cases[i].name);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		int number;
	} cases[] = {
		/* pino, and what is between its levels */
		{"10", 1},
		{"20", 5},
		{"30", 9},
		{"40", 13},
		{"50", 17},
		{"60", 21},
		{"35", 11},
		{"69", 24},
		/* syslog */
		{"0", 21},
		{"1", 19},
		{"2", 18},
		{"3", 17},
		{"4", 13},
		{"5", 10},
		{"6", 9},
		{"7", 5},
		{"8", 0},
		{"9", 0},
		{"70", 0},
		{"99", 0},
		{"100", 0},
		{"", 0},
		{"3.5", 0},
		{"-1", 0},
		{"1e", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(severity_number(guard_put(slice_str(cases[i].text))),
				 cases[i].number);
}

static void test_others(void **state)
{
	static const char *const cases[] = {
		"",          "I",      "INF",      "INFO0",     "INFO1", "INFO5",  "INFO22",
		"INFO+",     "INFO+x", "INFO+100", "INFO 2",    "WARNI", "WARNI2", "WARNING2",
		"CRITICAL2", "ALL2",   "NOTICE2",  " INFO",     "INFO ", "[INFO]", "30",
		"\xc3\xa9",  "verb",   "TRACED",   "DEBUG\x01",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(severity_parse(guard_put(slice_str(cases[i]))), 0);
	assert_int_equal(severity_parse((struct slice){NULL, 0}), 0);
	/* A NUL within does not end it. */
	assert_int_equal(severity_parse(slice_of("INFO\0", 5)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_loggers),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

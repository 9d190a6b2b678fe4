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

static void test_others(void **state)
{
	static const char *const cases[] = {
		"",         "I",           "INF",    "INFO0",     "INFO1",    "INFO5",
		"INFO22",   "INFORMATION", "WARNI",  "WARNI2",    "WARNING2", "CRITICAL2",
		"ALL2",     "NOTICE",      " INFO",  "INFO ",     "[INFO]",   "30",
		"\xc3\xa9", "verbose",     "TRACED", "DEBUG\x01",
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
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

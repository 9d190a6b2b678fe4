/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/config_names.h"
#include "domain/config_read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{"", "", 0},
		{"", "ABC", 3},
		{"ABC", "ABC", 0},
		{"abc", "ABC", 0},
		{"ABC", "AC", 1},
		{"ABC", "ABBC", 1},
		{"ABC", "AXC", 1},
		{"ABCD", "ACBD", 1},
		{"ABCD", "BADC", 2},
		{"KITTEN", "SITTING", 3},
		{"LULL_ENDPIONT", "LULL_ENDPOINT", 1},
		{"LULL_OTLP_ENDPOINT", "LULL_ENDPOINT", 5},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct slice a = slice_str(cases[i].a), b = slice_str(cases[i].b);

		assert_int_equal(config_distance(a, b), cases[i].distance);
		assert_int_equal(config_distance(b, a), cases[i].distance);
	}
}

/* Beyond what is compared nothing is read or written. */
static void test_long(void **state)
{
	static char a[1000], b[1000];

	(void)state;
	memset(a, 'A', sizeof a);
	memset(b, 'B', sizeof b);
	assert_int_equal(config_distance(slice_of(a, sizeof a), slice_of(b, sizeof b)),
			 CONFIG_NAME);
	assert_int_equal(config_distance(slice_of(a, sizeof a), slice_of(a, CONFIG_NAME)), 0);
	assert_int_equal(config_distance(slice_of(a, sizeof a), slice_of(a, 3)), CONFIG_NAME - 3);
}

static void test_unknown_settings(void **state)
{
	static const struct {
		const char *variable, *meant; /* NULL: known */
	} cases[] = {
		{"LULL_ENDPOINT=http://a", NULL},
		{"LULL_TRACES_ENDPOINT=http://a", NULL},
		{"LULL_METRICS_TIMEOUT=1s", NULL},
		{"LULL_WRAP_NEXT=/opt/other", NULL},
		{"LULLABY=1", NULL},
		{"OTEL_ENDPIONT=1", NULL},
		{"LULL_ENDPIONT=http://a", "is LULL_ENDPOINT meant?"},
		{"LULL_FLUSHBUDGET=1s", "is LULL_FLUSH_BUDGET meant?"},
		{"LULL_LOG_ENDPOINT=http://a", "is LULL_LOGS_ENDPOINT meant?"},
		{"LULL_BUFFER_SIZE=1MB", "is LULL_BUFFER meant?"},
		{"LULL_TRACES_FLUSH=end", "LULL_TRACES_FLUSH is no setting"},
		{"LULL_=", "LULL_ is no setting"},
		{"LULL_OTEL_SERVICE_NAME=a", "LULL_OTEL_SERVICE_NAME is no setting"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		const char *environment[] = {cases[i].variable, NULL};
		struct config c;

		config_read(&c, environment);
		assert_int_equal(c.problem_count, cases[i].meant != NULL);
		if (cases[i].meant)
			assert_non_null(strstr(c.problems[0], cases[i].meant));
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_unknown_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

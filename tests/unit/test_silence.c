/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of an SDK of which nothing comes: cell by cell, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/silence.h"

/* What a header says, or that there is none (yet). */
enum { NO, YES, OPEN, ABSENT };

static const struct xray_header headers[] = {
	[NO] = {.trace_id = {1}, .sampled = XRAY_NOT_SAMPLED},
	[YES] = {.trace_id = {1}, .sampled = XRAY_SAMPLED},
	[OPEN] = {.trace_id = {1}},
	[ABSENT] = {.trace_id = {0}},
};

#define NONE SILENCE_NONE
#define NO_OTLP SILENCE_NO_OTLP
#define DROPPED SILENCE_NOT_SAMPLED

#define TRACES (1 << OTLP_TRACES)
#define LOGS (1 << OTLP_LOGS)
#define METRICS (1 << OTLP_METRICS)

static struct now at(int64_t mono)
{
	return (struct now){.mono = mono, .boot = mono, .real = mono};
}

static enum silence_reason ended(struct silence *s, int header, struct now now)
{
	return silence_ended(s, &headers[header], now);
}

/* What is said when the third of three invocations ends, long after the first. */
static void test_cells(void **state)
{
	static const struct {
		bool sdk, expected, by_header;
		int headers[3];
		unsigned heard; /* a bit for each signal */
		enum silence_reason says;
	} cells[] = {
		{true, true, true, {YES, YES, YES}, 0, NO_OTLP},
		{true, true, true, {OPEN, OPEN, OPEN}, 0, NO_OTLP},
		{true, true, true, {NO, NO, YES}, 0, NO_OTLP},
		{true, true, true, {YES, NO, NO}, 0, NO_OTLP},
		{true, true, true, {NO, OPEN, NO}, 0, NO_OTLP},
		{true, true, false, {NO, NO, NO}, 0, NO_OTLP},
		{true, true, true, {YES, YES, YES}, TRACES, NONE},
		{true, true, true, {YES, YES, YES}, LOGS, NONE},
		{true, true, true, {YES, YES, YES}, METRICS, NONE},
		{false, true, true, {YES, YES, YES}, 0, NONE},
		{true, false, true, {YES, YES, YES}, 0, NONE},
		{true, false, false, {YES, YES, YES}, 0, NONE},

		{true, true, true, {NO, NO, NO}, 0, DROPPED},
		{true, false, true, {NO, NO, NO}, 0, DROPPED},
		{true, true, true, {NO, NO, NO}, LOGS, DROPPED},
		{false, true, true, {NO, NO, NO}, METRICS, DROPPED},
		{false, true, true, {NO, NO, NO}, 0, NONE},

		/* What has not come says nothing. */
		{true, true, true, {ABSENT, ABSENT, ABSENT}, 0, NO_OTLP},
		{true, true, true, {ABSENT, ABSENT, ABSENT}, LOGS, NONE},
		{true, true, true, {ABSENT, NO, NO}, 0, DROPPED},
		{true, true, true, {NO, ABSENT, NO}, LOGS, DROPPED},
		{true, true, true, {NO, ABSENT, YES}, 0, NO_OTLP},
		{true, true, true, {ABSENT, YES, ABSENT}, LOGS, NONE},

		{true, true, true, {NO, NO, NO}, TRACES, NONE},
		{true, true, true, {NO, NO, NO}, TRACES | LOGS, NONE},
		{true, true, false, {NO, NO, NO}, LOGS, NONE},
		{true, false, false, {NO, NO, NO}, LOGS, NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		struct silence s = {.sdk = cells[i].sdk,
				    .expected = cells[i].expected,
				    .by_header = cells[i].by_header};

		for (unsigned signal = 0; signal < OTLP_SIGNALS; signal++)
			if (cells[i].heard & 1U << signal)
				silence_heard(&s, (enum otlp_signal)signal);
		assert_int_equal(ended(&s, cells[i].headers[0], at(0)), NONE);
		assert_int_equal(ended(&s, cells[i].headers[1], at(60 * NS_PER_S)), NONE);
		assert_int_equal(ended(&s, cells[i].headers[2], at(61 * NS_PER_S)), cells[i].says);
		assert_int_equal(ended(&s, ABSENT, at(62 * NS_PER_S)), NONE);
	}
}

/* Many short invocations are over before an SDK sends its first batch. */
static void test_patience(void **state)
{
	struct silence s = {.sdk = true, .expected = true, .by_header = true};
	int64_t begun = 1000 * NS_PER_S;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(ended(&s, YES, at(begun + i)), NONE);
	assert_int_equal(ended(&s, YES, at(begun + SILENCE_PATIENCE - 1)), NONE);
	assert_int_equal(ended(&s, YES, at(begun + SILENCE_PATIENCE)), NO_OTLP);
	assert_int_equal(s.ended, 102);
}

/* What is late is not missing. */
static void test_late(void **state)
{
	struct silence s = {.sdk = true, .expected = true, .by_header = true};

	(void)state;
	ended(&s, NO, at(0));
	ended(&s, NO, at(1));
	silence_heard(&s, OTLP_TRACES);
	for (unsigned i = 1; i < 10; i++)
		assert_int_equal(ended(&s, NO, at(i * SILENCE_PATIENCE)), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The README's table of `adaptive`, row by row, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/flush.h"

#define MS NS_PER_MS
#define S NS_PER_S
#define MINUTE (60 * NS_PER_S)
#define HOUR (60 * MINUTE)

/* What each invocation of an environment does: `e` for end, `l` for lazy; the gaps are those before
 * each invocation but the first. */
struct row {
	const char *traffic;
	int64_t gaps[16];
	const char *does;
};

static const struct row rows[] = {
	{"the first invocation", {0}, "e"},
	{"steady, every 200 ms",
	 {200 * MS, 200 * MS, 200 * MS, 200 * MS, 200 * MS, 200 * MS},
	 "eeeelll"},
	{"back to back", {1, 1, 1, 1, 1}, "eeeell"},
	{"a burst, a pause, another burst",
	 {10 * MS, 10 * MS, 10 * MS, 10 * MS, 10 * MS, 20 * S, 10 * MS, 10 * MS, 10 * MS, 10 * MS,
	  10 * MS},
	 "eeeelleeeell"},
	{"a cron job each minute", {MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE}, "eeeeeee"},
	{"an hourly one", {HOUR, HOUR, HOUR, HOUR, HOUR}, "eeeeee"},
	{"at the threshold",
	 {CADENCE_NEAR, CADENCE_NEAR, CADENCE_NEAR, CADENCE_NEAR, CADENCE_NEAR + 1, 1},
	 "eeeelee"},
};

static void test_rows(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cadence cadence = {0};
		struct flush_view view = {FLUSH_ADAPTIVE, true, false, &cadence};
		char does[17] = "";

		for (k = 0; k < strlen(rows[i].does); k++) {
			if (k > 0)
				cadence_gap(&cadence, rows[i].gaps[k - 1]);
			does[k] = flush_awaits_end(&view) ? 'e' : 'l';
		}
		if (strcmp(does, rows[i].does) != 0)
			fail_msg("%s: %s, not %s", rows[i].traffic, does, rows[i].does);
	}
}

/* Not a mean: one long gap among the last counts, wherever it stands. */
static void test_the_longest_of_the_last(void **state)
{
	unsigned at, k;

	(void)state;
	for (at = 0; at < 3 * CADENCE_GAPS; at++) {
		struct cadence cadence = {0};

		for (k = 0; k < 5 * CADENCE_GAPS; k++) {
			bool near = k >= CADENCE_GAPS && (k <= at || k > at + CADENCE_GAPS);

			assert_int_equal(cadence_near(&cadence), near);
			cadence_gap(&cadence, k == at ? HOUR : 1);
		}
	}
}

/* A freeze took a batch's answer: whatever the cadence, the next end is waited for. */
static void test_interrupted(void **state)
{
	struct cadence cadence = {{1, 1, 1, 1}, CADENCE_GAPS};
	struct flush_view view = {FLUSH_ADAPTIVE, true, true, &cadence};

	(void)state;
	assert_true(flush_awaits_end(&view));
	view.interrupted = false;
	assert_false(flush_awaits_end(&view));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_the_longest_of_the_last),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

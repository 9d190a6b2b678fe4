/* SPDX-License-Identifier: Apache-2.0 */
/* The README's table of `adaptive`, row by row, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/flush.h"

#define MS NS_PER_MS
#define S NS_PER_S
#define MINUTE (60 * NS_PER_S)
#define HOUR (60 * MINUTE)

/* A row of the README, word by word, and what each invocation of such an environment does: `e` for
 * end, `l` for lazy. The first gap is the time before the first invocation. */
struct row {
	const char *traffic, *says;
	int64_t gaps[16];
	const char *does;
	unsigned cut; /* before which invocation a freeze had cut a request; 0: none */
};

#define FIRST "the first invocations, until four gaps are known"
#define NEAR "steady, or a burst: the longest of the last four gaps is up to 5 s"
#define PAUSE "a pause of more than 5 s"
#define CRON "a cron job each minute, or each hour"
#define AHEAD "provisioned concurrency, SnapStart"
#define CUT "a freeze has cut a request that was under way"
#define AGAIN "`end` for the four invocations after it"
#define THE_SAME "the same: the time before the first invocation is no gap"
#define ONCE "`end` once, whatever the gaps"

static const struct row rows[] = {
	{FIRST, "`end`", {0}, "e", 0},
	{FIRST, "`end`", {0, 1, 1, 1}, "eeee", 0},
	{NEAR, "`lazy`", {0, 200 * MS, 200 * MS, 200 * MS, 200 * MS, 200 * MS}, "eeeell", 0},
	{NEAR, "`lazy`", {0, 1, 1, 1, 1, 1}, "eeeell", 0},
	{NEAR, "`lazy`", {0, 5 * S, 5 * S, 5 * S, 5 * S, 5 * S}, "eeeell", 0},
	{PAUSE, AGAIN, {0, 1, 1, 1, 1, 20 * S, 1, 1, 1, 1, 1}, "eeeeleeeell", 0},
	{PAUSE, AGAIN, {0, 1, 1, 1, 1, 5 * S + 1, 5 * S, 1, 1, 1}, "eeeeleeeel", 0},
	{CRON, "`end`", {0, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE}, "eeeeeee", 0},
	{CRON, "`end`", {0, HOUR, HOUR, HOUR, HOUR, HOUR}, "eeeeee", 0},
	{AHEAD, THE_SAME, {HOUR, 1, 1, 1, 1, 1}, "eeeell", 0},
	{AHEAD, THE_SAME, {HOUR, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE}, "eeeeee", 0},
	{CUT, ONCE, {0, 1, 1, 1, 1, 1, 1, 1}, "eeeelell", 5},
	{CUT, ONCE, {0, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE}, "eeeeee", 5},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void test_rows(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		struct cadence cadence = {0};
		char does[17] = "";

		for (k = 0; k < strlen(rows[i].does); k++) {
			struct flush_view view = {FLUSH_ADAPTIVE, true,
						  rows[i].cut > 0 && k == rows[i].cut, &cadence};

			cadence_invoke(&cadence, rows[i].gaps[k]);
			does[k] = flush_awaits_end(&view) ? 'e' : 'l';
		}
		if (strcmp(does, rows[i].does) != 0)
			fail_msg("%s (%zu): %s, not %s", rows[i].traffic, i, does, rows[i].does);
	}
}

#define HEAD "| traffic of one environment | what `adaptive` does |\n|---|---|\n"

/* Which row of ours that line of the README is; ROWS: none. */
static size_t find(const char *line)
{
	char ours[256];
	size_t i;

	for (i = 0; i < ROWS; i++) {
		int len = snprintf(ours, sizeof ours, "| %s | %s |\n", rows[i].traffic,
				   rows[i].says);

		if (strncmp(line, ours, (size_t)len) == 0)
			break;
	}
	return i;
}

static const char *read_readme(void)
{
	static char text[1 << 18];
	FILE *file = fopen("README.md", "re"); /* tests are run from the repository's root */

	assert_non_null(file);
	assert_in_range(fread(text, 1, sizeof text - 1, file), 1, sizeof text - 2);
	fclose(file);
	return text;
}

/* That table is this one: no row there that is not tested, and none here that is not told. */
static void test_the_readme(void **state)
{
	const char *line = strstr(read_readme(), HEAD);
	bool told[ROWS] = {false};
	size_t i, k;

	(void)state;
	assert_non_null(line);
	for (line += strlen(HEAD); line[0] == '|'; line = strchr(line, '\n') + 1) {
		i = find(line);
		if (i == ROWS)
			fail_msg("not tested: %.80s", line);
		for (k = 0; k < ROWS; k++)
			told[k] |= strcmp(rows[k].traffic, rows[i].traffic) == 0;
	}
	for (k = 0; k < ROWS; k++)
		if (!told[k])
			fail_msg("not in the README: %s", rows[k].traffic);
	/* What the words say in numbers. */
	assert_int_equal(CADENCE_GAPS, 4);
	assert_true(CADENCE_NEAR == 5 * S);
}

/* Not a mean: one long gap among the last counts, wherever it stands. */
static void test_the_longest_of_the_last(void **state)
{
	unsigned at, k;

	(void)state;
	for (at = 0; at < 3 * CADENCE_GAPS; at++) {
		struct cadence cadence = {0};

		cadence_invoke(&cadence, HOUR);
		for (k = 0; k < 5 * CADENCE_GAPS; k++) {
			bool near = k >= CADENCE_GAPS && (k <= at || k > at + CADENCE_GAPS);

			assert_int_equal(cadence_near(&cadence), near);
			cadence_invoke(&cadence, k == at ? HOUR : 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_the_readme),
		cmocka_unit_test(test_the_longest_of_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

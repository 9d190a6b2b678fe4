/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/flush.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MS NS_PER_MS
#define MINUTES (60 * NS_PER_S)

/* 2026-01-02T03:04:05Z, in an environment that has been there for an hour */
static const struct now now = {.mono = 60 * MINUTES,
			       .boot = 61 * MINUTES,
			       .real = INT64_C(1767323045) * NS_PER_S};
#define NOW_MS (INT64_C(1767323045) * 1000)

static void test_deadline(void **state)
{
	static const struct {
		int64_t deadline_ms;
		int64_t left; /* from now on */
	} cases[] = {
		{NOW_MS + 3000, 3000 * MS},
		{NOW_MS + 1, MS},
		{NOW_MS + 15 * 60 * 1000, 15 * MINUTES},
		{NOW_MS + 24 * 3600 * 1000, 24 * 60 * MINUTES},
		/* over */
		{NOW_MS, 0},
		{NOW_MS - 1, 0},
		{NOW_MS - 3600 * 1000, 0},
		{1, 0},
		/* none, and absurd */
		{0, 15 * MINUTES},
		{-1, 15 * MINUTES},
		{INT64_MIN, 15 * MINUTES},
		{INT64_MAX, 15 * MINUTES},
		{INT64_MAX / MS, 15 * MINUTES},
		{INT64_MAX / MS + 1, 15 * MINUTES},
		{NOW_MS + 24 * 3600 * 1000 + 1, 15 * MINUTES},
		/* microseconds for milliseconds */
		{NOW_MS * 1000, 15 * MINUTES},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		if (flush_deadline(now, cases[i].deadline_ms) != now.mono + cases[i].left)
			fail_msg("%jd", (intmax_t)cases[i].deadline_ms);
}

/* A clock that is not set yet, and one that is far ahead. */
static void test_deadline_of_odd_clocks(void **state)
{
	static const int64_t clocks[] = {
		0, 1, -1, INT64_MIN, INT64_MIN / 2, INT64_MAX, INT64_MAX / 2};
	static const int64_t deadlines[] = {0, 1, NOW_MS, INT64_MAX / MS, INT64_MAX};
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(clocks); i++) {
		for (k = 0; k < LENGTH(deadlines); k++) {
			struct now odd = {.mono = now.mono, .real = clocks[i]};
			int64_t at = flush_deadline(odd, deadlines[k]);

			assert_true(at >= now.mono && at <= now.mono + 24 * 60 * MINUTES);
		}
	}
}

static void test_hold_until(void **state)
{
	static const struct {
		int64_t deadline, budget, until; /* from now on */
	} cases[] = {
		/* the budget, or the deadline less a margin, whichever comes first */
		{3000 * MS, 300 * MS, 300 * MS},
		{350 * MS, 300 * MS, 300 * MS},
		{349 * MS, 300 * MS, 299 * MS},
		{100 * MS, 300 * MS, 50 * MS},
		{3000 * MS, 10 * NS_PER_S, 2950 * MS},
		/* over: no time at all */
		{50 * MS, 300 * MS, 0},
		{0, 300 * MS, -50 * MS},
		/* a budget without end is the deadline's */
		{3000 * MS, INT64_MAX, 2950 * MS},
		{3000 * MS, INT64_MAX - 60 * MINUTES, 2950 * MS},
	};
	size_t i;

	(void)state;
	assert_true(FLUSH_MARGIN == 50 * MS);
	for (i = 0; i < LENGTH(cases); i++)
		assert_true(flush_hold_until(now, now.mono + cases[i].deadline, cases[i].budget) ==
			    now.mono + cases[i].until);
}

static void test_exit_at(void **state)
{
	static const struct {
		int64_t deadline, at; /* from now on */
	} cases[] = {
		{2000 * MS, 1900 * MS}, {300 * MS, 200 * MS}, {101 * MS, 1 * MS},
		{100 * MS, 0},          {99 * MS, 0},         {0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_true(flush_exit_at(now, now.mono + cases[i].deadline) ==
			    now.mono + cases[i].at);
}

static void test_due(void **state)
{
	enum { BATCH = 1000 };
	const int64_t none = INT64_MAX, fresh = now.mono, old = now.mono - FLUSH_AGE;
	const struct {
		int64_t oldest;
		size_t bytes;
		bool due;
	} cases[] = {
		{none, 0, false},          {none, BATCH, false}, {fresh, 1, false},
		{fresh, BATCH - 1, false}, {fresh, BATCH, true}, {fresh, 2 * BATCH, true},
		{old + 1, 1, false},       {old, 1, true},       {old - 1, 1, true},
		{old, BATCH, true},        {0, 1, true},         {fresh, SIZE_MAX, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_int_equal(flush_due(now, cases[i].oldest, cases[i].bytes, BATCH),
				 cases[i].due);
}

/* At the time that next_due names it is due, and not before. */
static void test_next_due(void **state)
{
	static const int64_t arrivals[] = {0, 1, 60 * MINUTES, INT64_MAX / 2};
	size_t i;

	(void)state;
	assert_true(flush_next_due(INT64_MAX) == INT64_MAX);
	for (i = 0; i < LENGTH(arrivals); i++) {
		struct now at = {.mono = flush_next_due(arrivals[i])};

		assert_true(flush_due(at, arrivals[i], 1, 1000));
		at.mono--;
		assert_false(flush_due(at, arrivals[i], 1, 1000));
	}
}

/* Only the clock that a suspended machine does not stop counts. */
static void test_distrusts(void **state)
{
	struct now after = now;

	(void)state;
	assert_false(flush_distrusts(now, after));
	after.boot = now.boot + FLUSH_DISTRUST - 1;
	after.real = now.real - MINUTES;
	assert_false(flush_distrusts(now, after));
	after.boot++;
	assert_true(flush_distrusts(now, after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),   cmocka_unit_test(test_deadline_of_odd_clocks),
		cmocka_unit_test(test_hold_until), cmocka_unit_test(test_exit_at),
		cmocka_unit_test(test_due),        cmocka_unit_test(test_next_due),
		cmocka_unit_test(test_distrusts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

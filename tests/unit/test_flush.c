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

/* Where the clock was set back the end of the environment would else be missed. */
static void test_shutdown_deadline(void **state)
{
	const int64_t ms = now.real / NS_PER_MS;

	(void)state;
	assert_true(flush_shutdown_deadline(now, ms + 2000) == flush_deadline(now, ms + 2000));
	assert_true(flush_shutdown_deadline(now, ms + 300) == flush_deadline(now, ms + 300));
	assert_true(flush_shutdown_deadline(now, ms - 300) == now.mono);
	assert_true(flush_shutdown_deadline(now, ms + 3600 * 1000) == now.mono + 2000 * MS);
	assert_true(flush_shutdown_deadline(now, 0) == now.mono + 2000 * MS);
}

static void test_near(void **state)
{
	static const struct {
		int64_t left, before, near; /* from now on */
	} cases[] = {
		{3000 * MS, 200 * MS, 2800 * MS},
		{15 * MINUTES, 200 * MS, 15 * MINUTES - 200 * MS},
		/* Not in the first half. */
		{3000 * MS, 1500 * MS, 1500 * MS},
		{3000 * MS, 5000 * MS, 1500 * MS},
		{300 * MS, 200 * MS, 150 * MS},
		{0, 200 * MS, 0},
		{3000 * MS, INT64_MAX, 1500 * MS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_true(flush_near(now, now.mono + cases[i].left, cases[i].before) ==
			    now.mono + cases[i].near);
}

static void test_last_redial_at(void **state)
{
	(void)state;
	/* As much time before it as after it. */
	for (int64_t left = 0; left <= 2000; left += 100) {
		int64_t deadline = now.mono + left * MS, at = flush_last_redial_at(now, deadline);

		assert_true(at - now.mono == flush_exit_at(now, deadline) - at);
	}
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
	const int64_t none = INT64_MAX, never = INT64_MIN, t = now.mono, age = 5 * NS_PER_S;
	const int64_t soon = t + FLUSH_GATHER, full = FLUSH_BATCH;
	const int64_t much = FLUSH_GATHER_BATCHES * FLUSH_BATCH;
	const struct {
		int64_t oldest, newest;
		int64_t bytes;
		int64_t last_request;
		int64_t at_once, by_age;
	} cases[] = {
		/* Nothing waits. */
		{none, none, 0, never, none, none},
		{none, none, 0, t, none, none},
		/* The first one hardly waits where little is to be left at the end. */
		{t, t, 1, never, soon, t + age},
		{t, t, 1, t - FLUSH_SPACING, soon, t + age},
		{t, t, 1, t - 60 * NS_PER_S, soon, t + age},
		/* At high rates one request a second. */
		{t, t, 1, t, t + FLUSH_SPACING, t + age},
		{t, t, full - 1, t - 1, t - 1 + FLUSH_SPACING, t + age},
		/* A burst is waited out, but not for long. */
		{t - 3 * MS, t, 1, never, soon, t - 3 * MS + age},
		{t - 99 * MS, t, 1, never, t + 1 * MS, t - 99 * MS + age},
		{t - 101 * MS, t, 1, never, t - 1 * MS, t - 101 * MS + age},
		/* A full batch waits for nothing else. */
		{t, t, full, t, soon, soon},
		{t - 99 * MS, t, full, t, t + 1 * MS, t + 1 * MS},
		/* So many do not even for that. */
		{t, t, much - 1, t, soon, soon},
		{t, t, much, t, never, never},
		{t, t, INT64_MAX, t, never, never},
		/* Old data is due, and stays so. */
		{t - age, t - age, 1, t - 2 * NS_PER_S, t - NS_PER_S, t},
		{0, 0, 1, never, FLUSH_GATHER, age},
	};
	size_t i;

	(void)state;
	assert_true(FLUSH_GATHER == 5 * MS && FLUSH_GATHER_LONGEST == 100 * MS);
	for (i = 0; i < LENGTH(cases); i++) {
		struct flush_waiting waiting = {cases[i].oldest, cases[i].newest,
						(size_t)cases[i].bytes, cases[i].last_request};

		assert_true(flush_due_at(&waiting, FLUSH_AT_ONCE, age) == cases[i].at_once);
		assert_true(flush_due_at(&waiting, FLUSH_BY_AGE, age) == cases[i].by_age);
	}
}

/* An age without end is one that never comes. */
static void test_due_without_age(void **state)
{
	const struct flush_waiting waiting = {now.mono, now.mono, 1, INT64_MIN};

	(void)state;
	assert_true(flush_due_at(&waiting, FLUSH_BY_AGE, INT64_MAX) == INT64_MAX);
}

static void test_awaits_end(void **state)
{
	static const struct cadence far = {.begun = true};
	static const struct cadence near = {{1, 1, 1, 1}, CADENCE_GAPS, true};
	static const struct {
		enum flush_mode mode;
		bool interrupted;
		bool far, near;
	} cases[] = {
		{FLUSH_END, false, true, true},       {FLUSH_END, true, true, true},
		{FLUSH_LAZY, false, false, false},    {FLUSH_LAZY, true, false, false},
		{FLUSH_ADAPTIVE, false, true, false}, {FLUSH_ADAPTIVE, true, true, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct flush_view view = {cases[i].mode, true, cases[i].interrupted, &far};

		assert_int_equal(flush_awaits_end(&view), cases[i].far);
		view.cadence = &near;
		assert_int_equal(flush_awaits_end(&view), cases[i].near);
		/* Nobody waits for what will not be told. */
		view.told = false;
		assert_false(flush_awaits_end(&view));
		view.cadence = &far;
		assert_false(flush_awaits_end(&view));
	}
}

/* Any clock tells: the one that a suspended machine does not stop, and that of a restored
 * snapshot's world. */
static void test_distrusts(void **state)
{
	const struct {
		int64_t mono, boot, real;
		bool distrusts;
	} cases[] = {
		{0, 0, 0, false},
		{FLUSH_DISTRUST - 1, FLUSH_DISTRUST - 1, FLUSH_DISTRUST - 1, false},
		{FLUSH_DISTRUST, 0, 0, true},
		{0, FLUSH_DISTRUST, 0, true},
		{0, 0, FLUSH_DISTRUST, true},
		{0, 0, -60 * MINUTES, false}, /* set back */
		{0, FLUSH_DISTRUST, -60 * MINUTES, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct now after = {now.mono + cases[i].mono, now.boot + cases[i].boot,
				    now.real + cases[i].real};

		assert_int_equal(flush_distrusts(now, after), cases[i].distrusts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_deadline_of_odd_clocks),
		cmocka_unit_test(test_hold_until),
		cmocka_unit_test(test_exit_at),
		cmocka_unit_test(test_last_redial_at),
		cmocka_unit_test(test_shutdown_deadline),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_due_without_age),
		cmocka_unit_test(test_distrusts),
		cmocka_unit_test(test_awaits_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

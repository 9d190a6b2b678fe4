/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/now.h"

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Each is the clock it says it is: between two readings of that one. */
static void test_clocks(void **state)
{
	int64_t mono = nanoseconds(CLOCK_MONOTONIC), boot = nanoseconds(CLOCK_BOOTTIME);
	struct now now = now_read();

	(void)state;
	assert_true(now.mono >= mono && now.mono <= nanoseconds(CLOCK_MONOTONIC));
	assert_true(now.boot >= boot && now.boot <= nanoseconds(CLOCK_BOOTTIME));
	/* The time of day may be set meanwhile; it is not another clock's for that. */
	assert_true(llabs(now.real - nanoseconds(CLOCK_REALTIME)) < 3600 * NS_PER_S);
}

static void test_gap(void **state)
{
	const struct now t = {.mono = 100, .boot = 200, .real = 300};

	(void)state;
	assert_true(now_gap(t, t) == 0);
	assert_true(now_gap(t, (struct now){110, 220, 305}) == 20);
	assert_true(now_gap(t, (struct now){110, 205, 303}) == 10);
	assert_true(now_gap(t, (struct now){101, 201, 900}) == 600);
	assert_true(now_gap(t, (struct now){90, 190, -1000}) == 0);
	assert_true(now_gap((struct now){INT64_MIN, 0, 0}, (struct now){INT64_MAX, 7, 0}) == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/now.h"
#include "domain/timestamp.h"
#include "guard.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define S(seconds) ((uint64_t)(seconds)*NS_PER_S)

static void test_good(void **state)
{
	static const struct {
		const char *text;
		uint64_t nanos;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.000000001Z", 1},
		{"2026-01-02T03:04:05.678Z", S(1767323045) + 678000000},
		{"2026-01-02T03:04:05Z", S(1767323045)},
		{"2026-01-02t03:04:05z", S(1767323045)},
		{"  2026-01-02T03:04:05Z\n", S(1767323045)},
		/* Python's logging, and what has no zone: UTC */
		{"2026-01-02 03:04:05,678", S(1767323045) + 678000000},
		{"2026-01-02 03:04:05", S(1767323045)},
		{"2026-01-02T03:04:05", S(1767323045)},
		/* Go's log */
		{"2026/01/02 03:04:05", S(1767323045)},
		{"2026/01/02 03:04:05.000678", S(1767323045) + 678000},
		/* digits: one, nine, and more than there is room for */
		{"2026-01-02T03:04:05.6Z", S(1767323045) + 600000000},
		{"2026-01-02T03:04:05.123456789Z", S(1767323045) + 123456789},
		{"2026-01-02T03:04:05.123456789987654321Z", S(1767323045) + 123456789},
		{"2026-01-02T03:04:05.0000000000000000000009999999999Z", S(1767323045)},
		/* offsets */
		{"2026-01-02T03:04:05+00:00", S(1767323045)},
		{"2026-01-02T03:04:05-00:00", S(1767323045)},
		{"2026-01-02T08:34:05+05:30", S(1767323045)},
		{"2026-01-02T08:34:05.5+0530", S(1767323045) + 500000000},
		{"2026-01-01T19:04:05-08", S(1767323045)},
		{"2026-01-03T03:03:05+23:59", S(1767323045)},
		{"1969-12-31T23:00:00-01:00", 0},
		/* Java's names of zones behind them */
		{"2026-01-02T03:04:05.678+0000UTC", S(1767323045) + 678000000},
		{"2026-01-02T03:04:05.678Z[UTC]", S(1767323045) + 678000000},
		{"2026-01-02T04:04:05+01:00[Europe/Berlin]", S(1767323045)},
		{"2026-01-02T03:04:05Z[Etc/GMT+0]", S(1767323045)},
		/* a leap second is the first of the next minute */
		{"2016-12-31T23:59:60Z", S(1483228800)},
		/* leap days */
		{"1972-02-29T00:00:00Z", S(68169600)},
		{"2000-02-29T23:59:59Z", S(951868799)},
		{"2024-02-29T12:00:00Z", S(1709208000)},
		{"2024-12-31T23:59:59Z", S(1735689599)},
		/* the end of 63 bits of nanoseconds is 2262-04-11T23:47:16.85 */
		{"2262-04-11T23:47:15.999999999Z", S(9223372035) + 999999999},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		uint64_t nanos = 42;

		if (!timestamp_parse(guard_put(slice_str(cases[i].text)), &nanos))
			fail_msg("%s is refused", cases[i].text);
		if (nanos != cases[i].nanos)
			fail_msg("%s is %ju", cases[i].text, (uintmax_t)nanos);
	}
}

static void test_bad(void **state)
{
	static const char *const cases[] = {
		/* a zone's name alone may mean any offset, and what is behind one is a name */
		"2026-01-02T03:04:05CET",
		"2026-01-02T03:04:05[Europe/Berlin]",
		"2026-01-02T03:04:05+0000 UTC",
		"2026-01-02T03:04:05Z[]",
		"2026-01-02T03:04:05Z[UTC",
		"2026-01-02T03:04:05Z[U C]",
		"2026-01-02T03:04:05ZUTC7",
		"",
		" ",
		"garbage",
		"1767323045",
		"2026-01-02",
		"2026-01-02T",
		"2026-01-02T03:04",
		"2026-1-2T03:04:05Z",
		"26-01-02T03:04:05Z",
		"02026-01-02T03:04:05Z",
		"-026-01-02T03:04:05Z",
		"2026/01-02T03:04:05Z",
		"2026-01/02T03:04:05Z",
		"2026-01-02_03:04:05Z",
		"2026-01-02T03.04.05Z",
		"2026-00-02T03:04:05Z",
		"2026-13-02T03:04:05Z",
		"2026-01-00T03:04:05Z",
		"2026-01-32T03:04:05Z",
		"2026-04-31T03:04:05Z",
		"2026-02-29T03:04:05Z",
		"2024-02-30T03:04:05Z",
		"2100-02-29T03:04:05Z",
		"2026-01-02T24:00:00Z",
		"2026-01-02T03:60:05Z",
		"2026-01-02T03:04:61Z",
		"2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05.",
		"2026-01-02T03:04:05.1.2Z",
		"2026-01-02T03:04:05ZZ",
		"2026-01-02T03:04:05Z more",
		"2026-01-02T03:04:05 +00:00",
		"2026-01-02T03:04:05+",
		"2026-01-02T03:04:05+5",
		"2026-01-02T03:04:05+05:",
		"2026-01-02T03:04:05+05:3",
		"2026-01-02T03:04:05+05:300",
		"2026-01-02T03:04:05+24:00",
		"2026-01-02T03:04:05+00:60",
		"2026-01-02T03:04:05 UTC",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"0000-01-01T00:00:00Z",
		"2262-04-11T23:47:17Z",
		"9999-12-31T23:59:59Z",
		"\xd9\xa2\xd9\xa0-01-02T03:04:05Z",
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		uint64_t nanos = 42;

		if (timestamp_parse(guard_put(slice_str(cases[i])), &nanos))
			fail_msg("%s is taken for %ju", cases[i], (uintmax_t)nanos);
		assert_int_equal(nanos, 42);
	}
	assert_false(timestamp_parse((struct slice){NULL, 0}, &(uint64_t){0}));
}

/* No text that is cut anywhere is read beyond its end, or is another time in disguise. */
static void test_cut(void **state)
{
	static const char text[] = "2026-01-02T03:04:05.678+05:30";
	size_t len;

	(void)state;
	for (len = 0; len < sizeof text - 1; len++) {
		uint64_t nanos;
		bool ok = timestamp_parse(guard_put(slice_of(text, len)), &nanos);
		/* Whole seconds, one to three digits, hours of the offset, and minutes. */
		bool whole = len == 19 || (len >= 21 && len <= 23) || len == 26;

		assert_int_equal(ok, whole);
	}
}

/* With text behind it: it is left there. */
static void test_scan(void **state)
{
	static const struct {
		const char *text, *rest;
		uint64_t nanos;
	} cases[] = {
		{"2026-01-02T03:04:05.678Z\tmore", "\tmore", S(1767323045) + 678000000},
		{"2026-01-02 03:04:05 INFO", " INFO", S(1767323045)},
		{"2026-01-02T04:04:05+01:00]", "]", S(1767323045)},
		{"2026-01-02T04:04:05+01]", "]", S(1767323045)},
		{"2026-01-02T03:04:05", "", S(1767323045)},
		{"2026-01-02T03:04:05+1 x", NULL, 0},
		{"2026-01-02T03:04:05. It is late", NULL, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		struct slice text = guard_put(slice_str(cases[i].text)), before = text;
		uint64_t nanos = 42;
		bool ok = timestamp_scan(&text, &nanos);

		assert_int_equal(ok, cases[i].rest != NULL);
		assert_true(ok ? slice_is(text, cases[i].rest) : text.data == before.data);
		assert_true(nanos == (ok ? cases[i].nanos : 42));
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t nanos; /* 0: none */
	} cases[] = {
		{"1767323045", S(1767323045)},
		{"1767323045.678", S(1767323045) + 678000000},
		{"1767323045.123456789", S(1767323045) + 123456789},
		{"1767323045678", S(1767323045) + 678000000},
		{"1767323045678.5", S(1767323045) + 678500000},
		{"1767323045678901", S(1767323045) + 678901000},
		{"1767323045678901234", S(1767323045) + 678901234},
		{"1000000000", S(1000000000)},
		{"9223372036854775799", UINT64_C(9223372036854775799)},
		{"9223372036.999", UINT64_C(9223372036999000000)},
		{"9223372037", 0},
		{"17958044324.461135", 0},
		{"99999999999999", 0},
		{"999999999", 0},
		{"7", 0},
		{"0", 0},
		{"", 0},
		{"-1767323045", 0},
		{"1767323045.", 0},
		{"1767323045s", 0},
		{"1.767323045e9", 0},
		{"9223372036854775808", 0},
		{"92233720368547758070", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++) {
		uint64_t nanos = 0;
		bool ok = timestamp_number(guard_put(slice_str(cases[i].text)), &nanos);

		assert_int_equal(ok, cases[i].nanos != 0);
		if (nanos != cases[i].nanos)
			fail_msg("%s is %ju", cases[i].text, (uintmax_t)nanos);
	}
}

/* Every day from 1970 to 2261, as the C library counts them. */
static void test_every_day(void **state)
{
	time_t day, last = 9214646400 - 86400; /* 2261-12-31 */
	char text[64];

	(void)state;
	for (day = 0; day <= last; day += 86400) {
		uint64_t nanos = 0;
		struct tm t;

		gmtime_r(&day, &t);
		strftime(text, sizeof text, "%Y-%m-%dT00:00:00Z", &t);
		assert_true(timestamp_parse(slice_str(text), &nanos));
		assert_true(nanos == S(day));
	}
	assert_string_equal(text, "2261-12-31T00:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),    cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),     cmocka_unit_test(test_scan),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

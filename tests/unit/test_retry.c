/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"
#include "policy/retry.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_among(unsigned status, const unsigned *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i] == status)
			return true;
	return false;
}

/* What the answer means for a joined batch, for a payload of several items, and for one item. */
static enum verdict expected(unsigned status, size_t members, size_t items)
{
	/* OTLP specification 1.x, "OTLP/HTTP Response", "Retryable Response Codes" */
	static const unsigned retryable[] = {429, 502, 503, 504};
	/* Beyond it: no answer at all ("the client SHOULD retry"); 401 and 403, which are not
	 * permanent (DESIGN, "Failure"); 408, for a request that a freeze has made too slow. */
	static const unsigned ours[] = {0, 401, 403, 408};

	if (status / 100 == 2)
		return VERDICT_EXPORTED;
	if (is_among(status, retryable, 4) || is_among(status, ours, 4))
		return VERDICT_LATER;
	if (status == 400 && members > 1)
		return VERDICT_SINGLY;
	if (status == 404)
		return VERDICT_OFF;
	if (status == 413 && items > 1)
		return VERDICT_HALVE;
	return VERDICT_REFUSED;
}

static void test_every_status(void **state)
{
	static const struct {
		size_t members, items;
	} batches[] = {{1, 1}, {1, 2}, {1, 1000}, {2, 2}, {7, 300}};
	static const char *const messages[] = {"", "no such field", "rate limit exceeded"};
	unsigned status;
	size_t i, m;

	(void)state;
	for (status = 0; status < 1000; status++) {
		for (i = 0; i < LENGTH(batches); i++) {
			for (m = 0; m < LENGTH(messages); m++) {
				struct answer answer = {status, batches[i].members,
							batches[i].items, slice_str(messages[m])};

				if (retry_verdict(&answer) !=
				    expected(status, batches[i].members, batches[i].items))
					fail_msg("status %u, %zu members, %s", status,
						 batches[i].members, messages[m]);
			}
		}
	}
}

static const char *const too_large[] = {
	"http: request body too large",
	"Request Entity Too Large",
	"TOO LARGE",
	"grpc: received message larger than max (5000000 vs. 4194304)",
	"\x01\x7f\xff payload too big",
	"body size exceeds the limit of 1048576 bytes",
};

/* Those two statuses stand for any fault of a request; the others mean what they mean. */
static void test_too_large(void **state)
{
	static const size_t members[] = {1, 3};
	unsigned status;
	size_t i, m;

	(void)state;
	for (i = 0; i < LENGTH(too_large); i++) {
		for (m = 0; m < LENGTH(members); m++) {
			for (status = 0; status < 1000; status++) {
				struct answer answer = {status, members[m], 3,
							guard_put(slice_str(too_large[i]))};
				enum verdict verdict = expected(status, members[m], 3);

				if (status == 400 || status == 500)
					verdict = VERDICT_HALVE;
				if (retry_verdict(&answer) != verdict)
					fail_msg("status %u: %s", status, too_large[i]);
			}
		}
	}
}

/* What is like it and is not. */
static void test_not_too_large(void **state)
{
	static const char *const messages[] = {"", "t", "too larg", "larger", "exceed", "e"};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(messages); i++) {
		struct answer answer = {400, 2, 2, guard_put(slice_str(messages[i]))};

		assert_int_equal(retry_verdict(&answer), VERDICT_SINGLY);
	}
}

/* Each verdict that keeps data leads to smaller requests, so that it comes to an end: one item by
 * itself is exported, kept for later, or dropped. */
static void test_one_item(void **state)
{
	unsigned status;
	size_t m;

	(void)state;
	for (status = 0; status < 1000; status++) {
		for (m = 0; m < LENGTH(too_large); m++) {
			struct answer answer = {status, 1, 1, slice_str(too_large[m])};
			enum verdict verdict = retry_verdict(&answer);

			assert_true(verdict == VERDICT_EXPORTED || verdict == VERDICT_LATER ||
				    verdict == VERDICT_REFUSED || verdict == VERDICT_OFF);
		}
	}
}

static void test_maybe_taken(void **state)
{
	unsigned status;

	(void)state;
	for (status = 0; status < 1000; status++)
		assert_int_equal(retry_maybe_taken(status), status == 502 || status == 504);
}

static const struct {
	unsigned failures;
	int64_t ms;
} pauses[] = {
	{0, 250},    {1, 250},    {2, 500},      {3, 1000},           {4, 2000},   {5, 4000},
	{6, 8000},   {7, 16000},  {8, 30000},    {9, 30000},          {10, 30000}, {33, 30000},
	{64, 30000}, {65, 30000}, {1000, 30000}, {UINT32_MAX, 30000},
};

static void test_pause(void **state)
{
	uint32_t random = 1;
	int64_t least, most, pause;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(pauses); i++) {
		most = pauses[i].ms * NS_PER_MS;
		least = most / 2;
		assert_true(retry_pause(pauses[i].failures, 0) == least);
		pause = retry_pause(pauses[i].failures, UINT32_MAX);
		assert_true(pause < most && pause > most - NS_PER_MS);
		pause = retry_pause(pauses[i].failures, UINT32_C(1) << 31);
		assert_true(pause == least + least / 2);
		for (n = 0; n < 1000; n++) {
			random = random * 1664525 + 1013904223;
			pause = retry_pause(pauses[i].failures, random);
			assert_true(pause >= least && pause < most);
		}
	}
}

/* Clients that failed together come again apart: each tenth of the range is hit. */
static void test_jitter_spreads(void **state)
{
	unsigned hits[10] = {0};
	uint32_t random = 7;
	size_t n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		int64_t pause, half = 15 * NS_PER_S;

		random = random * 1664525 + 1013904223;
		pause = retry_pause(20, random);
		hits[(pause - half) * 10 / half]++;
	}
	for (n = 0; n < LENGTH(hits); n++)
		assert_in_range(hits[n], 50, 200);
}

/* Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example, and half a second */
#define RFC_TIME (INT64_C(784111777) * NS_PER_S)
#define HALF (NS_PER_S / 2)
#define LONGEST RETRY_AFTER_LONGEST

static const struct {
	const char *value;
	int64_t real; /* of now */
	int64_t pause;
} afters[] = {
	/* Seconds */
	{"0", 0, 0},
	{"1", 0, NS_PER_S},
	{"  120\t", 0, 120 * NS_PER_S},
	{"007", 0, 7 * NS_PER_S},
	{"899", 0, 899 * NS_PER_S},
	{"900", 0, LONGEST},
	{"901", 0, LONGEST},
	{"86400", 0, LONGEST},
	{"9223372036854775807", 0, LONGEST},
	{"18446744073709551616", 0, LONGEST},
	{"99999999999999999999999999999999999999999999", 0, LONGEST},
	{"00000000000000000000000000000000000000000003", 0, 3 * NS_PER_S},
	/* Neither seconds nor a date */
	{"", 0, -1},
	{"  ", 0, -1},
	{"-1", 0, -1},
	{"+1", 0, -1},
	{"1.5", 0, -1},
	{"1s", 0, -1},
	{"1 2", 0, -1},
	{"0x10", 0, -1},
	{"soon", 0, -1},
	{"\xd9\xa3", 0, -1},
	/* The three forms of a date */
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME - 10 * NS_PER_S, 10 * NS_PER_S},
	{"Sunday, 06-Nov-94 08:49:37 GMT", RFC_TIME - 10 * NS_PER_S, 10 * NS_PER_S},
	{"Sun Nov  6 08:49:37 1994", RFC_TIME - 10 * NS_PER_S, 10 * NS_PER_S},
	{" Sun, 06 Nov 1994 08:49:37 GMT ", RFC_TIME - HALF, HALF},
	{"Wed Nov 16 08:49:37 1994", RFC_TIME + 864000 * NS_PER_S - 1, 1},
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME, 0},
	/* Past */
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME + 1, 0},
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME + 864000 * NS_PER_S, 0},
	{"Mon, 01 Jan 0000 00:00:00 GMT", RFC_TIME, 0},
	{"Fri, 13 Dec 1901 20:45:52 GMT", RFC_TIME, 0},
	/* Far */
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME - LONGEST, LONGEST},
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME - LONGEST - 1, LONGEST},
	{"Sun, 06 Nov 1994 08:49:37 GMT", RFC_TIME - LONGEST + 1, LONGEST - 1},
	{"Fri, 31 Dec 9999 23:59:60 GMT", RFC_TIME, LONGEST},
	{"Tue, 19 Jan 2038 03:14:08 GMT", INT64_C(2147483640) * NS_PER_S, 8 * NS_PER_S},
	/* Two digits of a year: within fifty years (2026-01-01 is now). */
	{"Friday, 01-Jan-27 00:00:00 GMT", INT64_C(1767225600) * NS_PER_S, LONGEST},
	{"Thursday, 01-Jan-26 00:00:05 GMT", INT64_C(1767225600) * NS_PER_S, 5 * NS_PER_S},
	{"Wednesday, 01-Jan-76 00:00:05 GMT", INT64_C(1767225600) * NS_PER_S, LONGEST},
	{"Saturday, 01-Jan-77 00:00:05 GMT", INT64_C(1767225600) * NS_PER_S, 0},
	/* 2099-12-31T23:59:50Z is now. */
	{"Friday, 01-Jan-00 00:00:00 GMT", INT64_C(4102444790) * NS_PER_S, 10 * NS_PER_S},
	/* Leap years, leap seconds */
	{"Thu, 29 Feb 2024 00:00:01 GMT", INT64_C(1709164800) * NS_PER_S, NS_PER_S},
	{"Sat, 31 Dec 2016 23:59:60 GMT", INT64_C(1483228799) * NS_PER_S, NS_PER_S},
	{"Wed, 29 Feb 2023 00:00:01 GMT", 0, -1},
	/* Like dates */
	{"Sun, 06 Nov 1994 08:49:37", 0, -1},
	{"Sun, 06 Nov 1994 08:49:37 UTC", 0, -1},
	{"Sun, 06 Nov 1994 08:49:37 GMT+1", 0, -1},
	{"Sun, 06 Nov 1994 08:49:37 gmt", 0, -1},
	{"Sun, 6 Nov 1994 08:49:37 GMT", 0, -1},
	{"Sun,  6 Nov 1994 08:49:37 GMT", 0, -1},
	{"Sun, -6 Nov 1994 08:49:37 GMT", 0, -1},
	{"Son, 06 Nov 1994 08:49:37 GMT", 0, -1},
	{"Sun, 06 Nav 1994 08:49:37 GMT", 0, -1},
	{"Sun, 31 Jun 1994 08:49:37 GMT", 0, -1},
	{"Sun, 00 Nov 1994 08:49:37 GMT", 0, -1},
	{"Sun, 06 Nov 1994 24:49:37 GMT", 0, -1},
	{"Sun, 06 Nov 1994 08:60:37 GMT", 0, -1},
	{"Sun, 06 Nov 1994 08:49:61 GMT", 0, -1},
	{"Sun, 06 Nov 94 08:49:37 GMT", 0, -1},
	{"Sunday, 06-Nov-1994 08:49:37 GMT", 0, -1},
	{"Sun, 06-Nov-94 08:49:37 GMT", 0, -1},
	{"Sun Nov 6 08:49:37 1994", 0, -1},
	{"Sun Nov 06 08:49:37 1994 GMT", 0, -1},
	{"1994-11-06T08:49:37Z", 0, -1},
};

static void test_after(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(afters); i++) {
		struct now now = {.mono = 5, .boot = 6, .real = afters[i].real};
		int64_t pause = retry_after(guard_put(slice_str(afters[i].value)), now);

		if (pause != afters[i].pause)
			fail_msg("%s: %lld", afters[i].value, (long long)pause);
	}
}

/* No beginning of a value is read beyond its end, and none is a date before it is whole. */
static void test_after_cut(void **state)
{
	static const char *const values[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	};
	struct now now = {.real = RFC_TIME - NS_PER_S};
	size_t i, len;

	(void)state;
	for (i = 0; i < LENGTH(values); i++) {
		struct slice whole = slice_str(values[i]);

		for (len = 0; len < whole.len; len++)
			assert_true(retry_after(guard_put(slice_of(whole.data, len)), now) == -1);
		assert_true(retry_after(guard_put(whole), now) == NS_PER_S);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status),   cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_not_too_large),  cmocka_unit_test(test_one_item),
		cmocka_unit_test(test_maybe_taken),    cmocka_unit_test(test_pause),
		cmocka_unit_test(test_jitter_spreads), cmocka_unit_test(test_after),
		cmocka_unit_test(test_after_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

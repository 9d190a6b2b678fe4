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
				struct answer answer = {
					.status = status,
					.members = batches[i].members,
					.items = batches[i].items,
					.message = slice_str(messages[m]),
				};

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
				struct answer answer = {
					.status = status,
					.members = members[m],
					.items = 3,
					.message = guard_put(slice_str(too_large[i])),
				};
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
		struct answer answer = {.status = 400,
					.members = 2,
					.items = 2,
					.message = guard_put(slice_str(messages[i]))};

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
			struct answer answer = {.status = status,
						.members = 1,
						.items = 1,
						.message = slice_str(too_large[m])};
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
	for (status = 0; status < 1000; status++) {
		struct answer answer = {.status = status};

		assert_int_equal(retry_maybe_taken(&answer), status == 502 || status == 504);
	}
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
		assert_true(retry_pause(0, pauses[i].failures, 0) == least);
		pause = retry_pause(0, pauses[i].failures, UINT32_MAX);
		assert_true(pause < most && pause > most - NS_PER_MS);
		pause = retry_pause(0, pauses[i].failures, UINT32_C(1) << 31);
		assert_true(pause == least + least / 2);
		for (n = 0; n < 1000; n++) {
			random = random * 1664525 + 1013904223;
			pause = retry_pause(0, pauses[i].failures, random);
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
		pause = retry_pause(0, 20, random);
		hits[(pause - half) * 10 / half]++;
	}
	for (n = 0; n < LENGTH(hits); n++)
		assert_in_range(hits[n], 50, 200);
}

/* The backend's own wish goes before, within bounds. */
static void test_asked(void **state)
{
	static const struct {
		int64_t asked, pause; /* 0: its own */
	} cases[] = {
		{1, 1},
		{NS_PER_S, NS_PER_S},
		{600 * NS_PER_S, 600 * NS_PER_S},
		{RETRY_LONGEST_ASKED, RETRY_LONGEST_ASKED},
		{RETRY_LONGEST_ASKED + 1, RETRY_LONGEST_ASKED},
		{INT64_MAX, RETRY_LONGEST_ASKED},
		{0, 0},
		{-1, 0},
		{INT64_MIN, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(cases); i++)
		assert_true(retry_pause(cases[i].asked, 3, 5) ==
			    (cases[i].pause ? cases[i].pause : retry_pause(0, 3, 5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status),   cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_not_too_large),  cmocka_unit_test(test_one_item),
		cmocka_unit_test(test_maybe_taken),    cmocka_unit_test(test_pause),
		cmocka_unit_test(test_jitter_spreads), cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

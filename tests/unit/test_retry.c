/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/now.h"
#include "policy/retry.h"

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
	if (status == 413 && items > 1)
		return VERDICT_HALVE;
	return VERDICT_REFUSED;
}

static void test_every_status(void **state)
{
	static const struct {
		size_t members, items;
	} batches[] = {{1, 1}, {1, 2}, {1, 1000}, {2, 2}, {7, 300}};
	unsigned status;
	size_t i;

	(void)state;
	for (status = 0; status < 1000; status++) {
		for (i = 0; i < sizeof batches / sizeof batches[0]; i++) {
			struct answer answer = {status, batches[i].members, batches[i].items};

			if (retry_verdict(&answer) !=
			    expected(status, batches[i].members, batches[i].items))
				fail_msg("status %u, %zu members", status, batches[i].members);
		}
	}
}

/* Each verdict that keeps data leads to smaller requests, so that it comes to an end: one item by
 * itself is exported, kept for later, or refused. */
static void test_one_item(void **state)
{
	unsigned status;

	(void)state;
	for (status = 0; status < 1000; status++) {
		struct answer answer = {status, 1, 1};
		enum verdict verdict = retry_verdict(&answer);

		assert_true(verdict == VERDICT_EXPORTED || verdict == VERDICT_LATER ||
			    verdict == VERDICT_REFUSED);
	}
}

static void test_pause(void **state)
{
	static const struct {
		unsigned failures;
		int64_t seconds;
	} cases[] = {
		{0, 1},  {1, 1},  {2, 2},   {3, 4},   {4, 8},           {5, 16},
		{6, 30}, {7, 30}, {64, 30}, {65, 30}, {UINT32_MAX, 30},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_true(retry_pause(cases[i].failures) == cases[i].seconds * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status),
		cmocka_unit_test(test_one_item),
		cmocka_unit_test(test_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

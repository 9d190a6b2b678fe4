/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/invocations.h"

static struct invocation *told(struct invocations *table, enum event_type type, const char *id)
{
	struct telemetry_event event = {.type = type};
	struct invocation *entry;

	event.record = json_pack("{s:s}", "requestId", id);
	entry = invocations_event(table, &event);
	json_decref(event.record);
	return entry;
}

static const char *current(const struct invocations *table)
{
	const struct invocation *entry = invocations_current(table);

	return entry ? entry->request_id : "none";
}

/* Whichever comes first, the INVOKE or the Telemetry API: it is one entry. */
static void test_one_request(void **state)
{
	struct invocations t = {0};
	struct invocation *a;

	(void)state;
	assert_null(invocations_find(&t, slice_str("a")));
	a = invocations_invoke(&t, slice_str("a"));
	assert_string_equal(a->request_id, "a");
	assert_false(a->started || a->done || a->reported);
	assert_string_equal(current(&t), "none");
	assert_ptr_equal(told(&t, EVENT_START, "a"), a);
	assert_true(a->started && !a->done);
	assert_string_equal(current(&t), "a");
	assert_ptr_equal(told(&t, EVENT_RUNTIME_DONE, "a"), a);
	assert_true(a->done && !a->reported);
	assert_ptr_equal(told(&t, EVENT_REPORT, "a"), a);
	assert_true(a->reported);
	assert_ptr_equal(invocations_find(&t, slice_str("a")), a);
	assert_int_equal(t.count, 1);

	told(&t, EVENT_START, "b");
	told(&t, EVENT_RUNTIME_DONE, "b");
	a = invocations_invoke(&t, slice_str("b"));
	assert_true(a->started && a->done);
	assert_int_equal(t.count, 2);
}

/* Lambda runs a failed asynchronous request again under the same id, often in the same environment:
 * what was told of the first run does not hold for the second. */
static void test_same_request_again(void **state)
{
	struct invocations t = {0};
	struct invocation *a;

	(void)state;
	/* The INVOKE comes first. */
	invocations_invoke(&t, slice_str("a"));
	told(&t, EVENT_START, "a");
	told(&t, EVENT_RUNTIME_DONE, "a");
	told(&t, EVENT_REPORT, "a");
	a = invocations_invoke(&t, slice_str("a"));
	assert_false(a->started || a->done || a->reported);
	told(&t, EVENT_START, "a");
	assert_true(a->started && !a->done);
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_true(a->done);
	/* The Telemetry API comes first. */
	told(&t, EVENT_START, "a");
	assert_true(a->started && !a->done);
	invocations_invoke(&t, slice_str("a"));
	assert_true(a->started && !a->done);
	told(&t, EVENT_RUNTIME_DONE, "a");
	a = invocations_invoke(&t, slice_str("a"));
	assert_false(a->started || a->done);
	assert_int_equal(t.count, 1);
}

static void test_other_events(void **state)
{
	static const enum event_type types[] = {
		EVENT_UNKNOWN,        EVENT_BROKEN,          EVENT_FUNCTION,
		EVENT_EXTENSION,      EVENT_INIT_START,      EVENT_INIT_RUNTIME_DONE,
		EVENT_INIT_REPORT,    EVENT_RESTORE_START,   EVENT_RESTORE_RUNTIME_DONE,
		EVENT_RESTORE_REPORT, EVENT_EXTENSION_STATE, EVENT_SUBSCRIPTION,
		EVENT_LOGS_DROPPED,
	};
	struct telemetry_event nothing = {.type = EVENT_START};
	struct invocations t = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		assert_null(told(&t, types[i], "a"));
	/* Without a request id, and with one that is none. */
	assert_null(invocations_event(&t, &nothing));
	assert_null(told(&t, EVENT_START, ""));
	/* The report of a request that is long forgotten. */
	assert_null(told(&t, EVENT_REPORT, "a"));
	assert_int_equal(t.count, 0);
	assert_string_equal(current(&t), "none");
}

/* Lines that come late belong to the one that was started last, until the next is. */
static void test_current(void **state)
{
	struct invocations t = {0};

	(void)state;
	told(&t, EVENT_START, "a");
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_string_equal(current(&t), "a");
	told(&t, EVENT_REPORT, "a");
	invocations_invoke(&t, slice_str("b"));
	assert_string_equal(current(&t), "a");
	told(&t, EVENT_START, "b");
	assert_string_equal(current(&t), "b");
	/* The end of another one changes nothing. */
	told(&t, EVENT_RUNTIME_DONE, "a");
	assert_string_equal(current(&t), "b");
	told(&t, EVENT_START, "a");
	assert_string_equal(current(&t), "a");
}

/* Managed Instances run several at once: the last one started says nothing of a line. */
static void test_concurrent(void **state)
{
	struct invocations t = {.concurrent = true};

	(void)state;
	assert_true(told(&t, EVENT_START, "a")->started);
	assert_true(told(&t, EVENT_START, "b")->started);
	assert_true(told(&t, EVENT_REPORT, "a")->reported);
	assert_string_equal(current(&t), "none");
}

/* The oldest gives way; the others stay what they are. */
static void test_ring(void **state)
{
	struct invocations t = {0};
	char id[32];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 10 * INVOCATIONS; i++) {
		snprintf(id, sizeof id, "request-%u", i);
		if (i % 3 == 0)
			told(&t, EVENT_START, id);
		else
			invocations_invoke(&t, slice_str(id));
		for (k = 0; k <= i; k++) {
			struct invocation *entry;

			snprintf(id, sizeof id, "request-%u", k);
			entry = invocations_find(&t, slice_str(id));
			assert_int_equal(entry != NULL, k + INVOCATIONS > i);
			if (entry) {
				assert_string_equal(entry->request_id, id);
				assert_int_equal(entry->started, k % 3 == 0);
			}
		}
		snprintf(id, sizeof id, "request-%u", i - i % 3);
		assert_string_equal(current(&t), id);
	}
	/* The current one goes out of the ring with its entry. */
	for (k = 0; k < INVOCATIONS; k++) {
		snprintf(id, sizeof id, "later-%u", k);
		invocations_invoke(&t, slice_str(id));
	}
	assert_string_equal(current(&t), "none");
}

static void test_odd_ids(void **state)
{
	struct invocations t = {0};
	char id[200];
	struct invocation *a, *b;

	(void)state;
	/* Too long: cut, and found again. */
	memset(id, 'x', sizeof id);
	a = invocations_invoke(&t, slice_of(id, sizeof id));
	assert_int_equal(strlen(a->request_id), REQUEST_ID_SIZE - 1);
	assert_ptr_equal(invocations_find(&t, slice_of(id, sizeof id)), a);
	assert_ptr_equal(invocations_find(&t, slice_of(id, REQUEST_ID_SIZE)), a);
	assert_null(invocations_find(&t, slice_of(id, REQUEST_ID_SIZE - 2)));
	/* None at all, as an INVOKE event without one has it. */
	b = invocations_invoke(&t, (struct slice){NULL, 0});
	assert_string_equal(b->request_id, "");
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(invocations_invoke(&t, slice_str("")), b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_request),  cmocka_unit_test(test_same_request_again),
		cmocka_unit_test(test_other_events), cmocka_unit_test(test_current),
		cmocka_unit_test(test_concurrent),   cmocka_unit_test(test_ring),
		cmocka_unit_test(test_odd_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

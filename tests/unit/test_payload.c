/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "short_heap.h"

#include "domain/payload.c"

static size_t held;

static struct payload *make(size_t items)
{
	struct bytes message = {0};
	struct payload *p;

	bytes_addf(&message, "payload of %zu", items);
	p = payload_new(OTLP_LOGS, &message, items, (int64_t)items, &held);
	assert_null(message.data);
	assert_non_null(p);
	return p;
}

static void test_life(void **state)
{
	struct payload *p = make(3);

	(void)state;
	assert_int_equal(p->signal, OTLP_LOGS);
	assert_int_equal(p->items, 3);
	assert_int_equal(p->arrived, 3);
	assert_false(p->alone || p->maybe_sent);
	assert_true(slice_is(bytes_slice(&p->message), "payload of 3"));
	assert_int_equal(held, sizeof *p + p->message.cap);
	assert_ptr_equal(payload_ref(p), p);
	payload_unref(p);
	assert_int_equal(held, sizeof *p + p->message.cap);
	payload_unref(p);
	assert_int_equal(held, 0);
	payload_unref(NULL);
}

/* What was reserved and not used is given back: it would be held for long. */
static void test_fits(void **state)
{
	struct bytes message = {0};
	struct payload *p;

	(void)state;
	assert_true(bytes_reserve(&message, 1 << 20));
	bytes_append(&message, "small", 5);
	p = payload_new(OTLP_TRACES, &message, 1, 0, &held);
	assert_in_range(held, 5, 2048);
	payload_unref(p);
	assert_int_equal(held, 0);
}

static void test_new_without_memory(void **state)
{
	struct bytes message = {0};

	(void)state;
	bytes_addf(&message, "text");
	short_heap_at = 1;
	assert_null(payload_new(OTLP_LOGS, &message, 1, 0, &held));
	assert_null(message.data);
	assert_int_equal(held, 0);
}

/* Against a plain array: pushes and pops at both ends, in every fill of the ring. */
static void test_list(void **state)
{
	struct payload_list list = {0};
	struct payload *expected[200];
	size_t count = 0, pushed = 0, bytes, i, step;
	uint32_t seed = 7;

	(void)state;
	assert_null(payload_list_pop(&list));
	for (step = 0; step < 5000; step++) {
		/* Tends to grow, then to shrink. */
		unsigned what, bias = step / 1000 % 2 ? 4 : 7;

		seed = seed * 1664525 + 1013904223;
		what = (seed >> 16) % 10;
		if (what < bias && count < 200) {
			struct payload *p = make(++pushed);

			if (what % 2) {
				assert_true(payload_list_push(&list, p));
				expected[count] = p;
			} else {
				assert_true(payload_list_push_front(&list, p));
				memmove(expected + 1, expected, count * sizeof expected[0]);
				expected[0] = p;
			}
			count++;
		} else {
			struct payload *p = payload_list_pop(&list);

			assert_ptr_equal(p, count ? expected[0] : NULL);
			if (count)
				memmove(expected, expected + 1, --count * sizeof expected[0]);
			payload_unref(p);
		}
		assert_int_equal(list.count, count);
		for (bytes = 0, i = 0; i < count; i++) {
			assert_ptr_equal(payload_list_at(&list, i), expected[i]);
			bytes += expected[i]->message.len;
		}
		assert_int_equal(list.bytes, bytes);
	}
	payload_list_free(&list);
	assert_null(list.ring);
	assert_int_equal(list.bytes, 0);
	assert_int_equal(held, 0);
}

static void test_items(void **state)
{
	struct payload_list list = {0};
	size_t i;

	(void)state;
	assert_int_equal(payload_list_items(&list), 0);
	for (i = 1; i <= 10; i++)
		assert_true(payload_list_push(&list, make(i)));
	assert_int_equal(payload_list_items(&list), 55);
	payload_list_free(&list);
	payload_list_free(&list);
	assert_int_equal(held, 0);
}

/* The reference stays with the caller, the list is what it was; after a reservation it cannot
 * be. */
static void test_list_without_memory(void **state)
{
	struct payload_list list = {0};
	struct payload *p = make(1);
	size_t i;

	(void)state;
	short_heap_at = 1;
	assert_false(payload_list_push(&list, p));
	short_heap_at = 1;
	assert_false(payload_list_push_front(&list, p));
	short_heap_at = 1;
	assert_false(payload_list_reserve(&list, 1));
	assert_int_equal(list.count, 0);
	assert_int_equal(list.bytes, 0);
	assert_true(payload_list_push(&list, p));
	while (list.count < list.cap)
		assert_true(payload_list_push(&list, make(2)));
	p = make(3);
	short_heap_at = 1;
	assert_false(payload_list_push(&list, p));
	assert_int_equal(list.count, list.cap);
	assert_int_equal(list.bytes, list.cap * strlen("payload of 1"));
	assert_int_equal(payload_list_at(&list, 0)->items, 1);
	assert_true(payload_list_reserve(&list, 100));
	short_heap_at = 1;
	for (i = 0; i < 50; i++) {
		assert_true(payload_list_push(&list, payload_ref(p)));
		assert_true(payload_list_push_front(&list, payload_ref(p)));
	}
	assert_int_equal(short_heap_at, 1);
	short_heap_at = 0;
	payload_unref(p);
	payload_list_free(&list);
	assert_int_equal(held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),  cmocka_unit_test(test_fits),
		cmocka_unit_test(test_list),  cmocka_unit_test(test_new_without_memory),
		cmocka_unit_test(test_items), cmocka_unit_test(test_list_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/value.h"
#include "short_memory.h"

/* protobuf-c's strings end at a NUL: what is behind one is not lost. */
static void test_nul(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(value_text(&a, slice_of("a\0b\0", 4)), "a\xef\xbf\xbd"
								   "b\xef\xbf\xbd");
	assert_string_equal(value_string(&a, slice_of("\0", 1))->string_value, "\xef\xbf\xbd");
	assert_string_equal(value_text(&a, (struct slice){NULL, 0}), "");
	arena_free(&a);
}

static void test_attribute(void **state)
{
	struct arena a = {0};
	Otlp__KeyValue *kv = value_attribute(&a, slice_of("key and more", 3), value_int(&a, 1));

	(void)state;
	assert_string_equal(kv->key, "key");
	assert_true(kv->value->int_value == 1);
	/* The value could not be made. */
	assert_null(value_attribute(&a, slice_str("key"), NULL));
	arena_free(&a);
}

static void test_short_memory_of_text(void **state)
{
	int at;

	(void)state;
	for (at = 1; at < 10; at++) {
		struct arena a = {0};
		char long_text[300] = "";
		char *text;

		short_memory_at = at;
		text = value_text(&a, slice_of(long_text, sizeof long_text));
		assert_int_equal(text == NULL, short_memory_at == 0);
		assert_int_equal(text == NULL, a.failed);
		arena_free(&a);
		if (text)
			break;
	}
	short_memory_at = 0;
	assert_in_range(at, 2, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_attribute),
		cmocka_unit_test(test_short_memory_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

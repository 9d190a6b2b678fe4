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

#include "short_heap.h"

#include "base/arena.c"

static Otlp__AnyValue *parsed(struct arena *a, const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	Otlp__AnyValue *v;

	assert_non_null(json);
	v = value_json(a, json);
	json_decref(json);
	return v;
}

static void test_scalars(void **state)
{
	struct arena a = {0};
	Otlp__AnyValue *v;

	(void)state;
	v = parsed(&a, "\"caf\xc3\xa9\"");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	assert_string_equal(v->string_value, "caf\xc3\xa9");
	v = parsed(&a, "\"\"");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	assert_string_equal(v->string_value, "");
	v = parsed(&a, "-9223372036854775808");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_INT_VALUE);
	assert_true(v->int_value == INT64_MIN);
	v = parsed(&a, "9223372036854775807");
	assert_true(v->int_value == INT64_MAX);
	v = parsed(&a, "1.0");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE);
	assert_true(v->double_value >= 1.0 && v->double_value <= 1.0);
	v = parsed(&a, "true");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
	assert_true(v->bool_value);
	v = parsed(&a, "false");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
	assert_false(v->bool_value);
	/* null is the empty value, which is not the empty string. */
	v = parsed(&a, "null");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE__NOT_SET);
	v = value_int(&a, -7);
	assert_true(v->int_value == -7);
	arena_free(&a);
}

static void test_containers(void **state)
{
	struct arena a = {0};
	Otlp__AnyValue *v = parsed(&a, "{\"list\":[1,\"two\",[],{}],\"none\":null,\"\":false}");
	Otlp__KeyValueList *list;
	Otlp__ArrayValue *array;

	(void)state;
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_KVLIST_VALUE);
	list = v->kvlist_value;
	assert_int_equal(list->n_values, 3);
	assert_string_equal(list->values[0]->key, "list");
	assert_string_equal(list->values[1]->key, "none");
	assert_int_equal(list->values[1]->value->value_case, OTLP__ANY_VALUE__VALUE__NOT_SET);
	assert_string_equal(list->values[2]->key, "");
	assert_int_equal(list->values[0]->value->value_case, OTLP__ANY_VALUE__VALUE_ARRAY_VALUE);
	array = list->values[0]->value->array_value;
	assert_int_equal(array->n_values, 4);
	assert_true(array->values[0]->int_value == 1);
	assert_string_equal(array->values[1]->string_value, "two");
	assert_int_equal(array->values[2]->array_value->n_values, 0);
	assert_int_equal(array->values[3]->value_case, OTLP__ANY_VALUE__VALUE_KVLIST_VALUE);
	assert_int_equal(array->values[3]->kvlist_value->n_values, 0);
	assert_false(a.failed);
	arena_free(&a);
}

/* protobuf-c's strings end at a NUL: what is behind one is not lost. */
static void test_nul(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(value_text(&a, slice_of("a\0b\0", 4)), "a\xef\xbf\xbd"
								   "b\xef\xbf\xbd");
	assert_string_equal(value_string(&a, slice_of("\0", 1))->string_value, "\xef\xbf\xbd");
	assert_string_equal(parsed(&a, "\"x\\u0000y\"")->string_value, "x\xef\xbf\xbdy");
	assert_string_equal(value_text(&a, (struct slice){NULL, 0}), "");
	arena_free(&a);
}

static char *nested(const char *open, const char *inner, const char *close, size_t depth)
{
	size_t size = depth * (strlen(open) + strlen(close)) + strlen(inner) + 1, i;
	char *text = test_calloc(1, size);

	for (i = 0; i < depth; i++)
		strcat(text, open);
	strcat(text, inner);
	for (i = 0; i < depth; i++)
		strcat(text, close);
	return text;
}

/* So deep and no deeper; what is deeper is there as text. */
static void test_depth(void **state)
{
	static const size_t depths[] = {1, 5, 20, 29, 30, 31, 32, 33, 100, 2000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof depths / sizeof depths[0]; i++) {
		struct arena a = {0};
		char *text = nested("[", "7", "]", depths[i]), *rest;
		Otlp__AnyValue *v = parsed(&a, text);
		size_t levels = 0;

		for (; v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE; levels++)
			v = v->array_value->values[0];
		assert_int_equal(levels, depths[i] < VALUE_DEPTH ? depths[i] : VALUE_DEPTH);
		if (depths[i] <= VALUE_DEPTH) {
			assert_true(v->int_value == 7);
		} else {
			rest = nested("[", "7", "]", depths[i] - VALUE_DEPTH);
			assert_string_equal(v->string_value, rest);
			test_free(rest);
		}
		test_free(text);
		arena_free(&a);
	}
}

static void test_depth_of_objects(void **state)
{
	struct arena a = {0};
	char *text = nested("{\"k\":", "\"a\\u0000b\"", "}", VALUE_DEPTH + 2);
	Otlp__AnyValue *v = parsed(&a, text);
	size_t levels = 0;

	(void)state;
	for (; v->value_case == OTLP__ANY_VALUE__VALUE_KVLIST_VALUE; levels++)
		v = v->kvlist_value->values[0]->value;
	assert_int_equal(levels, VALUE_DEPTH);
	assert_string_equal(v->string_value, "{\"k\":{\"k\":\"a\\u0000b\"}}");
	test_free(text);
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

/* Whichever allocation fails: NULL, the flag set, nothing leaked. */
static void test_short_memory(void **state)
{
	static char big[20000];
	size_t len = 0, i;
	int at, failed = 0;

	(void)state;
	/* More than a block of the arena, on every way there is. */
	len += (size_t)sprintf(big + len, "[[],{},\"a\\u0000b\",1,1.5,true,null");
	for (i = 0; i < 40; i++)
		len += (size_t)sprintf(big + len, ",{\"k%zu\":[%zu,\"x\\u0000\",{\"o\":{}}]}", i,
				       i);
	sprintf(big + len, "]");
	for (at = 1; at < 10000; at++) {
		struct arena a = {0};
		Otlp__AnyValue *v;

		short_heap_at = at;
		v = parsed(&a, big);
		assert_int_equal(v == NULL, a.failed);
		arena_free(&a);
		if (short_heap_at > 0)
			break;
		assert_null(v);
		failed++;
	}
	short_heap_at = 0;
	assert_in_range(failed, 2, 100);
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
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_of_objects),
		cmocka_unit_test(test_attribute),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_short_memory_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

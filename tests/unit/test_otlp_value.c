/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common.pb-c.h"
#include "guard.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

static Otlp__KeyValue *last;

static void forget(void)
{
	if (last)
		otlp__key_value__free_unpacked(last, NULL);
	last = NULL;
}

/* The value made of a JSON text, as protobuf-c reads it; valid until the next one. */
static const Otlp__AnyValue *parsed(const char *text)
{
	struct bytes out = {0};

	forget();
	otlp_put_json(&out, OTLP_KEY_VALUE, guard_put(slice_str(text)));
	last = otlp__key_value__unpack(NULL, out.len, out.data);
	bytes_free(&out);
	assert_non_null(last);
	assert_non_null(last->value);
	return last->value;
}

static void test_scalars(void **state)
{
	const Otlp__AnyValue *v;

	(void)state;
	v = parsed("\"caf\xc3\xa9\"");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	assert_string_equal(v->string_value, "caf\xc3\xa9");
	v = parsed("\"\"");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	assert_string_equal(v->string_value, "");
	v = parsed("-9223372036854775808");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_INT_VALUE);
	assert_true(v->int_value == INT64_MIN);
	v = parsed("9223372036854775807");
	assert_true(v->int_value == INT64_MAX);
	v = parsed("1.0");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE);
	assert_true(v->double_value >= 1.0 && v->double_value <= 1.0);
	v = parsed("true");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
	assert_true(v->bool_value);
	v = parsed("false");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
	assert_false(v->bool_value);
	/* What 64 bits hold, exactly. */
	v = parsed("-0.1e-3");
	assert_memory_equal(&v->double_value, &(double){-0.1e-3}, sizeof(double));
	v = parsed("1E300");
	assert_memory_equal(&v->double_value, &(double){1E300}, sizeof(double));
	/* Escapes are what they stand for, NUL is not. */
	v = parsed("\"x\\u0000y\\n\\u00e9\"");
	assert_string_equal(v->string_value, "x\xef\xbf\xbdy\n\xc3\xa9");
	/* null is the empty value, which is not the empty string. */
	v = parsed("null");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE__NOT_SET);
}

static void test_containers(void **state)
{
	const Otlp__AnyValue *v = parsed("{\"list\":[1,\"two\",[],{}],\"none\":null,\"\":false}");
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
		char *text = nested("[", "7", "]", depths[i]), *rest;
		const Otlp__AnyValue *v = parsed(text);
		size_t levels = 0;

		for (; v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE; levels++)
			v = v->array_value->values[0];
		assert_int_equal(levels,
				 depths[i] < OTLP_VALUE_DEPTH ? depths[i] : OTLP_VALUE_DEPTH);
		if (depths[i] <= OTLP_VALUE_DEPTH) {
			assert_true(v->int_value == 7);
		} else {
			rest = nested("[", "7", "]", depths[i] - OTLP_VALUE_DEPTH);
			assert_string_equal(v->string_value, rest);
			test_free(rest);
		}
		test_free(text);
	}
}

static void test_depth_of_objects(void **state)
{
	char *text = nested("{\"k\":", "\"a\\u0000b\"", "}", OTLP_VALUE_DEPTH + 2);
	const Otlp__AnyValue *v = parsed(text);
	size_t levels = 0;

	(void)state;
	for (; v->value_case == OTLP__ANY_VALUE__VALUE_KVLIST_VALUE; levels++)
		v = v->kvlist_value->values[0]->value;
	assert_int_equal(levels, OTLP_VALUE_DEPTH);
	assert_string_equal(v->string_value, "{\"k\":{\"k\":\"a\\u0000b\"}}");
	test_free(text);
}

static const Otlp__KeyValue *unpacked(struct bytes *out)
{
	forget();
	last = otlp__key_value__unpack(NULL, out->len, out->data);
	assert_non_null(last);
	out->len = 0;
	return last;
}

/* The contents of the field that was put, in which a KeyValue is. */
static struct bytes contents(struct bytes *out)
{
	struct slice value = pb_find(bytes_slice(out), 6);
	struct bytes inner = {0};

	bytes_add(&inner, value);
	bytes_free(out);
	return inner;
}

static void test_attributes(void **state)
{
	struct bytes out = {0}, inner;
	const Otlp__KeyValue *kv;

	(void)state;
	otlp_put_attribute(&out, 6, "key", slice_str("a text\\n"));
	inner = contents(&out);
	kv = unpacked(&inner);
	assert_string_equal(kv->key, "key");
	assert_string_equal(kv->value->string_value, "a text\\n");
	bytes_free(&inner);
	otlp_put_quoted(&out, 6, "key", slice_str("a text\\n"));
	inner = contents(&out);
	assert_string_equal(unpacked(&inner)->value->string_value, "a text\n");
	bytes_free(&inner);
	otlp_put_member(&out, 6, slice_str("k\\u00e9y"), slice_str("[true]"));
	inner = contents(&out);
	kv = unpacked(&inner);
	assert_string_equal(kv->key, "k\xc3\xa9y");
	assert_true(kv->value->array_value->values[0]->bool_value);
	bytes_free(&inner);
	otlp_put_string(&out, OTLP_KEY_VALUE, (struct slice){NULL, 0});
	kv = unpacked(&out);
	assert_int_equal(kv->value->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	assert_string_equal(kv->value->string_value, "");
	bytes_free(&out);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),    cmocka_unit_test(test_containers),
		cmocka_unit_test(test_depth),      cmocka_unit_test(test_depth_of_objects),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/value.h"

#include <stdlib.h>
#include <string.h>

char *value_text(struct arena *a, struct slice s)
{
	struct bytes clean = {0};
	char *text;

	if (s.len == 0 || !memchr(s.data, 0, s.len))
		return arena_string(a, s);
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i])
			bytes_addc(&clean, s.data[i]);
		else
			bytes_append(&clean, "\xef\xbf\xbd", 3);
	}
	text = clean.failed ? NULL : arena_string(a, bytes_slice(&clean));
	a->failed |= text == NULL;
	bytes_free(&clean);
	return text;
}

static Otlp__AnyValue *new_value(struct arena *a, Otlp__AnyValue__ValueCase kind)
{
	Otlp__AnyValue *v = VALUE_NEW(a, Otlp__AnyValue, OTLP__ANY_VALUE__INIT);

	if (v)
		v->value_case = kind;
	return v;
}

Otlp__AnyValue *value_string(struct arena *a, struct slice s)
{
	Otlp__AnyValue *v = new_value(a, OTLP__ANY_VALUE__VALUE_STRING_VALUE);

	if (v)
		v->string_value = value_text(a, s);
	return v && v->string_value ? v : NULL;
}

Otlp__AnyValue *value_int(struct arena *a, int64_t i)
{
	Otlp__AnyValue *v = new_value(a, OTLP__ANY_VALUE__VALUE_INT_VALUE);

	if (v)
		v->int_value = i;
	return v;
}

Otlp__KeyValue *value_attribute(struct arena *a, struct slice key, Otlp__AnyValue *value)
{
	Otlp__KeyValue *kv = VALUE_NEW(a, Otlp__KeyValue, OTLP__KEY_VALUE__INIT);

	if (!kv)
		return NULL;
	kv->key = value_text(a, key);
	kv->value = value;
	return kv->key && value ? kv : NULL;
}

static Otlp__AnyValue *from_json(struct arena *a, json_t *json, unsigned depth);

static Otlp__AnyValue *from_array(struct arena *a, json_t *json, unsigned depth)
{
	Otlp__AnyValue *v = new_value(a, OTLP__ANY_VALUE__VALUE_ARRAY_VALUE);
	Otlp__ArrayValue *array = VALUE_NEW(a, Otlp__ArrayValue, OTLP__ARRAY_VALUE__INIT);
	size_t n = json_array_size(json);

	if (!v || !array || !(array->values = arena_alloc(a, n * sizeof *array->values)))
		return NULL;
	v->array_value = array;
	for (size_t i = 0; i < n; i++) {
		array->values[i] = from_json(a, json_array_get(json, i), depth + 1);
		if (!array->values[i])
			return NULL;
	}
	array->n_values = n;
	return v;
}

static Otlp__AnyValue *from_object(struct arena *a, json_t *json, unsigned depth)
{
	Otlp__AnyValue *v = new_value(a, OTLP__ANY_VALUE__VALUE_KVLIST_VALUE);
	Otlp__KeyValueList *list = VALUE_NEW(a, Otlp__KeyValueList, OTLP__KEY_VALUE_LIST__INIT);
	const char *key;
	json_t *member;

	if (!v || !list)
		return NULL;
	v->kvlist_value = list;
	list->values = arena_alloc(a, json_object_size(json) * sizeof *list->values);
	if (!list->values)
		return NULL;
	json_object_foreach(json, key, member) {
		Otlp__KeyValue *kv = value_attribute(a, slice_str(key),
						     from_json(a, member, depth + 1));

		if (!kv)
			return NULL;
		list->values[list->n_values++] = kv;
	}
	return v;
}

static Otlp__AnyValue *as_text(struct arena *a, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	Otlp__AnyValue *v = text ? value_string(a, slice_str(text)) : NULL;

	a->failed |= v == NULL;
	free(text);
	return v;
}

static Otlp__AnyValue *from_json(struct arena *a, json_t *json, unsigned depth)
{
	Otlp__AnyValue *v;

	if (depth >= VALUE_DEPTH && (json_is_array(json) || json_is_object(json)))
		return as_text(a, json);
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return from_object(a, json, depth);
	case JSON_ARRAY:
		return from_array(a, json, depth);
	case JSON_STRING:
		return value_string(a, slice_of(json_string_value(json), json_string_length(json)));
	case JSON_INTEGER:
		return value_int(a, json_integer_value(json));
	case JSON_REAL:
		v = new_value(a, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE);
		if (v)
			v->double_value = json_real_value(json);
		return v;
	case JSON_TRUE:
	case JSON_FALSE:
		v = new_value(a, OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
		if (v)
			v->bool_value = json_is_true(json);
		return v;
	case JSON_NULL:
		break;
	}
	return new_value(a, OTLP__ANY_VALUE__VALUE__NOT_SET);
}

Otlp__AnyValue *value_json(struct arena *a, json_t *json)
{
	return from_json(a, json, 0);
}

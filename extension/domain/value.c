/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

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

char *value_mended(struct arena *a, struct slice s)
{
	struct bytes clean = {0};
	char *copy;

	utf8_repair(&clean, s);
	a->failed |= clean.failed;
	copy = clean.failed ? NULL : value_text(a, bytes_slice(&clean));
	bytes_free(&clean);
	return copy;
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

bool value_bytes(struct arena *a, ProtobufCBinaryData *to, const uint8_t *data, size_t size)
{
	to->data = arena_alloc(a, size);
	to->len = to->data ? size : 0;
	if (to->data)
		memcpy(to->data, data, size);
	return to->data != NULL;
}

static void *alloc_in(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void leave(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

Otlp__AnyValue *value_of(struct arena *a, struct slice any)
{
	ProtobufCAllocator allocator = {alloc_in, leave, a};

	return otlp__any_value__unpack(&allocator, any.len, any.data);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's AnyValue and KeyValue written as bytes: for what comes in thousands. */
#ifndef WIRE_OTLP_VALUE_H
#define WIRE_OTLP_VALUE_H

#include "base/bytes.h"

/* Backends refuse messages nested deeper than 100. Six are around the value of an attribute of a
 * log record, and a level of JSON is up to three. */
#define OTLP_VALUE_DEPTH 31

/* Appends the AnyValue field `number` with a text in it: valid UTF-8. */
void otlp_put_string(struct bytes *out, uint32_t number, struct slice text);

/* The same of any JSON value, whose text must be valid (json_valid()): numbers, booleans, arrays
 * and objects keep their types, null is the empty value. What is nested deeper than
 * OTLP_VALUE_DEPTH levels becomes its JSON text. */
void otlp_put_json(struct bytes *out, uint32_t number, struct slice json);

/* Appends a KeyValue field: with any JSON value, with a text, and with what stands between the
 * quotes of a JSON string. `key` is as it stands between its quotes, too. */
void otlp_put_member(struct bytes *out, uint32_t number, struct slice key, struct slice json);
void otlp_put_attribute(struct bytes *out, uint32_t number, const char *key, struct slice text);
void otlp_put_quoted(struct bytes *out, uint32_t number, const char *key, struct slice quoted);

/* Begins a KeyValue field whose value is a message field OTLP_KEY_VALUE that the caller appends,
 * before pb_end() with what is returned. */
size_t otlp_begin_attribute(struct bytes *out, uint32_t number, struct slice key);

/* Numbers of fields (common.proto). */
enum {
	OTLP_KEY = 1, /* in KeyValue */
	OTLP_KEY_VALUE = 2,
	OTLP_ANY_STRING = 1, /* in AnyValue */
	OTLP_ANY_BOOL = 2,
	OTLP_ANY_INT = 3,
	OTLP_ANY_DOUBLE = 4,
	OTLP_ANY_ARRAY = 5,   /* an ArrayValue */
	OTLP_ANY_LIST = 6,    /* a KeyValueList */
	OTLP_LIST_VALUES = 1, /* in both */
};

#endif

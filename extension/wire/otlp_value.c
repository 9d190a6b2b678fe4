/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_value.h"

#include <stdlib.h>
#include <string.h>

#include "wire/json_escape.h"
#include "wire/json_scan.h"
#include "wire/json_valid.h"
#include "wire/pb.h"

/* The other members of AnyValue, and of KeyValue. */

void otlp_put_string(struct bytes *out, uint32_t number, struct slice text)
{
	pb_put_tag(out, number, PB_LEN);
	pb_put_varint(out, pb_len_size(OTLP_ANY_STRING, text.len));
	pb_put_len(out, OTLP_ANY_STRING, text);
}

static void put_value(struct bytes *out, uint32_t number, struct slice json, unsigned depth);

/* What stands between the quotes of a JSON string, as the string field `number`. */
static void put_quoted(struct bytes *out, uint32_t number, struct slice quoted)
{
	size_t mark;

	if (!memchr(quoted.data, '\\', quoted.len)) {
		pb_put_len(out, number, quoted);
		return;
	}
	mark = pb_begin(out, number);
	json_unescape(quoted, out);
	pb_end(out, mark);
}

static void put_number(struct bytes *out, struct slice json)
{
	char text[64] = "";
	double real;
	uint64_t bits;

	if (json.len >= sizeof text)
		return;
	memcpy(text, json.data, json.len);
	if (!json_number_is_real(json)) {
		pb_put_tag(out, OTLP_ANY_INT, PB_VARINT);
		pb_put_varint(out, (uint64_t)strtoll(text, NULL, 10));
		return;
	}
	real = strtod(text, NULL);
	memcpy(&bits, &real, sizeof bits);
	pb_put_tag(out, OTLP_ANY_DOUBLE, PB_FIXED64);
	for (int i = 0; i < 8; i++)
		bytes_addc(out, (uint8_t)(bits >> 8 * i));
}

static void put_array(struct bytes *out, struct slice json, unsigned depth)
{
	size_t mark = pb_begin(out, OTLP_ANY_ARRAY);
	struct slice element;

	while (json_scan_array(&json, &element))
		put_value(out, OTLP_LIST_VALUES, element, depth + 1);
	pb_end(out, mark);
}

static void put_member(struct bytes *out, uint32_t number, struct slice key, struct slice json,
		       unsigned depth)
{
	size_t mark = otlp_begin_attribute(out, number, key);

	put_value(out, OTLP_KEY_VALUE, json, depth);
	pb_end(out, mark);
}

static void put_object(struct bytes *out, struct slice json, unsigned depth)
{
	size_t mark = pb_begin(out, OTLP_ANY_LIST);
	struct slice key, value;

	while (json_scan_object(&json, &key, &value))
		put_member(out, OTLP_LIST_VALUES, key, value, depth + 1);
	pb_end(out, mark);
}

static void put_contents(struct bytes *out, struct slice json, unsigned depth)
{
	uint8_t first = json.len > 0 ? json.data[0] : 'n';

	switch (first) {
	case '"':
		put_quoted(out, OTLP_ANY_STRING, slice_of(json.data + 1, json.len - 2));
		break;
	case '{':
		put_object(out, json, depth);
		break;
	case '[':
		put_array(out, json, depth);
		break;
	case 't':
	case 'f':
		pb_put_tag(out, OTLP_ANY_BOOL, PB_VARINT);
		pb_put_varint(out, first == 't');
		break;
	case 'n':
		break;
	default:
		put_number(out, json);
	}
}

static void put_value(struct bytes *out, uint32_t number, struct slice json, unsigned depth)
{
	size_t mark;

	if (depth >= OTLP_VALUE_DEPTH && json.len > 0 &&
	    (json.data[0] == '{' || json.data[0] == '[')) {
		otlp_put_string(out, number, json);
		return;
	}
	mark = pb_begin(out, number);
	put_contents(out, json, depth);
	pb_end(out, mark);
}

void otlp_put_json(struct bytes *out, uint32_t number, struct slice json)
{
	put_value(out, number, json, 0);
}

size_t otlp_begin_attribute(struct bytes *out, uint32_t number, struct slice key)
{
	size_t mark = pb_begin(out, number);

	put_quoted(out, OTLP_KEY, key);
	return mark;
}

void otlp_put_attribute(struct bytes *out, uint32_t number, const char *key, struct slice text)
{
	size_t mark = pb_begin(out, number);

	pb_put_len(out, OTLP_KEY, slice_str(key));
	otlp_put_string(out, OTLP_KEY_VALUE, text);
	pb_end(out, mark);
}

void otlp_put_member(struct bytes *out, uint32_t number, struct slice key, struct slice json)
{
	put_member(out, number, key, json, 0);
}

void otlp_put_quoted(struct bytes *out, uint32_t number, const char *key, struct slice quoted)
{
	size_t mark = otlp_begin_attribute(out, number, slice_str(key));
	size_t value = pb_begin(out, OTLP_KEY_VALUE);

	put_quoted(out, OTLP_ANY_STRING, quoted);
	pb_end(out, value);
	pb_end(out, mark);
}

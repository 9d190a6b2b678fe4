/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_json_scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

static const char *const out_of_range = "a number is out of the range of its field";

static struct slice string_of(const json_t *json)
{
	return slice_of(json_string_value(json), json_string_length(json));
}

/* ---- Integers ---- */

struct integer {
	bool negative;
	uint64_t magnitude;
};

static const char *integer_of_digits(struct slice text, struct integer *value)
{
	const uint8_t *p = text.data, *end = p + text.len;

	*value = (struct integer){.negative = p < end && *p == '-'};
	p += value->negative;
	if (p == end)
		return "an integer was expected";
	for (; p < end; p++) {
		if (!isdigit(*p))
			return "an integer was expected";
		if (__builtin_mul_overflow(value->magnitude, 10, &value->magnitude) ||
		    __builtin_add_overflow(value->magnitude, *p - '0', &value->magnitude))
			return out_of_range;
	}
	return NULL;
}

static const char *integer_of_real(double real, struct integer *value)
{
	double magnitude = fabs(real);

	if (magnitude >= 0x1p64)
		return out_of_range;
	if (magnitude != (double)(uint64_t)magnitude)
		return "an integer was expected";
	*value = (struct integer){real < 0, (uint64_t)magnitude};
	return NULL;
}

static const char *read_integer(const json_t *json, struct integer *value)
{
	json_int_t number;

	switch (json_typeof(json)) {
	case JSON_INTEGER:
		number = json_integer_value(json);
		*value = (struct integer){number < 0,
					  number < 0 ? 0 - (uint64_t)number : (uint64_t)number};
		return NULL;
	case JSON_REAL:
		return integer_of_real(json_real_value(json), value);
	case JSON_STRING:
		return integer_of_digits(string_of(json), value);
	default:
		return "an integer was expected";
	}
}

static const char *integer_bits(struct otlp_json_form form, const json_t *json, uint64_t *bits)
{
	uint64_t most = form.wide ? UINT64_MAX : UINT32_MAX;
	struct integer value;
	const char *why = read_integer(json, &value);

	if (why)
		return why;
	if (form.is_signed)
		most = most / 2 + value.negative;
	else if (value.negative)
		most = 0;
	if (value.magnitude > most)
		return out_of_range;
	*bits = value.negative ? 0 - value.magnitude : value.magnitude;
	if (form.zigzag)
		*bits = *bits << 1 ^ (value.negative ? UINT64_MAX : 0);
	return NULL;
}

/* ---- The others ---- */

static const char *enum_bits(const ProtobufCFieldDescriptor *field, const json_t *json,
			     uint64_t *bits)
{
	const ProtobufCEnumValue *value;

	if (!json_is_string(json) || !isalpha((unsigned char)json_string_value(json)[0]))
		return integer_bits(otlp_json_form(field->type), json, bits);
	value = protobuf_c_enum_descriptor_get_value_by_name(field->descriptor,
							     json_string_value(json));
	if (!value)
		return "an enum has no value of that name";
	*bits = (uint64_t)value->value;
	return NULL;
}

static const char *double_of_text(struct slice text, double *value)
{
	const char *start = (const char *)text.data;
	char *end;

	if (slice_is(text, "NaN"))
		*value = NAN;
	else if (slice_is(text, "Infinity"))
		*value = INFINITY;
	else if (slice_is(text, "-Infinity"))
		*value = -INFINITY;
	else if (text.len == 0 || strspn(start, "0123456789+-.eE") != text.len)
		return "a number was expected";
	else {
		*value = strtod(start, &end);
		if (end != start + text.len)
			return "a number was expected";
		if (isinf(*value))
			return out_of_range;
	}
	return NULL;
}

static const char *double_bits(const json_t *json, uint64_t *bits)
{
	const char *why = NULL;
	double value;

	if (json_is_string(json))
		why = double_of_text(string_of(json), &value);
	else if (json_is_number(json))
		value = json_number_value(json);
	else
		why = "a number was expected";
	if (why)
		return why;
	memcpy(bits, &value, sizeof(value));
	return NULL;
}

const char *otlp_json_number(const ProtobufCFieldDescriptor *field, const json_t *json,
			     uint64_t *bits)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL:
		*bits = json_is_true(json);
		return json_is_boolean(json) ? NULL : "true or false was expected";
	case PROTOBUF_C_TYPE_ENUM:
		return enum_bits(field, json, bits);
	case PROTOBUF_C_TYPE_DOUBLE:
		return double_bits(json, bits);
	default:
		return integer_bits(otlp_json_form(field->type), json, bits);
	}
}

/* ---- Bytes ---- */

static int hex_digit(uint8_t c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? (c | 0x20) - 'a' + 10 : -1;
}

static const char *put_hex(struct slice text, struct bytes *out)
{
	if (text.len % 2)
		return "an id has an odd number of hexadecimal digits";
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);

		if (high < 0 || low < 0)
			return "trace and span ids are hexadecimal in OTLP";
		bytes_addc(out, (uint8_t)(high << 4 | low));
	}
	return NULL;
}

const char *otlp_json_bytes(const ProtobufCFieldDescriptor *field, const json_t *json,
			    struct bytes *out)
{
	if (!json_is_string(json))
		return "a string was expected";
	if (field->type == PROTOBUF_C_TYPE_STRING)
		bytes_add(out, string_of(json));
	else if (otlp_json_is_id(field))
		return put_hex(string_of(json), out);
	else
		return base64_decode(string_of(json), out) ? NULL : "bytes are base64";
	return NULL;
}

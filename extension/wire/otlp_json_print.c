/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/otlp_json_print.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

/* One that cannot stand in a string as it is. */
static void print_escape(struct bytes *out, uint8_t c)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	uint8_t escape[6] = {
		'\\', 'u', '0', '0', (uint8_t)hex_digits[c >> 4], (uint8_t)hex_digits[c & 15]};

	for (const char *form = short_forms; *form; form += 2) {
		if ((uint8_t)form[0] == c) {
			escape[1] = (uint8_t)form[1];
			bytes_append(out, escape, 2);
			return;
		}
	}
	bytes_append(out, escape, sizeof(escape));
}

void otlp_json_print_string(struct bytes *out, struct slice s)
{
	const uint8_t *p = s.data, *end = s.len > 0 ? p + s.len : p, *plain = p;

	bytes_addc(out, '"');
	while (p < end) {
		size_t len = utf8_sequence(p, end);

		if (len > 0 && *p >= 0x20 && *p != '"' && *p != '\\') {
			p += len;
			continue;
		}
		bytes_append(out, plain, (size_t)(p - plain));
		if (len == 0)
			bytes_append(out, "\xef\xbf\xbd", 3);
		else
			print_escape(out, *p);
		plain = ++p;
	}
	bytes_append(out, plain, (size_t)(p - plain));
	bytes_addc(out, '"');
}

void otlp_json_print_hex(struct bytes *out, struct slice s)
{
	bytes_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		bytes_addc(out, (uint8_t)hex_digits[s.data[i] >> 4]);
		bytes_addc(out, (uint8_t)hex_digits[s.data[i] & 15]);
	}
	bytes_addc(out, '"');
}

void otlp_json_print_base64(struct bytes *out, struct slice s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	bytes_addc(out, '"');
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t sum = (uint32_t)s.data[i] << 16;

		sum |= n > 1 ? (uint32_t)s.data[i + 1] << 8 : 0;
		sum |= n > 2 ? s.data[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			bytes_addc(out, k > n ? '=' : (uint8_t)digits[sum >> (18 - 6 * k) & 63]);
	}
	bytes_addc(out, '"');
}

void otlp_json_print_unsigned(struct bytes *out, uint64_t value)
{
	uint8_t text[20], *p = text + sizeof(text);

	do {
		*--p = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value);
	bytes_append(out, p, (size_t)(text + sizeof(text) - p));
}

void otlp_json_print_signed(struct bytes *out, int64_t value)
{
	if (value < 0)
		bytes_addc(out, '-');
	otlp_json_print_unsigned(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void otlp_json_print_double(struct bytes *out, double value)
{
	char text[32];
	int digits;

	if (isnan(value) || isinf(value)) {
		bytes_addf(out, "\"%s\"",
			   isnan(value) ? "NaN"
			   : value < 0  ? "-Infinity"
					: "Infinity");
		return;
	}
	if (value == 0 && signbit(value)) {
		bytes_append(out, "-0.0",
			     4); /* readers take -0 for an integer, which has no sign */
		return;
	}
	if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
		otlp_json_print_signed(out, (int64_t)value);
		return;
	}
	for (digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	bytes_append(out, text, strlen(text));
}

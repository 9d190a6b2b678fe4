/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind the closing quote of the string that starts at `p`, or `end`. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\') {
			if (++p == end)
				break;
		} else if (*p == '"') {
			return p + 1;
		}
	}
	return end;
}

/* Behind the value that starts at `p`: to the comma, or to the bracket `close` of what it stands
 * in, on its own level. A bracket of the other kind too many is part of the (broken) value. */
static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, uint8_t close)
{
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = skip_string(p, end);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (depth > 0)
				depth--;
			else if (*p == close)
				return p;
			break;
		case ',':
			if (depth == 0)
				return p;
			break;
		default:
			break;
		}
		p++;
	}
	return end;
}

static struct slice between(const uint8_t *start, const uint8_t *end)
{
	return slice_trim(slice_of(start, (size_t)(end - start)));
}

bool json_scan_array(struct slice *rest, struct slice *element)
{
	const uint8_t *p = rest->data, *end = p + rest->len, *stop;

	if (rest->len == 0)
		return false;
	p = skip_space(p, end);
	/* What is left always starts with the bracket or comma before the next element. */
	if (p == end || (*p != '[' && *p != ','))
		return false;
	p = skip_space(p + 1, end);
	if (p == end || *p == ']')
		return false;
	stop = skip_value(p, end, ']');
	*element = between(p, stop);
	*rest = slice_of(stop, (size_t)(end - stop));
	return true;
}

struct slice json_scan_member(struct slice object, const char *key)
{
	const uint8_t *p = object.data, *end = p + object.len;
	size_t len = strlen(key);

	if (object.len == 0)
		return (struct slice){0};
	p = skip_space(p, end);
	if (p == end || *p != '{')
		return (struct slice){0};
	for (p++; (p = skip_space(p, end)) < end && *p == '"';) {
		const uint8_t *name = p + 1, *value;

		p = skip_string(p, end);
		value = skip_space(p, end);
		if (value == end || *value != ':')
			break;
		p = skip_value(value + 1, end, '}');
		if ((size_t)(end - name) > len && memcmp(name, key, len) == 0 && name[len] == '"')
			return between(value + 1, p);
		if (p < end && *p == ',')
			p++;
	}
	return (struct slice){0};
}

/* ---- Mending ---- */

static bool hex4(const uint8_t *p, const uint8_t *end, unsigned *value)
{
	*value = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit(p[i]))
			return false;
		*value = *value << 4 |
			 (unsigned)(isdigit(p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return true;
}

/* The length of the `\u` escape at `p` (a pair of surrogates is one), or 0 where a surrogate
 * stands alone. */
static size_t unicode_escape(const uint8_t *p, const uint8_t *end)
{
	unsigned first, second;

	if (!hex4(p + 2, end, &first) || (first & 0xf800) != 0xd800)
		return 2;
	if (first < 0xdc00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
	    hex4(p + 8, end, &second) && (second & 0xfc00) == 0xdc00)
		return 12;
	return 0;
}

static const uint8_t *mend_string(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	const uint8_t *close = skip_string(p, end), *done = p;

	for (const uint8_t *q = p + 1; q < close; q++) {
		size_t len;

		/* A bare control character is no JSON; as an escape it is. */
		if (*q < 0x20) {
			bytes_append(out, done, (size_t)(q - done));
			bytes_addf(out, "\\u%04x", *q);
			done = q + 1;
			continue;
		}
		if (*q != '\\' || q + 1 == close)
			continue;
		if (q[1] != 'u') {
			q++;
			continue;
		}
		len = unicode_escape(q, close);
		if (len == 0) {
			bytes_append(out, done, (size_t)(q - done));
			bytes_append(out, "\\ufffd", 6);
			done = q + 6;
			q += 5;
		} else {
			q += len - 1;
		}
	}
	bytes_append(out, done, (size_t)(close - done));
	return close;
}

static bool is_number(uint8_t c)
{
	return isdigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* As jansson has it: no real above the largest, no integer of more than 64 bits. */
static bool in_range(const char *number)
{
	if (strpbrk(number, ".eE"))
		return __builtin_isfinite(strtod(number, NULL));
	errno = 0;
	(void)strtoll(number, NULL, 10);
	return errno != ERANGE;
}

/* A number that no 64-bit integer or double holds is kept as a string, digit by digit. */
static const uint8_t *mend_number(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	const uint8_t *start = p;
	char text[64] = "";
	bool fits;

	while (p < end && is_number(*p))
		p++;
	if ((size_t)(p - start) < sizeof text)
		memcpy(text, start, (size_t)(p - start));
	fits = text[0] && in_range(text);
	if (!fits)
		bytes_addc(out, '"');
	bytes_append(out, start, (size_t)(p - start));
	if (!fits)
		bytes_addc(out, '"');
	return p;
}

static void mend(struct bytes *out, struct slice text)
{
	const uint8_t *p = text.data, *end = p + text.len;

	while (p < end) {
		if (*p == '"')
			p = mend_string(p, end, out);
		else if (isdigit(*p) || *p == '-')
			p = mend_number(p, end, out);
		else
			bytes_addc(out, *p++);
	}
}

static json_t *load(struct slice text)
{
	/* For jansson a NUL is the end, whatever follows. */
	if (memchr(text.data, 0, text.len))
		return NULL;
	return json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  NULL);
}

json_t *json_scan_parse(struct slice text)
{
	struct bytes valid = {0}, mended = {0};
	json_t *json;

	if (text.len == 0)
		return NULL;
	json = load(text);
	if (json)
		return json;
	utf8_repair(&valid, text);
	mend(&mended, bytes_slice(&valid));
	if (!mended.failed && !valid.failed && mended.len > 0)
		json = load(bytes_slice(&mended));
	bytes_free(&valid);
	bytes_free(&mended);
	return json;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_scan.h"

#include <string.h>

#include "wire/json_mend.h"
#include "wire/json_valid.h"

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind the value that starts at `p`: to the comma, or to the bracket `close` of what it stands
 * in, on its own level. A bracket of the other kind too many is part of the (broken) value. */
static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, uint8_t close)
{
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"':
			p = json_string_end(p, end);
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

bool json_scan_object(struct slice *rest, struct slice *key, struct slice *value)
{
	const uint8_t *p = rest->data, *end = p + rest->len, *name, *stop;

	if (rest->len == 0)
		return false;
	p = skip_space(p, end);
	if (p == end || (*p != '{' && *p != ','))
		return false;
	name = skip_space(p + 1, end);
	if (name == end || *name != '"')
		return false;
	p = json_string_end(name, end);
	*key = slice_of(name + 1, (size_t)(p - name) - 2);
	p = skip_space(p, end);
	if (p == end || *p != ':')
		return false;
	stop = skip_value(p + 1, end, '}');
	*value = between(p + 1, stop);
	*rest = slice_of(stop, (size_t)(end - stop));
	return true;
}

struct slice json_scan_member(struct slice object, const char *key)
{
	struct slice name, value, wanted = slice_str(key);

	while (json_scan_object(&object, &name, &value))
		if (slice_equal(name, wanted))
			return value;
	return (struct slice){0};
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
	struct bytes mended = {0};
	json_t *json;

	if (text.len == 0)
		return NULL;
	json = load(text);
	if (json)
		return json;
	json_mend(text, &mended);
	if (!mended.failed && mended.len > 0)
		json = load(bytes_slice(&mended));
	bytes_free(&mended);
	return json;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_mend.h"

#include <ctype.h>

#include "base/utf8.h"
#include "wire/json_escape.h"
#include "wire/json_valid.h"

/* The length of the escape at `p` as far as it may stay; 0 for a surrogate alone. */
static size_t kept(const uint8_t *p, const uint8_t *end)
{
	uint32_t code;
	size_t len = json_escape(p, end, &code);

	if (len > 0 || end - p < 6 || p[1] != 'u')
		return len > 0 ? len : 2;
	for (int i = 2; i < 6; i++)
		if (!isxdigit(p[i]))
			return 2;
	return 0;
}

static const uint8_t *mend_string(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	const uint8_t *close = json_string_end(p, end), *done = p;

	for (const uint8_t *q = p + 1; q < close; q++) {
		size_t len;

		if (*q != '\\' && *q >= 0x20)
			continue;
		/* A bare control character is no JSON; as an escape it is. */
		if (*q < 0x20) {
			bytes_append(out, done, (size_t)(q - done));
			bytes_addf(out, "\\u%04x", *q);
			done = q + 1;
			continue;
		}
		len = kept(q, close);
		if (len == 0) {
			bytes_append(out, done, (size_t)(q - done));
			bytes_append(out, "\\ufffd", 6);
			len = 6;
			done = q + len;
		}
		q += len - 1;
	}
	bytes_append(out, done, (size_t)(close - done));
	return close;
}

static void quote(struct slice text, struct bytes *out)
{
	bytes_addc(out, '"');
	bytes_add(out, text);
	bytes_addc(out, '"');
}

static bool is_number(uint8_t c)
{
	return isdigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static const uint8_t *mend_number(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
	const uint8_t *start = p;
	struct slice number;

	while (p < end && is_number(*p))
		p++;
	number = slice_of(start, (size_t)(p - start));
	if (json_number_fits(number))
		bytes_add(out, number);
	else
		quote(number, out);
	return p;
}

/* Python and others write these, which are no JSON. */
static struct slice no_number(const uint8_t *p, const uint8_t *end)
{
	static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
	struct slice rest = slice_of(p, (size_t)(end - p));

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (*p == (uint8_t)words[i][0] && slice_starts(rest, words[i]))
			return slice_str(words[i]);
	return (struct slice){0};
}

static void mend(struct slice text, struct bytes *out)
{
	const uint8_t *p = text.data, *end = p + text.len;

	while (p < end) {
		struct slice word = no_number(p, end);

		if (word.len > 0) {
			quote(word, out);
			p += word.len;
		} else if (*p == '"') {
			p = mend_string(p, end, out);
		} else if (isdigit(*p) || *p == '-') {
			p = mend_number(p, end, out);
		} else {
			bytes_addc(out, *p++);
		}
	}
}

void json_mend(struct slice text, struct bytes *out)
{
	struct bytes valid = {0};

	utf8_repair(&valid, text);
	mend(bytes_slice(&valid), out);
	out->failed |= valid.failed;
	bytes_free(&valid);
}

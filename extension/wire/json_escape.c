/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_escape.h"

#include <ctype.h>
#include <string.h>

#define REPLACEMENT UINT32_C(0xfffd)

static bool hex4(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
	*value = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit(p[i]))
			return false;
		*value = *value << 4 |
			 (uint32_t)(isdigit(p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return true;
}

static size_t unicode(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	uint32_t low;

	if (!hex4(p + 2, end, code))
		return 0;
	if ((*code & 0xf800) != 0xd800)
		return 6;
	if (*code >= 0xdc00 || end - p < 12 || p[6] != '\\' || p[7] != 'u' ||
	    !hex4(p + 8, end, &low) || (low & 0xfc00) != 0xdc00)
		return 0;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

size_t json_escape(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (end - p < 2)
		return 0;
	if (p[1] == 'u')
		return unicode(p, end, code);
	found = p[1] ? strchr(letters, p[1]) : NULL;
	if (!found)
		return 0;
	*code = (uint8_t)meant[found - letters];
	return 2;
}

static void put_utf8(struct bytes *out, uint32_t code)
{
	uint8_t s[4];
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--) {
		s[i] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	/* 1 byte: 0xxxxxxx, else as many ones as there are bytes. */
	s[0] = (uint8_t)(n == 1 ? code : (0xf00 >> n) | code);
	bytes_append(out, s, n);
}

void json_unescape(struct slice inner, struct bytes *out)
{
	const uint8_t *p = inner.data, *end = p + inner.len, *stop;

	while (p < end && (stop = memchr(p, '\\', (size_t)(end - p)))) {
		uint32_t code;
		size_t len = json_escape(stop, end, &code);

		bytes_append(out, p, (size_t)(stop - p));
		put_utf8(out, len == 0 || code == 0 ? REPLACEMENT : code);
		p = stop + (len > 0 ? len : 1);
	}
	bytes_append(out, p, (size_t)(end - p));
}

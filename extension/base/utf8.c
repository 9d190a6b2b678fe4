/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* RFC 3629, section 4. */
size_t utf8_sequence(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p), len, i;
	uint8_t c = p[0], low = 0x80, high = 0xbf;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Past all that is ASCII: nearly everything is. */
static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		if (word & HIGH_BITS)
			break;
		p += 8;
	}
	while (p < end && *p < 0x80)
		p++;
	return p;
}

/* Most strings are ASCII and short: words of eight without a branch in between, the last of which
 * may overlap the one before it. */
static bool is_ascii(struct slice s)
{
	uint64_t all = 0, word;
	size_t i;

	if (s.len < 8) {
		for (i = 0; i < s.len; i++)
			all |= s.data[i];
		return all < 0x80;
	}
	for (i = 0; i + 8 <= s.len; i += 8) {
		memcpy(&word, s.data + i, 8);
		all |= word;
	}
	memcpy(&word, s.data + s.len - 8, 8);
	return !((all | word) & HIGH_BITS);
}

bool utf8_valid(struct slice s)
{
	const uint8_t *p, *end;

	if (is_ascii(s))
		return true;
	p = s.data;
	end = s.data + s.len;
	while ((p = skip_ascii(p, end)) < end) {
		size_t len = utf8_sequence(p, end);

		if (len == 0)
			return false;
		p += len;
	}
	return true;
}

void utf8_repair(struct bytes *out, struct slice s)
{
	const uint8_t *p = s.data, *end, *good = p;

	if (s.len == 0)
		return;
	end = s.data + s.len;
	while ((p = skip_ascii(p, end)) < end) {
		size_t len = utf8_sequence(p, end);

		if (len > 0) {
			p += len;
			continue;
		}
		bytes_append(out, good, (size_t)(p - good));
		bytes_append(out, "\xef\xbf\xbd", 3);
		good = ++p;
	}
	bytes_append(out, good, (size_t)(end - good));
}

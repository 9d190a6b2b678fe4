/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define LONGEST 16 /* four bytes, each as \xNN */

/* Does it show as a character, neither ending a line nor turning its direction? `c` is the code
 * point's UTF-8, as a number. */
static bool shows(uint32_t c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0xc280 && c <= 0xc29f) && /* C0, DEL, C1 */
	       c != 0xe2808e && c != 0xe2808f &&                          /* U+200E, U+200F */
	       !(c >= 0xe280a8 && c <= 0xe280ae) &&                       /* U+2028 to U+202E */
	       !(c >= 0xe281a6 && c <= 0xe281a9);                         /* U+2066 to U+2069 */
}

/* Of one to three bytes: what is beyond shows. */
static unsigned code_point(uint32_t c)
{
	if (c < 0x80)
		return c;
	if (c < 0x10000)
		return (c >> 8 & 0x1f) << 6 | (c & 0x3f);
	return (c >> 16 & 0xf) << 12 | (c >> 8 & 0x3f) << 6 | (c & 0x3f);
}

/* `p` holds a character of `n` bytes that does not show, or one byte (`n` is 0) that is no
 * UTF-8. */
static size_t as_text(char *out, const uint8_t *p, size_t n, uint32_t c)
{
	size_t len = 0;

	(void)c;
	for (size_t i = 0; i < (n ? n : 1); i++)
		len += (size_t)snprintf(out + len, 5, "\\x%02x", p[i]);
	return len;
}

static size_t as_json(char *out, const uint8_t *p, size_t n, uint32_t c)
{
	(void)p;
	return (size_t)snprintf(out, 7, "\\u%04x", n ? code_point(c) : 0xfffd);
}

static size_t escape(char *out, size_t cap, const char *in, bool json)
{
	size_t (*one)(char *, const uint8_t *, size_t, uint32_t) = json ? as_json : as_text;
	const uint8_t *p = (const uint8_t *)in, *end = p + strlen(in);
	size_t len = 0;

	while (p < end && len + LONGEST < cap) {
		size_t n = utf8_sequence(p, end);
		uint32_t c = 0;

		for (size_t i = 0; i < n; i++)
			c = c << 8 | p[i];
		if (json && (c == '"' || c == '\\'))
			out[len++] = '\\';
		if (n > 0 && shows(c)) {
			memcpy(out + len, p, n);
			len += n;
		} else {
			len += one(out + len, p, n, c);
		}
		p += n ? n : 1;
	}
	return len;
}

size_t log_escape_text(char *out, size_t cap, const char *in)
{
	return escape(out, cap, in, false);
}

size_t log_escape_json(char *out, size_t cap, const char *in)
{
	return escape(out, cap, in, true);
}

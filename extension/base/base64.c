/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

/* Six bits, in either alphabet. */
static int digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct slice text, struct bytes *out)
{
	unsigned sum = 0, bits = 0;

	if (text.len % 4 == 0)
		for (int i = 0; i < 2 && text.len > 0 && text.data[text.len - 1] == '='; i++)
			text.len--;
	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(text.data[i]);

		if (digit < 0)
			return false;
		sum = (sum << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes_addc(out, (uint8_t)(sum >> bits));
		}
	}
	return true;
}

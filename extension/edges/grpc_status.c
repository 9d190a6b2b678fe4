/* SPDX-License-Identifier: Apache-2.0 */
#include "edges/grpc_status.h"

#include <stdbool.h>

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '%';
}

size_t grpc_status_encode(const char *text, char out[static GRPC_STATUS_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (len + (is_plain(c) ? 1 : 3) >= GRPC_STATUS_TEXT)
			break;
		if (is_plain(c)) {
			out[len++] = (char)c;
			continue;
		}
		out[len++] = '%';
		out[len++] = digits[c >> 4];
		out[len++] = digits[c & 15];
	}
	out[len] = 0;
	return len;
}

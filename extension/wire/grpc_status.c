/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/grpc_status.h"

#include <stdlib.h>
#include <string.h>

const char *grpc_code_name(enum grpc_code code)
{
	static const char *const names[GRPC_CODES] = {
		[GRPC_OK] = "OK",
		[GRPC_CANCELLED] = "CANCELLED",
		[GRPC_UNKNOWN] = "UNKNOWN",
		[GRPC_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
		[GRPC_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
		[GRPC_NOT_FOUND] = "NOT_FOUND",
		[GRPC_ALREADY_EXISTS] = "ALREADY_EXISTS",
		[GRPC_PERMISSION_DENIED] = "PERMISSION_DENIED",
		[GRPC_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
		[GRPC_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
		[GRPC_ABORTED] = "ABORTED",
		[GRPC_OUT_OF_RANGE] = "OUT_OF_RANGE",
		[GRPC_UNIMPLEMENTED] = "UNIMPLEMENTED",
		[GRPC_INTERNAL] = "INTERNAL",
		[GRPC_UNAVAILABLE] = "UNAVAILABLE",
		[GRPC_DATA_LOSS] = "DATA_LOSS",
		[GRPC_UNAUTHENTICATED] = "UNAUTHENTICATED",
	};

	return names[code];
}

enum grpc_code grpc_code_read(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long code = strtoul(text, NULL, 10);

	if (digits == 0 || digits > 2 || text[digits] != '\0' || code >= GRPC_CODES)
		return GRPC_UNKNOWN;
	return (enum grpc_code)code;
}

enum grpc_code grpc_code_of_http(unsigned status)
{
	switch (status) {
	case 400:
		return GRPC_INTERNAL;
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	default:
		return GRPC_UNKNOWN;
	}
}

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

static int hex_digit(char c)
{
	static const char digits[] = "0123456789ABCDEFabcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	int value = at ? (int)(at - digits) : -1;

	return value < 16 ? value : value - 6;
}

void grpc_status_decode(const char *value, struct bytes *out)
{
	for (; *value; value++) {
		int high = value[0] == '%' ? hex_digit(value[1]) : -1;
		int low = high >= 0 ? hex_digit(value[2]) : -1;

		if (low < 0) {
			bytes_addc(out, (uint8_t)*value);
			continue;
		}
		bytes_addc(out, (uint8_t)(high << 4 | low));
		value += 2;
	}
}

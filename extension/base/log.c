/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/utf8.h"

static enum log_level max_level = LOG_INFO;

void log_set_level(enum log_level level)
{
	max_level = level;
}

/* One system call a line, so that lines of several processes do not mix. */
static void write_line(const char *text, size_t len)
{
	struct iovec v[2] = {
		{.iov_base = (void *)(uintptr_t)text, .iov_len = len},
		{.iov_base = (void *)(uintptr_t) "\n", .iov_len = 1},
	};
	ssize_t n = writev(STDOUT_FILENO, v, 2);

	(void)n;
}

/* Does it show as a character, neither ending a line nor turning its direction? `c` is the code
 * point's UTF-8, as a number. */
static bool shows(uint32_t c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0xc280 && c <= 0xc29f) && /* C0, DEL, C1 */
	       c != 0xe2808e && c != 0xe2808f &&                          /* U+200E, U+200F */
	       !(c >= 0xe280a8 && c <= 0xe280ae) &&                       /* U+2028 to U+202E */
	       !(c >= 0xe281a6 && c <= 0xe281a9);                         /* U+2066 to U+2069 */
}

/* What came from outside must not forge lines or move a terminal's cursor, and a line is UTF-8. */
static size_t escape(char *out, size_t cap, const char *in)
{
	const uint8_t *p = (const uint8_t *)in, *end = p + strlen(in);
	size_t len = 0;

	while (p < end && len + 16 < cap) {
		size_t n = utf8_sequence(p, end);
		uint32_t c = 0;

		for (size_t i = 0; i < n; i++)
			c = c << 8 | p[i];
		if (n > 0 && shows(c)) {
			memcpy(out + len, p, n);
			len += n;
			p += n;
			continue;
		}
		for (size_t i = 0; i < (n ? n : 1); i++)
			len += (size_t)snprintf(out + len, 5, "\\x%02x", *p++);
	}
	return len;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const prefix[] = {"lull: error: ", "lull: warning: ", "lull: ",
					     "lull: debug: "};
	char message[2000], line[2100];
	size_t len;
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	len = strlen(prefix[level]);
	memcpy(line, prefix[level], len);
	len += escape(line + len, sizeof line - len, message);
	write_line(line, len);
}

void log_raw(const char *line)
{
	write_line(line, strlen(line));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

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

/* What came from outside must not forge lines or move a terminal's cursor. */
static size_t escape(char *out, size_t cap, const char *in)
{
	size_t len = 0;

	for (; *in && len + 5 < cap; in++) {
		unsigned char c = (unsigned char)*in;

		if (c >= 0x20 && c != 0x7f)
			out[len++] = (char)c;
		else
			len += (size_t)snprintf(out + len, 5, "\\x%02x", c);
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log_escape.h"
#include "base/now.h"

#define LINE 2100

static enum log_level max_level = LOG_INFO;
static enum log_format format = LOG_TEXT;
static void (*observer)(enum log_level level, const char *message);

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_format(enum log_format new_format)
{
	format = new_format;
}

void log_set_observer(void (*new_observer)(enum log_level level, const char *message))
{
	observer = new_observer;
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

static size_t make_text(char line[static LINE], enum log_level level, const char *message)
{
	static const char *const prefix[] = {"lull: error: ", "lull: warning: ", "lull: ",
					     "lull: debug: "};
	size_t len = strlen(prefix[level]);

	memcpy(line, prefix[level], len);
	return len + log_escape_text(line + len, LINE - len, message);
}

/* As the lines that Lambda's runtimes write in this format. */
static size_t make_json(char line[static LINE], enum log_level level, const char *message)
{
	static const char *const words[] = {"ERROR", "WARN", "INFO", "DEBUG"};
	static const char end[] = "\",\"logger\":\"lull\"}";
	int64_t now = now_read().real;
	time_t seconds = (time_t)(now / NS_PER_S);
	struct tm t;
	size_t len;

	gmtime_r(&seconds, &t);
	len = strftime(line, LINE, "{\"timestamp\":\"%Y-%m-%dT%H:%M:%S", &t);
	len += (size_t)snprintf(line + len, LINE - len, ".%03dZ\",\"level\":\"%s\",\"message\":\"",
				(int)(now % NS_PER_S / NS_PER_MS), words[level]);
	len += log_escape_json(line + len, LINE - len - sizeof end, message);
	memcpy(line + len, end, sizeof end - 1);
	return len + sizeof end - 1;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char message[2000], line[LINE];
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	write_line(line, format == LOG_JSON ? make_json(line, level, message)
					    : make_text(line, level, message));
	if (observer && level <= LOG_WARN)
		observer(level, message);
}

void log_raw(const char *line)
{
	write_line(line, strlen(line));
}

const char *log_last_begin(void)
{
	return format == LOG_JSON ? "{\"level\":\"ERROR\",\"message\":\"" : "lull: error: ";
}

const char *log_last_end(void)
{
	return format == LOG_JSON ? "\",\"logger\":\"lull\"}\n" : "\n";
}

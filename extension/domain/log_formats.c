/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_formats.h"

#include <ctype.h>
#include <string.h>

#include "domain/severity.h"
#include "domain/timestamp.h"

/* %T time, %H time of a day without the day (which the event has), %R request id, %L level, %C
 * level in capitals, %A any word in capitals for one, %P process, %N name of the logger without
 * spaces (may be empty), %X what is of no interest, %? one letter, %M the rest; a space is one
 * space or more, _ any number of them, all else itself. Before everything colours may be set. The
 * first that fits holds. */
static const char *const formats[] = {
	/* Lambda's runtimes: Python, Node and .NET; outside of a request they have no id */
	"[%L]\t%T\t%R\t%M",
	"[%L]\t%T\t\t%M",
	"%T\t%R\t%L\t%M",
	"%T\tundefined\t%L\t%M",
	"%T\t-\t%L\t%M",
	"%T\t\t%L\t%M",
	"%T\t%R\t%M",
	/* Ruby: Lambda's, and the standard library's Logger */
	"%?, [%T_#%P] %C %R -- %N: %M",
	"%?, [%T_#%P] %A -- %N: %M",
	/* Java: the pattern of aws-lambda-java-log4j2; LambdaLogger, and how Python's runtime
	 * writes what a handler throws */
	"%T %R %C %M",
	"[%C] %M",
	/* Java's Logback, if nobody says how: its thread, and with a space between two of these
	 * whatever keys and values there are */
	"%H [%N] %C %N -- %M",
	"%H [%N] %C %N - %M",
	"%H [%N] %C %N %M",
	/* Rust: Lambda's runtime, whose span is what it knows of the request */
	"_%C Lambda runtime invoke{requestId=\"%R\"%X}:_%M",
	/* Rust's tracing, and what many have as their pattern */
	"%T %C %M",
	"%T [%C] %M",
	/* Python's logging, if nobody says how */
	"%C:%N:%M",
	/* zap for people */
	"%T\t%C\t%M",
	/* Go's log */
	"%T %M",
};

/* No name of a level is longer. */
#define LONGEST_LEVEL 12
#define LONGEST_NAME 128
#define LONGEST_SKIPPED 1024

static struct slice behind(struct slice s, size_t len)
{
	return slice_of(s.data + len, s.len - len);
}

/* Past what sets colours: ESC [ numbers m. */
static struct slice skip_colours(struct slice s)
{
	while (s.len > 2 && s.data[0] == 0x1b && s.data[1] == '[') {
		size_t i = 2;

		while (i < s.len && (isdigit(s.data[i]) || s.data[i] == ';'))
			i++;
		if (i == s.len || s.data[i] != 'm')
			break;
		s = behind(s, i + 1);
	}
	return s;
}

/* Moved past as many as there are; false where there are fewer than `least`. */
static bool skip_spaces(struct slice *s, size_t least)
{
	size_t n = 0;

	for (; s->len > 0 && s->data[0] == ' '; n++)
		*s = skip_colours(behind(*s, 1));
	return n >= least;
}

/* A UUID, moved past. */
static bool take_request(struct slice *s, struct slice *id)
{
	if (s->len < 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s->data[i] != '-' : !isxdigit(s->data[i]))
			return false;
	}
	*id = slice_of(s->data, 36);
	*s = behind(*s, 36);
	return true;
}

/* `which` is the format's letter. */
static bool take_level(struct slice *s, char which, struct log_line *line)
{
	size_t i = 0;

	while (i < s->len && i <= LONGEST_LEVEL &&
	       (isupper(s->data[i]) || (which == 'L' && isalnum(s->data[i]))))
		i++;
	line->level = slice_of(s->data, i);
	line->severity = severity_parse(line->level);
	/* A word that starts like a level is none. */
	if ((!line->severity && which != 'A') || i == 0 || (i < s->len && isalnum(s->data[i])))
		return false;
	*s = behind(*s, i);
	return true;
}

static bool take_digits(struct slice *s, struct slice *digits)
{
	size_t i = 0;

	while (i < s->len && i < 18 && isdigit(s->data[i]))
		i++;
	*digits = slice_of(s->data, i);
	*s = behind(*s, i);
	return i > 0;
}

/* Up to `stop`. */
static bool take_name(struct slice *s, char stop, struct slice *name)
{
	size_t i = 0;

	while (i < s->len && i < LONGEST_NAME && s->data[i] != (uint8_t)stop &&
	       !isspace(s->data[i]))
		i++;
	*name = slice_of(s->data, i);
	*s = behind(*s, i);
	return true;
}

/* The same of anything, on this line. */
static bool skip_to(struct slice *s, char stop)
{
	size_t i = 0;

	while (i < s->len && i < LONGEST_SKIPPED && s->data[i] != (uint8_t)stop &&
	       s->data[i] != '\n')
		i++;
	*s = behind(*s, i);
	return true;
}

static bool take_time(struct slice *s, bool message_follows, uint64_t *time)
{
	/* Of a time alone only Go's is known for one: a message may start with any other. */
	if (message_follows && (s->len < 5 || s->data[4] != '/'))
		return false;
	return timestamp_scan(s, time);
}

/* 12:34:56.789 */
static bool skip_time_of_day(struct slice *s)
{
	static const char shape[] = "00:00:00.000";

	if (s->len < sizeof shape - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !isdigit(s->data[i]) : s->data[i] != (uint8_t)shape[i])
			return false;
	*s = behind(*s, sizeof shape - 1);
	return true;
}

static bool take(struct slice *s, const char *format, struct log_line *line)
{
	switch (format[1]) {
	case 'T':
		return take_time(s, strcmp(format + 2, " %M") == 0, &line->time_unix_nano);
	case 'H':
		return skip_time_of_day(s);
	case 'R':
		return take_request(s, &line->request_id);
	case 'L':
	case 'C':
	case 'A':
		return take_level(s, format[1], line);
	case 'P':
		return take_digits(s, &line->process);
	case 'N':
		return take_name(s, format[2], &line->logger);
	case 'X':
		return skip_to(s, format[2]);
	default:
		*s = behind(*s, s->len > 0);
		return true;
	}
}

/* The piece of the format that starts there. */
static bool piece(struct slice *s, const char *format, struct log_line *line)
{
	switch (format[0]) {
	case ' ':
	case '_':
		return skip_spaces(s, format[0] == ' ');
	case '%':
		return take(s, format, line);
	default:
		if (s->len == 0 || s->data[0] != (uint8_t)format[0])
			return false;
		*s = behind(*s, 1);
		return true;
	}
}

static bool fits(struct slice s, const char *format, struct log_line *line)
{
	for (; strcmp(format, "%M") != 0; format += 1 + (format[0] == '%')) {
		s = skip_colours(s);
		if (!piece(&s, format, line))
			return false;
	}
	line->message = s;
	return true;
}

void log_formats_read(struct slice text, struct log_line *line)
{
	/* Of nothing there may be no pointer either. */
	for (size_t i = 0; text.len > 0 && i < sizeof formats / sizeof formats[0]; i++) {
		struct log_line found = {.time_unix_nano = line->time_unix_nano};

		if (fits(text, formats[i], &found)) {
			*line = found;
			return;
		}
	}
	line->message = text;
}

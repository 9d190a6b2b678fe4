/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/request_ends.h"

#include <string.h>

#include "wire/json_scan.h"

struct request_end *request_ends_at(struct request_ends *ends, unsigned number)
{
	struct request_end *end = &ends->ring[number % INVOCATIONS];

	if (end->number != number)
		*end = (struct request_end){.number = number};
	return end;
}

bool outcome_is_abnormal(enum outcome_of_invocation outcome)
{
	return outcome == INVOCATION_FAILURE || outcome == INVOCATION_TIMEOUT;
}

void error_type_note(char to[static ERROR_TYPE_SIZE], const struct telemetry_event *event)
{
	struct slice type = telemetry_string(event, "errorType");
	size_t len = type.len < ERROR_TYPE_SIZE ? type.len : ERROR_TYPE_SIZE - 1;

	if (len == 0 || memchr(type.data, 0, len))
		return;
	memcpy(to, type.data, len);
	to[len] = 0;
}

/* ---- Out of memory ---- */

/* What the platform calls it, and what the runtimes' errors are called (Java, Python, .NET,
 * Ruby). */
static const char *const types[] = {"Runtime.OutOfMemory", "OutOfMemoryError", "MemoryError",
				    "OutOfMemoryException", "NoMemoryError"};

/* What Node, Java, Go and Python write when they can go on no longer, and the platform of a process
 * that the kernel has killed, which it does for nothing else. */
static const char *const phrases[] = {"JavaScript heap out of memory",
				      "java.lang.OutOfMemoryError",
				      "fatal error: runtime: out of memory",
				      "fatal error: out of memory",
				      "fatal error: runtime: cannot allocate memory",
				      "MemoryError",
				      "signal: killed"};

static bool holds_any(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; text.len > 0 && i < count; i++)
		if (slice_find(text, slice_str(words[i])))
			return true;
	return false;
}

#define HOLDS_ANY(text, words) holds_any(text, words, sizeof(words) / sizeof((words)[0]))

/* Only of a request that failed: a report of all memory used says nothing by itself, for pages of
 * files count, too. */
static bool report_says_full(const struct telemetry_event *event,
			     const struct invocation *invocation)
{
	double size, most;

	return event->type == EVENT_REPORT && invocation->outcome == INVOCATION_FAILURE &&
	       telemetry_metric(event, "memorySizeMB", &size) &&
	       telemetry_metric(event, "maxMemoryUsedMB", &most) && size > 0 && most >= size;
}

static bool lines_say(const struct request_end *end, const struct invocation *invocation,
		      struct slice lines)
{
	return (invocation->outcome == INVOCATION_FAILURE ||
		invocation->outcome == INVOCATION_ERROR) &&
	       (end->said || HOLDS_ANY(lines, phrases));
}

static bool note(struct request_end *end, bool out_of_memory)
{
	bool news = out_of_memory && !end->out_of_memory;

	end->out_of_memory |= out_of_memory;
	return news;
}

void request_ends_line(struct request_end *end, struct slice line)
{
	/* With the log format JSON the platform puts a line of text into an object. */
	if (slice_starts(line, "{"))
		line = json_scan_member(line, "message");
	if (line.len == 0)
		return;
	line = slice_of(line.data + 1, line.len - 1); /* its quotation mark */
	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		end->said |= slice_starts(line, phrases[i]);
}

bool request_ends_event(struct request_end *end, const struct telemetry_event *event,
			const struct invocation *invocation, struct slice lines)
{
	if (event->type != EVENT_RUNTIME_DONE && event->type != EVENT_REPORT)
		return false;
	if (!end->error_type[0])
		error_type_note(end->error_type, event);
	return note(end, HOLDS_ANY(telemetry_string(event, "errorType"), types) ||
				 report_says_full(event, invocation) ||
				 lines_say(end, invocation, lines));
}

bool request_ends_lines(struct request_end *end, const struct invocation *invocation,
			struct slice lines)
{
	return note(end, lines_say(end, invocation, lines));
}

bool request_ends_init_out_of_memory(const struct telemetry_event *event, struct slice lines)
{
	/* One within an invocation is told of that invocation, too. */
	if (event->type != EVENT_INIT_REPORT ||
	    slice_is(telemetry_string(event, "phase"), "invoke") ||
	    slice_is(telemetry_string(event, "status"), "success"))
		return false;
	return HOLDS_ANY(telemetry_string(event, "errorType"), types) || HOLDS_ANY(lines, phrases);
}

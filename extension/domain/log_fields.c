/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_fields.h"

#include <string.h>

static const struct log_name names[] = {
	{NULL, "message", FIELD_MESSAGE},
	{NULL, "msg", FIELD_MESSAGE}, /* pino, zap, slog */
	{NULL, "Message", FIELD_MESSAGE},
	{NULL, "@m", FIELD_MESSAGE},              /* Serilog, rendered */
	{NULL, "RenderedMessage", FIELD_MESSAGE}, /* the same, older */
	{NULL, "@mt", FIELD_MESSAGE},             /* its template */
	{NULL, "MessageTemplate", FIELD_MESSAGE},
	{"fields", "message", FIELD_MESSAGE}, /* Rust's tracing */
	{NULL, "event", FIELD_MESSAGE},       /* structlog */

	{NULL, "level", FIELD_LEVEL},
	{NULL, "severity", FIELD_LEVEL},
	{NULL, "@l", FIELD_LEVEL}, /* Serilog */
	{NULL, "Level", FIELD_LEVEL},
	{NULL, "LogLevel", FIELD_LEVEL},  /* .NET's console */
	{NULL, "log.level", FIELD_LEVEL}, /* Elastic's common schema */
	{"log", "level", FIELD_LEVEL},
	{NULL, "levelname", FIELD_LEVEL}, /* Python's logging */
	{NULL, "level_name", FIELD_LEVEL},
	{NULL, "lvl", FIELD_LEVEL},
	{NULL, "severity_text", FIELD_LEVEL},

	{NULL, "instant", FIELD_TIME}, /* log4j2's JsonLayout: an object, to the nanosecond */
	{NULL, "timestamp", FIELD_TIME},
	{NULL, "time", FIELD_TIME},       /* pino, slog */
	{NULL, "@timestamp", FIELD_TIME}, /* logstash, Elastic */
	{NULL, "@t", FIELD_TIME},         /* Serilog */
	{NULL, "Timestamp", FIELD_TIME},
	{NULL, "ts", FIELD_TIME},      /* zap */
	{NULL, "asctime", FIELD_TIME}, /* Python's logging */
	{NULL, "timeMillis", FIELD_TIME},

	{NULL, "trace_id", FIELD_TRACE_ID},
	{NULL, "traceId", FIELD_TRACE_ID},
	{NULL, "@tr", FIELD_TRACE_ID}, /* Serilog */
	{NULL, "TraceId", FIELD_TRACE_ID},
	{NULL, "traceID", FIELD_TRACE_ID},
	{NULL, "otelTraceID",
	 FIELD_TRACE_ID}, /* OpenTelemetry's instrumentation of Python's logging */
	{NULL, "trace.id", FIELD_TRACE_ID},
	{"trace", "id", FIELD_TRACE_ID},

	{NULL, "span_id", FIELD_SPAN_ID},
	{NULL, "spanId", FIELD_SPAN_ID},
	{NULL, "@sp", FIELD_SPAN_ID},
	{NULL, "SpanId", FIELD_SPAN_ID},
	{NULL, "spanID", FIELD_SPAN_ID},
	{NULL, "otelSpanID", FIELD_SPAN_ID},
	{NULL, "span.id", FIELD_SPAN_ID},
	{"span", "id", FIELD_SPAN_ID},

	{NULL, "trace_flags", FIELD_TRACE_FLAGS},
	{NULL, "traceFlags", FIELD_TRACE_FLAGS},

	{NULL, "requestId", FIELD_REQUEST_ID},    /* Lambda's runtimes */
	{NULL, "AWSRequestId", FIELD_REQUEST_ID}, /* Java's */
	{NULL, "awsRequestId", FIELD_REQUEST_ID},
	{NULL, "aws_request_id", FIELD_REQUEST_ID},
	{NULL, "function_request_id", FIELD_REQUEST_ID}, /* Powertools */
	{NULL, "functionRequestId", FIELD_REQUEST_ID},
	{NULL, "FunctionRequestId", FIELD_REQUEST_ID},
	{NULL, "lambdaRequestId", FIELD_REQUEST_ID},
	{NULL, "request_id", FIELD_REQUEST_ID},
	{NULL, "faas.invocation_id", FIELD_REQUEST_ID},
	{"span", "requestId", FIELD_REQUEST_ID}, /* Lambda's runtime for Rust */
	{"spans", "requestId",
	 FIELD_REQUEST_ID}, /* the same, where the function has spans of its own */

	{NULL, "exception.type", FIELD_ERROR_TYPE},
	{NULL, "errorType", FIELD_ERROR_TYPE},      /* Lambda's runtimes */
	{NULL, "exception_name", FIELD_ERROR_TYPE}, /* Powertools for Python */
	{NULL, "error.type", FIELD_ERROR_TYPE},
	{"error", "type", FIELD_ERROR_TYPE},
	{"error", "name", FIELD_ERROR_TYPE},                /* Powertools for TypeScript and Java */
	{"err", "type", FIELD_ERROR_TYPE},                  /* pino */
	{"err", "name", FIELD_ERROR_TYPE},                  /* bunyan */
	{"exception", "type", FIELD_ERROR_TYPE},            /* Powertools for .NET */
	{"exception", "exc_type", FIELD_ERROR_TYPE},        /* structlog */
	{"exception", "exception_class", FIELD_ERROR_TYPE}, /* logstash */
	{"thrown", "name", FIELD_ERROR_TYPE},               /* log4j2's JsonLayout */
	{"throwable", "className", FIELD_ERROR_TYPE},       /* Logback's JsonEncoder */
	{"message", "errorType", FIELD_ERROR_TYPE},         /* Lambda's runtime for Node */

	{NULL, "exception.message", FIELD_ERROR_MESSAGE},
	{NULL, "errorMessage", FIELD_ERROR_MESSAGE},
	{NULL, "error.message", FIELD_ERROR_MESSAGE},
	{"error", "message", FIELD_ERROR_MESSAGE},
	{"err", "message", FIELD_ERROR_MESSAGE},
	{"exception", "message", FIELD_ERROR_MESSAGE},
	{"exception", "exc_value", FIELD_ERROR_MESSAGE},
	{"exception", "exception_message", FIELD_ERROR_MESSAGE},
	{"thrown", "message", FIELD_ERROR_MESSAGE},
	{"throwable", "message", FIELD_ERROR_MESSAGE},
	{"message", "errorMessage", FIELD_ERROR_MESSAGE},
	{NULL, "error", FIELD_ERROR_MESSAGE}, /* zap */
	{"fields", "error", FIELD_ERROR_MESSAGE},
	{NULL, "err", FIELD_ERROR_MESSAGE}, /* slog */

	{NULL, "exception.stacktrace", FIELD_ERROR_STACK},
	{NULL, "stackTrace", FIELD_ERROR_STACK}, /* Lambda's runtimes */
	{NULL, "stacktrace", FIELD_ERROR_STACK}, /* zap */
	{NULL, "stack", FIELD_ERROR_STACK},      /* winston */
	{NULL, "error.stack_trace", FIELD_ERROR_STACK},
	{NULL, "stack_trace", FIELD_ERROR_STACK}, /* logstash */
	{"error", "stack", FIELD_ERROR_STACK},
	{"error", "stack_trace", FIELD_ERROR_STACK},
	{"err", "stack", FIELD_ERROR_STACK},
	{"exception", "stack_trace", FIELD_ERROR_STACK},
	{"exception", "stacktrace", FIELD_ERROR_STACK},
	{"thrown", "extendedStackTrace", FIELD_ERROR_STACK}, /* text or frames */
	{"throwable", "stepArray", FIELD_ERROR_STACK},       /* frames */
	{"message", "stackTrace", FIELD_ERROR_STACK},
	{NULL, "exception", FIELD_ERROR_STACK}, /* structlog, Powertools for Python: a traceback */
	{NULL, "exc_info", FIELD_ERROR_STACK},  /* python-json-logger */
	{NULL, "@x", FIELD_ERROR_STACK},        /* Serilog */
	{NULL, "Exception", FIELD_ERROR_STACK},
};

static const struct log_opened opened[] = {
	{"fields", "level", "message"},          /* Rust's tracing */
	{"mdc", "loggerName", NULL},             /* Logback's JsonEncoder */
	{"kvpList", "loggerName", NULL},         /* the same: one object for each pair */
	{"contextMap", "loggerName", NULL},      /* log4j2's JsonLayout */
	{"Properties", "MessageTemplate", NULL}, /* Serilog's JsonFormatter */
};

#define COUNT (sizeof names / sizeof names[0])

_Static_assert(COUNT < UINT8_MAX, "an index of one byte");

/* Rows by what their keys start with: the first of each slot and the next of each row, numbered
 * from 1, in the order of the table. Made once: every member of every line is looked up. */
#define SLOTS 128
static uint8_t heads[SLOTS], links[COUNT];

static unsigned slot_of(struct slice key)
{
	return (key.data[0] * 7U + key.data[key.len - 1] + (unsigned)key.len) % SLOTS;
}

static void make_index(void)
{
	for (size_t i = COUNT; i > 0; i--) {
		unsigned slot = slot_of(slice_str(names[i - 1].key));

		links[i - 1] = heads[slot];
		heads[slot] = (uint8_t)i;
	}
}

const struct log_name *log_fields_find(struct slice outer, struct slice key)
{
	if (key.len == 0)
		return NULL;
	if (heads[slot_of(slice_str(names[0].key))] == 0)
		make_index();
	for (unsigned i = heads[slot_of(key)]; i > 0; i = links[i - 1]) {
		const struct log_name *row = &names[i - 1];

		if (slice_is(key, row->key) &&
		    (row->outer ? slice_is(outer, row->outer) : !outer.data))
			return row;
	}
	return NULL;
}

bool log_fields_within(struct slice outer)
{
	for (size_t i = 0; i < COUNT; i++)
		if (names[i].outer && slice_is(outer, names[i].outer))
			return true;
	return false;
}

const struct log_opened *log_fields_opened(struct slice key)
{
	for (size_t i = 0; i < sizeof opened / sizeof opened[0]; i++)
		if (slice_is(key, opened[i].key))
			return &opened[i];
	return NULL;
}

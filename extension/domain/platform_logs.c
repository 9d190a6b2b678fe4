/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/platform_logs.h"

#include <string.h>

#include "base/utf8.h"
#include "domain/own_request.h"
#include "domain/value.h"
#include "logs.pb-c.h"

static bool is(const struct telemetry_event *event, const char *key, const char *value)
{
	return slice_is(telemetry_string(event, key), value);
}

/* ---- Which line ---- */

/* A number of a line: its text before, digits behind the point, unit. */
struct metric_text {
	const char *key, *before, *unit;
	int digits;
};

static void add_text(struct bytes *line, const char *before, const struct telemetry_event *event,
		     const char *key)
{
	struct slice text = telemetry_string(event, key);

	if (text.len == 0)
		return;
	bytes_addf(line, "%s", before);
	bytes_add(line, text);
}

static void add_metric(struct bytes *line, const struct metric_text *text,
		       const struct telemetry_event *event)
{
	double value;

	if (telemetry_metric(event, text->key, &value))
		bytes_addf(line, "%s%.*f %s", text->before, text->digits, value, text->unit);
}

static void start_line(const struct telemetry_event *event, struct bytes *line)
{
	add_text(line, "START RequestId: ", event, "requestId");
	add_text(line, " Version: ", event, "version");
}

static void end_line(const struct telemetry_event *event, struct bytes *line)
{
	add_text(line, "END RequestId: ", event, "requestId");
}

static void timeout_line(const struct telemetry_event *event, struct bytes *line)
{
	double ms;

	add_text(line, "", event, "requestId");
	bytes_addf(line, " Task timed out");
	if (telemetry_metric(event, "durationMs", &ms))
		bytes_addf(line, " after %.2f seconds", ms / 1000);
}

static void exit_line(const struct telemetry_event *event, struct bytes *line)
{
	add_text(line, "RequestId: ", event, "requestId");
	bytes_addf(line, " Error: Runtime exited");
	add_text(line, ": ", event, "errorType");
}

static void add_status(const struct telemetry_event *event, struct bytes *line)
{
	if (!is(event, "status", "success"))
		add_text(line, "\tStatus: ", event, "status");
	add_text(line, "\tError Type: ", event, "errorType");
}

static void report_line(const struct telemetry_event *event, struct bytes *line)
{
	static const struct metric_text parts[] = {
		{"durationMs", "\tDuration: ", "ms", 2},
		{"billedDurationMs", "\tBilled Duration: ", "ms", 0},
		{"memorySizeMB", "\tMemory Size: ", "MB", 0},
		{"maxMemoryUsedMB", "\tMax Memory Used: ", "MB", 0},
		{"initDurationMs", "\tInit Duration: ", "ms", 2},
		{"restoreDurationMs", "\tRestore Duration: ", "ms", 2},
	};

	add_text(line, "REPORT RequestId: ", event, "requestId");
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		add_metric(line, &parts[i], event);
	add_status(event, line);
}

static void init_line(const struct telemetry_event *event, struct bytes *line)
{
	static const struct metric_text duration = {"durationMs", " Init Duration: ", "ms", 2};

	bytes_addf(line, "INIT_REPORT");
	add_metric(line, &duration, event);
	add_text(line, "\tPhase: ", event, "phase");
	add_status(event, line);
}

static void restore_start_line(const struct telemetry_event *event, struct bytes *line)
{
	bytes_addf(line, "RESTORE_START");
	add_text(line, " Runtime Version: ", event, "runtimeVersion");
	add_text(line, "\tRuntime Version ARN: ", event, "runtimeVersionArn");
}

static void restore_line(const struct telemetry_event *event, struct bytes *line)
{
	static const struct metric_text duration = {"durationMs", " Restore Duration: ", "ms", 2};

	bytes_addf(line, "RESTORE_REPORT");
	add_metric(line, &duration, event);
	add_status(event, line);
}

static void dropped_line(const struct telemetry_event *event, struct bytes *line)
{
	bytes_addf(line, "Log lines were dropped before lull got them");
	add_text(line, ": ", event, "reason");
}

/* The first that fits is the event's. */
static const struct kind {
	enum event_type event;
	const char *status; /* NULL: any; "!": any but success */
	const char *type;
	unsigned of; /* enum platform_log: any of these */
	Otlp__SeverityNumber severity;
	const char *severity_text;
	void (*write)(const struct telemetry_event *event, struct bytes *line);
} kinds[] = {
#define INFO OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO, "INFO"
#define WARN OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN, "WARN"
#define ERROR OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_ERROR, "ERROR"
	{EVENT_START, NULL, "platform.start", PLATFORM_LOG_START, INFO, start_line},
	{EVENT_RUNTIME_DONE, "timeout", "platform.runtimeDone",
	 PLATFORM_LOG_ERRORS | PLATFORM_LOG_END, ERROR, timeout_line},
	{EVENT_RUNTIME_DONE, "failure", "platform.runtimeDone",
	 PLATFORM_LOG_ERRORS | PLATFORM_LOG_END, ERROR, exit_line},
	{EVENT_RUNTIME_DONE, NULL, "platform.runtimeDone", PLATFORM_LOG_END, INFO, end_line},
	{EVENT_REPORT, NULL, "platform.report", PLATFORM_LOG_REPORT, INFO, report_line},
	{EVENT_INIT_REPORT, "!", "platform.initReport", PLATFORM_LOG_ERRORS | PLATFORM_LOG_INIT,
	 ERROR, init_line},
	{EVENT_INIT_REPORT, NULL, "platform.initReport", PLATFORM_LOG_INIT, INFO, init_line},
	{EVENT_RESTORE_START, NULL, "platform.restoreStart", PLATFORM_LOG_INIT, INFO,
	 restore_start_line},
	{EVENT_RESTORE_REPORT, "!", "platform.restoreReport",
	 PLATFORM_LOG_ERRORS | PLATFORM_LOG_INIT, ERROR, restore_line},
	{EVENT_RESTORE_REPORT, NULL, "platform.restoreReport", PLATFORM_LOG_INIT, INFO,
	 restore_line},
	{EVENT_LOGS_DROPPED, NULL, "platform.logsDropped", PLATFORM_LOG_ERRORS, WARN, dropped_line},
#undef INFO
#undef WARN
#undef ERROR
};

static bool has_status(const struct telemetry_event *event, const char *status)
{
	struct slice have = telemetry_string(event, "status");

	if (!status)
		return true;
	if (strcmp(status, "!") == 0)
		return have.len > 0 && !slice_is(have, "success");
	return slice_is(have, status);
}

static const struct kind *kind_of(const struct telemetry_event *event)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].event == event->type && has_status(event, kinds[i].status))
			return &kinds[i];
	return NULL;
}

/* ---- The record ---- */

/* So many members of a record become attributes. */
#define ATTRIBUTES 24

static void set(struct arena *a, Otlp__LogRecord *to, const char *key, Otlp__AnyValue *value)
{
	Otlp__KeyValue *kv = value_attribute(a, slice_str(key), value);

	if (kv && to->n_attributes < ATTRIBUTES)
		to->attributes[to->n_attributes++] = kv;
}

/* NULL where it is neither a text nor a number. */
static Otlp__AnyValue *scalar(struct arena *a, json_t *json)
{
	Otlp__AnyValue *value;

	if (json_is_string(json))
		return value_string(a, slice_of(json_string_value(json), json_string_length(json)));
	if (json_is_integer(json))
		return value_int(a, json_integer_value(json));
	value = json_is_real(json) ? VALUE_NEW(a, Otlp__AnyValue, OTLP__ANY_VALUE__INIT) : NULL;
	if (!value)
		return NULL;
	value->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
	value->double_value = json_real_value(json);
	return value;
}

/* Under the names of their places in OpenTelemetry, or as the platform has them. */
static void set_members(struct arena *a, Otlp__LogRecord *to, json_t *object)
{
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member) {
		if (strcmp(key, "metrics") == 0)
			set_members(a, to, member);
		else if (strcmp(key, "requestId") == 0)
			set(a, to, "faas.invocation_id", scalar(a, member));
		else if (strcmp(key, "errorType") == 0)
			set(a, to, "error.type", scalar(a, member));
		else
			set(a, to, key, scalar(a, member));
	}
}

static void fill(struct arena *a, Otlp__LogRecord *to, const struct telemetry_event *event,
		 const struct kind *kind)
{
	struct bytes line = {0}, clean = {0};

	kind->write(event, &line);
	utf8_repair(&clean, bytes_slice(&line));
	a->failed |= line.failed || clean.failed;
	to->body = value_string(a, bytes_slice(&clean));
	bytes_free(&line);
	bytes_free(&clean);
	to->time_unix_nano = event->time_unix_nano;
	to->severity_number = kind->severity;
	to->severity_text = kind->severity_text;
	to->attributes = arena_alloc(a, ATTRIBUTES * sizeof *to->attributes);
	if (!to->attributes)
		return;
	set(a, to, "type", value_string(a, slice_str(kind->type)));
	set_members(a, to, event->record);
}

size_t platform_logs_make(const struct telemetry_event *event, unsigned which,
			  const struct trace_context *trace, uint64_t observed, struct bytes *out)
{
	const struct kind *kind = kind_of(event);
	Otlp__LogRecord record = OTLP__LOG_RECORD__INIT;
	struct own_request request;
	struct arena arena = {0};

	if (!kind || !(kind->of & which) || !json_is_object(event->record))
		return 0;
	fill(&arena, &record, event, kind);
	record.observed_time_unix_nano = observed;
	if (trace_id_is_set(trace->trace_id))
		value_bytes(&arena, &record.trace_id, trace->trace_id, TRACE_ID_SIZE);
	if (span_id_is_set(trace->span_id))
		value_bytes(&arena, &record.span_id, trace->span_id, SPAN_ID_SIZE);
	out->failed |= arena.failed;
	request = own_request_begin(out);
	own_request_add(&record.base, out);
	own_request_end(&request, out);
	arena_free(&arena);
	return 1;
}

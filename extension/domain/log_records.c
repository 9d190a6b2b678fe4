/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_records.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "collector_logs.pb-c.h"
#include "domain/severity.h"
#include "domain/timestamp.h"
#include "domain/value.h"
#include "version.h"

#define REQUEST_ID_KEY "faas.invocation_id" /* semantic conventions, FaaS attributes */

static bool add_attribute(struct log_records *r, Otlp__LogRecord *to, struct slice key,
			  Otlp__AnyValue *value)
{
	Otlp__KeyValue *kv = value_attribute(&r->arena, key, value);

	if (kv)
		to->attributes[to->n_attributes++] = kv;
	return kv != NULL;
}

static bool set_request(struct log_records *r, Otlp__LogRecord *to, struct slice request_id)
{
	if (request_id.len == 0)
		return true;
	return add_attribute(r, to, slice_str(REQUEST_ID_KEY), value_string(&r->arena, request_id));
}

static bool set_level(struct log_records *r, Otlp__LogRecord *to, struct slice level)
{
	to->severity_number = severity_parse(level);
	to->severity_text = value_text(&r->arena, level);
	return to->severity_text != NULL;
}

/* ---- Text ---- */

/* What a line says of itself before its message. */
struct line {
	struct slice level;
	struct slice request_id;
	uint64_t time_unix_nano;
	struct slice message;
};

static bool is_request_id(struct slice s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.data[i] != '-' : !isxdigit(s.data[i]))
			return false;
	}
	return true;
}

static bool take_field(struct line *line, struct slice field)
{
	struct slice inner = field;

	if (field.len > 2 && field.data[0] == '[' && field.data[field.len - 1] == ']')
		inner = slice_of(field.data + 1, field.len - 2);
	if (!line->time_unix_nano && timestamp_parse(field, &line->time_unix_nano))
		return true;
	if (!line->request_id.data && is_request_id(field)) {
		line->request_id = field;
		return true;
	}
	if (!line->level.data && severity_parse(inner)) {
		line->level = inner;
		return true;
	}
	return false;
}

/* Python: "[INFO]\ttime\trequest\tmessage", Node: "time\trequest\tINFO\tmessage". Only a line that
 * names time and request is one of these; else the whole is the message. */
static struct line parse_line(struct slice text)
{
	struct line line = {.message = text};

	for (int i = 0; i < 3 && line.message.len > 0; i++) {
		const uint8_t *tab = memchr(line.message.data, '\t', line.message.len);
		size_t len = tab ? (size_t)(tab - line.message.data) : 0;

		if (!tab || !take_field(&line, slice_of(line.message.data, len)))
			break;
		line.message = slice_of(tab + 1, line.message.len - len - 1);
	}
	if (!line.time_unix_nano || !line.request_id.data)
		return (struct line){.message = text};
	return line;
}

static bool fill_text(struct log_records *r, Otlp__LogRecord *to, struct slice text,
		      const struct invocation *current)
{
	struct line line;

	/* The platform hands a line over with its end. */
	while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.len--;
	line = parse_line(text);
	to->attributes = arena_alloc(&r->arena, sizeof *to->attributes);
	to->body = value_string(&r->arena, line.message);
	if (!to->attributes || !to->body)
		return false;
	if (line.time_unix_nano)
		to->time_unix_nano = line.time_unix_nano;
	if (line.level.data && !set_level(r, to, line.level))
		return false;
	if (!line.request_id.data && current)
		line.request_id = slice_str(current->request_id);
	return set_request(r, to, line.request_id);
}

/* ---- JSON ---- */

static struct slice json_text(json_t *json)
{
	if (!json_is_string(json))
		return (struct slice){0};
	return slice_of(json_string_value(json), json_string_length(json));
}

/* The key under which the runtimes' own JSON lines name their request (the second is Java's), or "". */
static const char *request_key(json_t *record)
{
	static const char *const keys[] = {"requestId", "AWSRequestId"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_string_length(json_object_get(record, keys[i])) > 0)
			return keys[i];
	return "";
}

/* Takes one member to its place in the record; false where it has none and is an attribute. */
static bool fill_member(struct log_records *r, Otlp__LogRecord *to, const char *key, json_t *member,
			const char *id_key)
{
	struct slice text = json_text(member);

	if (strcmp(key, "message") == 0)
		return (to->body = value_json(&r->arena, member)) != NULL;
	if (!text.data)
		return false;
	if (strcmp(key, "timestamp") == 0)
		return timestamp_parse(text, &to->time_unix_nano);
	if (strcmp(key, "level") == 0)
		return set_level(r, to, text);
	/* An empty request id says nothing. */
	if (strcmp(key, id_key) == 0 || (strcmp(key, "requestId") == 0 && text.len == 0))
		return set_request(r, to, text);
	return false;
}

static bool fill_object(struct log_records *r, Otlp__LogRecord *to,
			const struct telemetry_event *event, const struct invocation *current)
{
	const char *key, *id_key = request_key(event->record);
	json_t *member;

	to->attributes = arena_alloc(&r->arena, (json_object_size(event->record) + 1) *
							sizeof *to->attributes);
	if (!to->attributes)
		return false;
	json_object_foreach(event->record, key, member) {
		if (fill_member(r, to, key, member, id_key))
			continue;
		if (!add_attribute(r, to, slice_str(key), value_json(&r->arena, member)))
			return false;
	}
	if (!id_key[0] && current && !set_request(r, to, slice_str(current->request_id)))
		return false;
	/* Without a message the line itself is what there is to read. */
	if (!to->body)
		to->body = value_string(&r->arena, event->text);
	return to->body != NULL;
}

/* ---- Records ---- */

static bool fill_raw(struct log_records *r, Otlp__LogRecord *to, struct slice text,
		     const struct invocation *current)
{
	struct bytes clean = {0};
	bool ok;

	utf8_repair(&clean, text);
	ok = !clean.failed && fill_text(r, to, bytes_slice(&clean), current);
	bytes_free(&clean);
	return ok;
}

static bool grow(struct log_records *r)
{
	size_t cap = r->cap ? r->cap * 2 : 64;
	Otlp__LogRecord **records;

	if (r->count < r->cap)
		return true;
	records = realloc(r->records, cap * sizeof *records);
	if (!records)
		return false;
	r->records = records;
	r->cap = cap;
	return true;
}

void log_records_add(struct log_records *records, const struct telemetry_event *event,
		     const struct invocation *current, uint64_t observed)
{
	Otlp__LogRecord *to = VALUE_NEW(&records->arena, Otlp__LogRecord, OTLP__LOG_RECORD__INIT);
	bool ok;

	/* Counted all the same: what is lost is lost by number. */
	if (!to || !grow(records)) {
		records->arena.failed = true;
		records->count++;
		return;
	}
	to->time_unix_nano = event->time_unix_nano;
	to->observed_time_unix_nano = observed;
	if (json_is_object(event->record))
		ok = fill_object(records, to, event, current);
	else if (json_is_string(event->record))
		ok = fill_text(records, to, json_text(event->record), current);
	else
		ok = fill_raw(records, to, event->text, current);
	records->arena.failed |= !ok;
	records->records[records->count++] = to;
}

static bool pack(struct log_records *r, struct bytes *out)
{
	Otlp__ExportLogsServiceRequest request = OTLP__EXPORT_LOGS_SERVICE_REQUEST__INIT;
	Otlp__ResourceLogs resource = OTLP__RESOURCE_LOGS__INIT, *resources[] = {&resource};
	Otlp__InstrumentationScope name = OTLP__INSTRUMENTATION_SCOPE__INIT;
	Otlp__ScopeLogs scope = OTLP__SCOPE_LOGS__INIT, *scopes[] = {&scope};
	size_t size;

	name.name = "lull";
	name.version = LULL_VERSION;
	scope.scope = &name;
	scope.log_records = r->records;
	scope.n_log_records = r->count;
	resource.scope_logs = scopes;
	resource.n_scope_logs = 1;
	request.resource_logs = resources;
	request.n_resource_logs = 1;
	size = otlp__export_logs_service_request__get_packed_size(&request);
	if (!bytes_reserve(out, size))
		return false;
	out->len += otlp__export_logs_service_request__pack(&request, out->data + out->len);
	return true;
}

bool log_records_finish(struct log_records *records, struct bytes *out)
{
	bool ok = !records->arena.failed && (records->count == 0 || pack(records, out));

	arena_free(&records->arena);
	free(records->records);
	*records = (struct log_records){0};
	return ok;
}

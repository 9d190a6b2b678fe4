/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/telemetry.h"

#include <string.h>

#include "domain/timestamp.h"
#include "wire/json_scan.h"

static const struct {
	const char *name;
	enum event_type type;
} types[] = {
	{"function", EVENT_FUNCTION},
	{"extension", EVENT_EXTENSION},
	{"platform.initStart", EVENT_INIT_START},
	{"platform.initRuntimeDone", EVENT_INIT_RUNTIME_DONE},
	{"platform.initReport", EVENT_INIT_REPORT},
	{"platform.restoreStart", EVENT_RESTORE_START},
	{"platform.restoreRuntimeDone", EVENT_RESTORE_RUNTIME_DONE},
	{"platform.restoreReport", EVENT_RESTORE_REPORT},
	{"platform.start", EVENT_START},
	{"platform.runtimeDone", EVENT_RUNTIME_DONE},
	{"platform.report", EVENT_REPORT},
	{"platform.extension", EVENT_EXTENSION_STATE},
	{"platform.telemetrySubscription", EVENT_SUBSCRIPTION},
	{"platform.logsDropped", EVENT_LOGS_DROPPED},
};

/* The contents of a JSON string's text that holds no escapes, else {NULL, 0}. */
static struct slice plain_string(struct slice text)
{
	if (text.len < 2 || text.data[0] != '"' || text.data[text.len - 1] != '"')
		return (struct slice){0};
	return slice_of(text.data + 1, text.len - 2);
}

static enum event_type event_type(struct slice name)
{
	if (!name.data)
		return EVENT_BROKEN;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (slice_is(name, types[i].name))
			return types[i].type;
	return EVENT_UNKNOWN;
}

/* The members of an element. Of two with one name the first. */
static void read_members(struct slice element, struct slice *type, struct slice *time,
			 struct slice *record)
{
	struct slice key, value;

	while (json_scan_object(&element, &key, &value)) {
		struct slice *to = slice_is(key, "type")     ? type
				   : slice_is(key, "time")   ? time
				   : slice_is(key, "record") ? record
							     : NULL;

		if (to && !to->data)
			*to = value;
	}
}

static void one_event(struct slice element, void (*each)(void *, const struct telemetry_event *),
		      void *ctx)
{
	struct slice type = {0}, time = {0}, record = {0};
	struct telemetry_event event = {.text = element};

	read_members(element, &type, &time, &record);
	event.type = event_type(plain_string(type));
	if (event.type != EVENT_BROKEN) {
		timestamp_parse(plain_string(time), &event.time_unix_nano);
		event.text = record;
	}
	/* The lines of the function are many, and read in place. */
	if (event.type != EVENT_BROKEN && event.type != EVENT_FUNCTION)
		event.record = json_scan_parse(event.text);
	each(ctx, &event);
	json_decref(event.record);
}

void telemetry_each(struct slice body, void (*each)(void *ctx, const struct telemetry_event *event),
		    void *ctx)
{
	struct slice rest = slice_trim(body), element;

	if (rest.len == 0)
		return;
	if (rest.data[0] != '[') {
		one_event(rest, each, ctx);
		return;
	}
	while (json_scan_array(&rest, &element))
		if (element.len > 0)
			one_event(element, each, ctx);
}

struct slice telemetry_string(const struct telemetry_event *event, const char *key)
{
	json_t *member = json_object_get(event->record, key);

	if (!json_is_string(member))
		return (struct slice){0};
	return slice_of(json_string_value(member), json_string_length(member));
}

static bool take_number(json_t *number, double *value)
{
	if (!json_is_number(number) || !(json_number_value(number) >= 0))
		return false;
	*value = json_number_value(number);
	return true;
}

bool telemetry_metric(const struct telemetry_event *event, const char *key, double *value)
{
	return take_number(json_object_get(json_object_get(event->record, "metrics"), key), value);
}

bool telemetry_span(const struct telemetry_event *event, const char *name, double *ms)
{
	size_t i;
	json_t *span;

	json_array_foreach(json_object_get(event->record, "spans"), i, span) {
		const char *called = json_string_value(json_object_get(span, "name"));

		if (called && strcmp(called, name) == 0)
			return take_number(json_object_get(span, "durationMs"), ms);
	}
	return false;
}

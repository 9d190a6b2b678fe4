/* SPDX-License-Identifier: Apache-2.0 */
/* What the Lambda Telemetry API posts: a JSON array of {time, type, record}. Each on its own, so
 * that an odd one never harms its neighbours.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html */
#ifndef DOMAIN_TELEMETRY_H
#define DOMAIN_TELEMETRY_H

#include <jansson.h>

#include "base/bytes.h"

enum event_type {
	EVENT_UNKNOWN, /* a type of a later schema: to be passed over */
	EVENT_BROKEN,  /* no such object at all: its text is all there is */
	EVENT_FUNCTION,
	EVENT_EXTENSION,
	EVENT_INIT_START,
	EVENT_INIT_RUNTIME_DONE,
	EVENT_INIT_REPORT,
	EVENT_RESTORE_START,
	EVENT_RESTORE_RUNTIME_DONE,
	EVENT_RESTORE_REPORT,
	EVENT_START,
	EVENT_RUNTIME_DONE,
	EVENT_REPORT,
	EVENT_EXTENSION_STATE,
	EVENT_SUBSCRIPTION,
	EVENT_LOGS_DROPPED,
};

/* All slices and `record` are valid during the call only. */
struct telemetry_event {
	enum event_type type;
	uint64_t time_unix_nano; /* 0 where there is none that can be read */
	struct slice text;       /* of the record; of the whole element where EVENT_BROKEN */
	json_t *record;          /* NULL where the text is no JSON, and of EVENT_FUNCTION */
};

/* Calls `each` for every element of the posted body. A body that is no array is one
 * EVENT_BROKEN. */
void telemetry_each(struct slice body, void (*each)(void *ctx, const struct telemetry_event *event),
		    void *ctx);

/* A string member of an event's record, or {NULL, 0}. */
struct slice telemetry_string(const struct telemetry_event *event, const char *key);

/* A number among the metrics of an event's record, or the duration in milliseconds of one of its
 * spans, at least 0. False where there is none. */
bool telemetry_metric(const struct telemetry_event *event, const char *key, double *value);
bool telemetry_span(const struct telemetry_event *event, const char *name, double *ms);

#endif

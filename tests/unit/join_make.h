/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of invocations is told: events of the platform, and pieces of spans and log
 * records. */
#ifndef TESTS_UNIT_JOIN_MAKE_H
#define TESTS_UNIT_JOIN_MAKE_H

#include "domain/join.h"

#define MS ((uint64_t)1000000)

static inline void put_id(struct bytes *out, uint32_t number, uint8_t first, size_t size)
{
	uint8_t id[TRACE_ID_SIZE] = {first};

	if (first)
		pb_put_len(out, number, slice_of(id, size));
}

static inline void put_time(struct bytes *out, uint32_t number, uint64_t ms)
{
	uint64_t nanos = ms * MS;

	pb_put_tag(out, number, PB_FIXED64);
	bytes_append(out, &nanos, sizeof nanos);
}

static inline void put_attribute(struct bytes *out, uint32_t number, const char *key,
				 const char *value)
{
	size_t attribute = pb_begin(out, number), inner;

	pb_put_len(out, 1, slice_str(key));
	inner = pb_begin(out, 2);
	pb_put_len(out, 1, slice_str(value));
	pb_end(out, inner);
	pb_end(out, attribute);
}

/* A request with those items in its one scope. */
static inline struct bytes make_request(struct slice items)
{
	struct bytes request = {0};
	size_t resource = pb_begin(&request, 1), scope = pb_begin(&request, 2);

	bytes_add(&request, items);
	pb_end(&request, scope);
	pb_end(&request, resource);
	return request;
}

/* `status` may be NULL: the event has none. */
static inline void tell_status(struct invocations *table, enum event_type type, const char *id,
			       const char *status, uint64_t ms)
{
	struct telemetry_event event = {.type = type, .time_unix_nano = ms * MS};

	event.record = json_pack("{s:s,s:s*}", "requestId", id, "status", status);
	join_see_event(table, invocations_event(table, &event));
	json_decref(event.record);
}

static inline void tell(struct invocations *table, enum event_type type, const char *id,
			uint64_t ms)
{
	tell_status(table, type, id, NULL, ms);
}

static inline void begin(struct invocations *table, const char *id, const char *header, uint64_t ms)
{
	invocations_invoke(table, slice_str(id), slice_str(header), ms * MS);
	tell(table, EVENT_START, id, ms);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/invocations.h"

#include <string.h>

#include "base/now.h"

#define MS ((uint64_t)NS_PER_MS) /* as precise as the platform's times are */

static struct slice cut(struct slice id)
{
	return slice_of(id.data, id.len < REQUEST_ID_SIZE ? id.len : REQUEST_ID_SIZE - 1);
}

static unsigned oldest(const struct invocations *table)
{
	return table->count > INVOCATIONS ? table->count - INVOCATIONS : 0;
}

/* The number of its last run that has one below `below`, or 0. */
static unsigned number_below(const struct invocations *table, struct slice request_id,
			     unsigned below)
{
	struct slice id = cut(request_id);

	for (unsigned i = below - 1; i > oldest(table); i--)
		if (slice_is(id, table->ring[(i - 1) % INVOCATIONS].request_id))
			return i;
	return 0;
}

static unsigned number_of(const struct invocations *table, struct slice request_id)
{
	return number_below(table, request_id, table->count + 1);
}

unsigned invocations_number(const struct invocations *table, const struct invocation *entry)
{
	unsigned index = (unsigned)(entry - table->ring);
	unsigned behind = (table->count - 1 - index) % INVOCATIONS;

	return table->count - behind;
}

const struct invocation *invocations_at(const struct invocations *table, unsigned number)
{
	if (number <= oldest(table) || number > table->count)
		return NULL;
	return &table->ring[(number - 1) % INVOCATIONS];
}

struct invocation *invocations_find(struct invocations *table, struct slice request_id)
{
	unsigned number = number_of(table, request_id);

	return number ? &table->ring[(number - 1) % INVOCATIONS] : NULL;
}

struct invocation *invocations_find_at(struct invocations *table, struct slice request_id,
				       uint64_t time)
{
	unsigned number = number_of(table, request_id), earlier = number;

	while (earlier && time && table->ring[(number - 1) % INVOCATIONS].start / MS > time / MS &&
	       (earlier = number_below(table, request_id, number)))
		number = earlier;
	return number ? &table->ring[(number - 1) % INVOCATIONS] : NULL;
}

bool invocations_know(const struct invocations *table, struct slice request_id)
{
	return request_id.len > 0 && request_id.len < REQUEST_ID_SIZE &&
	       number_of(table, request_id) > 0;
}

static struct invocation *make(struct invocations *table, struct slice request_id)
{
	struct invocation *entry = &table->ring[table->count++ % INVOCATIONS];
	struct slice id = cut(request_id);

	*entry = (struct invocation){0};
	if (id.len > 0)
		memcpy(entry->request_id, id.data, id.len);
	return entry;
}

struct invocation *invocations_get(struct invocations *table, struct slice request_id)
{
	unsigned number = number_of(table, request_id);

	return number ? &table->ring[(number - 1) % INVOCATIONS] : make(table, request_id);
}

/* The same header comes by two ways, one of which may lack it. */
static void note_header(struct invocation *entry, struct slice text)
{
	if (!trace_id_is_set(entry->header.trace_id))
		xray_header_parse(text, &entry->header);
}

struct invocation *invocations_invoke(struct invocations *table, struct slice request_id,
				      struct slice header, uint64_t now)
{
	struct invocation *entry = invocations_get(table, request_id);

	if (entry->invoked)
		entry = make(table, request_id);
	entry->invoked = true;
	if (!entry->start)
		entry->start = now;
	note_header(entry, header);
	return entry;
}

/* ---- What the platform says ---- */

static void note_end(struct invocation *entry, const struct telemetry_event *event)
{
	static const struct {
		const char *name;
		enum outcome_of_invocation outcome;
	} words[] = {
		{"success", INVOCATION_SUCCESS},
		{"error", INVOCATION_ERROR},
		{"failure", INVOCATION_FAILURE},
		{"timeout", INVOCATION_TIMEOUT},
	};
	struct slice status = telemetry_string(event, "status");

	/* The report comes after the end, but on Managed Instances there is nothing else. */
	if (!entry->end)
		entry->end = event->time_unix_nano;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is(status, words[i].name))
			entry->outcome = words[i].outcome;
}

static struct invocation *started(struct invocations *table, struct slice id,
				  const struct telemetry_event *event)
{
	struct invocation *entry = invocations_get(table, id);
	json_t *header = json_object_get(json_object_get(event->record, "tracing"), "value");

	if (entry->started)
		entry = make(table, id);
	entry->started = true;
	if (event->time_unix_nano)
		entry->start = event->time_unix_nano;
	note_header(entry, slice_of(json_string_value(header), json_string_length(header)));
	table->current = number_of(table, id);
	return entry;
}

struct invocation *invocations_event(struct invocations *table, const struct telemetry_event *event)
{
	struct slice id = telemetry_string(event, "requestId");
	struct invocation *entry;

	if (id.len == 0)
		return NULL;
	switch (event->type) {
	case EVENT_START:
		return started(table, id, event);
	case EVENT_RUNTIME_DONE:
		entry = invocations_get(table, id);
		entry->done = true;
		note_end(entry, event);
		return entry;
	case EVENT_REPORT:
		entry = invocations_find(table, id);
		if (!entry)
			return NULL;
		entry->reported = true;
		note_end(entry, event);
		return entry;
	default:
		return NULL;
	}
}

const struct invocation *invocations_current(const struct invocations *table)
{
	return table->concurrent ? NULL : invocations_at(table, table->current);
}

/* ---- The trace ---- */

static bool header_holds(const struct invocations *table, const struct invocation *entry)
{
	if (!table->sdk)
		return true;
	return table->by_header && !table->by_other && entry->header.sampled == XRAY_SAMPLED;
}

enum trace_source invocations_trace(const struct invocations *table, const struct invocation *entry,
				    struct trace_context *trace)
{
	*trace = entry->trace;
	if (entry->source != TRACE_UNKNOWN)
		return trace_id_is_set(trace->trace_id) ? entry->source : TRACE_UNKNOWN;
	if (!trace_id_is_set(entry->header.trace_id) || !header_holds(table, entry))
		return TRACE_UNKNOWN;
	memcpy(trace->trace_id, entry->header.trace_id, TRACE_ID_SIZE);
	return TRACE_XRAY;
}

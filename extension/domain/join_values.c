/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join_values.h"

#include <string.h>

#include "base/now.h"
#include "domain/join_request.h"
#include "wire/otlp.h"

#define MS ((uint64_t)NS_PER_MS)

/* ---- What is said ---- */

struct otlp_finder *join_finder(const struct invocations *table, struct otlp_finder *finder)
{
	if (!table->correlate)
		return NULL;
	finder->keys = table->correlate->keys;
	return finder;
}

/* The last invocation that had begun by then, as far as it is known; 0: none, or several run at
 * once. */
static unsigned during(const struct invocations *table, uint64_t time)
{
	unsigned number = table->concurrent ? 0 : table->count;
	const struct invocation *entry;

	while ((entry = invocations_at(table, number)) && entry->start / MS > time / MS)
		number--;
	return entry ? number : 0;
}

static bool take_trace(struct slice id, struct correlate_source *source)
{
	if (id.len != TRACE_ID_SIZE)
		return false;
	memcpy(source->trace_id, id.data, TRACE_ID_SIZE);
	return trace_id_is_set(source->trace_id);
}

void join_note_span(struct invocations *table, const struct otlp_span *span, unsigned number,
		    const struct otlp_finder *found)
{
	struct correlate_source source = {
		.request = number,
		.during = number > 0 ? 0 : during(table, span->start),
		.time = span->start,
	};

	if (take_trace(span->trace_id, &source) || number > 0)
		correlate_note(table->correlate, &source, found);
}

/* A record that names its request, which is to be known. */
static void note_named(struct invocations *table, const struct otlp_record *record,
		       const struct otlp_finder *found)
{
	struct correlate_source source = {.time = otlp_record_time(record)};
	const struct invocation *entry = invocations_find_at(table, record->request_id,
							     source.time);

	if (!entry)
		return;
	source.request = invocations_number(table, entry);
	take_trace(record->trace_id, &source);
	correlate_note(table->correlate, &source, found);
}

static void note_unnamed(struct invocations *table, const struct otlp_record *record,
			 const struct otlp_finder *found)
{
	struct correlate_source source = {.record = true, .time = otlp_record_time(record)};

	source.during = during(table, source.time);
	take_trace(record->trace_id, &source);
	correlate_note(table->correlate, &source, found);
}

void join_see_line(struct invocations *table, struct slice record)
{
	struct otlp_finder finder = {.nested = true};
	struct otlp_finder *found = join_finder(table, &finder);
	struct otlp_record line;

	if (!found)
		return;
	line = otlp_fields_of_record(record, found);
	if (found->any && line.request_id.len > 0)
		note_named(table, &line, found);
}

static void see_record(struct invocations *table, struct slice item, struct otlp_finder *found)
{
	const struct otlp_record record = otlp_fields_of_record(item, found);

	if (!found->any)
		return;
	if (record.request_id.len > 0)
		note_named(table, &record, found);
	else
		note_unnamed(table, &record, found);
}

void join_see_records(struct invocations *table, struct slice request)
{
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_finder finder = {.nested = true};
	struct otlp_finder *found = join_finder(table, &finder);
	struct otlp_item item;

	while (found && otlp_next(&iter, &item)) {
		see_record(table, item.item, found);
		otlp_find_again(found);
	}
}

/* ---- What is known ---- */

void join_find_values(const struct invocations *table, const struct invocation *entry,
		      const struct request_spans *spans,
		      const uint8_t trace_id[static TRACE_ID_SIZE],
		      struct slice values[static OTLP_KEYS])
{
	struct correlate_request request = {
		.number = invocations_number(table, entry),
		.concurrent = table->concurrent,
		.window = join_window(table, entry),
		.spans = spans,
	};

	invocations_trace(table, entry, &request.trace);
	correlate_find(table->correlate, &request, trace_id, values);
}

void join_values(const struct invocations *table, const struct invocation *entry,
		 struct slice values[static OTLP_KEYS])
{
	struct request_spans spans;
	struct trace_context trace;

	memset(values, 0, OTLP_KEYS * sizeof *values);
	if (!table->correlate)
		return;
	spans = join_spans(table, entry);
	invocations_trace(table, entry, &trace);
	join_find_values(table, entry, &spans, trace.trace_id, values);
}

bool join_awaits_value(const struct invocations *table, const struct invocation *entry, bool over)
{
	const struct correlate *correlate = table->correlate;
	struct slice values[OTLP_KEYS];

	join_values(table, entry, values);
	for (unsigned i = 0; i < correlate->keys->count; i++)
		if (!values[i].data && (!over || correlate_has_seen(correlate, i)))
			return true;
	return false;
}

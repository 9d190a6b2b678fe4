/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join_request.h"

const struct invocation *join_neighbour(const struct invocations *table, unsigned number, int step)
{
	const struct invocation *entry;

	do {
		number += (unsigned)step;
		entry = invocations_at(table, number);
	} while (entry && !entry->start);
	return entry;
}

/* Nothing began in it before that. When INVOKE was read is later than when the function had it, and
 * only until the platform tells. */
static uint64_t began(const struct invocations *table, const struct invocation *entry)
{
	const struct invocation *before = join_neighbour(table, invocations_number(table, entry),
							 -1);

	return !entry->started && before && before->end ? before->end : entry->start;
}

/* And nothing after that: 0 where that cannot be told yet. */
static uint64_t ended(const struct invocations *table, const struct invocation *entry)
{
	const struct invocation *after = join_neighbour(table, invocations_number(table, entry), 1);

	if (entry->end || !after)
		return entry->end ? entry->end : UINT64_MAX;
	return after->started ? after->start : 0;
}

struct seen_window join_window(const struct invocations *table, const struct invocation *entry)
{
	return (struct seen_window){
		.request = invocations_number(table, entry),
		.own = entry->own_spans,
		.by_time = !table->concurrent && entry->start > 0,
		.from = began(table, entry),
		.until = ended(table, entry),
	};
}

static const struct invocation *in_time(const struct invocations *table, uint64_t time)
{
	const struct invocation *entry;

	for (unsigned n = table->count; (entry = invocations_at(table, n)); n--) {
		const struct seen_window window = join_window(table, entry);

		if (seen_window_has(&window, time))
			return entry;
	}
	return NULL;
}

/* Of several that are in one trace it is none for certain. */
static const struct invocation *in_trace(const struct invocations *table, struct slice trace_id)
{
	const struct invocation *found = NULL;
	struct trace_context trace;

	for (unsigned i = 0; i < INVOCATIONS && i < table->count; i++) {
		invocations_trace(table, &table->ring[i], &trace);
		if (!trace_id_is_set(trace.trace_id) ||
		    !slice_equal(trace_id, slice_of(trace.trace_id, TRACE_ID_SIZE)))
			continue;
		if (found)
			return NULL;
		found = &table->ring[i];
	}
	return found;
}

const struct invocation *join_request_of(struct invocations *table,
					 const struct otlp_record *record, enum join_records whose)
{
	if (record->request_id.len > 0)
		return invocations_find_at(table, record->request_id, otlp_record_time(record));
	if (whose == JOIN_LINES)
		return NULL;
	return table->concurrent ? in_trace(table, record->trace_id)
				 : in_time(table, otlp_record_time(record));
}

struct request_spans join_spans(const struct invocations *table, const struct invocation *entry)
{
	const struct seen_window window = join_window(table, entry);

	return seen_spans_of(&table->spans, &window);
}

bool join_trace_at(const struct invocations *table, const struct invocation *entry,
		   const struct request_spans *spans, uint64_t time, struct trace_context *trace)
{
	if (spans->whole.count > 0)
		return request_spans_at(spans, time, trace);
	return invocations_trace(table, entry, trace) != TRACE_UNKNOWN;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join.h"

#include <string.h>

#include "wire/otlp_fields.h"

/* Field numbers of LogRecord. */
#define RECORD_TRACE_ID 9
#define RECORD_SPAN_ID 10

/* Spans without the request's id come at most so many invocations late. */
#define LATE 4

/* ---- Whose time is it ---- */

/* The invocation before or after that number, of which times are known; NULL where there is none. */
static const struct invocation *neighbour(const struct invocations *table, unsigned number,
					  int step)
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
	const struct invocation *before = neighbour(table, invocations_number(table, entry), -1);

	return !entry->started && before && before->end ? before->end : entry->start;
}

/* And nothing after that: 0 where that cannot be told yet. */
static uint64_t ended(const struct invocations *table, const struct invocation *entry)
{
	const struct invocation *after = neighbour(table, invocations_number(table, entry), 1);

	if (entry->end || !after)
		return entry->end ? entry->end : UINT64_MAX;
	return after->started ? after->start : 0;
}

static struct request_spans spans_of(const struct invocations *table,
				     const struct invocation *entry)
{
	const struct seen_window window = {
		.request = invocations_number(table, entry),
		.own = entry->own_spans,
		.by_time = !table->concurrent && entry->start > 0,
		.from = began(table, entry),
		.until = ended(table, entry),
	};

	return seen_spans_of(&table->spans, &window);
}

/* ---- Spans ---- */

static void compare_with_header(struct invocations *table, const struct invocation *entry)
{
	if (!trace_id_is_set(entry->trace.trace_id) || !trace_id_is_set(entry->header.trace_id))
		return;
	if (memcmp(entry->trace.trace_id, entry->header.trace_id, TRACE_ID_SIZE) == 0)
		table->by_header = true;
	else
		table->by_other = true;
}

/* What the spans by now say of this invocation. What they said and is forgotten stays. */
static void settle(struct invocations *table, unsigned number)
{
	struct invocation *entry = &table->ring[(number - 1) % INVOCATIONS];
	struct request_spans spans;

	if (!invocations_at(table, number))
		return;
	if (span_id_is_set(entry->header.parent))
		seen_spans_settle(&table->spans, entry->header.trace_id, entry->header.parent);
	spans = spans_of(table, entry);
	if (spans.whole.count == 0)
		return;
	entry->source = spans.rank == SEEN_OWN ? TRACE_OWN_SPAN : TRACE_LOCAL_ROOT;
	request_spans_trace(&spans, &entry->trace);
	request_spans_parent(&spans, entry->parent);
	entry->trigger = request_spans_trigger(&spans);
	compare_with_header(table, entry);
}

/* An id of the right length that is not all zero. */
static bool take_id(struct slice id, uint8_t *to, size_t size)
{
	static const uint8_t none[TRACE_ID_SIZE];

	if (id.len != size || memcmp(id.data, none, size) == 0)
		return false;
	memcpy(to, id.data, size);
	return true;
}

/* A call that goes out (CLIENT, PRODUCER) is none that the request is within, even where it begins a
 * trace. */
static bool stands_for_request(const struct otlp_span *span, bool has_parent, enum seen_rank *rank)
{
	bool inside = span->kind == SPAN_KIND_INTERNAL || span->kind == SPAN_KIND_UNSPECIFIED;

	*rank = SEEN_ROOT;
	if (span->request_id.len > 0)
		*rank = SEEN_OWN;
	else if (span->kind == SPAN_KIND_SERVER || span->kind == SPAN_KIND_CONSUMER)
		*rank = SEEN_ENTRY;
	else if (has_parent && span->remote_parent == REMOTE_UNKNOWN)
		*rank = SEEN_DOUBTED;
	return *rank > SEEN_ROOT || (inside && (!has_parent || span->remote_parent != REMOTE_NO));
}

/* The header names a span of whoever called: one that has it for its parent begins the trace here,
 * whether its flags say so or not. A parent that is no request's may as well be within this one. */
static bool continues_header(const struct invocations *table, const struct seen_span *span)
{
	for (unsigned i = 0; i < LATE && i < table->count; i++) {
		const struct xray_header *header = &invocations_at(table, table->count - i)->header;

		if (memcmp(header->parent, span->parent, SPAN_ID_SIZE) == 0 &&
		    memcmp(header->trace_id, span->context.trace_id, TRACE_ID_SIZE) == 0)
			return true;
	}
	return false;
}

/* Returns the number of the invocation that it names, or 0. */
static unsigned see_span(struct invocations *table, const struct otlp_span *span, bool *by_time)
{
	struct seen_span seen = {.start = span->start,
				 .end = span->end,
				 .trigger = faas_trigger_of(span->trigger)};
	bool has_parent = take_id(span->parent, seen.parent, SPAN_ID_SIZE);
	struct invocation *entry;

	if (!stands_for_request(span, has_parent, &seen.rank) ||
	    !take_id(span->trace_id, seen.context.trace_id, TRACE_ID_SIZE) ||
	    !take_id(span->span_id, seen.context.span_id, SPAN_ID_SIZE))
		return 0;
	if (seen.rank == SEEN_DOUBTED && continues_header(table, &seen))
		seen.rank = SEEN_ROOT;
	if (seen.rank == SEEN_DOUBTED) {
		/* It may be faster than INVOKE, which has the header. */
		seen_spans_doubt(&table->spans, &seen);
		return 0;
	}
	if (seen.rank != SEEN_OWN) {
		*by_time |= seen_spans_add(&table->spans, &seen);
		return 0;
	}
	/* On Managed Instances the span may be faster than the Telemetry API. */
	entry = invocations_get(table, span->request_id);
	seen.request = invocations_number(table, entry);
	entry->own_spans += seen_spans_add(&table->spans, &seen);
	return invocations_number(table, entry);
}

struct last_span join_see_spans(struct invocations *table, struct slice request)
{
	struct otlp_iter iter = otlp_items(OTLP_TRACES, request);
	struct last_span last = {.end = 0};
	struct otlp_item item;
	bool by_time = false;

	while (otlp_next(&iter, &item)) {
		struct otlp_span span;
		unsigned number;

		otlp_fields_of_span(item.item, &span);
		number = see_span(table, &span, &by_time);
		if (number > 0)
			settle(table, number);
		if (span.end >= last.end && span.name.len > 0)
			last = (struct last_span){span.name, span.end};
	}
	for (unsigned i = 0; by_time && i < LATE && i < table->count; i++)
		settle(table, table->count - i);
	return last;
}

void join_see_event(struct invocations *table, const struct invocation *entry)
{
	const struct invocation *before = neighbour(table, invocations_number(table, entry), -1);

	if (table->spans.count == 0 && table->spans.doubts == 0)
		return;
	settle(table, invocations_number(table, entry));
	if (before)
		settle(table, invocations_number(table, before));
}

/* ---- Lines ---- */

static bool is_over(const struct invocation *entry)
{
	return entry->done || entry->reported;
}

uint64_t join_awaited(const struct invocations *table)
{
	uint64_t awaited = 0;
	bool over = false;

	for (unsigned i = 0; i < INVOCATIONS && i < table->count; i++) {
		const struct invocation *entry = &table->ring[i];

		over |= is_over(entry);
		if (!is_over(entry) && entry->source == TRACE_UNKNOWN)
			awaited |= UINT64_C(1) << i;
	}
	/* Where none has sent a span by the end of an invocation none is to be expected. */
	return table->sdk || !over ? awaited : 0;
}

uint64_t join_requests(struct invocations *table, struct slice request)
{
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_item item;
	uint64_t requests = 0;

	while (otlp_next(&iter, &item)) {
		struct otlp_record record = otlp_fields_of_record(item.item);
		const struct invocation *entry = invocations_find_at(table, record.request_id,
								     record.time);

		if (record.request_id.len > 0 && entry)
			requests |= UINT64_C(1)
				    << (invocations_number(table, entry) - 1) % INVOCATIONS;
	}
	return requests;
}

/* The invocation of the line before, most often that of the next, too. */
struct lines {
	struct invocations *table;
	const struct invocation *entry;
	struct request_spans spans;
};

static bool trace_at(struct lines *lines, const struct invocation *entry, uint64_t time,
		     struct trace_context *trace)
{
	if (entry != lines->entry) {
		lines->entry = entry;
		lines->spans = spans_of(lines->table, entry);
	}
	if (lines->spans.whole.count > 0)
		return request_spans_at(&lines->spans, time, trace);
	return invocations_trace(lines->table, entry, trace) != TRACE_UNKNOWN;
}

static bool trace_of_line(struct lines *lines, const struct otlp_record *record,
			  struct trace_context *trace)
{
	const struct invocation *entry;

	if (record->trace_id.len > 0 || record->request_id.len == 0)
		return false;
	entry = invocations_find_at(lines->table, record->request_id, record->time);
	return entry && trace_at(lines, entry, record->time, trace);
}

static void add_trace(struct bytes *record, const struct trace_context *trace)
{
	pb_put_len(record, RECORD_TRACE_ID, slice_of(trace->trace_id, TRACE_ID_SIZE));
	if (span_id_is_set(trace->span_id))
		pb_put_len(record, RECORD_SPAN_ID, slice_of(trace->span_id, SPAN_ID_SIZE));
}

void join_lines(struct invocations *table, struct slice request, struct bytes *out)
{
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_writer writer = otlp_write(OTLP_LOGS, out);
	struct lines lines = {.table = table};
	struct bytes joined = {0};
	struct otlp_item item;

	while (otlp_next(&iter, &item)) {
		struct otlp_record record = otlp_fields_of_record(item.item);
		struct trace_context trace;

		joined.len = 0;
		if (trace_of_line(&lines, &record, &trace)) {
			bytes_add(&joined, item.item);
			add_trace(&joined, &trace);
			item.item = bytes_slice(&joined);
		}
		otlp_write_item(&writer, &item);
	}
	otlp_write_end(&writer);
	out->failed |= joined.failed;
	bytes_free(&joined);
}

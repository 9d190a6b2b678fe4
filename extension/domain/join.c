/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join.h"

#include <string.h>

#include "domain/join_children.h"
#include "domain/join_request.h"
#include "domain/join_values.h"
#include "domain/request_ends.h"
#include "wire/otlp_fields.h"

/* Spans without the request's id come at most so many invocations late. */
#define LATE 4

/* ---- Spans ---- */

static void compare_with_header(struct invocations *table, const struct invocation *entry)
{
	if (!trace_id_is_set(entry->trace.trace_id) || !trace_id_is_set(entry->header.trace_id))
		return;
	if (trace_id_equal(entry->trace.trace_id, entry->header.trace_id))
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
	spans = join_spans(table, entry);
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

/* A call that goes out (CLIENT, PRODUCER) is none that the request is within, even where it begins
 * a trace. */
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

		if (span_id_equal(header->parent, span->parent) &&
		    trace_id_equal(header->trace_id, span->context.trace_id))
			return true;
	}
	return false;
}

/* Returns the number of the invocation that it names, or 0. */
static unsigned keep_span(struct invocations *table, const struct otlp_span *span,
			  struct seen_span *seen, bool *by_time)
{
	struct invocation *entry;

	if (seen->rank == SEEN_DOUBTED) {
		/* It may be faster than INVOKE, which has the header. */
		seen_spans_doubt(&table->spans, seen);
		return 0;
	}
	if (seen->rank != SEEN_OWN) {
		*by_time |= seen_spans_add(&table->spans, seen);
		return 0;
	}
	/* On Managed Instances the span may be faster than the Telemetry API. */
	entry = invocations_get(table, span->request_id);
	seen->request = invocations_number(table, entry);
	entry->own_spans += seen_spans_add(&table->spans, seen);
	return invocations_number(table, entry);
}

/* The same. */
static unsigned see_span(struct invocations *table, const struct otlp_span *span, bool *by_time)
{
	struct seen_span seen = {.start = span->start,
				 .end = span->end,
				 .trigger = faas_trigger_of(span->trigger)};
	bool has_parent = take_id(span->parent, seen.parent, SPAN_ID_SIZE);
	bool stands = stands_for_request(span, has_parent, &seen.rank);

	if (!stands && !orphans_tell(&table->orphans, span->start))
		return 0;
	if (!take_id(span->trace_id, seen.context.trace_id, TRACE_ID_SIZE) ||
	    !take_id(span->span_id, seen.context.span_id, SPAN_ID_SIZE))
		return 0;
	if (seen.rank == SEEN_DOUBTED && stands && continues_header(table, &seen))
		seen.rank = SEEN_ROOT;
	join_note_child(table, span, &seen, has_parent && (!stands || seen.rank == SEEN_DOUBTED));
	return stands ? keep_span(table, span, &seen, by_time) : 0;
}

struct last_span join_see_spans(struct invocations *table, struct slice request)
{
	struct otlp_iter iter = otlp_items(OTLP_TRACES, request);
	struct otlp_finder finder = {.nested = false};
	struct otlp_finder *found = join_finder(table, &finder);
	struct last_span last = {.end = 0};
	struct otlp_item item;
	bool by_time = false;

	while (otlp_next(&iter, &item)) {
		struct otlp_span span;
		unsigned number;

		otlp_fields_of_span(item.item, &span, found);
		number = see_span(table, &span, &by_time);
		if (number > 0)
			settle(table, number);
		if (found && found->any) {
			join_note_span(table, &span, number, found);
			otlp_find_again(found);
		}
		if (span.end >= last.end && span.name.len > 0)
			last = (struct last_span){span.name, span.end};
	}
	for (unsigned i = 0; by_time && i < LATE && i < table->count; i++)
		settle(table, table->count - i);
	return last;
}

void join_see_event(struct invocations *table, struct invocation *entry)
{
	const unsigned number = invocations_number(table, entry);
	const struct invocation *before = join_neighbour(table, number, -1);
	bool seen = table->spans.count > 0 || table->spans.doubts > 0;

	if (seen)
		settle(table, number);
	if (seen && before)
		settle(table, invocations_number(table, before));
	if (outcome_is_abnormal(entry->outcome))
		join_by_children(table, entry);
}

/* ---- Lines ---- */

static bool is_over(const struct invocation *entry)
{
	return entry->done || entry->reported;
}

/* Where none has sent a span by the end of an invocation none is to be expected, and no value that
 * none has said. */
static bool is_awaited(const struct invocations *table, const struct invocation *entry, bool over)
{
	if (is_over(entry))
		return false;
	if (entry->source == TRACE_UNKNOWN && (table->sdk || !over))
		return true;
	return table->correlate && join_awaits_value(table, entry, over);
}

uint64_t join_awaited(const struct invocations *table)
{
	uint64_t awaited = 0;
	bool over = false;

	for (unsigned i = 0; i < INVOCATIONS && i < table->count; i++)
		over |= is_over(&table->ring[i]);
	for (unsigned i = 0; i < INVOCATIONS && i < table->count; i++)
		if (is_awaited(table, &table->ring[i], over))
			awaited |= UINT64_C(1) << i;
	return awaited;
}

uint64_t join_requests(struct invocations *table, struct slice request, enum join_records whose)
{
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_item item;
	uint64_t requests = 0;

	while (otlp_next(&iter, &item)) {
		struct otlp_record record = otlp_fields_of_record(item.item, NULL);
		const struct invocation *entry = join_request_of(table, &record, whose);

		if (entry)
			requests |= UINT64_C(1)
				    << (invocations_number(table, entry) - 1) % INVOCATIONS;
	}
	return requests;
}

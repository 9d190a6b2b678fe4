/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/join.h"

#include <string.h>

#include "domain/join_request.h"
#include "domain/join_values.h"
#include "domain/log_record.h"
#include "wire/otlp_fields.h"
#include "wire/otlp_value.h"

/* So many bytes of values at most are added to a request: it may be of nothing but tiny records. */
#define VALUES ((size_t)4 << 20)

/* The invocation of the line before, most often that of the next, too; and what its lines in that
 * trace have of values. */
struct lines {
	struct invocations *table;
	enum join_records whose;
	size_t budget; /* bytes of values that may still be added */
	const struct invocation *entry;
	struct request_spans spans;
	bool valued; /* what is below is known */
	uint8_t trace_id[TRACE_ID_SIZE];
	struct slice values[OTLP_KEYS];
};

static void look_at(struct lines *lines, const struct invocation *entry)
{
	if (entry == lines->entry)
		return;
	lines->entry = entry;
	lines->spans = join_spans(lines->table, entry);
	lines->valued = false;
}

static const struct slice *values_at(struct lines *lines,
				     const uint8_t trace_id[static TRACE_ID_SIZE])
{
	if (lines->valued && trace_id_equal(lines->trace_id, trace_id))
		return lines->values;
	memcpy(lines->trace_id, trace_id, TRACE_ID_SIZE);
	join_find_values(lines->table, lines->entry, &lines->spans, trace_id, lines->values);
	lines->valued = true;
	return lines->values;
}

static void add_trace(struct bytes *record, const struct trace_context *trace)
{
	pb_put_len(record, RECORD_TRACE_ID, slice_of(trace->trace_id, TRACE_ID_SIZE));
	if (span_id_is_set(trace->span_id))
		pb_put_len(record, RECORD_SPAN_ID, slice_of(trace->span_id, SPAN_ID_SIZE));
}

static void add_value(struct bytes *record, struct slice name, struct slice any)
{
	size_t mark = otlp_begin_attribute(record, RECORD_ATTRIBUTES, name);

	pb_put_len(record, OTLP_KEY_VALUE, any);
	pb_end(record, mark);
}

/* Under each key that the line has not itself: what it says in an object, else what its request
 * has. */
static void add_values(struct lines *lines, struct bytes *record, const struct otlp_finder *found,
		       const struct slice *values)
{
	size_t before = record->len;

	for (unsigned i = 0; i < found->keys->count; i++) {
		struct slice any = correlate_is_value(found->values[i]) ? found->values[i]
				   : values                             ? values[i]
									: (struct slice){0};

		if (any.data && !(found->own & 1U << i))
			add_value(record, found->keys->names[i], any);
	}
	if (record->len - before > lines->budget)
		record->len = before;
	lines->budget -= record->len - before;
}

/* What is to be added to that record; nothing where it has all, or nothing is known. */
static void add_all(struct lines *lines, const struct otlp_record *record,
		    const struct otlp_finder *found, struct bytes *added)
{
	const struct invocation *entry = join_request_of(lines->table, record, lines->whose);
	struct trace_context trace = {0};
	bool joined = false;

	if (entry)
		look_at(lines, entry);
	if (record->trace_id.len == TRACE_ID_SIZE)
		memcpy(trace.trace_id, record->trace_id.data, TRACE_ID_SIZE);
	else if (record->trace_id.len == 0 && entry)
		joined = join_trace_at(lines->table, entry, &lines->spans, otlp_record_time(record),
				       &trace);
	if (joined && lines->whose == JOIN_LINES)
		add_trace(added, &trace);
	if (found)
		add_values(lines, added, found, entry ? values_at(lines, trace.trace_id) : NULL);
}

bool join_lines(struct invocations *table, struct slice request, enum join_records whose,
		struct bytes *out)
{
	struct otlp_finder finder = {.nested = true};
	struct otlp_finder *found = join_finder(table, &finder);
	struct otlp_iter iter = otlp_items(OTLP_LOGS, request);
	struct otlp_writer writer = otlp_write(OTLP_LOGS, out);
	struct lines lines = {.table = table, .whose = whose, .budget = VALUES};
	struct bytes added = {0}, joined = {0};
	struct otlp_item item;
	bool any = false;

	while (otlp_next(&iter, &item)) {
		struct otlp_record record = otlp_fields_of_record(item.item, found);

		added.len = joined.len = 0;
		add_all(&lines, &record, found, &added);
		if (added.len > 0) {
			bytes_add(&joined, item.item);
			bytes_add(&joined, bytes_slice(&added));
			item.item = bytes_slice(&joined);
			any = true;
		}
		otlp_write_item(&writer, &item);
		otlp_find_again(found);
	}
	otlp_write_end(&writer);
	out->failed |= added.failed || joined.failed;
	bytes_free(&added);
	bytes_free(&joined);
	return any;
}

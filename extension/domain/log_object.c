/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_object.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log_record.h"
#include "domain/log_stack.h"
#include "domain/log_value.h"
#include "domain/trace_context.h"
#include "wire/json_scan.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

/* So many members back one of the same name is looked for. */
#define LOOK_BACK 64

/* ---- What a member is ---- */

/* Can the value be that? What it says of the line is noted. */
static bool take(const struct log_name *row, struct slice json,
		 const struct invocations *invocations, struct log_line *line)
{
	uint8_t trace[TRACE_ID_SIZE], span[SPAN_ID_SIZE];

	switch (row->field) {
	case FIELD_MESSAGE:
		/* Under the commonest names it is one whatever it is. */
		return log_value_starts(json, '"') || strcmp(row->key, "msg") == 0 ||
		       (!row->outer && strcmp(row->key, "message") == 0);
	case FIELD_LEVEL:
		return log_value_level(json, line);
	case FIELD_TIME:
		return log_value_time(json, &line->time_unix_nano);
	case FIELD_TRACE_ID:
		return trace_id_parse(log_value_plain(json), trace);
	case FIELD_SPAN_ID:
		return span_id_parse(log_value_plain(json), span);
	case FIELD_TRACE_FLAGS:
		return log_value_plain(json).len == 2 && isxdigit(json.data[1]) &&
		       isxdigit(json.data[2]);
	case FIELD_REQUEST_ID:
		if (!invocations_know(invocations, log_value_plain(json)))
			return false;
		line->request_id = log_value_plain(json);
		return true;
	case FIELD_ERROR_STACK:
		return log_value_is_text(json);
	default:
		return log_value_quoted(json).len > 0;
	}
}

static void note(struct log_object *o, struct slice outer, const struct log_member *m,
		 const struct invocations *invocations, struct log_line *line)
{
	const struct log_name *row = log_fields_find(outer, m->key);

	/* The first row of the table holds. */
	if (!row || (o->rows[row->field] && o->rows[row->field] < row) ||
	    !take(row, m->value, invocations, line))
		return;
	o->rows[row->field] = row;
	o->found[row->field] = *m;
}

/* The members of an object, or of the first one in an array (structlog's tracebacks). */
static void note_within(struct log_object *o, const struct log_member *m,
			const struct invocations *invocations, struct log_line *line)
{
	struct slice rest = m->value, object = m->value;
	struct log_member member;

	if ((!log_value_starts(object, '{') && !log_value_starts(object, '[')) ||
	    !log_fields_within(m->key))
		return;
	if (log_value_starts(object, '[') && !json_scan_array(&rest, &object))
		return;
	while (json_scan_object(&object, &member.key, &member.value))
		note(o, m->key, &member, invocations, line);
}

/* ---- Reading ---- */

static bool grow(struct log_object *o)
{
	size_t cap = o->cap ? o->cap * 2 : 32;
	struct log_member *members;

	if (o->count < o->cap)
		return true;
	members = realloc(o->members, cap * sizeof *members);
	if (!members) {
		o->failed = true;
		return false;
	}
	o->members = members;
	o->cap = cap;
	return true;
}

static void push(struct log_object *o, const struct log_member *m)
{
	for (size_t i = o->count, n = 0; i > 0 && n < LOOK_BACK; i--, n++) {
		if (slice_equal(o->members[i - 1].key, m->key)) {
			o->members[i - 1] = *m;
			return;
		}
	}
	if (grow(o))
		o->members[o->count++] = *m;
}

/* Without a trace the others stay attributes. */
static void drop_half_ids(struct log_object *o)
{
	if (!o->rows[FIELD_TRACE_ID])
		o->rows[FIELD_SPAN_ID] = o->rows[FIELD_TRACE_FLAGS] = NULL;
}

/* What the trace says, for what no member of its own does. */
static void read_stack(struct log_object *o)
{
	/* A message may have a trace in it, as in a line of text. */
	bool stack = o->rows[FIELD_ERROR_STACK] != NULL;
	enum log_field field = stack ? FIELD_ERROR_STACK : FIELD_MESSAGE;
	struct slice text;

	o->error_type = o->error_message = (struct slice){0};
	o->stack.len = 0;
	if (!o->rows[field] || (!stack && !slice_find(o->found[field].value, slice_str("\\n"))))
		return;
	log_value_put_text(o->found[field].value, &o->stack);
	text = bytes_slice(&o->stack);
	if (!log_stack_error(text, &o->error_type, &o->error_message) && stack)
		log_stack_line(text, &o->error_type, &o->error_message);
}

void log_object_read(struct log_object *o, struct slice json, const struct invocations *invocations,
		     struct log_line *line)
{
	struct log_member m;

	o->count = 0;
	o->is_emf = false;
	memset(o->rows, 0, sizeof o->rows);
	while (json_scan_object(&json, &m.key, &m.value)) {
		push(o, &m);
		if (slice_is(m.key, "_aws") && json_scan_member(m.value, "CloudWatchMetrics").data)
			o->is_emf = true;
	}
	if (o->is_emf)
		return;
	for (size_t i = 0; i < o->count; i++) {
		note(o, (struct slice){0}, &o->members[i], invocations, line);
		note_within(o, &o->members[i], invocations, line);
	}
	drop_half_ids(o);
	read_stack(o);
	/* Serilog leaves its most frequent level out. */
	if (!o->rows[FIELD_LEVEL] && o->rows[FIELD_TIME] &&
	    strcmp(o->rows[FIELD_TIME]->key, "@t") == 0)
		line->severity = OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO;
}

void log_object_free(struct log_object *o)
{
	free(o->members);
	bytes_free(&o->stack);
	*o = (struct log_object){0};
}

/* ---- Writing ---- */

static bool is_taken(const struct log_object *o, struct slice key)
{
	for (unsigned f = 0; f < LOG_FIELDS; f++)
		if (o->rows[f] && o->found[f].key.data == key.data)
			return true;
	return false;
}

/* Is any of what was found a member of this object? */
static bool is_taken_from(const struct log_object *o, struct slice object)
{
	for (unsigned f = 0; f < LOG_FIELDS; f++)
		if (o->rows[f] && o->rows[f]->outer && o->found[f].key.data > object.data &&
		    o->found[f].key.data < object.data + object.len)
			return true;
	return false;
}

/* What is left of an object of which some members have a place of their own; if nothing is, nothing. */
static void put_rest(const struct log_object *o, const struct log_member *m, struct bytes *out)
{
	size_t start = out->len, mark = otlp_begin_attribute(out, RECORD_ATTRIBUTES, m->key);
	size_t value = pb_begin(out, OTLP_KEY_VALUE), list = pb_begin(out, OTLP_ANY_LIST);
	struct slice object = m->value, key, json;

	while (json_scan_object(&object, &key, &json))
		if (!is_taken(o, key))
			otlp_put_member(out, OTLP_LIST_VALUES, key, json);
	if (out->len == list) {
		out->len = start;
		return;
	}
	pb_end(out, list);
	pb_end(out, value);
	pb_end(out, mark);
}

static void put_attributes(const struct log_object *o, struct bytes *out)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct log_member *m = &o->members[i];

		if (is_taken(o, m->key))
			continue;
		if (log_value_starts(m->value, '{') && is_taken_from(o, m->value))
			put_rest(o, m, out);
		else
			otlp_put_member(out, RECORD_ATTRIBUTES, m->key, m->value);
	}
}

/* From a member of its own, or as the trace told it. */
static void put_error(const struct log_object *o, enum log_field field, const char *name,
		      struct slice told, struct bytes *out)
{
	if (o->rows[field])
		otlp_put_quoted(out, RECORD_ATTRIBUTES, name,
				log_value_quoted(o->found[field].value));
	else if (told.len > 0)
		otlp_put_attribute(out, RECORD_ATTRIBUTES, name, told);
}

static void put_ids(const struct log_object *o, struct bytes *out)
{
	uint8_t trace[TRACE_ID_SIZE], span[SPAN_ID_SIZE];
	char flags[3] = {0};

	if (!o->rows[FIELD_TRACE_ID] ||
	    !trace_id_parse(log_value_plain(o->found[FIELD_TRACE_ID].value), trace))
		return;
	pb_put_len(out, RECORD_TRACE_ID, slice_of(trace, sizeof trace));
	if (o->rows[FIELD_SPAN_ID] &&
	    span_id_parse(log_value_plain(o->found[FIELD_SPAN_ID].value), span))
		pb_put_len(out, RECORD_SPAN_ID, slice_of(span, sizeof span));
	if (!o->rows[FIELD_TRACE_FLAGS])
		return;
	memcpy(flags, o->found[FIELD_TRACE_FLAGS].value.data + 1, 2);
	pb_put_tag(out, RECORD_FLAGS, PB_FIXED32);
	bytes_append(out, (uint8_t[4]){(uint8_t)strtoul(flags, NULL, 16)}, 4);
}

void log_object_put_error(const struct log_object *o, struct bytes *out)
{
	put_error(o, FIELD_ERROR_TYPE, LOG_ERROR_TYPE, o->error_type, out);
	put_error(o, FIELD_ERROR_MESSAGE, LOG_ERROR_MESSAGE, o->error_message, out);
	if (o->rows[FIELD_ERROR_STACK])
		otlp_put_attribute(out, RECORD_ATTRIBUTES, LOG_ERROR_STACK, bytes_slice(&o->stack));
}

void log_object_put(const struct log_object *o, struct slice json, struct bytes *out)
{
	if (o->rows[FIELD_MESSAGE])
		otlp_put_json(out, RECORD_BODY, o->found[FIELD_MESSAGE].value);
	else
		otlp_put_string(out, RECORD_BODY, json);
	if (o->is_emf)
		return;
	put_attributes(o, out);
	log_object_put_error(o, out);
	put_ids(o, out);
}

struct slice log_object_only_message(const struct log_object *o)
{
	if (!o->rows[FIELD_MESSAGE] || o->rows[FIELD_TRACE_ID] || o->rows[FIELD_ERROR_STACK])
		return (struct slice){0};
	for (size_t i = 0; i < o->count; i++)
		if (!is_taken(o, o->members[i].key))
			return (struct slice){0};
	return log_value_quoted(o->found[FIELD_MESSAGE].value);
}

bool log_object_keeps(const struct log_object *o, const char *key)
{
	for (size_t i = 0; i < o->count; i++)
		if (slice_is(o->members[i].key, key))
			return !o->is_emf && !is_taken(o, o->members[i].key);
	return false;
}

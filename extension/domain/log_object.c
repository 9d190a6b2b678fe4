/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_object.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log_frames.h"
#include "domain/log_stack.h"
#include "domain/log_value.h"
#include "domain/trace_context.h"
#include "wire/json_escape.h"
#include "wire/json_scan.h"

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
		return log_value_is_text(json) || log_frames_are(json);
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

/* ---- Objects whose members are the line's own ---- */

static bool has(const struct log_object *o, struct slice key)
{
	for (size_t i = 0; i < o->count; i++)
		if (slice_equal(o->members[i].key, key))
			return true;
	return false;
}

static bool may_open(const struct log_object *o, const struct log_member *m)
{
	const struct log_opened *row;

	if (!log_value_starts(m->value, '{') && !log_value_starts(m->value, '['))
		return false;
	row = log_fields_opened(m->key);
	return row && has(o, slice_str(row->beside)) &&
	       !(row->without && has(o, slice_str(row->without)));
}

/* The next member of an object, or of an array of objects; `*object` starts as {NULL, 0}. */
static bool next_within(struct slice *json, struct slice *object, struct log_member *m)
{
	if (log_value_starts(*json, '{')) {
		*object = *json;
		*json = (struct slice){0};
	}
	while (object->len == 0 || !json_scan_object(object, &m->key, &m->value))
		if (json->len == 0 || !json_scan_array(json, object))
			return false;
	return true;
}

/* An object is, too. */
static bool is_made_of_objects(struct slice json)
{
	struct slice element;

	while (json_scan_array(&json, &element))
		if (!log_value_starts(element, '{'))
			return false;
	return true;
}

/* Is none of the names in it one of the line's already? */
static bool is_free(const struct log_object *o, struct slice json)
{
	struct slice object = {0};
	struct log_member m;

	while (next_within(&json, &object, &m))
		if (has(o, m.key))
			return false;
	return true;
}

/* Puts what is in it in its place, at the end. */
static void open_at(struct log_object *o, size_t at)
{
	struct slice json = o->members[at].value, object = {0};
	struct log_member m;

	o->count--;
	memmove(&o->members[at], &o->members[at + 1], (o->count - at) * sizeof *o->members);
	while (next_within(&json, &object, &m))
		push(o, &m);
}

static void open_members(struct log_object *o)
{
	size_t own = o->count, i = 0;

	/* Lines of more members are of no logger that is known. */
	while (i < own && o->count <= LOOK_BACK) {
		struct slice json = o->members[i].value;

		if (may_open(o, &o->members[i]) && is_made_of_objects(json) && is_free(o, json)) {
			open_at(o, i);
			own--;
		} else {
			i++;
		}
	}
}

/* ---- All of them ---- */

/* Without a trace the others stay attributes. */
static void drop_half_ids(struct log_object *o)
{
	if (!o->rows[FIELD_TRACE_ID])
		o->rows[FIELD_SPAN_ID] = o->rows[FIELD_TRACE_FLAGS] = NULL;
}

static void put_quoted(const struct log_object *o, enum log_field field, struct bytes *out)
{
	struct slice quoted = o->rows[field] ? log_value_quoted(o->found[field].value)
					     : (struct slice){0};

	if (quoted.len == 0)
		return;
	if (out->len > 0)
		bytes_addf(out, ": ");
	json_unescape(quoted, out);
}

/* Frames have the line above them in members of their own. */
static void put_stack(struct log_object *o, struct slice json)
{
	if (!log_frames_are(json)) {
		log_value_put_text(json, &o->stack);
		return;
	}
	put_quoted(o, FIELD_ERROR_TYPE, &o->stack);
	put_quoted(o, FIELD_ERROR_MESSAGE, &o->stack);
	log_frames_put(json, &o->stack);
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
	put_stack(o, o->found[field].value);
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
	open_members(o);
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

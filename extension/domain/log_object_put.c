/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/log_object.h"

#include <stdlib.h>
#include <string.h>

#include "domain/log_record.h"
#include "domain/log_value.h"
#include "domain/trace_context.h"
#include "wire/json_scan.h"
#include "wire/otlp_value.h"
#include "wire/pb.h"

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

/* What is left of an object of which some members have a place of their own; if nothing is,
 * nothing. */
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

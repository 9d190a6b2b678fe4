/* SPDX-License-Identifier: Apache-2.0 */
/* A table with correlation keys, log records that it is told of, and which values these have in the
 * end. */
#ifndef TESTS_UNIT_VALUES_MAKE_H
#define TESTS_UNIT_VALUES_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/join_values.h"
#include "join_make.h"
#include "wire/otlp_value.h"

#define KEY "order.id"
#define OTHER "correlationId"

/* A table whose lines and spans are looked at for two keys. */
struct world {
	struct otlp_keys keys;
	struct invocations table;
};

static inline struct world *world_new(bool concurrent)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	otlp_keys_add(&w->keys, slice_str(KEY));
	otlp_keys_add(&w->keys, slice_str(OTHER));
	w->table.correlate = correlate_new(&w->keys);
	w->table.concurrent = concurrent;
	w->table.sdk = true;
	assert_non_null(w->table.correlate);
	return w;
}

static inline void world_free(struct world *w)
{
	correlate_free(w->table.correlate);
	free(w);
}

/* `value` is JSON. */
static inline void put_json(struct bytes *out, uint32_t number, const char *key, const char *value)
{
	if (value)
		otlp_put_member(out, number, slice_str(key), slice_str(value));
}

static inline void put_line(struct bytes *out, const char *request, uint8_t trace, uint64_t ms)
{
	put_time(out, 1, ms);
	if (request)
		put_attribute(out, 6, "faas.invocation_id", request);
	put_id(out, 9, trace, TRACE_ID_SIZE);
}

/* A line of that request (NULL: of none), which names that trace (0: none). */
static inline void line(struct world *w, const char *request, uint8_t trace, uint64_t ms,
			const char *value)
{
	struct bytes record = {0};

	put_line(&record, request, trace, ms);
	put_json(&record, 6, KEY, value);
	join_see_line(&w->table, bytes_slice(&record));
	bytes_free(&record);
}

struct spans {
	const char *request; /* that it names; NULL: none */
	uint8_t trace;
	enum otlp_span_kind kind;
	uint64_t start, end; /* ms */
	const char *value;
};

static inline void span(struct world *w, struct spans s)
{
	static uint8_t ids;
	struct bytes request = {0};
	size_t resource = pb_begin(&request, 1), scope = pb_begin(&request, 2);
	size_t mark = pb_begin(&request, 2);

	put_id(&request, 1, s.trace, TRACE_ID_SIZE);
	put_id(&request, 2, (uint8_t)(++ids ? ids : ++ids), SPAN_ID_SIZE);
	put_id(&request, 4, s.kind == SPAN_KIND_INTERNAL ? 200 : 0, SPAN_ID_SIZE);
	pb_put_tag(&request, 6, PB_VARINT);
	pb_put_varint(&request, s.kind);
	put_time(&request, 7, s.start);
	put_time(&request, 8, s.end);
	put_json(&request, 9, KEY, s.value);
	if (s.request)
		put_attribute(&request, 9, "faas.invocation_id", s.request);
	pb_end(&request, mark);
	pb_end(&request, scope);
	pb_end(&request, resource);
	assert_true(otlp_check(OTLP_TRACES, bytes_slice(&request)).valid);
	join_see_spans(&w->table, bytes_slice(&request));
	bytes_free(&request);
}

/* An AnyValue's contents as text: "7", 7, true. */
static inline void show(struct slice any, char text[static 300])
{
	struct pb_reader r = pb_read(any);
	struct pb_field field;

	text[0] = 0;
	if (!any.data)
		return;
	assert_true(pb_next(&r, &field));
	if (field.type == PB_LEN)
		snprintf(text, 300, "\"%.*s\"", (int)field.value.len,
			 (const char *)field.value.data);
	else if (field.number == 2)
		snprintf(text, 300, "%s", field.scalar ? "true" : "false");
	else
		snprintf(text, 300, "%lld", (long long)field.scalar);
}

/* The values of that key in a record, one behind the other. */
static inline void values_of(struct slice record, const char *key, char text[static 300])
{
	struct pb_reader r = pb_read(record);
	struct pb_field field;
	char one[300];

	text[0] = 0;
	while (pb_next(&r, &field)) {
		if (field.number != 6 || !slice_is(pb_find(field.value, 1), key))
			continue;
		show(pb_find(field.value, 2), one);
		strcat(text, one);
	}
}

/* A request as it goes out, valid, and the value of KEY in its first record. Returns whether
 * anything was added. */
static inline bool join_first(struct world *w, const struct bytes *request, enum join_records whose,
			      struct bytes *joined, char text[static 300])
{
	bool added = join_lines(&w->table, bytes_slice(request), whose, joined);
	struct otlp_iter iter = otlp_items(OTLP_LOGS, bytes_slice(joined));
	struct otlp_item item;

	assert_true(otlp_check(OTLP_LOGS, bytes_slice(joined)).valid);
	assert_true(otlp_next(&iter, &item));
	values_of(item.item, KEY, text);
	return added;
}

/* A line of that request, of that trace (0: it names none), at that time, with these members, must
 * have that value in the end; "" for none. */
static inline void require_with(struct world *w, const struct slice line_record,
				const char *expected)
{
	struct bytes items = {0}, request, joined = {0};
	char text[300];

	pb_put_len(&items, 2, line_record);
	request = make_request(bytes_slice(&items));
	join_first(w, &request, JOIN_LINES, &joined, text);
	assert_string_equal(text, expected);
	bytes_free(&items);
	bytes_free(&request);
	bytes_free(&joined);
}

static inline void require(struct world *w, const char *request, uint8_t trace, uint64_t ms,
			   const char *expected)
{
	struct bytes record = {0};

	put_line(&record, request, trace, ms);
	require_with(w, bytes_slice(&record), expected);
	bytes_free(&record);
}

/* For the spans that lull makes of that request. */
static inline void require_whole(struct world *w, const char *request, const char *expected)
{
	struct slice values[OTLP_KEYS];
	char text[300];

	join_values(&w->table, invocations_find(&w->table, slice_str(request)), values);
	show(values[0], text);
	assert_string_equal(text, expected);
	assert_null(values[1].data);
}

#endif
